package dev.carafe.runtime;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.cgroup.Cgroup;
import dev.carafe.linux.cgroup.CgroupException;
import dev.carafe.linux.cgroup.CgroupLayout;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Linux;
import java.util.List;
import java.util.Map;

/**
 * The cgroups of containers.
 *
 * <p>A caller who does without those that he has no permission for has a container in all, some or none of them, unless
 * its configuration names a path or sets limits: what is asked for is not left out in silence.
 */
final class ContainerCgroups {

    private final Kernel kernel;
    private final Caller caller;
    private final Rights rights;

    ContainerCgroups(Kernel kernel, Caller caller, Rights rights) {
        this.kernel = kernel;
        this.caller = caller;
        this.rights = rights;
    }

    /**
     * Makes the cgroup of a new container.
     *
     * @throws CgroupException if it cannot be made
     */
    Cgroup make(ContainerRecord record, Linux linux) {
        CgroupLayout layout = caller.cgroups();
        if (!rights.rootless()) {
            return Cgroup.create(kernel, layout, record.cgroupsPath());
        }
        // Beside v1's hierarchies that of v2 limits nothing.
        boolean all = linux.cgroupsPath().isEmpty();
        return Cgroup.createWherePermitted(
                kernel,
                layout,
                record.cgroupsPath(),
                hierarchy -> all || (layout.mode() == CgroupLayout.Mode.HYBRID && hierarchy.unified()));
    }

    /** Sets the limits of a configuration. */
    void limit(Cgroup cgroup, Config config) {
        if (config.linux().resources().isEmpty()) {
            return;
        }
        var limits = Limits.of(config.linux().resources().get());
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

    /** Where a cgroup was made, or would have been before its making was cut short. */
    Cgroup of(ContainerRecord record) {
        if (!record.cgroups().isEmpty()) {
            return Cgroup.open(kernel, record.cgroups());
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
}
