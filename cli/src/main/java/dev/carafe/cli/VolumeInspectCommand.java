package dev.carafe.cli;

import dev.carafe.engine.Volume;
import dev.carafe.engine.Volumes;
import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe volume inspect}. */
@Command(
        name = "carafe volume inspect",
        mixinStandardHelpOptions = true,
        description = "Prints all that is known of volumes, as JSON.")
final class VolumeInspectCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "As the list has it.")
    List<String> names = List.of();

    VolumeInspectCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Volumes volumes = invocation.engine().volumes();
        JsonWriter json = new JsonWriter("  ").array();
        for (String name : names) {
            Volume volume = volumes.find(name);
            json.object()
                    .put("name", volume.name())
                    .put("path", volume.path().toString())
                    .put("made", volume.made().toString())
                    .put("anonymous", volume.anonymous())
                    .put("labels", volume.labels())
                    .put("instances", volumes.users(volume))
                    .put("trouble", volume.trouble())
                    .end();
        }
        invocation.output().println(json.end().text());
        return Ending.SUCCESS;
    }
}
