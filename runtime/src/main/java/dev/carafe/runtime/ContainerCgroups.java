package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.Cgroup;
import dev.carafe.linux.cgroup.CgroupException;
import dev.carafe.linux.cgroup.CgroupLayout;
import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import dev.carafe.linux.cgroup.Resources;
import dev.carafe.linux.cgroup.UnitLimits;
import dev.carafe.linux.systemd.Systemd;
import dev.carafe.linux.systemd.SystemdException;
import dev.carafe.linux.systemd.UnitProperty;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.runtime.plan.EndingOperation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The cgroups of containers: made by ourselves, or through systemd.
 *
 * <p>By ourselves, a cgroup and its limits are there before any process is. Systemd makes none without a process: there
 * the first one waits at the beginning of its plan until it has been placed.
 *
 * <p>A caller who does without cgroups that he has no permission for has a container in all, some or none of them, unless
 * its configuration names a path or sets limits: what is asked for is not left out in silence.
 */
final class ContainerCgroups {

    private final Kernel kernel;
    private final Caller caller;
    private final Rights rights;
    private final CgroupDriver driver;

    ContainerCgroups(Kernel kernel, Caller caller, Rights rights, CgroupDriver driver) {
        this.kernel = kernel;
        this.caller = caller;
        this.rights = rights;
        this.driver = driver;
    }

    /**
     * The systemd scope that a new container will be in; empty if its cgroup is our own.
     *
     * @throws RuntimeFailure if there is to be one and cannot
     */
    Optional<SystemdScope> scope(Linux linux, String id) {
        if (!driver.systemd()) {
            return Optional.empty();
        }
        if (!Systemd.isRunning(kernel)) {
            throw new RuntimeFailure(
                    "--systemd-cgroup: systemd not running on this host, cannot use systemd cgroups manager");
        }
        if (isUsers() && caller.cgroups().mode() != Mode.V2) {
            throw new RuntimeFailure("--systemd-cgroup: cannot use rootless systemd cgroups manager on cgroup v1");
        }
        return Optional.of(SystemdScope.of(linux.cgroupsPath(), id, isUsers() ? "user.slice" : "system.slice"));
    }

    /**
     * Makes the cgroup of a new container; one of systemd's is not made yet, and is only said where it will be.
     *
     * @throws CgroupException if it cannot be made
     */
    Cgroup make(ContainerRecord record, Linux linux) {
        CgroupLayout layout = caller.cgroups();
        if (record.scope().isPresent()) {
            Cgroup cgroup =
                    Cgroup.open(kernel, Cgroup.paths(layout, path(record.scope().get())));
            if (!cgroup.processes().isEmpty()) {
                throw new RuntimeFailure(
                        "systemd's unit " + record.scope().get().unit()
                                + " is there already and has processes in it: the cgroup " + cgroup + " is not empty");
            }
            return cgroup;
        }
        if (!rights.rootless()) {
            return Cgroup.create(kernel, layout, record.cgroupsPath());
        }
        // Beside v1's hierarchies that of v2 limits nothing.
        boolean all = linux.cgroupsPath().isEmpty();
        return Cgroup.createWherePermitted(
                kernel,
                layout,
                record.cgroupsPath(),
                hierarchy -> all || (layout.mode() == Mode.HYBRID && hierarchy.unified()));
    }

    /** Sets the limits of a new container, unless they have to wait until it is {@linkplain #place placed}. */
    void limit(ContainerRecord record, Cgroup cgroup, Config config) {
        if (record.scope().isEmpty()) {
            apply(cgroup, config, limits(config));
        }
    }

    /** Has systemd make the scope of a container around its first process, and sets its limits. */
    void place(ContainerRecord record, Config config, int pid, Undo undo) {
        SystemdScope scope = record.scope().orElseThrow();
        CgroupLayout layout = caller.cgroups();
        Resources limits = UnitLimits.rounded(limits(config));
        try (Systemd systemd = systemd()) {
            List<UnitProperty> properties = new ArrayList<>(scope.properties(pid, layout.mode() == Mode.V2));
            properties.addAll(SystemdScope.annotated(config.annotations()));
            properties.addAll(UnitLimits.of(limits, layout.mode(), systemd::version));
            systemd.start(scope.unit(), properties);
            undo.add(() -> remove(record)); // not before: one of the same name might be somebody else's
            apply(Cgroup.complete(kernel, layout, path(scope, systemd)), config, limits);
        } catch (SystemdException exception) {
            throw failure(exception);
        }
    }

    /** Has systemd move another process to a container's cgroup. */
    void attach(ContainerRecord record, int pid) {
        try (Systemd systemd = systemd()) {
            systemd.attach(record.scope().orElseThrow().unit(), pid);
        } catch (SystemdException exception) {
            throw failure(exception);
        }
    }

    /** Whether only systemd may move processes to where a container is: without privileges it alone has the right. */
    boolean movesThere(ContainerRecord record) {
        return rights.rootless() && record.scope().isPresent();
    }

