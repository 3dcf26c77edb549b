package dev.carafe.cli;

import dev.carafe.network.Endpoint;
import dev.carafe.network.Port;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe port}. */
@Command(
        name = "carafe port",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints where the ports of an instance that runs are published.")
final class PortCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(paramLabel = "NAME", index = "0", description = "The instance.")
    String name = "";

    @Parameters(paramLabel = "PORT[/PROTOCOL]", index = "1", arity = "0..1", description = "Only where this one is.")
    @Nullable
    String port;

    PortCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        List<Port> ports = invocation.engine().instances().find(name).look().endpoints().stream()
                .map(Endpoint::ports)
                .flatMap(List::stream)
                .toList();
        if (port == null) {
            ports.forEach(it -> invocation.output().println(own(it) + " -> " + machines(it)));
            return Ending.SUCCESS;
        }
        String wanted = port.contains("/") ? port.toLowerCase(Locale.ROOT) : port + "/tcp";
        List<Port> found = ports.stream().filter(it -> own(it).equals(wanted)).toList();
        if (found.isEmpty()) {
            throw new UsageException("the port " + wanted + " of the instance \"" + name + "\" is not published");
        }
        found.forEach(it -> invocation.output().println(machines(it)));
        return Ending.SUCCESS;
    }

    private static String own(Port port) {
        return port.port() + "/" + port.protocol().name().toLowerCase(Locale.ROOT);
    }

    private static String machines(Port port) {
        return port.hostAddress().getHostAddress() + ":" + port.hostPort();
    }
}
