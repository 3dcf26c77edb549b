package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The program {@code out/bin/carafe} with folders of its own, and the oracle of every test: after it nothing of this
 * installation runs, is mounted, has a cgroup, or is written down.
 *
 * <p>Others may use Carafe on this machine at the same time, so that what is ours is told by names that only we use:
 * this installation's folder and its token, which every id has in it.
 */
final class Installation {

    /** The image that most tests run; made by the first that asks for it. */
    static final String DEBIAN = "bootstrap:debian/bookworm";

    private static final Path HOME =
            Path.of(System.getProperty("carafe.home", ".")).toAbsolutePath().normalize();
    private static final String FOLDER = "carafe-system";
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern INSTANCE_CGROUP = Pattern.compile("carafe-([0-9a-f]{64})");

    private final SharedFolder shared;
    private final Path folder;
    private final String token =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    private final Set<Path> cgroupsBefore = cgroups();
    private final List<PeerFolder> peers = new ArrayList<>();
    private int count;
    private int kept;
    private List<String> through = List.of();
    private long daemon;

    private Installation(SharedFolder shared, Path folder) {
        this.shared = shared;
        this.folder = folder;
    }

    static Installation make(SharedFolder shared) {
        assertThat(program()).as("run ./carafe version once to build it").isExecutable();
        try {
            Path folder = Files.createTempDirectory(FOLDER);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
            Installation made = new Installation(shared, folder);
            Files.createDirectories(made.data().resolve("images"));
            Files.createSymbolicLink(made.data().resolve("images/bootstrap"), shared.bootstrap());
            return made;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Another one beside it, which the caller has to {@link #end}. */
    Installation another() {
        return make(shared);
    }

    /** The checkout that is tested. */
    static Path home() {
        return HOME;
    }

    static Path program() {
        return HOME.resolve("out/bin/carafe");
    }

    /** The program under the name that makes it an OCI runtime and nothing else. */
    static Path runtimeProgram() {
        return HOME.resolve("out/bin/carafe-oci");
    }

    /**
     * Likewise, as a container engine is given it: engines call a runtime with an environment of their own making, so
     * that this script is what knows the installation's folders.
     */
    Path runtimeForEngines() {
        Path script = folder.resolve("carafe-oci");
        try {
            if (!Files.exists(script)) {
                Files.writeString(
                        script,
                        "#!/bin/sh\nexport CARAFE_DATA='" + data() + "' CARAFE_STATE='" + state() + "'\nexec '"
                                + runtimeProgram() + "' \"$@\"\n");
                Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            return script;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** The folder that all of this installation's files are below. */
    Path folder() {
        return folder;
    }

    Path data() {
        return folder.resolve("data");
    }

    Path state() {
        return folder.resolve("state");
    }

    /** The folder of an OCI container's state. */
    Path state(String id) {
        return state().resolve("oci").resolve(id);
    }

    /** Starts a daemon; it has to be {@linkplain #stopDaemon stopped}, or to be there when the test ends. */
    void startDaemon() {
        assertThat(execute("daemon", "start").succeeded()).isEmpty();
        daemon = daemon();
    }

    void stopDaemon() {
        assertThat(execute("daemon", "stop").succeeded()).isEmpty();
        daemon = 0;
    }

    /** The process of the daemon that runs. */
    long daemon() {
        return Long.parseLong(
                Json.read(execute("daemon", "status", "--format", "json").succeeded(), ".pid"));
    }

    /** Kills the daemon. */
    void killDaemon() {
        Commands.succeed("kill -9 \"$0\"", Long.toString(daemon));
        long killed = daemon;
        daemon = 0;
        Conditions.await("the daemon is dead", () -> !ourProcesses().contains(killed));
    }

    /** Every call from here on is made by way of a program, which is given its command line; of none, as before. */
    void callThrough(String... program) {
        through = List.of(program);
    }

    List<String> through() {
        return through;
    }

    /** An id that no other container on this machine has. */
    String newId() {
        return "system-" + token + "-" + ++count;
    }

    /** A path below this installation's folder that is not there yet. */
    Path newPath(String name) {
        return folder.resolve(name + "-" + ++count);
    }

    /** A folder of this installation's. */
    Path newFolder(String name) {
        try {
            return Files.createDirectories(newPath(name));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** A root file system that is busybox and nothing else. Bundles have copies of it. */
    Path root() {
        return shared.root();
    }

    /** For an engine that is to use this installation as its runtime. It goes with it. */
    PeerFolder newPeerFolder() {
        PeerFolder made = PeerFolder.make(root());
        peers.add(made);
        return made;
    }

    /** A bundle with busybox in it that would run this script. */
    Bundle bundle(String script) {
        return Bundle.make(newFolder("bundle"), shared.root(), script);
    }

    /** Means harm; on the machine, as it is in every bundle. */
    Path attacker() {
        return shared.attacker();
    }

    Call call(String... arguments) {
        return new Call(this, List.of(arguments));
    }

    /** A shell script with this installation's environment; {@code $0} is the program. */
    Call shell(String script) {
        return new Call(
                this, List.of("/bin/sh"), List.of("-c", script, program().toString()));
    }

    Outcome execute(String... arguments) {
        return call(arguments).execute();
    }

    /** {@code carafe run --rm} with these options, image and command, and without a network unless they say so. */
    Outcome run(String... arguments) {
        boolean network = List.of(arguments).stream().anyMatch(it -> it.startsWith("--net") || it.startsWith("-p"));
        return executeAfter(network ? List.of("run", "--rm") : List.of("run", "--rm", "--network", "none"), arguments);
    }

    /** A shell script in a Debian, as its superuser. */
    Outcome debian(String script) {
        return run(DEBIAN, "sh", "-c", script);
    }

    Outcome oci(String... arguments) {
        return executeAfter(List.of("oci"), arguments);
    }

    /** Runs a bundle until it ends. */
    Outcome runBundle(Bundle bundle) {
        return oci("run", "--bundle", bundle.folder().toString(), newId());
    }

    private Outcome executeAfter(List<String> words, String... arguments) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of(arguments));
        return new Call(this, all).execute();
    }

    /** What {@code oci state} says that its status is. */
    String status(String id) {
        String state = oci("state", id).succeeded();
        return state.replaceFirst("(?s).*\"status\": ?\"(\\w+)\".*", "$1");
    }

    /** The test leaves this many instances behind, as it should be: those that ran without {@code --rm}. */
    void keeps(int instances) {
        kept = instances;
    }

    /** The folders of the instances that there are. */
    List<Path> instances() {
        return list(data().resolve("instances"));
    }

    /** Looks whether anything is left, and removes this installation. */
    void end(boolean failedAlready) {
        try {
            closePeers();
            if (Files.exists(state().resolve("network"))) {
                execute("network", "prune"); // which nobody does but when he wants to
            }
            if (!failedAlready) {
                if (daemon != 0) {
                    assertThat(daemon()).as("the daemon has outlived the test").isEqualTo(daemon);
                    stopDaemon();
                }
                mustHaveLeftNothing();
            }
        } finally {
            remove();
        }
    }

    /** Looks whether one test of those that share this installation has left anything. */
    void mustBeAsBefore() {
        closePeers();
        mustHaveLeftNothing();
    }

    private void closePeers() {
        peers.reversed().forEach(PeerFolder::close);
        peers.clear();
    }

    /** What ends by itself, as Java does after its answer, has a moment for it. */
    void mustHaveLeftNothing() {
        if (!Conditions.comesTrue(() -> left().isEmpty(), PATIENCE)) {
            assertThat(left()).as("what is left behind").isEmpty();
        }
    }

    /** What is there of this installation that should have gone. */
    List<String> left() {
        List<String> left = new ArrayList<>();
        ourProcesses().forEach(pid -> left.add("process " + pid + " " + describe(pid)));
        ourMounts().forEach(mount -> left.add("mount " + mount));
        ourCgroups().forEach(cgroup -> left.add("cgroup " + cgroup));
        list(state().resolve("oci")).forEach(path -> left.add("state " + path));
        list(state().resolve("instances")).forEach(path -> left.add("state " + path));
        list(state().resolve("health")).forEach(path -> left.add("state " + path));
        for (String place : List.of("unfinished", "swept")) {
            list(data().resolve("snapshots").resolve(place)).forEach(path -> left.add("snapshot " + path));
        }
        List<Path> instances = instances();
        List<Path> snapshots = list(data().resolve("snapshots/active"));
        if (snapshots.size() != kept) {
            left.add("snapshots " + snapshots + ", of which there should be " + kept);
        }
        List<Path> names = list(data().resolve("names"));
        if (instances.size() != kept || names.size() != kept) {
            left.add("instances " + instances + " named " + names + ", of which there should be " + kept);
        }
        return left;
    }

    private List<String> ourMounts() {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return mounts.filter(line -> line.contains(folder.toString())).toList();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Those that were told our folders, and those that see them; without the daemon. */
    List<Long> ourProcesses() {
        List<Long> ours = new ArrayList<>();
        long self = ProcessHandle.current().pid();
        for (Path process : list(Path.of("/proc"))) {
            String name = String.valueOf(process.getFileName());
            if (!name.chars().allMatch(Character::isDigit)
                    || Long.parseLong(name) == self
                    || Long.parseLong(name) == daemon
                    || isLeftToTheMachine(process)) {
                continue;
            }
            // A mount of the machine's is everybody's; it is looked for elsewhere.
            if (read(process.resolve("environ")).contains(folder.toString())
                    || read(process.resolve("mountinfo")).contains(folder + "/data")
                    || read(process.resolve("cgroup")).contains("system-" + token)) {
                ours.add(Long.parseLong(name));
            }
        }
        return ours;
    }

    /** Whether it has ended and only the machine's first process has yet to say that it knows, which may take seconds. */
    private static boolean isLeftToTheMachine(Path process) {
        String stat = read(process.resolve("stat"));
        return stat.startsWith(" Z 1 ", stat.lastIndexOf(')') + 1);
    }

    static String describe(long pid) {
        return read(Path.of("/proc/" + pid + "/comm")).strip() + " "
                + read(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
    }

    /** Those with our token, and of instances the empty and new ones that no other installation knows of. */
    private List<Path> ourCgroups() {
        return cgroups().stream()
                .filter(cgroup -> cgroup.toString().contains(token)
                        || (!cgroupsBefore.contains(cgroup)
                                && instance(cgroup)
                                        .filter(id -> others().stream().noneMatch(other -> knows(other, id)))
                                        .isPresent()
                                && read(cgroup.resolve("cgroup.procs")).isEmpty()))
                .toList();
    }

    /** Those that it is for us to remove: somebody else is just about to start something in his. */
    private List<Path> cgroupsToRemove() {
        return cgroups().stream()
                .filter(cgroup -> cgroup.toString().contains(token)
                        || instance(cgroup).filter(id -> knows(folder, id)).isPresent())
                .toList();
    }

    private static Optional<String> instance(Path cgroup) {
        Matcher found = INSTANCE_CGROUP.matcher(cgroup.toString());
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    /** The folders of those that tests beside this one have. */
    private List<Path> others() {
        return list(folder.resolveSibling("").normalize()).stream()
                .filter(other -> String.valueOf(other.getFileName()).startsWith(FOLDER) && !other.equals(folder))
                .toList();
    }

    /** Whether an instance is there, or something has been told of it. */
    private static boolean knows(Path folder, String id) {
        return Files.exists(folder.resolve("data/instances").resolve(id))
                || read(folder.resolve("state/events")).contains(id);
    }

    private static Set<Path> cgroups() {
        Set<Path> cgroups = new TreeSet<>();
        Outcome found =
                Commands.run("find /sys/fs/cgroup -type d '(' -name '*carafe-*' -o -name 'system-*' ')' 2>/dev/null");
        found.output().lines().map(Path::of).forEach(cgroups::add);
        assertThat(CGROUPS).isDirectory();
        return cgroups;
    }

    /** Cleans up for the tests that follow; what a test expects of Carafe it has said before. */
    private void remove() {
        daemon = 0;
        for (long pid : ourProcesses()) {
            Commands.run("kill -9 \"$0\"", Long.toString(pid));
        }
        for (Path cgroup : cgroupsToRemove().reversed()) {
            Conditions.comesTrue(
                    () -> Commands.run("rmdir \"$0\" || ! [ -e \"$0\" ]", cgroup.toString())
                                    .status()
                            == 0,
                    PATIENCE);
        }
        Commands.run(
                "grep -F \"$0\" /proc/self/mountinfo | cut -d' ' -f5 | tac | while read -r m; do umount -l \"$m\"; done;"
                        + " rm -rf --one-file-system \"$0\"",
                folder.toString());
    }

    static List<Path> list(Path directory) {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.sorted().toList();
        } catch (IOException | UncheckedIOException exception) {
            return List.of(); // not there, or gone meanwhile
        }
    }

    /** A file's text; nothing if it is gone or not to be read. */
    static String read(Path path) {
        try {
            return new String(Files.readAllBytes(path), UTF_8);
        } catch (IOException exception) {
            return "";
        }
    }

    /** A digest of what must not change: the program, and the Java that it starts. */
    static String digestOfPrograms() {
        String java = read(HOME.resolve("out/lib/launch")).lines().findFirst().orElseThrow();
        return Commands.succeed(
                "sha256sum \"$0\" \"$1\"; cd \"$2\"; sha256sum lib/*",
                program().toString(),
                java,
                HOME.resolve("out").toString());
    }
}
