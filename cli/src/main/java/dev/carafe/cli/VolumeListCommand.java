package dev.carafe.cli;

import dev.carafe.engine.Volume;
import dev.carafe.engine.Volumes;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe volume list}. */
@Command(
        name = "carafe volume list",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists the volumes that there are.")
final class VolumeListCommand implements Callable<Ending> {

    private static final String NONE = "-";

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Option(
            names = {"-q", "--quiet"},
            description = "Only the names.")
    boolean quiet;

    @Option(names = "--unused", description = "Only those that no instance has.")
    boolean unused;

    VolumeListCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Volumes volumes = invocation.engine().volumes();
        List<Volume> shown = volumes.list().stream()
                .filter(it -> !unused || volumes.users(it).isEmpty())
                .toList();
        listing(volumes).print(shown, quiet ? "name" : format, invocation.output());
        return Ending.SUCCESS;
    }

    private static Listing<Volume> listing(Volumes volumes) {
        return new Listing<>(
                List.of(
                        Listing.Column.of("name", Volume::name),
                        new Listing.Column<>(
                                "made",
                                it -> it.trouble().isPresent()
                                        ? NONE
                                        : it.made().toString().replaceAll("T.*", ""),
                                it -> it.made().toString()),
                        Listing.Column.of("kind", VolumeListCommand::kind),
                        Listing.Column.of("instances", it -> {
                            List<String> users = volumes.users(it);
                            return users.isEmpty() ? NONE : String.join(",", users);
                        }),
                        Listing.Column.of(
                                "labels",
                                it -> it.labels().entrySet().stream()
                                        .map(label -> label.getKey() + "=" + label.getValue())
                                        .sorted()
                                        .collect(Collectors.joining(","))),
                        Listing.Column.of("path", it -> it.path().toString())),
                4);
    }

    private static String kind(Volume volume) {
        return volume.trouble().isPresent() ? "damaged" : volume.anonymous() ? "anonymous" : "named";
    }
}
