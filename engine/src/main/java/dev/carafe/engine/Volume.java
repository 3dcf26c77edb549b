package dev.carafe.engine;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Files that outlive the instances that use them.
 *
 * @param path of its files on this machine
 * @param made when; when the machine began to count if its record is damaged
 * @param anonymous whether it was made for one instance, and goes with it
 * @param trouble what is wrong with its record; its files are as they are
 */
public record Volume(
        String name, Path path, Instant made, boolean anonymous, Map<String, String> labels, Optional<String> trouble) {

    /** The version of the record that is written, and the newest that is read. */
    private static final int VERSION = 1;

    public Volume {
        labels = Map.copyOf(labels);
    }

    /** What is kept of it, beside its files. */
    String record() {
        return new JsonWriter("")
                .object()
                .put("version", VERSION)
                .put("made", made.toString())
                .putTrue("anonymous", anonymous)
                .put("labels", labels)
                .end()
                .text();
    }

    static Volume read(String name, Path path, byte[] record) {
        String document = "the record of the volume " + name;
        try {
            JsonCursor in = new JsonCursor(document, Json.parse(document, record));
            if (in.integer("version", INT32) != VERSION) {
                throw in.problem("version", "was written by another Carafe; this one reads " + VERSION);
            }
            return new Volume(
                    name, path, instant(in), in.flag("anonymous"), in.textMembers("labels"), Optional.empty());
        } catch (InvalidDocumentException damaged) {
            return damaged(name, path, damaged.getMessage());
        }
    }

    static Volume damaged(String name, Path path, String trouble) {
        return new Volume(name, path, Instant.EPOCH, false, Map.of(), Optional.of(trouble));
    }

    private static Instant instant(JsonCursor in) {
        try {
            return Instant.parse(in.text("made"));
        } catch (DateTimeException malformed) {
            throw in.problem("made", "is no time");
        }
    }
}