    /** Changes the limits of a container that is there. */
    void update(ContainerRecord record, Resources given) {
        Cgroup cgroup = Cgroup.open(kernel, record.cgroups());
        if (record.scope().isEmpty()) {
            cgroup.apply(given);
            return;
        }
        Resources limits = UnitLimits.rounded(withPeriod(cgroup, given));
        cgroup.check(limits);
        try (Systemd systemd = systemd()) {
            Mode mode = caller.cgroups().mode();
            systemd.set(record.scope().get().unit(), UnitLimits.of(limits, mode, systemd::version));
        } catch (SystemdException exception) {
            throw failure(exception);
        }
        cgroup.apply(limits);
    }

    /** Systemd takes no quota but a share of a second, which depends on the period that the cgroup has. */
    private static Resources withPeriod(Cgroup cgroup, Resources given) {
        OptionalLong period = cgroup.cpuPeriod();
        return given.cpu().quota().isPresent() && given.cpu().period().isEmpty() && period.isPresent()
                ? given.with(given.cpu().withPeriod(period.getAsLong()))
                : given;
    }

    /** Ends whatever runs in a container's cgroup, which may be there in part or not at all, and removes it. */
    void remove(ContainerRecord record) {
        Cgroup cgroup = of(record);
        cgroup.kill();
        if (record.scope().isPresent() && !record.cgroups().isEmpty()) {
            try (Systemd systemd = systemd()) {
                systemd.stop(record.scope().get().unit());
            } catch (SystemdException unreachable) {
                // A scope with nothing in it ends by itself, as soon as systemd is there to see it.
            }
        }
        cgroup.remove();
    }

    /**
     * What a monitor does with a container's cgroup in the end. Where systemd looks whether a scope is empty it must be
     * left to systemd, which would wait for ever to hear of it; elsewhere there may be directories that it knows not of.
     */
    List<EndingOperation> ending(ContainerRecord record, Cgroup cgroup) {
        Set<String> watched = new HashSet<>();
        if (record.scope().isPresent()) {
            for (String key : List.of(Cgroup.UNIFIED, "name=systemd")) {
                watched.add(cgroup.paths().getOrDefault(key, ""));
            }
        }
        List<EndingOperation> steps = new ArrayList<>();
        for (String directory : cgroup.directories()) {
            steps.add(
                    watched.contains(directory)
                            ? new EndingOperation.KillCgroup(directory)
                            : new EndingOperation.RemoveCgroup(directory));
        }
        return steps;
    }

    /** Where a cgroup was made, or would have been before its making was cut short. */
    private Cgroup of(ContainerRecord record) {
        if (!record.cgroups().isEmpty()) {
            return Cgroup.open(kernel, record.cgroups());
        }
        if (record.scope().isPresent()) {
            return Cgroup.open(kernel, Map.of()); // Systemd was not asked yet.
        }
        try {
            return Cgroup.create(kernel, caller.cgroups(), record.cgroupsPath());
        } catch (CgroupException exception) {
            if (rights.rootless() && exception.isDenied()) {
                return Cgroup.open(kernel, Map.of());
            }
            throw exception;
        }
    }

    private static Resources limits(Config config) {
        return config.linux().resources().map(Limits::of).orElse(Resources.NONE);
    }

    private void apply(Cgroup cgroup, Config config, Resources limits) {
        if (!rights.rootless()) {
            cgroup.apply(limits);
            return;
        }
        try {
            cgroup.apply(Limits.devices(limits));
        } catch (CgroupException expected) {
            // Only root may say which devices are usable, and nobody else can make any.
        }
        try {
            cgroup.apply(limits.withDevices(List.of()));
        } catch (CgroupException exception) {
            if (!cgroup.paths().isEmpty() || config.linux().cgroupsPath().isPresent()) {
                throw exception;
            }
            throw new RuntimeFailure(
                    "config.json: linux.resources: rootless needs no limits + no cgrouppath when no permission is granted"
                            + " for cgroups: " + exception.getMessage(),
                    exception);
        }
    }

    private String path(SystemdScope scope) {
        if (!isUsers()) {
            return scope.path();
        }
        try (Systemd systemd = systemd()) {
            return path(scope, systemd);
        } catch (SystemdException exception) {
            throw failure(exception);
        }
    }

    /** A user's systemd has a cgroup of its own, and its slices in that. */
    private String path(SystemdScope scope, Systemd systemd) {
        return isUsers() ? systemd.controlGroup() + scope.path() : scope.path();
    }

    private Systemd systemd() {
        return isUsers() ? Systemd.ofUser(kernel, driver.environment()) : Systemd.ofMachine(kernel);
    }

    /** Whether it is not the machine's systemd; root of a user namespace may have one of a machine in there. */
    private boolean isUsers() {
        return rights.user() != 0 || (rights.inUserNamespace() && !isOfRoot("/run/systemd/private"));
    }

    private boolean isOfRoot(String path) {
        try {
            return kernel.files().status(Fd.CWD, path, 0).uid() == 0;
        } catch (SystemCallException missing) {
            return false;
        }
    }

    private static RuntimeFailure failure(SystemdException exception) {
        return new RuntimeFailure("--systemd-cgroup: " + exception.getMessage(), exception);
    }
}
