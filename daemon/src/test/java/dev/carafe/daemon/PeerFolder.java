package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What another container engine of this machine needs so that it can be tested with and leaves no trace: a folder in
 * memory for all its files, an image, and a cgroup for all its containers.
 */
final class PeerFolder implements AutoCloseable {

    /** The image's name: busybox and nothing else. */
    static final String IMAGE = "docker.io/library/carafe-test:latest";

    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path folder;
    private final List<Path> cgroupsBefore = Installation.list(CGROUPS);
    private final List<Process> daemons = new ArrayList<>();

    private PeerFolder(Path folder) {
        this.folder = folder;
    }

    static PeerFolder make(Path root) {
        try {
            PeerFolder made = new PeerFolder(Files.createTempDirectory("carafe-peer"));
            Commands.succeed("mount -t tmpfs -o mode=711 carafe-peer \"$0\"", made.folder.toString());
            Commands.succeed("""
                    cd "$0" && tar -C "$1" -cf layer.tar . &&
                    digest=$(sha256sum layer.tar | cut -d' ' -f1) &&
                    printf '{"architecture": "%s", "os": "linux", "config": {"Env": ["PATH=/bin"]},
                      "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \\
                      "$(dpkg --print-architecture)" "$digest" > config.json &&
                    printf '[{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]' "$2" \\
                      > manifest.json &&
                    tar -cf image.tar manifest.json config.json layer.tar && rm layer.tar
                    """, made.folder.toString(), root.toString(), IMAGE);
            return made;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Words and lists of them, one after the other. */
    static String[] words(Object... parts) {
        List<String> words = new ArrayList<>();
        for (Object part : parts) {
            if (part instanceof String[] several) {
                words.addAll(List.of(several));
            } else {
                words.add(part.toString());
            }
        }
        return words.toArray(String[]::new);
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    /** The image as a file of {@code docker save}, which every engine reads. */
    Path image() {
        return path("image.tar");
    }

    /** What no other engine on this machine calls anything. */
    String token() {
        return String.valueOf(folder.getFileName());
    }

    Path write(String name, String text) {
        try {
            return Files.writeString(path(name), text);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Starts a program that runs until this is closed. */
    void start(String... words) {
        File log = path("log-" + daemons.size()).toFile();
        try {
            daemons.add(new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(log)
                    .redirectInput(Redirect.from(new File("/dev/null")))
                    .start());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** What the programs that were started had to say. */
    String logs() {
        StringBuilder logs = new StringBuilder();
        for (int i = 0; i < daemons.size(); i++) {
            logs.append(Installation.read(path("log-" + i)));
        }
        return logs.toString();
    }

    /** Ends the programs, the last one first, and looks whether they have left anything. */
    @Override
    public void close() {
        try {
            daemons.reversed().forEach(PeerFolder::end);
            if (!Conditions.comesTrue(() -> left().isEmpty(), PATIENCE)) {
                assertThat(left()).as("what is left behind").isEmpty();
            }
        } finally {
            processes().forEach(pid -> Commands.run("kill -9 \"$0\"", pid));
            mounts("").reversed().forEach(mount -> Commands.run("umount -l \"$0\"", mount));
            removeCgroups();
            Commands.run("rmdir \"$0\"", folder.toString());
        }
    }

    private static void end(Process daemon) {
        daemon.destroy();
        try {
            if (!daemon.waitFor(PATIENCE)) {
                daemon.destroyForcibly().waitFor();
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(exception);
        }
    }

    /** The engines' own mounts may stay, the containers' may not. */
    private List<String> left() {
        List<String> left = new ArrayList<>();
        processes().forEach(pid -> left.add("process " + Installation.describe(Long.parseLong(pid))));
        mounts("overlay ").forEach(mount -> left.add("mount " + mount));
        return left;
    }

    /** Those that were told of this folder, and those of the containers. */
    private List<String> processes() {
        return Installation.list(Path.of("/proc")).stream()
                .filter(process -> String.valueOf(process.getFileName()).chars().allMatch(Character::isDigit))
                .filter(process -> Installation.read(process.resolve("cmdline")).contains(token())
                        || Installation.read(process.resolve("cgroup")).contains(token()))
                .map(process -> String.valueOf(process.getFileName()))
                .toList();
    }

    private List<String> mounts(String type) {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return mounts.filter(line -> line.contains(" - " + type))
                    .map(line -> line.split(" ", -1)[4])
                    .filter(path -> path.startsWith(folder.toString()))
                    .toList();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** podman makes them even for controllers that this machine has not mounted, as plain folders with plain files. */
    private void removeCgroups() {
        for (Path hierarchy : Installation.list(CGROUPS)) {
            removeCgroup(hierarchy.resolve(token()));
            if (!cgroupsBefore.contains(hierarchy)) {
                Commands.run("rmdir \"$0\"", hierarchy.toString());
            }
        }
        removeCgroup(CGROUPS.resolve(token()));
    }

    /** A cgroup's own files cannot be deleted and go with it. */
    private static void removeCgroup(Path cgroup) {
        Commands.run("find \"$0\" -depth -delete 2>/dev/null", cgroup.toString());
    }
}
