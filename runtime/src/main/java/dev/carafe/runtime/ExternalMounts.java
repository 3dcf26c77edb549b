package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The mounts of a container that show something from outside of it: CRIU has to be told of each, and when it restores
 * them what is to be shown.
 */
final class ExternalMounts {

    private final Files files;
    private final Config config;
    private final String rootfs;

    ExternalMounts(Files files, Config config, String rootfs) {
        this.files = files;
        this.config = config;
        this.rootfs = rootfs;
    }

    /**
     * Where they are in the container, with what they show.
     *
     * @param cgroups the container's cgroup folders by controller
     */
    Map<String, String> all(Map<String, String> cgroups, String bundle) {
        Map<String, String> mounts = new LinkedHashMap<>();
        for (Mount mount : Rootless.mounts(config)) {
            String place = resolve(mount.destination());
            if (mount.isBind() && mount.source().isPresent()) {
                String source = mount.source().get();
                mounts.put(place, Unsupported.clean(source.startsWith("/") ? source : bundle + "/" + source));
            } else if (CgroupMounts.isCgroup(mount)) {
                CgroupMounts.shown(cgroups)
                        .forEach((name, folder) -> mounts.put(name.isEmpty() ? place : place + "/" + name, folder));
            }
        }
        if (config.linux().namespace(Namespace.Type.USER).isPresent()) {
            for (Device device : DefaultDevices.NODES) {
                mounts.put(device.path(), device.path());
            }
            for (Device device : config.linux().devices()) {
                mounts.put(Unsupported.clean(device.path()), device.path());
            }
        }
        return mounts;
    }

    /** A path in the root file system without the symbolic links in it; as it is, where it is in another mount. */
    private String resolve(String destination) {
        String clean = Unsupported.clean(destination);
        try (Fd root = files.open(Fd.CWD, rootfs, OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd place = openIn(root, clean)) {
            String top = files.readLink(Fd.CWD, "/proc/self/fd/" + root.number());
            String link = files.readLink(Fd.CWD, "/proc/self/fd/" + place.number());
            return link.startsWith(top + "/") ? link.substring(top.length()) : clean;
        } catch (SystemCallException missing) {
            return clean;
        }
    }

    private Fd openIn(Fd root, String path) {
        return files.open(root, path, OpenFlags.PATH, 0, OpenFlags.RESOLVE_IN_ROOT | OpenFlags.RESOLVE_NO_MAGICLINKS);
    }

    /** Whether a masked path of a running container has the null device on it, and not an empty directory. */
    boolean isMaskedFile(int pid, String path) {
        try (Fd root = files.open(Fd.CWD, "/proc/" + pid + "/root", OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd masked = openIn(root, path)) {
            return !files.status(masked).isDirectory();
        } catch (SystemCallException missing) {
            return false;
        }
    }
}
