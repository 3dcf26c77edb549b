package dev.carafe.cli;

import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceMount.Submounts;
import dev.carafe.engine.options.Storage;
import dev.carafe.oci.runtime.Propagation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** {@code --volume}, {@code --mount}, {@code --tmpfs} and {@code --volumes-from}. */
final class MountFlags {

    private final RunOptions.Caller caller;

    MountFlags(RunOptions.Caller caller) {
        this.caller = caller;
    }

    /** {@code [SOURCE:]PLACE[:OPTIONS]}. A source with a slash in it is the machine's; one that is missing is made. */
    InstanceMount volume(String text) {
        String written = "--volume " + text;
        String[] parts = text.split(":", -1);
        for (String part : parts) {
            if (part.isEmpty()) {
                throw new UsageException(written + ": must have the form [SOURCE:]PLACE[:OPTIONS]");
            }
        }
        return switch (parts.length) {
            case 1 -> RunOptions.part(written, () -> InstanceMount.Volume.anonymous(parts[0]));
            case 2 -> volume(written, parts[0], parts[1], "");
            case 3 -> volume(written, parts[0], parts[1], parts[2]);
            default -> throw new UsageException(written + ": must have the form [SOURCE:]PLACE[:OPTIONS]");
        };
    }

    private InstanceMount volume(String written, String source, String place, String options) {
        boolean readOnly = false;
        boolean copy = true;
        Propagation propagation = Propagation.RPRIVATE;
        boolean propagated = false;
        for (String option : options.isEmpty() ? new String[0] : options.split(",", -1)) {
            switch (option) {
                case "ro", "readonly" -> readOnly = true;
                case "rw" -> readOnly = false;
                case "nocopy", "volume-nocopy" -> copy = false;
                case "consistent", "cached", "delegated" -> {
                    // Promises about a Mac's file system; here both sides see the same at once.
                }
                case "z", "Z" -> {
                    if (caller.labels()) {
                        throw new UsageException(
                                written + ": labels of SELinux are not changed; leave " + option + " away");
                    }
                }
                default -> {
                    propagation = propagation(written, option);
                    propagated = true;
                }
            }
        }
        boolean ro = readOnly;
        boolean fill = copy;
        Propagation how = propagation;
        if (source.startsWith("/") || source.startsWith(".") || source.startsWith("~/")) {
            if (!copy) {
                throw new UsageException(written + ": nocopy is for volumes; a folder of this machine is as it is");
            }
            return RunOptions.part(
                    written,
                    () -> new InstanceMount.Bind(caller.absolute(source), place, ro, Submounts.INCLUDED, how, true));
        }
        if (source.indexOf('/') >= 0) {
            throw new UsageException(
                    written + ": " + source + " is no name of a volume; a folder of this machine begins with / or .");
        }
        if (propagated) {
            throw new UsageException(written + ": " + how + " is for folders of this machine, not for volumes");
        }
        return RunOptions.part(
                written,
                () -> new InstanceMount.Volume(Optional.of(source), place, ro, fill, Optional.empty(), Map.of()));
    }

    private static Propagation propagation(String written, String word) {
        for (Propagation propagation : Propagation.values()) {
            if (propagation.toString().equals(word)) {
                return propagation;
            }
        }
        throw new UsageException(written + ": \"" + word + "\" is no option; there are ro, rw, nocopy, z, Z,"
                + " private, rprivate, shared, rshared, slave and rslave");
    }

    /** {@code type=bind,source=…,target=…,…}, fields of CSV; a volume if no type is given. */
    InstanceMount mount(String text) {
        String written = "--mount " + text;
        Map<String, String> fields = new LinkedHashMap<>();
        List<String> labels = new ArrayList<>();
        for (String field : Csv.fields(written, text)) {
            int equals = field.indexOf('=');
            String key = (equals < 0 ? field : field.substring(0, equals)).toLowerCase(java.util.Locale.ROOT);
            String value = equals < 0 ? "true" : field.substring(equals + 1);
            String name = switch (key) {
                case "src" -> "source";
                case "dst", "destination" -> "target";
                case "ro" -> "readonly";
                default -> key;
            };
            if (name.equals("volume-label")) {
                labels.add(value);
            } else if (fields.put(name, value) != null) {
                throw new UsageException(written + ": " + name + " is given twice");
            }
        }
        Fields in = new Fields(written, fields);
        String type = in.text("type").orElse("volume");
        String target = in.text("target")
                .orElseThrow(() -> new UsageException(written + ": target, where it is to be, is missing"));
        boolean readOnly = in.truth("readonly");
        in.text("consistency");
        InstanceMount mount = switch (type) {
            case "bind" -> bind(in, target, readOnly);
            case "volume" -> volume(in, target, readOnly, labels);
            case "tmpfs" -> tmpfs(in, target, readOnly);
            case "image" ->
                throw new UsageException(written + ": images are not mounted yet; run one, or copy from it");
            default -> throw new UsageException(written + ": the type is bind, volume or tmpfs, not " + type);
        };
        in.mustBeEmpty(type);
        if (!labels.isEmpty() && !type.equals("volume")) {
            throw new UsageException(written + ": volume-label is not for the type " + type);
        }
        return mount;
    }

