package dev.carafe.cli;

import dev.carafe.engine.options.Devices;
import dev.carafe.engine.options.HealthCheck;
import dev.carafe.engine.options.Identity;
import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.JournalOptions;
import dev.carafe.engine.options.Limits;
import dev.carafe.engine.options.LogPolicy;
import dev.carafe.engine.options.NamespaceMode;
import dev.carafe.engine.options.Namespaces;
import dev.carafe.engine.options.Policies;
import dev.carafe.engine.options.Program;
import dev.carafe.engine.options.PullPolicy;
import dev.carafe.engine.options.RestartPolicy;
import dev.carafe.engine.options.Storage;
import dev.carafe.oci.InvalidDocumentException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What {@code carafe run} and {@code carafe create} are given: docker's options, an image, a command. */
final class RunOptions {

    /** Who calls: what some options are about. */
    interface Caller {

        /** A variable of his environment. */
        Optional<String> variable(String name);

        /** The absolute path of a path of his. */
        String absolute(String path);

        /**
         * The text of a file of his.
         *
         * @param option which names it
         */
        String text(String option, String path);

        /** Whether the machine labels files, as SELinux does. */
        boolean labels();
    }

    private static final Set<String> JOURNAL_OPTIONS = Set.of("tag", "labels", "env");

    private static final List<String> STREAMS = List.of("stdin", "stdout", "stderr");

    private final String command;
    private final Flags flags;
    private final Caller caller;

    private RunOptions(String command, Flags flags, Caller caller) {
        this.command = command;
        this.flags = flags;
        this.caller = caller;
    }

    /**
     * Those of {@code carafe run}.
     *
     * @throws UsageException if an option is unknown or refused, or lacks its value
     */
    static RunOptions run(List<String> arguments, Caller caller) {
        return read("carafe run", RunFlags.run(), arguments, caller);
    }

    /** Those of {@code carafe create}, likewise. */
    static RunOptions create(List<String> arguments, Caller caller) {
        return read("carafe create", RunFlags.create(), arguments, caller);
    }

    private static RunOptions read(String command, List<Flags.Section> known, List<String> arguments, Caller caller) {
        return new RunOptions(command, Flags.read(command, known, arguments), caller);
    }

    /** Whether only the help is wanted. */
    boolean wantsHelp() {
        return flags.has("help");
    }

    String image() {
        if (flags.words().isEmpty()) {
            throw new UsageException("IMAGE is missing; \"" + command + " --help\" says more");
        }
        return flags.words().getFirst();
    }

    Optional<String> name() {
        return flags.value("name");
    }

    boolean detached() {
        return flags.has("detach");
    }

    Optional<String> detachKeys() {
        return flags.value("detach-keys");
    }

    /** Whether signals to the client are passed on. */
    boolean passesSignals() {
        return flags.has("sig-proxy", true);
    }

    /** Where its id is written to: an absolute path. */
    Optional<String> idFile() {
        return flags.some("cidfile").map(caller::absolute);
    }

    /** Whether nothing is said of fetching the image. */
    boolean quiet() {
        return flags.has("quiet");
    }

    /** Which of {@code stdin}, {@code stdout} and {@code stderr} are relayed; all that there are if it is empty. */
    Set<String> attached() {
        Set<String> attached = new LinkedHashSet<>();
        for (String stream : flags.values("attach")) {
            String lower = stream.toLowerCase(Locale.ROOT);
            if (!STREAMS.contains(lower)) {
                throw new UsageException("--attach " + stream + ": stdin, stdout or stderr");
            }
            attached.add(lower);
        }
        if (!attached.isEmpty() && detached()) {
            throw new UsageException("--attach and --detach: one of them, not both");
        }
        return attached;
    }

    /** What the instance is asked to be. */
    InstanceOptions options() {
        image();
        checkIgnored();
        return part(
                "",
                () -> new InstanceOptions(
                        program(),
                        identity(),
                        new LimitFlags(flags).over(Limits.NONE),
                        new SecurityFlags(flags, caller).security(),
                        devices(),
                        namespaces(),
                        storage(),
                        new NetworkFlags(flags).network(),
                        policies()));
    }

