package dev.carafe.runtime;

import dev.carafe.linux.ProcessIdentity;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.State;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is kept of a container between two calls: only what cannot be derived. Whether it runs is asked of the kernel.
 *
 * @param bundle absolute
 * @param rootfs absolute
 * @param owner the uid of whoever made it
 * @param cgroupsPath as asked for
 * @param scope systemd's unit, if the cgroup is one of systemd's
 * @param cgroups the cgroup's folders by controller; empty until they are made
 * @param resctrl the folders of the resctrl groups that go with it
 * @param beneath the number of the mount under the root's, where that shows on the host
 * @param hooks whether some are left to be run when it is started or deleted, so that its configuration has to be read
 * @param process its first process; empty until there is one
 */
record ContainerRecord(
        String id,
        String ociVersion,
        String bundle,
        String rootfs,
        Map<String, String> annotations,
        Instant created,
        long owner,
        String cgroupsPath,
        Optional<SystemdScope> scope,
        Map<String, String> cgroups,
        List<String> resctrl,
        OptionalLong beneath,
        boolean hooks,
        Optional<ProcessIdentity> process) {

    static final String FILE = "state.json";

    /** No record is larger: annotations are bounded by the configuration that they come from. */
    static final int MOST_BYTES = 32 << 20;

    ContainerRecord withCgroups(Map<String, String> made) {
        return new ContainerRecord(
                id,
                ociVersion,
                bundle,
                rootfs,
                annotations,
                created,
                owner,
                cgroupsPath,
                scope,
                made,
                resctrl,
                beneath,
                hooks,
                process);
    }

    ContainerRecord withResctrl(List<String> made) {
        return new ContainerRecord(
                id,
                ociVersion,
                bundle,
                rootfs,
                annotations,
                created,
                owner,
                cgroupsPath,
                scope,
                cgroups,
                made,
                beneath,
                hooks,
                process);
    }

    ContainerRecord withProcess(ProcessIdentity started) {
        return new ContainerRecord(
                id,
                ociVersion,
                bundle,
                rootfs,
                annotations,
                created,
                owner,
                cgroupsPath,
                scope,
                cgroups,
                resctrl,
                beneath,
                hooks,
                Optional.of(started));
    }

    /** What the specification has of its state, before it is known to its callers. */
    State state(State.Status status, int pid) {
        return new State(
                ociVersion, id, status, pid, bundle, annotations, Optional.empty(), Optional.empty(), Optional.empty());
    }

    byte[] toBytes() {
        JsonWriter json = new JsonWriter("  ")
                .object()
                .put("id", id)
                .put("ociVersion", ociVersion)
                .put("bundle", bundle)
                .put("rootfs", rootfs)
                .put("annotations", annotations)
                .put("created", created.toString())
                .put("owner", owner)
                .put("cgroupsPath", cgroupsPath)
                .put("cgroups", cgroups)
                .put("resctrl", resctrl)
                .put("beneath", beneath);
        if (scope.isPresent()) {
            json.put("slice", scope.get().slice())
                    .put("unit", scope.get().unit())
                    .put("unitOf", scope.get().container());
        }
        if (hooks) {
            json.put("hooks", true);
        }
        if (process.isPresent()) {
            json.put("pid", process.get().pid()).put("startTime", process.get().startTime());
        }
        return (json.end().text() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads one.
     *
     * @throws dev.carafe.oci.InvalidDocumentException if it is damaged
     */
    static ContainerRecord parse(byte[] bytes) {
        Json json = Json.parse(FILE, bytes);
        JsonCursor in = new JsonCursor(FILE, json);
        Optional<ProcessIdentity> process = in.has("pid")
                ? Optional.of(new ProcessIdentity(
                        (int) in.integer("pid", JsonCursor.IntegerType.INT32),
                        in.integer("startTime", JsonCursor.IntegerType.INT64)))
                : Optional.empty();
        return new ContainerRecord(
                in.text("id"),
                in.text("ociVersion"),
                in.text("bundle"),
                in.text("rootfs"),
                new LinkedHashMap<>(in.textMembers("annotations")),
                Instant.parse(in.text("created")),
                in.integer("owner", JsonCursor.IntegerType.INT64),
                in.text("cgroupsPath"),
                in.has("unit")
                        ? Optional.of(new SystemdScope(in.text("slice"), in.text("unit"), in.text("unitOf")))
                        : Optional.empty(),
                new LinkedHashMap<>(in.textMembers("cgroups")),
                in.texts("resctrl"),
                in.optionalInteger("beneath", JsonCursor.IntegerType.INT64),
                in.has("hooks"),
                process);
    }
}