    private InstanceMount bind(Fields in, String target, boolean readOnly) {
        String source = in.text("source")
                .orElseThrow(() -> new UsageException(in.written() + ": source, what is to be there, is missing"));
        Propagation propagation = in.text("bind-propagation")
                .map(it -> propagation(in.written(), it))
                .orElse(Propagation.RPRIVATE);
        String recursive = in.text("bind-recursive").orElse(in.truth("bind-nonrecursive") ? "disabled" : "enabled");
        Submounts submounts = switch (recursive) {
            case "enabled", "readonly", "true", "1" -> Submounts.INCLUDED;
            case "writable" -> Submounts.WRITABLE;
            case "disabled", "false", "0" -> Submounts.LEFT_OUT;
            default ->
                throw new UsageException(in.written() + ": bind-recursive is enabled, disabled, writable or readonly");
        };
        if (!readOnly && (recursive.equals("readonly") || recursive.equals("writable"))) {
            throw new UsageException(in.written() + ": bind-recursive=" + recursive + " is for readonly mounts");
        }
        boolean create = in.truth("bind-create-src");
        return RunOptions.part(
                in.written(),
                () -> new InstanceMount.Bind(
                        caller.absolute(source), target, readOnly, submounts, propagation, create));
    }

    private static InstanceMount volume(Fields in, String target, boolean readOnly, List<String> labels) {
        String driver = in.text("volume-driver").orElse("local");
        if (!driver.equals("local")) {
            throw new UsageException(in.written() + ": volumes are folders of this machine, as of the driver local");
        }
        Optional<String> source = in.text("source").filter(it -> !it.isEmpty());
        boolean copy = !in.truth("volume-nocopy");
        Optional<String> subpath = in.text("volume-subpath");
        return RunOptions.part(
                in.written(),
                () -> new InstanceMount.Volume(
                        source, target, readOnly, copy, subpath, RunOptions.pairs("volume-label", labels)));
    }

    private static InstanceMount tmpfs(Fields in, String target, boolean readOnly) {
        OptionalLong size = in.text("tmpfs-size").isPresent()
                ? OptionalLong.of(Quantities.bytes("tmpfs-size", in.last()))
                : OptionalLong.empty();
        OptionalLong mode = in.text("tmpfs-mode").isPresent()
                ? OptionalLong.of(octal(in.written(), in.last()))
                : OptionalLong.empty();
        if (in.text("source").isPresent()) {
            throw new UsageException(in.written() + ": a tmpfs is empty at first and has no source");
        }
        return RunOptions.part(
                in.written(), () -> new InstanceMount.Tmpfs(target, readOnly, size, mode, false, List.of()));
    }

    /** {@code PLACE[:OPTIONS]}, options as mount(8) has them. */
    InstanceMount tmpfs(String text) {
        String written = "--tmpfs " + text;
        int colon = text.indexOf(':');
        boolean readOnly = false;
        boolean exec = false;
        OptionalLong size = OptionalLong.empty();
        OptionalLong mode = OptionalLong.empty();
        List<String> others = new ArrayList<>();
        for (String option :
                colon < 0 ? new String[0] : text.substring(colon + 1).split(",", -1)) {
            int equals = option.indexOf('=');
            String value = option.substring(equals + 1);
            switch (equals < 0 ? option : option.substring(0, equals)) {
                case "ro" -> readOnly = true;
                case "rw" -> readOnly = false;
                case "exec" -> exec = true;
                case "noexec" -> exec = false;
                case "size" -> size = OptionalLong.of(Quantities.bytes(written, value));
                case "mode" -> mode = OptionalLong.of(octal(written, value));
                case "" -> {}
                default -> others.add(option);
            }
        }
        boolean ro = readOnly;
        boolean runs = exec;
        OptionalLong most = size;
        OptionalLong permissions = mode;
        return RunOptions.part(
                written,
                () -> new InstanceMount.Tmpfs(
                        colon < 0 ? text : text.substring(0, colon), ro, most, permissions, runs, others));
    }

    private static long octal(String written, String text) {
        try {
            return Integer.parseUnsignedInt(text, 8);
        } catch (NumberFormatException none) {
            throw new UsageException(written + ": the mode " + text + " is no octal number, such as 1777");
        }
    }

    /** {@code NAME[:ro|rw]}. */
    static Storage.VolumesFrom volumesFrom(String text) {
        int colon = text.lastIndexOf(':');
        String mode = colon < 0 ? "rw" : text.substring(colon + 1);
        if (!mode.equals("ro") && !mode.equals("rw")) {
            throw new UsageException("--volumes-from " + text + ": must have the form NAME[:ro|rw]");
        }
        return new Storage.VolumesFrom(colon < 0 ? text : text.substring(0, colon), mode.equals("ro"));
    }

    /** The fields of one mount, which are taken out one by one. */
    private static final class Fields {

        private final String written;
        private final Map<String, String> fields;
        private String last = "";

        private Fields(String written, Map<String, String> fields) {
            this.written = written;
            this.fields = fields;
        }

        private String written() {
            return written;
        }

        private Optional<String> text(String name) {
            Optional<String> value = Optional.ofNullable(fields.remove(name));
            last = value.orElse("");
            return value;
        }

        private String last() {
            return last;
        }

        private boolean truth(String name) {
            return text(name)
                    .map(it -> Flags.truthOf(written + ": " + name + "=" + it, it))
                    .orElse(false);
        }

        private void mustBeEmpty(String type) {
            if (!fields.isEmpty()) {
                throw new UsageException(written + ": "
                        + fields.keySet().iterator().next() + " is nothing that can be said of the type " + type);
            }
        }
    }
}
