package dev.carafe.linux.seccomp;

import java.util.List;
import java.util.OptionalInt;

/**
 * Which system calls may be made.
 *
 * @param defaultAction for calls that no rule speaks of
 * @param defaultErrno what {@link Action#ERRNO} answers and {@link Action#TRACE} tells; empty for {@code EPERM}
 * @param architectures besides the native one, which is always there
 * @param flags {@code SECCOMP_FILTER_FLAG_TSYNC}, {@code _LOG}, {@code _SPEC_ALLOW}, {@code _WAIT_KILLABLE_RECV}
 * @see <a href="https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp">OCI runtime
 *     specification, seccomp</a>
 */
public record Profile(
        Action defaultAction,
        OptionalInt defaultErrno,
        List<Machine> architectures,
        List<String> flags,
        List<Rule> rules) {

    public Profile {
        architectures = List.copyOf(architectures);
        flags = List.copyOf(flags);
        rules = List.copyOf(rules);
    }

    /**
     * What becomes of some calls.
     *
     * @param names of system calls; one that libseccomp does not know is skipped
     * @param errno as {@link Profile#defaultErrno}
     * @param arguments all must hold; where two are about the same argument, any of them suffices, as runc has it
     */
    public record Rule(List<String> names, Action action, OptionalInt errno, List<Argument> arguments) {

        public Rule {
            names = List.copyOf(names);
            arguments = List.copyOf(arguments);
        }

        /** A rule for every call by these names. */
        public static Rule of(Action action, String... names) {
            return new Rule(List.of(names), action, OptionalInt.empty(), List.of());
        }
    }

    /**
     * A condition on an argument.
     *
     * @param index 0 to 5
     * @param value to compare with, unsigned; the mask of {@link Operator#MASKED_EQ}
     * @param valueTwo what the masked argument must be
     */
    public record Argument(int index, long value, long valueTwo, Operator operator) {

        private static final int MOST = 5;

        /**
         * Checks the index.
         *
         * @throws SeccompException if no system call has such an argument
         */
        public Argument {
            if (index < 0 || index > MOST) {
                throw new SeccompException("a system call has the arguments 0 to 5, and none with the index " + index);
            }
        }
    }
}
