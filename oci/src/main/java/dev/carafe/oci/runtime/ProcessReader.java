package dev.carafe.oci.runtime;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT16;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT64;

import dev.carafe.oci.JsonCursor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a {@link ProcessConfig} from the object that the cursor stands in. */
final class ProcessReader {

    private ProcessReader() {}

    static ProcessConfig process(JsonCursor in) {
        return new ProcessConfig(
                in.flag("terminal"),
                consoleSize(in),
                user(in),
                in.texts("args"),
                in.texts("env"),
                in.text("cwd"),
                capabilities(in),
                rlimits(in),
                in.flag("noNewPrivileges"),
                in.optionalText("apparmorProfile"),
                in.optionalInteger("oomScoreAdj", INT32),
                scheduler(in),
                in.optionalText("selinuxLabel"),
                ioPriority(in),
                execCpuAffinity(in));
    }

    private static Optional<ConsoleSize> consoleSize(JsonCursor in) {
        if (!in.enter("consoleSize")) {
            return Optional.empty();
        }
        return in.leave(
                Optional.of(new ConsoleSize((int) in.integer("height", UINT16), (int) in.integer("width", UINT16))));
    }

    /** Without {@code user}, or an id in it, runc and crun run the process as root, and the schema allows it. */
    private static User user(JsonCursor in) {
        if (!in.enter("user")) {
            return User.ROOT;
        }
        return in.leave(new User(
                in.optionalInteger("uid", UINT32).orElse(0),
                in.optionalInteger("gid", UINT32).orElse(0),
                in.optionalInteger("umask", UINT32),
                in.integers("additionalGids", UINT32)));
    }

    private static Optional<Capabilities> capabilities(JsonCursor in) {
        if (!in.enter("capabilities")) {
            return Optional.empty();
        }
        Set<String> unknown = new LinkedHashSet<>();
        return in.leave(Optional.of(new Capabilities(
                capabilities(in, "bounding", unknown),
                capabilities(in, "effective", unknown),
                capabilities(in, "inheritable", unknown),
                capabilities(in, "permitted", unknown),
                capabilities(in, "ambient", unknown),
                unknown)));
    }

    private static Set<Capability> capabilities(JsonCursor in, String set, Set<String> unknown) {
        Set<Capability> known = new LinkedHashSet<>();
        for (String name : in.texts(set)) {
            Capability.named(name).ifPresentOrElse(known::add, () -> unknown.add(name));
        }
        return known;
    }

    private static List<Rlimit> rlimits(JsonCursor in) {
        List<Rlimit> rlimits = new ArrayList<>();
        for (boolean more = in.first("rlimits"); more; more = in.next()) {
            rlimits.add(new Rlimit(
                    in.oneOf("type", "resource limit", Rlimit.Resource.values()),
                    in.integer("soft", UINT64),
                    in.integer("hard", UINT64)));
        }
        return rlimits;
    }

    private static Optional<Scheduler> scheduler(JsonCursor in) {
        if (!in.enter("scheduler")) {
            return Optional.empty();
        }
        return in.leave(Optional.of(new Scheduler(
                in.oneOf("policy", "scheduling policy", Scheduler.Policy.values()),
                (int) in.optionalInteger("nice", INT32).orElse(0),
                (int) in.optionalInteger("priority", INT32).orElse(0),
                in.someOf("flags", "scheduling flag", Scheduler.Flag.values()),
                in.optionalInteger("runtime", UINT64).orElse(0),
                in.optionalInteger("deadline", UINT64).orElse(0),
                in.optionalInteger("period", UINT64).orElse(0))));
    }

    private static Optional<IoPriority> ioPriority(JsonCursor in) {
        if (!in.enter("ioPriority")) {
            return Optional.empty();
        }
        return in.leave(Optional.of(
                new IoPriority(in.oneOf("class", "I/O scheduling class", IoPriority.SchedulingClass.values()), (int)
                        in.optionalInteger("priority", INT32).orElse(0))));
    }

    private static Optional<CpuAffinity> execCpuAffinity(JsonCursor in) {
        if (!in.enter("execCPUAffinity")) {
            return Optional.empty();
        }
        return in.leave(Optional.of(new CpuAffinity(in.optionalText("initial"), in.optionalText("final"))));
    }
}