    /** Flags of docker's that say nothing unless they say something else than usual. */
    private void checkIgnored() {
        if (!flags.has("disable-content-trust", true)) {
            throw new UsageException("--disable-content-trust=false: signatures of that kind are not looked at");
        }
        String driver = flags.some("volume-driver").orElse("local");
        if (!driver.equals("local")) {
            throw new UsageException(
                    "--volume-driver " + driver + ": volumes are folders of this machine, as of local");
        }
    }

    /** Says of which options a value is, that the engine refuses. */
    static <T> T part(String options, Supplier<T> maker) {
        try {
            return maker.get();
        } catch (InvalidDocumentException wrong) {
            throw new UsageException((options.isEmpty() ? "" : options + ": ") + wrong.getMessage());
        }
    }

    private Program program() {
        return part(
                "the program",
                () -> new Program(
                        flags.value("entrypoint").map(it -> it.isEmpty() ? List.of() : List.of(it)),
                        flags.words().subList(1, flags.words().size()),
                        variables(),
                        flags.some("workdir").map(RunOptions::folder),
                        flags.some("user"),
                        flags.values("group-add"),
                        flags.has("tty"),
                        flags.has("interactive"),
                        flags.has("init")));
    }

    private static String folder(String path) {
        if (!path.startsWith("/")) {
            throw new UsageException("--workdir " + path + ": must be absolute, as it is a folder of the instance");
        }
        return path;
    }

    /** A variable without a value is the caller's; one that he has not, the instance is not to have either. */
    private List<String> variables() {
        List<String> variables = new ArrayList<>();
        for (String file : flags.values("env-file")) {
            for (String line : LineFile.lines("--env-file", file, caller)) {
                if (line.indexOf('=') >= 0) {
                    variables.add(line);
                } else {
                    caller.variable(line).ifPresent(value -> variables.add(line + "=" + value));
                }
            }
        }
        for (String variable : flags.values("env")) {
            variables.add(
                    variable.indexOf('=') >= 0
                            ? variable
                            : caller.variable(variable)
                                    .map(value -> variable + "=" + value)
                                    .orElse(variable));
        }
        return variables;
    }

    private Identity identity() {
        return part(
                "the instance's name and labels",
                () -> new Identity(
                        flags.some("hostname"),
                        flags.some("domainname"),
                        labels(),
                        pairs("--annotation", flags.values("annotation"))));
    }

    private Map<String, String> labels() {
        Map<String, String> labels = new LinkedHashMap<>();
        for (String file : flags.values("label-file")) {
            labels.putAll(pairs("--label-file", LineFile.lines("--label-file", file, caller)));
        }
        labels.putAll(pairs("--label", flags.values("label")));
        return labels;
    }

