package dev.carafe.oci.runtime;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT32;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Reads {@code config.json}, strictly: what comes out can be acted on, and whatever is wrong is an
 * {@link InvalidDocumentException} with one line that names the key. Unknown keys are ignored, as the specification
 * demands; unknown values of known keys are not. {@code null} counts as absent, as it does for runc.
 *
 * <p>It is stricter than runc where runc warns and goes on: about unknown capabilities, relative mount destinations
 * and personality flags; and where runc leaves it to the kernel to refuse, such as overlapping mappings or a soft limit
 * above the hard one. Thread-safe.
 */
public final class ConfigReader {

    private final SeccompReader seccomp;

    /** Takes any name that could be a system call's for one. */
    public ConfigReader() {
        this(AnyName.SUITS);
    }

    /** @param syscalls which names of system calls a seccomp profile may hold */
    public ConfigReader(Predicate<String> syscalls) {
        this.seccomp = new SeccompReader(syscalls);
    }

    /** Not a lambda, as the first one of a JVM costs more time than all of the reading. */
    private enum AnyName implements Predicate<String> {
        SUITS;

        @Override
        public boolean test(String name) {
            return true;
        }
    }

    /** Reads a bundle's configuration. */
    public Config config(byte[] bytes) {
        return config(Json.parse("config.json", bytes));
    }

    /**
     * Reads a bundle's configuration to the stream's end, but no further than {@link Json#MAX_BYTES}. Does not close
     * it.
     *
     * @throws IOException if the stream fails
     */
    public Config config(InputStream in) throws IOException {
        return config(Json.read("config.json", in));
    }

    private Config config(Json json) {
        JsonCursor in = new JsonCursor("config.json", json);
        try {
            return new Config(
                    in.text("ociVersion"),
                    process(in),
                    root(in),
                    in.optionalText("hostname"),
                    in.optionalText("domainname"),
                    mounts(in),
                    hooks(in),
                    in.textMembers("annotations"),
                    in.enter("linux") ? in.leave(LinuxReader.linux(in, seccomp)) : Linux.UNSET);
        } catch (InvalidDocumentException e) {
            throw in.locate(e);
        }
    }

    /**
     * Reads a process on its own, as {@code exec --process} takes it.
     *
     * @param document what messages call it, such as the file's name
     */
    public ProcessConfig process(String document, Json json) {
        JsonCursor in = new JsonCursor(document, json);
        try {
            return ProcessReader.process(in);
        } catch (InvalidDocumentException e) {
            throw in.locate(e);
        }
    }

    /**
     * Reads resources on their own, as {@code update --resources} takes them.
     *
     * @param document what messages call it, such as the file's name
     */
    public Resources resources(String document, Json json) {
        JsonCursor in = new JsonCursor(document, json);
        try {
            return ResourcesReader.resources(in);
        } catch (InvalidDocumentException e) {
            throw in.locate(e);
        }
    }

    private static Optional<ProcessConfig> process(JsonCursor in) {
        return in.enter("process") ? in.leave(Optional.of(ProcessReader.process(in))) : Optional.empty();
    }

    private static Root root(JsonCursor in) {
        if (!in.enter("root")) {
            throw in.problem("root", "is missing");
        }
        return in.leave(new Root(in.text("path"), in.flag("readonly")));
    }

    private static List<Mount> mounts(JsonCursor in) {
        List<Mount> mounts = new ArrayList<>();
        for (boolean more = in.first("mounts"); more; more = in.next()) {
            mounts.add(new Mount(
                    in.text("destination"),
                    in.optionalText("type"),
                    in.optionalText("source"),
                    in.texts("options"),
                    mappings(in, "uidMappings"),
                    mappings(in, "gidMappings")));
        }
        return mounts;
    }

    static List<IdMapping> mappings(JsonCursor in, String name) {
        List<IdMapping> mappings = new ArrayList<>();
        for (boolean more = in.first(name); more; more = in.next()) {
            mappings.add(new IdMapping(
                    in.integer("containerID", UINT32), in.integer("hostID", UINT32), in.integer("size", UINT32)));
        }
        return mappings;
    }

    private static Hooks hooks(JsonCursor in) {
        if (!in.enter("hooks")) {
            return Hooks.NONE;
        }
        return in.leave(new Hooks(
                hooks(in, "prestart"),
                hooks(in, "createRuntime"),
                hooks(in, "createContainer"),
                hooks(in, "startContainer"),
                hooks(in, "poststart"),
                hooks(in, "poststop")));
    }

    private static List<Hook> hooks(JsonCursor in, String point) {
        List<Hook> hooks = new ArrayList<>();
        for (boolean more = in.first(point); more; more = in.next()) {
            hooks.add(
                    new Hook(in.text("path"), in.texts("args"), in.texts("env"), in.optionalInteger("timeout", INT32)));
        }
        return hooks;
    }
}
