package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Optional;

/**
 * What a seccomp agent is told of a process whose system calls it is to answer for (config-linux.md, "The Container
 * Process State").
 *
 * @param descriptors the names of the descriptors that come with it, in their order
 * @param pid of the process, as the runtime sees it
 * @param metadata {@code linux.seccomp.listenerMetadata}
 */
public record ContainerProcessState(List<String> descriptors, long pid, Optional<String> metadata, State state) {

    /** The name of the descriptor that {@code seccomp(2)} gave. */
    public static final String SECCOMP_DESCRIPTOR = "seccompFd";

    public ContainerProcessState {
        descriptors = Rules.texts("fds", descriptors);
        Rules.range("pid", pid, 1, Integer.MAX_VALUE);
    }

    /** It as JSON on one line. */
    public String text() {
        JsonWriter out = new JsonWriter("")
                .object()
                .put("ociVersion", Config.OCI_VERSION)
                .put("fds", descriptors)
                .put("pid", pid)
                .put("metadata", metadata)
                .object("state");
        state.members(out);
        return out.end().text();
    }
}
