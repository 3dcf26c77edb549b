package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.engine.Status;
import dev.carafe.image.Images;
import dev.carafe.image.LocalImages;
import dev.carafe.oci.JsonWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe system info}. */
@Command(
        name = "carafe system info",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Tells what Carafe is and has on this machine.")
final class SystemInfoCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = "table or json.")
    String format = "table";

    SystemInfoCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Map<String, String> facts = facts();
        switch (format) {
            case "json" -> {
                JsonWriter json = new JsonWriter("  ").object();
                facts.forEach(json::put);
                invocation.output().println(json.end().text());
            }
            case "table" ->
                Table.print(
                        facts.entrySet().stream()
                                .map(fact -> List.of(fact.getKey(), fact.getValue()))
                                .toList(),
                        invocation.output());
            default -> throw new UsageException("--format " + format + ": what there is to know is a table or json");
        }
        return Ending.SUCCESS;
    }

    private Map<String, String> facts() {
        List<Instance.View> instances = invocation.engine().instances().list();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("version", Version.current());
        facts.put("kernel", System.getProperty("os.version"));
        facts.put("platform", Images.platform().toString());
        facts.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("cgroups", cgroups());
        facts.put("data", invocation.data().toString());
        facts.put("state", invocation.state().toString());
        facts.put("snapshots", "overlay");
        try (LocalImages images = invocation.images().local()) {
            facts.put("images", Integer.toString(images.list().size()));
        }
        facts.put(
                "volumes", Integer.toString(invocation.engine().volumes().list().size()));
        facts.put("instances", Integer.toString(instances.size()));
        for (Status status : List.of(Status.RUNNING, Status.PAUSED, Status.STOPPED)) {
            facts.put(
                    status.toString(),
                    Long.toString(instances.stream()
                            .filter(it -> it.state().status() == status)
                            .count()));
        }
        return facts;
    }

    private String cgroups() {
        List<Boolean> unified = invocation.caller().cgroups().hierarchies().stream()
                .map(it -> it.unified())
                .distinct()
                .toList();
        return unified.size() > 1 ? "hybrid" : unified.contains(true) ? "v2" : "v1";
    }
}
