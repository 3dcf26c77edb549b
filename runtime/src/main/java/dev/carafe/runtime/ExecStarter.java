package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.Cgroup;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.State;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.OversizedPlanException;
import dev.carafe.runtime.plan.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Makes processes that join containers.
 *
 * <p>Without the container's lock: in a paused container the new process stands still as soon as it has joined the cgroup,
 * and whoever resumes the container needs the lock. A container that is deleted meanwhile takes the process along, as both
 * go by the cgroup.
 */
final class ExecStarter {

    private static final String STOPPED = "cannot exec in a stopped container";

    private final Kernel kernel;
    private final Caller caller;
    private final Rights rights;
    private final ContainerCgroups cgroups;
    private final StateRoot root;
    private final Filters filters;

    ExecStarter(
            Kernel kernel, Caller caller, Rights rights, ContainerCgroups cgroups, StateRoot root, Filters filters) {
        this.kernel = kernel;
        this.caller = caller;
        this.rights = rights;
        this.cgroups = cgroups;
        this.root = root;
        this.filters = filters;
    }

    void start(
            ExecRequest request,
            Starter starter,
            Starter.Parent parent,
            Containers.TerminalOwner owner,
            Optional<Keeping> keeping) {
        String id = request.id();
        ContainerRecord record;
        Config config;
        try (StateFolder folder = root.look(id)) {
            record = folder.read().orElseThrow(() -> new RuntimeFailure("container " + id + " is being created"));
            config = folder.config();
            if (!rights.privileged() && folder.has(StateFolder.START)) {
                throw new RuntimeFailure(
                        "cannot exec in a created container without privileges, as nobody may look into what is not yet"
                                + " its program; start it first");
            }
        }
        try (Fd first =
                record.process().flatMap(kernel.processes()::open).orElseThrow(() -> new RuntimeFailure(STOPPED))) {
            if (!kernel.processes().isAlive(first)) {
                throw new RuntimeFailure(STOPPED);
            }
            Cgroup cgroup = Cgroup.open(kernel, record.cgroups());
            if (!request.ignorePaused() && cgroup.frozen()) {
                throw new RuntimeFailure(
                        "cannot exec in a paused container; resume it first, or let it wait with --ignore-paused");
            }
            ExecBlueprint blueprint = blueprint(request, record, config, parent != Starter.Parent.CALLER);
            Plan plan = ExecCompiler.compile(blueprint);
            Optional<Fd> birthplace = blueprint.process().openBirthplace(kernel.files());
            List<Fd> inputs =
                    Stream.concat(birthplace.stream(), Stream.of(first)).toList();
            try (Fd _ = birthplace.orElse(null);
                    Init init = starter.start(parent, plan, inputs, Optional.empty(), Optional.empty(), keeping)) {
                Conversation.hold(init, plan, owner, reached -> {
                    switch (reached.point()) {
                        case ControlOperation.TO_PLACE -> cgroups.attach(record, reached.pid());
                        case ControlOperation.LISTENING ->
                            new SeccompAgent(kernel)
                                    .introduce(
                                            config.linux().seccomp().orElseThrow(),
                                            reached,
                                            record.state(
                                                    State.Status.RUNNING,
                                                    record.process()
                                                            .orElseThrow()
                                                            .pid()));
                        default -> request.notice().give(kernel, reached.pid());
                    }
                });
            }
        } catch (SystemCallException | OversizedPlanException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    private ExecBlueprint blueprint(ExecRequest request, ContainerRecord record, Config config, boolean monitored) {
        new SecurityModules(kernel).check(request.process());
        Set<Capability> grantable = config.linux()
                        .namespace(dev.carafe.oci.runtime.Namespace.Type.USER)
                        .isPresent()
                ? Set.of(Capability.values())
                : caller.capabilities();
        int pid = record.process().orElseThrow().pid();
        return ExecBlueprint.of(
                config,
                record.rootfs(),
                hasOwnTime(pid),
                new ProcessBlueprint(
                        rights,
                        request.process(),
                        cgroups(request, record),
                        isMoved(request, record),
                        config.linux()
                                .intelRdt()
                                .map(asked -> ResctrlGroups.of(kernel).joined(asked, record.id()))
                                .orElse(List.of()),
                        config.linux().seccomp().map(filters::compile),
                        config.linux().personality(),
                        config.linux().memoryPolicy(),
                        new HomeFolder(kernel.files()).of(request.process(), "/proc/" + pid + "/root"),
                        grantable,
                        request.input(),
                        new Blueprint.Beginning.AtOnce(monitored),
                        request.preserved()));
    }

    /** As one that CRIU has restored has, so that its clocks go on where they were. */
    private boolean hasOwnTime(int pid) {
        Files files = kernel.files();
        try {
            return files.status(Fd.CWD, "/proc/" + pid + "/ns/time", 0).inode()
                    != files.status(Fd.CWD, "/proc/self/ns/time", 0).inode();
        } catch (SystemCallException withoutSuchNamespaces) {
            return false;
        }
    }

    /** Whether systemd has to move it; below the container's own cgroup that is not its affair. */
    private boolean isMoved(ExecRequest request, ContainerRecord record) {
        return cgroups.movesThere(record) && request.groups().isEmpty();
    }

    /** The container's cgroups, or those below them that are asked for. */
    private static Map<String, String> cgroups(ExecRequest request, ContainerRecord record) {
        for (String controller : request.groups().keySet()) {
            if (!controller.isEmpty() && !record.cgroups().containsKey(controller)) {
                throw new RuntimeFailure(
                        "--cgroup: unknown controller " + controller + "; the container is in those of "
                                + String.join(", ", record.cgroups().keySet()));
            }
        }
        Map<String, String> folders = new LinkedHashMap<>();
        record.cgroups().forEach((controller, folder) -> {
            String below =
                    request.groups().getOrDefault(controller, request.groups().get(""));
            folders.put(controller, below == null ? folder : folder + "/" + below);
        });
        return folders;
    }
}
