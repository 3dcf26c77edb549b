package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.image.LocalImages.Content;
import dev.carafe.image.LocalImages.Summary;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.image.Descriptor;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image inspect}. */
@Command(
        name = "carafe image inspect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints all that is known of images, as JSON.")
final class ImageInspectCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--raw", description = "Its manifest or index, byte for byte.")
    boolean raw;

    @Option(names = "--config", description = "Its configuration, byte for byte.")
    boolean config;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "A name, a digest, or the first digits of an id.")
    List<String> names = List.of();

    ImageInspectCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        try (LocalImages images = invocation.images().local()) {
            List<Summary> found = names.stream().map(images::find).toList();
            if (raw || config) {
                for (Summary image : found) {
                    invocation
                            .output()
                            .writeBytes(
                                    raw
                                            ? images.document(image).bytes()
                                            : content(image).config().bytes());
                }
                return Ending.SUCCESS;
            }
            JsonWriter json = new JsonWriter("").array();
            found.forEach(image -> write(image, json));
            invocation.output().println(json.end().text());
            return Ending.SUCCESS;
        }
    }

    private static Content content(Summary image) {
        return image.content()
                .orElseThrow(() -> new UsageException(
                        image.reference().familiar() + ": has no configuration here, as no image for this platform"));
    }

    private static void write(Summary image, JsonWriter json) {
        json.object()
                .put("name", image.name().text())
                .put("mediaType", image.name().target().mediaType())
                .put("digest", image.name().target().digest().toString())
                .put("changed", image.name().changed().toString());
        image.content().ifPresent(content -> {
            json.put("id", content.id().toString())
                    .put("manifest", content.manifest().digest().toString())
                    .put("platform", content.config().platform().toString())
                    .put("size", content.size());
            json.array("layers");
            for (Descriptor layer : content.manifest().layers()) {
                json.object()
                        .put("mediaType", layer.mediaType())
                        .put("digest", layer.digest().toString())
                        .put("size", layer.size())
                        .end();
            }
            json.end();
            json.put("config", Json.parse("config", content.config().bytes()));
        });
        json.end();
    }
}