    /** {@code NAME=VALUE}, or {@code NAME} alone for an empty value. */
    static Map<String, String> pairs(String option, List<String> given) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : given) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            if (name.isEmpty()) {
                throw new UsageException(option + " " + pair + ": must have the form NAME=VALUE");
            }
            pairs.put(name, equals < 0 ? "" : pair.substring(equals + 1));
        }
        return pairs;
    }

    private Devices devices() {
        return part("--device", () -> DeviceFlags.devices(flags));
    }

    private Namespaces namespaces() {
        return part(
                "the namespaces",
                () -> new Namespaces(
                        mode("pid", Namespaces.DEFAULT.pid()),
                        mode("ipc", Namespaces.DEFAULT.ipc()),
                        mode("uts", Namespaces.DEFAULT.uts()),
                        mode("cgroupns", Namespaces.DEFAULT.cgroup()),
                        mode("userns", Namespaces.DEFAULT.user()),
                        pairs("--sysctl", flags.values("sysctl"))));
    }

    private NamespaceMode mode(String name, NamespaceMode usual) {
        Optional<String> text = flags.some(name);
        return text.isPresent() ? NamespaceMode.parse("--" + name, text.get()) : usual;
    }

    private Storage storage() {
        MountFlags mounts = new MountFlags(caller);
        List<InstanceMount> all = new ArrayList<>();
        flags.values("volume").forEach(it -> all.add(mounts.volume(it)));
        flags.values("mount").forEach(it -> all.add(mounts.mount(it)));
        flags.values("tmpfs").forEach(it -> all.add(mounts.tmpfs(it)));
        return part(
                "the mounts",
                () -> new Storage(
                        flags.has("read-only"),
                        flags.bytes("shm-size"),
                        all,
                        flags.values("volumes-from").stream()
                                .map(MountFlags::volumesFrom)
                                .toList()));
    }

    private Policies policies() {
        OptionalLong timeout = flags.number("stop-timeout");
        return part(
                "the policies",
                () -> new Policies(
                        flags.some("restart").map(RestartPolicy::parse).orElse(RestartPolicy.NO),
                        healthCheck(),
                        flags.some("stop-signal"),
                        timeout.isPresent() ? Optional.of(Duration.ofSeconds(timeout.getAsLong())) : Optional.empty(),
                        log(),
                        flags.has("rm"),
                        pull(),
                        flags.some("platform")));
    }

    private PullPolicy pull() {
        String word = flags.some("pull").orElse("missing");
        for (PullPolicy policy : PullPolicy.values()) {
            if (policy.toString().equals(word)) {
                return policy;
            }
        }
        throw new UsageException("--pull " + word + ": missing, always or never");
    }

    private Optional<HealthCheck> healthCheck() {
        Optional<String> line = flags.some("health-cmd");
        HealthCheck check = new HealthCheck(
                line.isPresent() ? List.of("CMD-SHELL", line.get()) : List.of(),
                time("health-interval"),
                time("health-timeout"),
                time("health-start-period"),
                time("health-start-interval"),
                flags.positive("health-retries"));
        boolean given = line.isPresent()
                || check.interval().isPresent()
                || check.timeout().isPresent()
                || check.startPeriod().isPresent()
                || check.startInterval().isPresent()
                || check.retries().isPresent();
        if (flags.has("no-healthcheck")) {
            if (given) {
                throw new UsageException("--no-healthcheck and --health-…: one of them, not both");
            }
            return Optional.of(HealthCheck.NONE);
        }
        return given ? Optional.of(check) : Optional.empty();
    }

    /** Docker says 0 for what is not asked for. */
    private Optional<Duration> time(String name) {
        return flags.value(name).map(it -> Quantities.time("--" + name, it)).filter(it -> !it.isZero());
    }

    private LogPolicy log() {
        Map<String, String> options = pairs("--log-opt", flags.values("log-opt"));
        String driver = flags.some("log-driver").orElse("file");
        LogPolicy.Kind kind = switch (driver) {
            case "file", "json-file", "local" -> LogPolicy.Kind.FILE;
            case "journald" -> LogPolicy.Kind.JOURNALD;
            case "none" -> LogPolicy.Kind.NONE;
            default ->
                throw new UsageException("--log-driver " + driver
                        + ": output is kept in a file, in the journal or nowhere: file, journald or none");
        };
        boolean file = kind == LogPolicy.Kind.FILE;
        boolean journal = kind == LogPolicy.Kind.JOURNALD;
        long size = file ? LogPolicy.DEFAULT.maxSize() : -1;
        OptionalLong files = OptionalLong.empty();
        for (Map.Entry<String, String> option : options.entrySet()) {
            String value = option.getValue();
            String written = "--log-opt " + option.getKey() + "=" + value;
            if (option.getKey().equals("max-size") && file) {
                size = value.equals("-1") ? -1 : Quantities.bytes(written, value);
            } else if (option.getKey().equals("max-file") && file) {
                files = OptionalLong.of(Flags.number("--log-opt max-file", value));
            } else if (!(JOURNAL_OPTIONS.contains(option.getKey()) && journal)
                    && !(option.getKey().equals("mode") && value.equals("blocking"))) {
                throw new UsageException(written + ": " + driver + " has no such option"
                        + (file ? "; it has max-size and max-file" : journal ? "; it has tag, labels and env" : ""));
            }
        }
        JournalOptions fields = journal
                ? new JournalOptions(
                        Optional.ofNullable(options.get("tag")), names(options, "labels"), names(options, "env"))
                : JournalOptions.NONE;
        long most = files.orElse(size == -1 ? 1 : LogPolicy.DEFAULT.maxFiles());
        return new LogPolicy(kind, size, (int) Math.min(Math.max(most, 0), Integer.MAX_VALUE), fields);
    }

    /** Names with commas between them. */
    private static List<String> names(Map<String, String> options, String key) {
        return Stream.of(options.getOrDefault(key, "").split(","))
                .filter(name -> !name.isEmpty())
                .toList();
    }
}
