package dev.carafe.runtime;

import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import java.util.List;

/** What a configuration may ask for and this version does not do: refused by name, never ignored. */
final class Unsupported {

    /** The files in /proc that something may be mounted on; all else there would let a lie be told (CVE-2019-16884). */
    private static final List<String> COVERABLE_PROC_FILES = List.of(
            "/proc/cpuinfo",
            "/proc/diskstats",
            "/proc/meminfo",
            "/proc/stat",
            "/proc/swaps",
            "/proc/uptime",
            "/proc/loadavg",
            "/proc/slabinfo",
            "/proc/sys/kernel/ns_last_pid",
            "/proc/net/dev");

    private Unsupported() {}

    static void check(Blueprint blueprint) {
        Config config = blueprint.config();
        Linux linux = config.linux();
        boolean hostMounts = HostMounts.areUsedBy(config);
        if (hostMounts && linux.namespace(Namespace.Type.USER).isPresent()) {
            throw new RuntimeFailure(
                    "config.json: linux.namespaces: without one of type mount there can be none of type "
                            + "user, whose root may mount nothing in the host's");
        }
        refuse(
                hostMounts && blueprint.root() instanceof RootSource.Layers,
                "linux.namespaces",
                "layers are not mounted without a mount namespace");
        refuse(
                linux.namespace(Namespace.Type.USER).isPresent() && blueprint.root() instanceof RootSource.Layers,
                "linux.namespaces",
                "layers are not mounted in a user namespace");
        refuse(
                (hostMounts || linux.namespace(Namespace.Type.USER).isPresent())
                        && blueprint.mounts().stream()
                                .anyMatch(mount ->
                                        MountOptions.parse(mount.options()).of().isPresent()),
                "mounts",
                "what another container has mounted (x-carafe.of) is not mounted in a user namespace, nor without a"
                        + " mount namespace,");
        List<Mount> mounts = blueprint.mounts();
        for (int i = 0; i < mounts.size(); i++) {
            checkMount(mounts.get(i), "mounts[" + i + "]");
        }
    }

    /** What is neither checkpointed nor restored, by CRIU or by us. */
    static void checkCheckpoint(Config config, Rights rights) {
        if (!rights.privileged()) {
            throw new RuntimeFailure(
                    "containers are checkpointed and restored for root only, as CRIU does not restore any"
                            + " without root's rights");
        }
        refuse(
                HostMounts.areUsedBy(config),
                "linux.namespaces",
                "a container without a mount namespace is neither checkpointed nor restored");
        refuse(
                config.linux()
                        .namespace(Namespace.Type.CGROUP)
                        .flatMap(Namespace::path)
                        .isPresent(),
                "linux.namespaces",
                "a container in a joined cgroup namespace is neither checkpointed nor restored");
    }

    private static void checkMount(Mount mount, String key) {
        MountOptions options = MountOptions.parse(mount.options());
        if (mount.isBind() && options.ofFileSystem().isPresent()) {
            throw new RuntimeFailure("config.json: " + key + ".options: \""
                    + options.ofFileSystem().get() + "\" is for a new file system, and a bind mount makes none");
        }
        if ((options.below().isPresent() || options.of().isPresent()) && !mount.isBind()) {
            throw new RuntimeFailure("config.json: " + key + ".options: x-carafe.* is for bind mounts only");
        }
        if (options.copyUp()
                && (mount.isBind()
                        || options.remount()
                        || !mount.type().orElse("").equals("tmpfs"))) {
            throw new RuntimeFailure(
                    "config.json: " + key + ".options: tmpcopyup is for new mounts of type tmpfs only");
        }
        String path = clean(mount.destination());
        if (path.equals("/")) {
            throw new RuntimeFailure("config.json: " + key + ".destination: nothing can be mounted on / itself");
        }
        boolean proc = mount.type().orElse("").equals("proc") && !mount.isBind();
        if (path.startsWith("/proc/") && !COVERABLE_PROC_FILES.contains(path) && !proc) {
            throw new RuntimeFailure("config.json: " + key + ".destination: " + path
                    + " is inside /proc, where nothing may be mounted but on " + COVERABLE_PROC_FILES);
        }
        if (path.equals("/proc") && !proc && !mount.isBind()) {
            throw new RuntimeFailure("config.json: " + key + ".type: only proc can be mounted on /proc");
        }
    }

    private static void refuse(boolean asked, String key, String what) {
        if (asked) {
            throw new RuntimeFailure("config.json: " + key + ": " + what + " by this version of Carafe");
        }
    }

    /** Whether a path, as it is written, is {@code /proc} or in it. */
    static boolean inProc(String path) {
        String clean = clean(path);
        return clean.equals("/proc") || clean.startsWith("/proc/");
    }

    /** A path with its {@code .}, {@code ..} and double slashes resolved as if nothing were a symbolic link. */
    static String clean(String path) {
        StringBuilder clean = new StringBuilder(path.length());
        for (String part : path.split("/", -1)) {
            if (part.equals("..")) {
                clean.setLength(Math.max(0, clean.lastIndexOf("/")));
            } else if (!part.isEmpty() && !part.equals(".")) {
                clean.append('/').append(part);
            }
        }
        return clean.isEmpty() ? "/" : clean.toString();
    }
}
