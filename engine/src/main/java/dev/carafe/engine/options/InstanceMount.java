package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.Propagation;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Something that an instance sees in place of the image's files. */
public sealed interface InstanceMount {

    /** Where: an absolute path in the instance, and not the root. */
    String target();

    /** Whether nothing can be written there. */
    boolean readOnly();

    /** The same, read-only. */
    InstanceMount asReadOnly();

    /** What becomes of mounts below a source. */
    enum Submounts {
        /** They are there, and read-only where the mount is. */
        INCLUDED("included"),
        /** They are there, and writable whatever the mount is. */
        WRITABLE("writable"),
        /** They are not there. */
        LEFT_OUT("left-out");

        private final String word;

        Submounts(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * A file or folder of the machine's.
     *
     * @param source absolute
     * @param propagation whether mounts made later on one side appear on the other
     * @param createSource whether a source that is missing is made, as a folder
     */
    record Bind(
            String source,
            String target,
            boolean readOnly,
            Submounts submounts,
            Propagation propagation,
            boolean createSource)
            implements InstanceMount {

        private static final Set<Propagation> PROPAGATIONS =
                EnumSet.complementOf(EnumSet.of(Propagation.UNBINDABLE, Propagation.RUNBINDABLE));

        public Bind {
            source = Rules.clean("source", source);
            target = InstanceMount.place(target);
            if (!PROPAGATIONS.contains(propagation)) {
                throw Rules.broken("propagation", "private, shared, slave or these with an r, not " + propagation);
            }
        }

        /** With all that is mounted below it; fails where the source is missing. */
        public static Bind of(String source, String target, boolean readOnly) {
            return new Bind(source, target, readOnly, Submounts.INCLUDED, Propagation.RPRIVATE, false);
        }

        @Override
        public Bind asReadOnly() {
            return new Bind(source, target, true, submounts, propagation, createSource);
        }
    }

    /**
     * A volume.
     *
     * @param name empty for one of the instance's own, which goes with it
     * @param copy whether an empty one is filled with what the image has in its place
     * @param subpath a folder of the volume, relative to it; which has to be there
     * @param labels of the volume, if it is made for this
     */
    record Volume(
            Optional<String> name,
            String target,
            boolean readOnly,
            boolean copy,
            Optional<String> subpath,
            Map<String, String> labels)
            implements InstanceMount {

        public Volume {
            if (name.isPresent()) {
                VolumeName.check("name", name.get());
            }
            target = InstanceMount.place(target);
            if (subpath.isPresent()) {
                subpath = Optional.of(Rules.below("subpath", subpath.get())).filter(it -> !it.isEmpty());
            }
            labels = Rules.members("labels", labels);
        }

        public static Volume named(String name, String target) {
            return new Volume(Optional.of(name), target, false, true, Optional.empty(), Map.of());
        }

        /** One of the instance's own. */
        public static Volume anonymous(String target) {
            return new Volume(Optional.empty(), target, false, true, Optional.empty(), Map.of());
        }

        public Volume withName(String given) {
            return new Volume(Optional.of(given), target, readOnly, copy, subpath, labels);
        }

        @Override
        public Volume asReadOnly() {
            return new Volume(name, target, true, copy, subpath, labels);
        }
    }

    /**
     * Files in memory, which end with the instance.
     *
     * @param size bytes; half of the machine's memory if not given
     * @param mode permissions, 0 to 4095 (octal 7777); those of the folder in its place if not given
     * @param exec whether programs there can be started
     */
    record Tmpfs(
            String target, boolean readOnly, OptionalLong size, OptionalLong mode, boolean exec, List<String> options)
            implements InstanceMount {

        private static final Set<String> KNOWN = Set.of(
                "suid",
                "nosuid",
                "dev",
                "nodev",
                "atime",
                "noatime",
                "diratime",
                "nodiratime",
                "relatime",
                "norelatime",
                "strictatime",
                "nostrictatime",
                "sync",
                "async",
                "dirsync",
                "mand",
                "nomand");
        private static final Set<String> VALUED = Set.of("uid", "gid", "nr_inodes", "nr_blocks", "mpol", "huge");

        public Tmpfs {
            target = InstanceMount.place(target);
            Rules.range("size", size, 1, Long.MAX_VALUE);
            Rules.range("mode", mode, 0, 07777);
            options = Rules.texts("options", options);
            for (int i = 0; i < options.size(); i++) {
                String option = options.get(i);
                int equals = option.indexOf('=');
                if (!(equals < 0 ? KNOWN.contains(option) : VALUED.contains(option.substring(0, equals)))) {
                    throw Rules.broken(
                            JsonPath.element("options", i),
                            JsonPath.quoted(option) + " is no option of a tmpfs that can be asked for");
                }
            }
        }

        public static Tmpfs of(String target) {
            return new Tmpfs(target, false, OptionalLong.empty(), OptionalLong.empty(), false, List.of());
        }

        @Override
        public Tmpfs asReadOnly() {
            return new Tmpfs(target, true, size, mode, exec, options);
        }
    }

    private static String place(String target) {
        String place = Rules.clean("target", target);
        if (place.equals("/")) {
            throw Rules.broken("target", "the root of the instance is its image's; a folder below it, such as /data");
        }
        return place;
    }

    /** Writes the members of the object that has been begun. */
    default void write(JsonWriter out) {
        switch (this) {
            case Bind bind -> {
                out.put("kind", "bind").put("source", bind.source());
                out.putTrue("createSource", bind.createSource());
                if (bind.submounts() != Submounts.INCLUDED) {
                    out.put("submounts", bind.submounts().toString());
                }
                if (bind.propagation() != Propagation.RPRIVATE) {
                    out.put("propagation", bind.propagation().toString());
                }
            }
            case Volume volume -> {
                out.put("kind", "volume").put("name", volume.name()).put("subpath", volume.subpath());
                out.putTrue("empty", !volume.copy()).put("labels", volume.labels());
            }
            case Tmpfs tmpfs ->
                out.put("kind", "tmpfs")
                        .put("size", tmpfs.size())
                        .put("mode", tmpfs.mode())
                        .putTrue("exec", tmpfs.exec())
                        .put("options", tmpfs.options());
        }
        out.put("target", target()).putTrue("readOnly", readOnly());
    }

    /** Reads the object that the cursor stands in. */
    static InstanceMount read(JsonCursor in) {
        String target = in.text("target");
        boolean readOnly = in.flag("readOnly");
        return switch (in.text("kind")) {
            case "bind" ->
                new Bind(
                        in.text("source"),
                        target,
                        readOnly,
                        in.optionalOneOf("submounts", "way with submounts", Submounts.values())
                                .orElse(Submounts.INCLUDED),
                        in.optionalOneOf("propagation", "propagation", Propagation.values())
                                .orElse(Propagation.RPRIVATE),
                        in.flag("createSource"));
            case "volume" ->
                new Volume(
                        in.optionalText("name"),
                        target,
                        readOnly,
                        !in.flag("empty"),
                        in.optionalText("subpath"),
                        in.textMembers("labels"));
            case "tmpfs" ->
                new Tmpfs(
                        target,
                        readOnly,
                        in.optionalInteger("size", INT64),
                        in.optionalInteger("mode", INT64),
                        in.flag("exec"),
                        in.texts("options"));
            default -> throw in.problem("kind", "expected bind, volume or tmpfs");
        };
    }
}
