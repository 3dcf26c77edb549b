package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.seccomp.FilterCompiler;
import dev.carafe.linux.seccomp.SeccompException;
import dev.carafe.oci.runtime.Features;
import dev.carafe.oci.runtime.Seccomp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What this runtime can do, for callers that ask before they write a configuration. */
public final class RuntimeFeatures {

    private static final int SET_MODE_FILTER = 1;
    private static final int NEW_LISTENER = 8;

    private RuntimeFeatures() {}

    /**
     * The features, with the seccomp flags that this kernel takes.
     *
     * @param version this runtime's own
     */
    public static Features of(Kernel kernel, String version) {
        Map<String, String> annotations = new LinkedHashMap<>();
        annotations.put("dev.carafe.version", version);
        try {
            annotations.put(
                    "io.github.seccomp.libseccomp.version",
                    FilterCompiler.of(kernel).version());
        } catch (SeccompException notInstalled) {
            // Then only a configuration with a filter is refused, which says so.
        }
        return new Features(MountOption.names(), true, seccompFlags(kernel), annotations, List.of());
    }

    private static List<Seccomp.Flag> seccompFlags(Kernel kernel) {
        List<Seccomp.Flag> supported = new ArrayList<>();
        for (Seccomp.Flag flag : Seccomp.Flag.values()) {
            // A filter at no address is looked at only if the flags are known.
            long result = kernel.calls().call(SystemCall.SECCOMP, SET_MODE_FILTER, bits(flag), 0, 0, 0, 0);
            if (result == -Errno.EFAULT.number()) {
                supported.add(flag);
            }
        }
        return supported;
    }

    private static int bits(Seccomp.Flag flag) {
        return switch (flag) {
            case SECCOMP_FILTER_FLAG_TSYNC -> 1;
            case SECCOMP_FILTER_FLAG_LOG -> 2;
            case SECCOMP_FILTER_FLAG_SPEC_ALLOW -> 4;
            case SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV -> 32 | NEW_LISTENER; // it means nothing without one
        };
    }
}
