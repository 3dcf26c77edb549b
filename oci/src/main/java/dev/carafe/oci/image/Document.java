package dev.carafe.oci.image;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonCursor.IntegerType;
import java.util.Map;
import java.util.Optional;

/**
 * What an image's name leads to: a manifest, or an index of several.
 *
 * <p>Its bytes are those that it was read from or has been written as, and never written anew, as its digest is theirs.
 */
public sealed interface Document permits Manifest, Index {

    /** The largest that is read, in bytes: what registries have to take, and no reader takes more. */
    int MAX_BYTES = 4 << 20;

    byte[] bytes();

    String mediaType();

    /** What it is about, where it is about something else. */
    Optional<Descriptor> subject();

    /** What it is, where that is no image. */
    Optional<String> artifactType();

    Map<String, String> annotations();

    /** Of its bytes. */
    default Digest digest() {
        return Digest.of(bytes());
    }

    default Descriptor descriptor() {
        return Descriptor.of(mediaType(), bytes());
    }

    /**
     * Reads one.
     *
     * @param name what messages call it
     * @param contentType what whoever gave it says it is, as in a Content-Type header or a descriptor; empty if nobody did
     * @throws InvalidDocumentException if it is none, is larger than {@link #MAX_BYTES}, is an older form, or could be
     *     taken for something else than whoever gave it says
     */
    static Document read(String name, byte[] bytes, String contentType) {
        if (bytes.length > MAX_BYTES) {
            throw new InvalidDocumentException(
                    name, "", "is larger than 4 MiB, the most that a manifest may have: " + bytes.length + " bytes");
        }
        JsonCursor in = new JsonCursor(name, Json.parse(name, bytes));
        refuseOldForms(in, contentType);
        String mediaType = mediaType(in, contentType);
        boolean index = MediaTypes.isIndex(mediaType);
        for (String foreign : index ? Manifest.OWN : Index.OWN) {
            if (in.has(foreign)) {
                throw in.problem(
                        foreign,
                        "has no place in " + (index ? "an index" : "a manifest")
                                + ", which this says it is; what means two things at once is refused");
            }
        }
        try {
            return index ? Index.read(in, bytes, mediaType) : Manifest.read(in, bytes, mediaType);
        } catch (InvalidDocumentException exception) {
            throw in.locate(exception);
        }
    }

    private static void refuseOldForms(JsonCursor in, String contentType) {
        long version = in.optionalInteger("schemaVersion", IntegerType.INT32).orElse(0);
        if (version == 1
                || MediaTypes.ofHeader(contentType).startsWith("application/vnd.docker.distribution.manifest.v1")) {
            throw in.problem(
                    "schemaVersion",
                    "1 is the form that Docker gave up in 2017, whose content cannot be checked; push the image again"
                            + " with a tool of today");
        }
        if (version != 2) {
            throw in.problem("schemaVersion", "must be 2");
        }
    }

    /** What it says it is itself, or whoever gave it, or what it looks like; two that differ are refused. */
    private static String mediaType(JsonCursor in, String contentType) {
        String given = MediaTypes.ofHeader(contentType);
        boolean givenKnown = MediaTypes.isIndex(given) || MediaTypes.isManifest(given);
        Optional<String> own = in.optionalText("mediaType");
        if (own.isPresent()) {
            if (!MediaTypes.isIndex(own.get()) && !MediaTypes.isManifest(own.get())) {
                throw in.problem("mediaType", "\"" + own.get() + "\" is neither a manifest's nor an index's");
            }
            if (givenKnown && !given.equals(own.get())) {
                throw in.problem("mediaType", "\"" + own.get() + "\" is not what it was given as, \"" + given + "\"");
            }
            return own.get();
        }
        if (givenKnown) {
            return given;
        }
        return in.has("manifests") ? MediaTypes.INDEX : MediaTypes.MANIFEST;
    }
}
