package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigReader;
import dev.carafe.oci.runtime.ConfigWriter;
import dev.carafe.oci.runtime.DefaultConfig;
import dev.carafe.runtime.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What deciding costs a daemon that is warm: from the bytes of the default {@code config.json} to those of the plan. All
 * of it is to stay under a millisecond.
 *
 * <p>The cgroups are those of a machine with cgroup v1, where a plan is longest.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PlanBenchmark {

    private final byte[] bytes = ConfigWriter.text(DefaultConfig.rootful(false)).getBytes(StandardCharsets.UTF_8);
    private final Map<String, String> cgroups = cgroups();
    private final Blueprint blueprint = blueprint(new ConfigReader().config(bytes), cgroups);
    private final Plan plan = Compiler.compile(blueprint);

    /** {@code config.json}, parsed and checked. */
    @Benchmark
    public Config read() {
        return new ConfigReader().config(bytes);
    }

    /** A configuration, made a plan. */
    @Benchmark
    public Plan compile() {
        return Compiler.compile(blueprint);
    }

    /** A plan, in the form that is sent. */
    @Benchmark
    public byte[] encode() {
        return plan.toBytes();
    }

    /** From the bytes of one to the bytes of the other. */
    @Benchmark
    public byte[] whole() {
        return Compiler.compile(blueprint(read(), cgroups)).toBytes();
    }

    private static Blueprint blueprint(Config from, Map<String, String> cgroups) {
        return new Blueprint(
                "ID",
                from,
                "/bundle",
                new RootSource.Folder("/bundle/rootfs"),
                new ProcessBlueprint(
                        Rights.ROOT,
                        from.process().orElseThrow(),
                        cgroups,
                        false,
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        EnumSet.allOf(Capability.class),
                        Blueprint.Input.INHERITED,
                        new Blueprint.Beginning.AtOnce(true),
                        0));
    }

    private static Map<String, String> cgroups() {
        Map<String, String> folders = new LinkedHashMap<>();
        for (String controller : new String[] {"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "pids"}) {
            folders.put(controller, "/sys/fs/cgroup/" + controller + "/carafe-benchmark");
        }
        return folders;
    }
}
