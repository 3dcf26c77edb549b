package dev.carafe.cli;

import dev.carafe.engine.Exit;
import dev.carafe.engine.Instance;
import dev.carafe.network.Endpoint;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code carafe inspect}. */
@Command(
        name = "carafe inspect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints all that is known of instances, as JSON.")
final class InspectCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-f", "--format"},
            paramLabel = "KEYS",
            description = "Only what these keys lead to, such as state.pid or endpoints.0.address; a line an instance.")
    @Nullable
    String format;

    @Mixin
    final InstanceNames names = new InstanceNames();

    InspectCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        JsonWriter json = new JsonWriter("  ").array();
        Ending ending = names.each(invocation, (name, instance) -> {
            if (format == null) {
                write(instance.look(), json);
            } else {
                invocation.output().println(value(instance.look(), format));
            }
        });
        json.end();
        if (format == null) {
            invocation.output().println(json.text());
        }
        return ending;
    }

    private static String value(Instance.View view, String keys) {
        JsonWriter writer = new JsonWriter("");
        write(view, writer);
        Json value = Json.parse("instance", writer.text().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        for (String key : keys.replaceFirst("^\\.", "").split("\\.", -1)) {
            value = switch (value) {
                case Json.JsonObject(Map<String, Json> members) when members.containsKey(key) -> members.get(key);
                case Json.JsonArray(List<Json> elements)
                when key.matches("\\d{1,6}") && Integer.parseInt(key) < elements.size() ->
                    elements.get(Integer.parseInt(key));
                case Json.JsonObject(Map<String, Json> members) ->
                    throw new UsageException("--format " + keys + ": there is no \"" + key + "\", but "
                            + String.join(", ", members.keySet()));
                default -> throw new UsageException("--format " + keys + ": there is no \"" + key + "\"");
            };
        }
        return switch (value) {
            case Json.JsonString(String text) -> text;
            default -> value.compact();
        };
    }

    private static void write(Instance.View view, JsonWriter json) {
        json.object()
                .put("id", view.id())
                .put("name", view.name())
                .put("created", view.created().toString())
                .put("image", view.image())
                .put("identity", view.identity())
                .put("restarts", view.restarts())
                .object("state")
                .put("status", view.state().status().toString())
                .put("pid", view.state().pid())
                .put("started", view.state().started());
        if (view.state().exit().isPresent()) {
            Exit exit = view.state().exit().get();
            json.object("exit")
                    .put("status", exit.status())
                    .put("time", exit.time().toString())
                    .put("memoryKills", exit.memoryKills())
                    .put("reason", exit.reason())
                    .end();
        }
        if (view.health().isPresent()) {
            view.health().get().write(json.object("health"));
            json.end();
        }
        json.put("reason", view.state().reason()).end();
        json.array("endpoints");
        for (Endpoint endpoint : view.endpoints()) {
            json.object()
                    .put("network", endpoint.network())
                    .put("address", endpoint.address().address().getHostAddress())
                    .put("prefix", endpoint.address().toString())
                    .put("gateway", endpoint.gateway().getHostAddress())
                    .put("mac", endpoint.mac())
                    .put("ports", endpoint.ports())
                    .end();
        }
        json.end();
        view.options().write(json.object("options"));
        json.end().end();
    }
}
