package dev.carafe.oci.image;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Several images under one name, for several platforms mainly (image-index.md).
 *
 * @param bytes as it was read or written
 */
@SuppressWarnings("ArrayRecordComponent")
public record Index(
        byte[] bytes,
        String mediaType,
        Optional<String> artifactType,
        List<Descriptor> manifests,
        Optional<Descriptor> subject,
        Map<String, String> annotations)
        implements Document {

    /** Members by which it is told from a manifest. */
    static final List<String> OWN = List.of("manifests");

    /** What builders add for an image: it is signed facts about it, and for no platform. */
    private static final String ATTESTATION = "vnd.docker.reference.type";

    public Index {
        manifests = List.copyOf(manifests);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    static Index read(JsonCursor in, byte[] bytes, String mediaType) {
        return new Index(
                bytes,
                mediaType,
                in.optionalText("artifactType"),
                Descriptor.list(in, "manifests"),
                Descriptor.optional(in, "subject"),
                in.textMembers("annotations"));
    }

    /**
     * Writes one.
     *
     * @param mediaType {@link MediaTypes#INDEX} or {@link MediaTypes#DOCKER_INDEX}
     */
    public static Index of(String mediaType, List<Descriptor> manifests, Map<String, String> annotations) {
        JsonWriter out = new JsonWriter("").object();
        out.put("schemaVersion", 2).put("mediaType", mediaType).array("manifests");
        for (Descriptor manifest : manifests) {
            manifest.write(out.object());
            out.end();
        }
        out.end();
        if (!annotations.isEmpty()) {
            out.put("annotations", annotations);
        }
        byte[] bytes = out.end().text().getBytes(StandardCharsets.UTF_8);
        return new Index(bytes, mediaType, Optional.empty(), manifests, Optional.empty(), annotations);
    }

    /**
     * The entry whose platform suits one best; of several that suit it alike the first. One without a platform is taken
     * where none with one suits: who made it did not say, and its configuration will.
     */
    public Optional<Descriptor> best(Platform here) {
        Descriptor best = null;
        int most = 0;
        for (Descriptor manifest : manifests) {
            if (manifest.annotations().containsKey(ATTESTATION) || !isOfImage(manifest)) {
                continue;
            }
            int suits = manifest.platform().map(there -> 2 * here.suits(there)).orElse(1);
            if (suits > most) {
                most = suits;
                best = manifest;
            }
        }
        return Optional.ofNullable(best);
    }

    private static boolean isOfImage(Descriptor manifest) {
        return MediaTypes.isManifest(manifest.mediaType()) || MediaTypes.isIndex(manifest.mediaType());
    }

    /** The platforms that it has images for, in its order. */
    public List<Platform> platforms() {
        return manifests.stream()
                .filter(manifest -> !manifest.annotations().containsKey(ATTESTATION))
                .flatMap(manifest -> manifest.platform().stream())
                .toList();
    }
}
