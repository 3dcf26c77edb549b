package dev.carafe.oci.runtime;

import static dev.carafe.oci.runtime.DeviceRule.Access.MKNOD;
import static dev.carafe.oci.runtime.DeviceRule.Access.READ;
import static dev.carafe.oci.runtime.DeviceRule.Access.WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The configuration to start from, as {@code oci spec} prints it: a shell on a read-only root in {@code rootfs}, with
 * its own namespaces and next to no privileges. It says what {@code runc spec} says, but for the host's name.
 */
public final class DefaultConfig {

    private static final Set<Capability> KEPT =
            Rules.copy(List.of(Capability.CAP_AUDIT_WRITE, Capability.CAP_KILL, Capability.CAP_NET_BIND_SERVICE));

    private DefaultConfig() {}

    /**
     * For root.
     *
     * @param cgroupNamespace whether to ask for one, which makes sense where cgroup v2 alone is mounted
     */
    public static Config rootful(boolean cgroupNamespace) {
        List<Namespace> namespaces = new ArrayList<>(List.of(
                new Namespace(Namespace.Type.PID),
                new Namespace(Namespace.Type.NETWORK),
                new Namespace(Namespace.Type.IPC),
                new Namespace(Namespace.Type.UTS),
                new Namespace(Namespace.Type.MOUNT)));
        if (cgroupNamespace) {
            namespaces.add(new Namespace(Namespace.Type.CGROUP));
        }
        Mount pts = mount(
                "/dev/pts",
                "devpts",
                "devpts",
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
                "gid=5");
        Mount sys = mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro");
        return config(pts, sys, linux(namespaces, List.of(), List.of(), Optional.of(noDevices())));
    }

    /**
     * For any other user: in a user namespace where that user is root, with the machine's network, as only root could
     * make one of its own useful, and without limits, which need cgroups.
     *
     * @param uid who runs it
     * @param gid who runs it
     * @param cgroupNamespace whether to ask for one, which makes sense where cgroup v2 alone is mounted
     */
    public static Config rootless(long uid, long gid, boolean cgroupNamespace) {
        List<Namespace> namespaces = new ArrayList<>(List.of(
                new Namespace(Namespace.Type.PID),
                new Namespace(Namespace.Type.IPC),
                new Namespace(Namespace.Type.UTS),
                new Namespace(Namespace.Type.MOUNT)));
        if (cgroupNamespace) {
            namespaces.add(new Namespace(Namespace.Type.CGROUP));
        }
        namespaces.add(new Namespace(Namespace.Type.USER));
        // group 5 is not mapped, and sysfs belongs to the network namespace's owner
        Mount pts =
                mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620");
        Mount sys = mount("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");
        return config(
                pts,
                sys,
                linux(
                        namespaces,
                        List.of(new IdMapping(0, uid, 1)),
                        List.of(new IdMapping(0, gid, 1)),
                        Optional.empty()));
    }

    private static Config config(Mount pts, Mount sys, Linux linux) {
        return new Config(
                Config.OCI_VERSION,
                Optional.of(shell()),
                new Root("rootfs", true),
                Optional.of("carafe"),
                Optional.empty(),
                List.of(
                        mount("/proc", "proc", "proc"),
                        mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                        pts,
                        mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
                        mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
                        sys,
                        mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")),
                Hooks.NONE,
                Map.of(),
                linux);
    }

    private static ProcessConfig shell() {
        return new ProcessConfig(
                true,
                Optional.empty(),
                User.ROOT,
                List.of("sh"),
                List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"),
                "/",
                Optional.of(new Capabilities(KEPT, KEPT, Set.of(), KEPT, Set.of())),
                List.of(new Rlimit(Rlimit.Resource.RLIMIT_NOFILE, 1024, 1024)),
                true,
                Optional.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Mount mount(String destination, String type, String source, String... options) {
        return new Mount(destination, Optional.of(type), Optional.of(source), List.of(options), List.of(), List.of());
    }

    /** Access to no device but those that a runtime adds of its own accord. */
    private static Resources noDevices() {
        DeviceRule none = new DeviceRule(
                false,
                DeviceRule.Type.ALL,
                OptionalLong.empty(),
                OptionalLong.empty(),
                Rules.copy(List.of(READ, WRITE, MKNOD)));
        return new Resources(
                List.of(none),
                Memory.UNSET,
                Cpu.UNSET,
                Pids.UNSET,
                BlockIo.UNSET,
                List.of(),
                Network.UNSET,
                Map.of(),
                Map.of());
    }

    private static Linux linux(
            List<Namespace> namespaces, List<IdMapping> uids, List<IdMapping> gids, Optional<Resources> resources) {
        return new Linux(
                namespaces,
                uids,
                gids,
                Map.of(),
                List.of(),
                Map.of(),
                Optional.empty(),
                resources,
                Optional.empty(),
                Optional.empty(),
                List.of(
                        "/proc/acpi",
                        "/proc/asound",
                        "/proc/kcore",
                        "/proc/keys",
                        "/proc/latency_stats",
                        "/proc/timer_list",
                        "/proc/timer_stats",
                        "/proc/sched_debug",
                        "/sys/firmware",
                        "/proc/scsi"),
                List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
    }
}
