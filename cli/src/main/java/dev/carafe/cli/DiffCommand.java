package dev.carafe.cli;

import dev.carafe.image.layer.FileChange;
import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe diff}. */
@Command(
        name = "carafe diff",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Lists the files of an instance that are not as its image has them: A added, C changed, D removed.")
final class DiffCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = "table or json.")
    String format = "table";

    @Parameters(paramLabel = "NAME", arity = "1", description = "The instance.")
    String name = "";

    DiffCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        boolean json = format.equals("json");
        if (!json && !format.equals("table")) {
            throw new UsageException("--format " + format + ": a list of changes is a table or json");
        }
        List<FileChange> changes = invocation.engine().instances().find(name).changes();
        for (FileChange change : changes) {
            String kind = letter(change.kind());
            invocation
                    .output()
                    .println(
                            json
                                    ? new JsonWriter("")
                                            .object()
                                            .put("kind", kind)
                                            .put("path", change.path())
                                            .end()
                                            .text()
                                    : kind + " " + change.path().replaceAll("\\p{Cntrl}", "?"));
        }
        return Ending.SUCCESS;
    }

    private static String letter(FileChange.Kind kind) {
        return switch (kind) {
            case ADDED -> "A";
            case CHANGED -> "C";
            case REMOVED -> "D";
        };
    }
}
