package dev.carafe.oci.image;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One image, or one artifact: its configuration and its layers, the lowest first (manifest.md).
 *
 * @param bytes as it was read or written
 */
@SuppressWarnings("ArrayRecordComponent")
public record Manifest(
        byte[] bytes,
        String mediaType,
        Optional<String> artifactType,
        Descriptor config,
        List<Descriptor> layers,
        Optional<Descriptor> subject,
        Map<String, String> annotations)
        implements Document {

    /** Members by which it is told from an index. */
    static final List<String> OWN = List.of("config", "layers", "fsLayers", "history");

    public Manifest {
        layers = List.copyOf(layers);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    static Manifest read(JsonCursor in, byte[] bytes, String mediaType) {
        return new Manifest(
                bytes,
                mediaType,
                in.optionalText("artifactType"),
                Descriptor.optional(in, "config")
                        .orElseThrow(() -> new InvalidDocumentException("config", "is missing")),
                Descriptor.list(in, "layers"),
                Descriptor.optional(in, "subject"),
                in.textMembers("annotations"));
    }

    /**
     * Writes one.
     *
     * @param mediaType {@link MediaTypes#MANIFEST} or {@link MediaTypes#DOCKER_MANIFEST}
     */
    public static Manifest of(
            String mediaType, Descriptor config, List<Descriptor> layers, Map<String, String> annotations) {
        JsonWriter out = new JsonWriter("").object();
        out.put("schemaVersion", 2).put("mediaType", mediaType);
        config.write(out.object("config"));
        out.end().array("layers");
        for (Descriptor layer : layers) {
            layer.write(out.object());
            out.end();
        }
        out.end();
        if (!annotations.isEmpty()) {
            out.put("annotations", annotations);
        }
        byte[] bytes = out.end().text().getBytes(StandardCharsets.UTF_8);
        return new Manifest(bytes, mediaType, Optional.empty(), config, layers, Optional.empty(), annotations);
    }

    /** Whether it is an image that can be run, and not an artifact of another kind. */
    public boolean isImage() {
        return MediaTypes.isImageConfig(config.mediaType());
    }
}
