package dev.carafe.oci.runtime;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Reads {@link Seccomp} from the object that the cursor stands in. */
final class SeccompReader {

    private final Predicate<String> syscalls;

    SeccompReader(Predicate<String> syscalls) {
        this.syscalls = syscalls;
    }

    Seccomp seccomp(JsonCursor in) {
        return new Seccomp(
                in.oneOf("defaultAction", "seccomp action", Seccomp.Action.values()),
                in.optionalInteger("defaultErrnoRet", UINT32),
                in.someOf("architectures", "architecture", Seccomp.Architecture.values()),
                flags(in),
                in.optionalText("listenerPath"),
                in.optionalText("listenerMetadata"),
                rules(in));
    }

    private static Optional<Set<Seccomp.Flag>> flags(JsonCursor in) {
        return in.has("flags")
                ? Optional.of(in.someOf("flags", "seccomp flag", Seccomp.Flag.values()))
                : Optional.empty();
    }

    private List<SyscallRule> rules(JsonCursor in) {
        List<SyscallRule> rules = new ArrayList<>();
        for (boolean more = in.first("syscalls"); more; more = in.next()) {
            SyscallRule rule = new SyscallRule(
                    in.texts("names"),
                    in.oneOf("action", "seccomp action", Seccomp.Action.values()),
                    in.optionalInteger("errnoRet", UINT32),
                    arguments(in));
            checkNames(in, rule.names());
            rules.add(rule);
        }
        return rules;
    }

    private void checkNames(JsonCursor in, List<String> names) {
        int index = 0;
        for (String name : names) {
            if (!syscalls.test(name)) {
                throw in.problem(JsonPath.element("names", index), "unknown system call " + JsonPath.quoted(name));
            }
            index++;
        }
    }

    private static List<SyscallArgument> arguments(JsonCursor in) {
        List<SyscallArgument> arguments = new ArrayList<>();
        for (boolean more = in.first("args"); more; more = in.next()) {
            arguments.add(new SyscallArgument(
                    (int) in.integer("index", INT32),
                    in.integer("value", UINT64),
                    in.optionalInteger("valueTwo", UINT64).orElse(0),
                    in.oneOf("op", "seccomp operator", SyscallArgument.Operator.values())));
        }
        return arguments;
    }
}
