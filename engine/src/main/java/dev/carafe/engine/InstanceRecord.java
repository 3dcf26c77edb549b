package dev.carafe.engine;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/**
 * What is kept of an instance: what it was made from, and what is wished of it. Nothing that can be derived: whether it
 * runs is asked of the kernel, and how it ended its monitor has written down.
 *
 * @param id 64 hexadecimal digits
 * @param image as it was asked for
 * @param identity of the image's content, as {@link dev.carafe.image.Image#identity}
 * @param options what was asked for, over what the image wants: {@link InstanceOptions#over}
 * @param wished whether its user wants it to run: {@code stop} takes that back, and no policy starts it then
 * @param started when its program was begun the last time
 * @param restarts how often its policy has started it since its user did
 * @param removing whether somebody has begun to remove it
 */
record InstanceRecord(
        String id,
        String name,
        Instant created,
        String image,
        String identity,
        InstanceOptions options,
        boolean wished,
        Optional<Instant> started,
        int restarts,
        boolean removing) {

    static final String FILE = "instance.json";

    private static final int MOST_BYTES = 16 << 20;

    private static final int VERSION = 1;

    /**
     * What a file keeps; empty without that.
     *
     * @throws InvalidDocumentException if it makes no sense
     */
    static Optional<InstanceRecord> read(Kernel kernel, Fd folder, String path) {
        return kernel.parsedFiles().read(folder, path, MOST_BYTES, InstanceRecord.class, InstanceRecord::parse);
    }

    /** A new one, which has not run. */
    static InstanceRecord of(String id, String name, String image, String identity, InstanceOptions options) {
        return new InstanceRecord(id, name, Instant.now(), image, identity, options, false, Optional.empty(), 0, false);
    }

    /** The same, begun by its user now. */
    InstanceRecord begun() {
        return new InstanceRecord(
                id, name, created, image, identity, options, true, Optional.of(Instant.now()), 0, false);
    }

    /** The same, begun by its policy now. */
    InstanceRecord begunAgain() {
        return new InstanceRecord(
                id, name, created, image, identity, options, true, Optional.of(Instant.now()), restarts + 1, false);
    }

    InstanceRecord wished(boolean changed) {
        return new InstanceRecord(id, name, created, image, identity, options, changed, started, restarts, removing);
    }

    InstanceRecord named(String changed) {
        return new InstanceRecord(id, changed, created, image, identity, options, wished, started, restarts, removing);
    }

    InstanceRecord with(InstanceOptions changed) {
        return new InstanceRecord(id, name, created, image, identity, changed, wished, started, restarts, removing);
    }

    InstanceRecord beingRemoved() {
        return new InstanceRecord(id, name, created, image, identity, options, false, started, restarts, true);
    }

    byte[] toBytes() {
        JsonWriter out = new JsonWriter("")
                .object()
                .put("version", VERSION)
                .put("id", id)
                .put("name", name)
                .put("created", created.toString())
                .put("image", image)
                .put("identity", identity)
                .putTrue("wished", wished)
                .put("started", started);
        if (restarts > 0) {
            out.put("restarts", restarts);
        }
        out.putTrue("removing", removing);
        options.write(out.object("options"));
        out.end();
        return out.end().text().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads one.
     *
     * @throws dev.carafe.oci.InvalidDocumentException if it is damaged, or of a later Carafe
     */
    static InstanceRecord parse(byte[] bytes) {
        JsonCursor in = new JsonCursor(FILE, Json.parse(FILE, bytes));
        long version = in.integer("version", JsonCursor.IntegerType.INT32);
        if (version != VERSION) {
            throw in.problem("version", "is " + version + ", and this Carafe knows " + VERSION);
        }
        return new InstanceRecord(
                in.text("id"),
                in.text("name"),
                time(in, "created", in.text("created")),
                in.text("image"),
                in.text("identity"),
                in.enter("options") ? in.leave(InstanceOptions.read(in)) : InstanceOptions.DEFAULT,
                in.flag("wished"),
                in.optionalText("started").map(text -> time(in, "started", text)),
                (int) in.optionalInteger("restarts", JsonCursor.IntegerType.INT32)
                        .orElse(0),
                in.flag("removing"));
    }

    private static Instant time(JsonCursor in, String key, String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException none) {
            throw in.problem(key, "is no time: " + text);
        }
    }
}
