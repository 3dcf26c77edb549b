package dev.carafe.runtime;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.Signal;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.seccomp.Action;
import dev.carafe.linux.seccomp.Filter;
import dev.carafe.linux.seccomp.FilterCache;
import dev.carafe.linux.seccomp.FilterCompiler;
import dev.carafe.linux.seccomp.Machine;
import dev.carafe.linux.seccomp.Operator;
import dev.carafe.linux.seccomp.Profile;
import dev.carafe.linux.seccomp.SeccompException;
import dev.carafe.linux.seccomp.UnknownCallException;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.SyscallArgument;
import dev.carafe.oci.runtime.SyscallRule;
import dev.carafe.runtime.plan.ProcessOperation.ProcessOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Compiles the system-call filters that configurations ask for, and keeps what it compiled. */
final class Filters {

    private static final long CLONE_PARENT = 0x8000;
    private static final long TIOCSCTTY = 0x540e;

    private final FilterCache cache;

    /** @param cacheFolder where compiled filters are kept, absolute; made when it is first needed */
    Filters(Kernel kernel, String cacheFolder) {
        this.cache = new FilterCache(kernel, FilterCompiler.of(kernel), cacheFolder);
    }

    /**
     * The filter of a profile.
     *
     * @throws RuntimeFailure if it cannot be compiled, naming the key at fault where it is known
     */
    SeccompFilter compile(Seccomp seccomp) {
        try {
            Filter filter = cache.filter(profile(seccomp));
            return new SeccompFilter(filter.program(), Integer.toUnsignedLong(filter.flags()), passesNewcomers(filter));
        } catch (UnknownCallException unknown) {
            throw new RuntimeFailure(
                    "config.json: " + key(seccomp, unknown.name()) + ": " + unknown.getMessage(), unknown);
        } catch (SeccompException exception) {
            throw new RuntimeFailure("config.json: linux.seccomp: " + exception.getMessage(), exception);
        }
    }

    private static boolean passesNewcomers(Filter filter) {
        return filter.allows(SystemCall.CLONE, CLONE_PARENT)
                && filter.allows(SystemCall.EXIT_GROUP)
                && filter.allows(SystemCall.SETSID)
                && filter.allows(SystemCall.IOCTL, 0, TIOCSCTTY)
                && filter.allows(SystemCall.PRLIMIT64, 0, Rlimit.Resource.RLIMIT_NPROC.number())
                && filter.allows(SystemCall.PRCTL, ProcessOption.PDEATHSIG.number(), Signal.SIGKILL.number());
    }

    private static String key(Seccomp seccomp, String name) {
        for (int i = 0; i < seccomp.syscalls().size(); i++) {
            int j = seccomp.syscalls().get(i).names().indexOf(name);
            if (j >= 0) {
                return "linux.seccomp.syscalls[" + i + "].names[" + j + "]";
            }
        }
        return "linux.seccomp.syscalls";
    }

    private static Profile profile(Seccomp seccomp) {
        List<Machine> machines = new ArrayList<>();
        for (Seccomp.Architecture architecture : seccomp.architectures()) {
            machines.add(Machine.of(architecture.name()));
        }
        List<String> flags = new ArrayList<>();
        if (seccomp.flags().isEmpty()) {
            flags.add("SECCOMP_FILTER_FLAG_SPEC_ALLOW"); // as runC chooses
        } else {
            for (Seccomp.Flag flag : seccomp.flags().get()) {
                flags.add(flag.name());
            }
        }
        List<Profile.Rule> rules = new ArrayList<>();
        for (SyscallRule rule : seccomp.syscalls()) {
            List<Profile.Argument> arguments = new ArrayList<>();
            for (SyscallArgument argument : rule.args()) {
                arguments.add(new Profile.Argument(
                        argument.index(),
                        argument.value(),
                        argument.valueTwo(),
                        Operator.of(argument.op().name())));
            }
            rules.add(new Profile.Rule(
                    rule.names(), Action.of(rule.action().name()), number(rule.errnoRet()), arguments));
        }
        return new Profile(
                Action.of(seccomp.defaultAction().name()), number(seccomp.defaultErrnoRet()), machines, flags, rules);
    }

    private static OptionalInt number(OptionalLong number) {
        return number.isPresent() ? OptionalInt.of(Math.toIntExact(number.getAsLong())) : OptionalInt.empty();
    }
}
