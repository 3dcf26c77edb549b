package dev.carafe.oci.image;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonCursor.IntegerType;
import dev.carafe.oci.JsonWriter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Points at content: what it is, its hash, its size (descriptor.md).
 *
 * @param size in bytes, at least 0
 * @param urls where it may also be had
 * @param data the content itself, in Base64, where it is small; use {@link #embedded}
 * @param others members that this record does not know
 */
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        List<String> urls,
        Map<String, String> annotations,
        Optional<String> data,
        Optional<Platform> platform,
        Optional<String> artifactType,
        Map<String, Json> others) {

    private static final Set<String> KNOWN =
            Set.of("mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType");

    public Descriptor {
        if (mediaType.isEmpty()) {
            throw new InvalidDocumentException("mediaType", "must not be empty");
        }
        if (size < 0) {
            throw new InvalidDocumentException("size", "must be at least 0, not " + size);
        }
        urls = List.copyOf(urls);
        annotations = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
        others = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    /** One with nothing but what it must have. */
    public static Descriptor of(String mediaType, Digest digest, long size) {
        return new Descriptor(
                mediaType,
                digest,
                size,
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of());
    }

    /** Of content that is at hand. */
    public static Descriptor of(String mediaType, byte[] content) {
        return of(mediaType, Digest.of(content), content.length);
    }

    /** Reads the object that the cursor stands in. */
    static Descriptor read(JsonCursor in) {
        return new Descriptor(
                in.text("mediaType"),
                Digests.read(in, "digest"),
                in.integer("size", IntegerType.INT64),
                in.texts("urls"),
                in.textMembers("annotations"),
                in.optionalText("data"),
                in.enter("platform") ? in.leave(Optional.of(Platform.read(in))) : Optional.empty(),
                in.optionalText("artifactType"),
                in.others(KNOWN));
    }

    /** Reads the member of this name. */
    static Optional<Descriptor> optional(JsonCursor in, String name) {
        return in.enter(name) ? in.leave(Optional.of(read(in))) : Optional.empty();
    }

    /** Reads an array of this name; none if it is absent. */
    static List<Descriptor> list(JsonCursor in, String name) {
        List<Descriptor> descriptors = new ArrayList<>();
        for (boolean more = in.first(name); more; more = in.next()) {
            descriptors.add(read(in));
        }
        return descriptors;
    }

    /**
     * The content that comes with the descriptor.
     *
     * @throws InvalidDocumentException if there is some and it is not what size and digest say
     */
    public Optional<byte[]> embedded() {
        if (data.isEmpty()) {
            return Optional.empty();
        }
        byte[] content;
        try {
            content = Base64.getDecoder().decode(data.get());
        } catch (IllegalArgumentException exception) {
            throw new InvalidDocumentException("data", "is no Base64: " + exception.getMessage());
        }
        if (content.length != size || !digest.matches(content)) {
            throw new InvalidDocumentException("data", "is not the content of " + size + " bytes and " + digest);
        }
        return Optional.of(content);
    }

    /** For the platform that its content is for. */
    public Descriptor with(Platform newPlatform) {
        return new Descriptor(
                mediaType, digest, size, urls, annotations, data, Optional.of(newPlatform), artifactType, others);
    }

    /** With other annotations. */
    public Descriptor with(Map<String, String> newAnnotations) {
        return new Descriptor(mediaType, digest, size, urls, newAnnotations, data, platform, artifactType, others);
    }

    void write(JsonWriter out) {
        out.put("mediaType", mediaType).put("digest", digest.toString()).put("size", size);
        if (!urls.isEmpty()) {
            out.put("urls", urls);
        }
        if (!annotations.isEmpty()) {
            out.put("annotations", annotations);
        }
        out.put("data", data);
        platform.ifPresent(it -> it.write(out.object("platform")).end());
        out.put("artifactType", artifactType);
        others.forEach(out::put);
    }

    /** As an object of its own. */
    public JsonObject toJson() {
        JsonWriter out = new JsonWriter("").object();
        write(out);
        return (JsonObject)
                Json.parse("descriptor", out.end().text().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
