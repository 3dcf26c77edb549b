package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ProcessConfig;

/**
 * What the kernel has of AppArmor and SELinux. Who asks for a profile or a label where there is nobody to hold the
 * container to it is refused rather than left unprotected.
 */
final class SecurityModules {

    private static final String APPARMOR_POLICY = "/sys/kernel/security/apparmor";
    private static final String APPARMOR_ENABLED = "/sys/module/apparmor/parameters/enabled";
    private static final String SELINUX = "/sys/fs/selinux";
    private static final long SELINUX_MAGIC = 0xf97cff8cL;
    private static final int MOST_BYTES = 4096;

    private final Files files;

    SecurityModules(Kernel kernel) {
        this.files = kernel.files();
    }

    /** @throws RuntimeFailure if a configuration asks for what the kernel does not have */
    void check(Config config) {
        if (config.linux().mountLabel().isPresent()) {
            require("linux.mountLabel", "SELinux", selinux());
        }
        config.process().ifPresent(this::check);
    }

    /** @throws RuntimeFailure if a process asks for what the kernel does not have */
    void check(ProcessConfig process) {
        if (process.apparmorProfile().isPresent()) {
            require("process.apparmorProfile", "AppArmor", apparmor());
        }
        if (process.selinuxLabel().isPresent()) {
            require("process.selinuxLabel", "SELinux", selinux());
        }
    }

    private static void require(String key, String module, boolean enabled) {
        if (!enabled) {
            throw new RuntimeFailure("config.json: " + key + ": " + module + " is not enabled on this machine; "
                    + "leave the key out, or enable it (lsm= on the kernel's command line)");
        }
    }

    boolean apparmor() {
        return files.exists(Fd.CWD, APPARMOR_POLICY) && read(APPARMOR_ENABLED).startsWith("Y");
    }

    /** Until a policy is loaded everything has the label {@code kernel}, and nothing is held to anything. */
    boolean selinux() {
        try (Fd mounted = files.open(Fd.CWD, SELINUX, OpenFlags.PATH | OpenFlags.DIRECTORY)) {
            return files.fileSystem(mounted).type() == SELINUX_MAGIC
                    && !read("/proc/self/attr/current")
                            .replace("\0", "")
                            .strip()
                            .equals("kernel");
        } catch (SystemCallException exception) {
            return missing(exception);
        }
    }

    private String read(String path) {
        try {
            return files.readText(Fd.CWD, path, MOST_BYTES);
        } catch (SystemCallException exception) {
            missing(exception);
            return "";
        }
    }

    private static boolean missing(SystemCallException exception) {
        if (exception.errno() != Errno.ENOENT && exception.errno() != Errno.ENOTDIR) {
            throw exception;
        }
        return false;
    }
}
