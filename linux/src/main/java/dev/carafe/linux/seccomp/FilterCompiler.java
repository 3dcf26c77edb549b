package dev.carafe.linux.seccomp;

import dev.carafe.linux.Architecture;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns profiles into filters, with libseccomp. It is loaded at the first use; thread-safe.
 *
 * <p>A call that the profile does not name and that is younger than all it names gets {@code ENOSYS} rather than the
 * default action, unless that lets it pass: as in runc.
 */
public final class FilterCompiler {

    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    /** From here on a tree beats a list; libseccomp 2.5.4 gets a tree of no rules wrong. */
    private static final int LIST_MOST = 32;

    /** Where systems have their libraries: Debian's and its kin's, Red Hat's, others'. */
    private static final List<String> FOLDERS = List.of(
            switch (Architecture.current()) {
                case AMD64 -> "/usr/lib/x86_64-linux-gnu";
                case ARM64 -> "/usr/lib/aarch64-linux-gnu";
            },
            "/usr/lib64",
            "/usr/lib");

    private final Kernel kernel;
    private final String library;
    private Optional<SymbolLookup> symbols = Optional.empty();

    private FilterCompiler(Kernel kernel, String library) {
        this.kernel = kernel;
        this.library = library;
    }

    /** A compiler with the system's libseccomp. */
    public static FilterCompiler of(Kernel kernel) {
        return new FilterCompiler(kernel, Libseccomp.LIBRARY);
    }

    static FilterCompiler of(Kernel kernel, String library) {
        return new FilterCompiler(kernel, library);
    }

    /**
     * libseccomp's version, such as {@code 2.5.4}.
     *
     * @throws SeccompException if it is not installed
     */
    public String version() {
        return Libseccomp.version(symbols());
    }

    /**
     * What tells libseccomp from older and newer ones: what the link leads to by which programs find it, as loading the
     * library only to ask it takes longer than reading a filter that is kept; its version where there is no link.
     */
    String identity() {
        for (String folder : FOLDERS) {
            try {
                return kernel.files().readLink(Fd.CWD, folder + "/" + library);
            } catch (SystemCallException notThere) {
                // In another folder, or no link.
            }
        }
        return version();
    }

    private synchronized SymbolLookup symbols() {
        if (symbols.isEmpty()) {
            symbols = Optional.of(Libseccomp.load(library));
        }
        return symbols.get();
    }

    /**
     * Compiles a profile.
     *
     * @throws UnknownCallException if it names a system call that no Linux has
     * @throws SeccompException if libseccomp is not installed, or refuses a part of the profile
     */
    public Filter compile(Profile profile) {
        int flags = flags(profile);
        Libseccomp seccomp = Libseccomp.over(kernel, symbols());
        int nativeToken = seccomp.nativeToken();
        int defaultCode = profile.defaultAction().code(profile.defaultErrno().orElse(EPERM));
        try (Libseccomp.Context context = seccomp.context(defaultCode)) {
            for (Machine machine : profile.architectures()) {
                context.add(machine);
            }
            int calls = 0;
            for (Profile.Rule rule : profile.rules()) {
                calls += rule.names().size();
            }
            if (calls > LIST_MOST) {
                context.optimize();
            }
            for (Profile.Rule rule : profile.rules()) {
                add(seccomp, context, nativeToken, defaultCode, rule);
            }
            byte[] head = answersMissingCalls(profile)
                    ? MissingCalls.before(seccomp, profile, machines(profile, nativeToken))
                    : new byte[0];
            return new Filter(join(head, context.export()), flags);
        }
    }

    private static void add(
            Libseccomp seccomp, Libseccomp.Context context, int nativeToken, int defaultCode, Profile.Rule rule) {
        int code = rule.action().code(rule.errno().orElse(EPERM));
        if (code == defaultCode) {
            return; // libseccomp refuses what says nothing new.
        }
        boolean separate = repeatsArgument(rule.arguments());
        for (String name : rule.names()) {
            int number = seccomp.number(nativeToken, name);
            if (number == -1) {
                if (!NewerCalls.NAMES.contains(name)) {
                    throw new UnknownCallException(name);
                }
                continue; // This libseccomp is older than the call.
            }
            if (separate) {
                for (Profile.Argument argument : rule.arguments()) {
                    context.add(name, number, code, List.of(argument));
                }
            } else {
                context.add(name, number, code, rule.arguments());
            }
        }
    }

    private static boolean repeatsArgument(List<Profile.Argument> arguments) {
        int seen = 0;
        for (Profile.Argument argument : arguments) {
            int bit = 1 << argument.index();
            if ((seen & bit) != 0) {
                return true;
            }
            seen |= bit;
        }
        return false;
    }

    private static boolean answersMissingCalls(Profile profile) {
        return !profile.defaultAction().permits()
                && !(profile.defaultAction() == Action.ERRNO
                        && profile.defaultErrno().orElse(EPERM) == ENOSYS);
    }

    private static List<Machine> machines(Profile profile, int nativeToken) {
        List<Machine> machines = new ArrayList<>();
        for (Machine machine : Machine.values()) {
            if (machine.token() == nativeToken || profile.architectures().contains(machine)) {
                machines.add(machine);
            }
        }
        return machines;
    }

    private static byte[] join(byte[] head, byte[] body) {
        if (head.length + body.length > Filter.INSTRUCTION * Filter.INSTRUCTIONS_MOST) {
            throw new SeccompException(
                    "the seccomp profile comes to " + (head.length + body.length) / Filter.INSTRUCTION
                            + " instructions, and the kernel takes " + Filter.INSTRUCTIONS_MOST);
        }
        byte[] program = new byte[head.length + body.length];
        System.arraycopy(head, 0, program, 0, head.length);
        System.arraycopy(body, 0, program, head.length, body.length);
        return program;
    }

    /**
     * The bits of the flags by name. The kernel wants {@code TSYNC_ESRCH} where a listener's descriptor takes the place
     * of the thread that could not follow, and knows {@code WAIT_KILLABLE_RECV} with a listener only.
     */
    private static int flags(Profile profile) {
        boolean notifies = notifies(profile);
        int flags = notifies ? Filter.NEW_LISTENER : 0;
        for (String flag : profile.flags()) {
            flags |= switch (flag) {
                case "SECCOMP_FILTER_FLAG_TSYNC" -> notifies ? Filter.TSYNC | Filter.TSYNC_ESRCH : Filter.TSYNC;
                case "SECCOMP_FILTER_FLAG_LOG" -> Filter.LOG;
                case "SECCOMP_FILTER_FLAG_SPEC_ALLOW" -> Filter.SPEC_ALLOW;
                case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" -> notifies ? Filter.WAIT_KILLABLE_RECV : 0;
                default -> throw new SeccompException("\"" + flag + "\" is no seccomp flag");
            };
        }
        return flags;
    }

    private static boolean notifies(Profile profile) {
        if (profile.defaultAction() == Action.NOTIFY) {
            throw new SeccompException("SCMP_ACT_NOTIFY cannot be the default action: nobody could answer in time");
        }
        boolean notifies = false;
        for (Profile.Rule rule : profile.rules()) {
            if (rule.action() == Action.NOTIFY) {
                notifies = true;
                if (rule.names().contains("write")) {
                    throw new SeccompException("SCMP_ACT_NOTIFY cannot be for write: the descriptor for the answers "
                            + "has to be handed over with it first");
                }
            }
        }
        return notifies;
    }
}
