package dev.carafe.cli;

import dev.carafe.network.Networks;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe network list}. */
@Command(
        name = "carafe network list",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists the networks that there are.")
final class NetworkListCommand implements Callable<Ending> {

    private static final String NONE = "-";

    /** A network, or what is asked for like one. */
    record Row(String name, String driver, String subnet, String device, int endpoints) {

        static Row of(Networks.Status status) {
            return new Row(
                    status.name(),
                    "bridge",
                    status.network().map(it -> it.subnet().toString()).orElse(NONE),
                    status.network().map(it -> it.device()).orElse(NONE),
                    status.endpoints().size());
        }
    }

    private static final Listing<Row> LISTING = new Listing<>(
            List.of(
                    Listing.Column.of("name", Row::name),
                    Listing.Column.of("driver", Row::driver),
                    Listing.Column.of("subnet", Row::subnet),
                    Listing.Column.of("device", Row::device),
                    Listing.Column.of("endpoints", row -> Integer.toString(row.endpoints()))),
            5);

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Option(
            names = {"-q", "--quiet"},
            description = "Only the names.")
    boolean quiet;

    NetworkListCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        List<Row> rows = new ArrayList<>();
        invocation.networks().list().forEach(status -> rows.add(Row.of(status)));
        rows.add(new Row("host", "host", NONE, NONE, 0));
        rows.add(new Row("none", "null", NONE, NONE, 0));
        LISTING.print(rows, quiet ? "name" : format, invocation.output());
        return Ending.SUCCESS;
    }
}
