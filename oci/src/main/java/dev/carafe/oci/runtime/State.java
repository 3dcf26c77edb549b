package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonWriter;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A container's state, as {@code state} prints it and hooks read it (runtime.md, "State"). The last three components
 * are runc's additions, which its callers have come to expect.
 *
 * @param pid of the container's first process as the reader sees it; 0 if there is none, but never 0 while created,
 *     running or paused
 * @param bundle the absolute path of the bundle
 * @param rootfs the absolute path of the root file system
 * @param created when the container was made
 * @param owner the user whose container it is; {@code list} shows it, {@code state} does not
 */
public record State(
        String ociVersion,
        String id,
        Status status,
        long pid,
        String bundle,
        Map<String, String> annotations,
        Optional<String> rootfs,
        Optional<Instant> created,
        Optional<String> owner) {

    /** Where in its life the container is; {@code toString} is the word. {@code paused} is runc's, not the specification's. */
    public enum Status {
        CREATING("creating"),
        CREATED("created"),
        RUNNING("running"),
        PAUSED("paused"),
        STOPPED("stopped");

        private final String word;

        Status(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    public State {
        SpecVersion.check("ociVersion", ociVersion);
        Rules.some("id", id);
        Rules.range("pid", pid, status == Status.CREATING || status == Status.STOPPED ? 0 : 1, Integer.MAX_VALUE);
        Rules.absolute("bundle", bundle);
        annotations = Rules.members("annotations", annotations);
        Rules.absolute("rootfs", rootfs);
        Rules.some("owner", owner);
    }

    /** Writes it as an object where the writer stands: the document, or an element of {@code list}'s array. */
    public void write(JsonWriter out) {
        members(out.object());
    }

    /** Writes its members into the object that was begun, and ends that. */
    void members(JsonWriter out) {
        out.put("ociVersion", ociVersion)
                .put("id", id)
                .put("pid", pid)
                .put("status", status.toString())
                .put("bundle", bundle)
                .put("rootfs", rootfs)
                .put("created", created)
                .put("annotations", annotations)
                .put("owner", owner)
                .end();
    }

    /** The state as JSON over many lines, indented by two spaces as runc does, without a line feed at the end. */
    public String text() {
        JsonWriter out = new JsonWriter("  ");
        write(out);
        return out.text();
    }
}
