package dev.carafe.cli;

import dev.carafe.network.Endpoint;
import dev.carafe.network.Networks;
import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe network inspect}. */
@Command(
        name = "carafe network inspect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints all that is known of networks, as JSON.")
final class NetworkInspectCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(paramLabel = "NETWORK", arity = "1..*", description = "A name.")
    List<String> names = List.of();

    NetworkInspectCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        List<Networks.Status> found =
                names.stream().map(invocation.networks()::find).toList();
        JsonWriter json = new JsonWriter("").array();
        found.forEach(status -> write(status, json));
        invocation.output().println(json.end().text());
        return Ending.SUCCESS;
    }

    private static void write(Networks.Status status, JsonWriter json) {
        json.object()
                .put("name", status.name())
                .put("driver", "bridge")
                .put("up", status.up())
                .putTrue("madeMachineForward", status.forwarding());
        status.network()
                .ifPresent(network -> json.put("device", network.device())
                        .put("subnet", network.subnet().toString())
                        .put("gateway", network.gateway().address().getHostAddress())
                        .put("mtu", network.mtu()));
        json.array("endpoints");
        for (Endpoint endpoint : status.endpoints()) {
            json.object()
                    .put("owner", endpoint.owner())
                    .put("hostname", endpoint.hostname())
                    .put("address", endpoint.address().toString())
                    .put("mac", endpoint.mac())
                    .put("device", endpoint.device())
                    .put(
                            "ports",
                            endpoint.ports().stream().map(Object::toString).toList())
                    .end();
        }
        json.end().end();
    }
}
