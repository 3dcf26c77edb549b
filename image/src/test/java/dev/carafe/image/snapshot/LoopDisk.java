package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A file system in a file, mounted for a test. */
record LoopDisk(Path around, Path folder) implements AutoCloseable {

    /**
     * Makes and mounts one; the test is skipped, with its reason, where the machine cannot.
     *
     * @param make the command that makes the file system, with its arguments but the file
     */
    static LoopDisk of(String type, String make, String options, long bytes) {
        try {
            Path around = Files.createTempDirectory(Path.of("/dev/shm"), "carafe-" + type + "-");
            Path file = around.resolve("disk");
            Path folder = Files.createDirectory(around.resolve("mounted"));
            try (var out = new java.io.RandomAccessFile(file.toFile(), "rw")) {
                out.setLength(bytes);
            }
            LoopDisk disk = new LoopDisk(around, folder);
            boolean there = ran("command -v " + make.split(" ", 2)[0]).isEmpty();
            String made = there ? ran(make + " " + file) : "no " + make + " here";
            String mounted = made.isEmpty()
                    ? ran("mount -t " + type + " -o loop" + (options.isEmpty() ? "" : "," + options) + " " + file + " "
                            + folder)
                    : made;
            if (!mounted.isEmpty()) {
                disk.delete();
                System.out.println("skipped, as this machine has no " + type + ": " + mounted);
            }
            Assumptions.assumeTrue(mounted.isEmpty(), "this machine has no " + type + ": " + mounted);
            return disk;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    static LoopDisk btrfs(long bytes) {
        return of("btrfs", "mkfs.btrfs -q", "", bytes);
    }

    static LoopDisk ext4(long bytes) {
        return of("ext4", "mkfs.ext4 -q", "", bytes);
    }

    /** One that counts by projects. */
    static LoopDisk ext4WithProjects(long bytes) {
        return of("ext4", "mkfs.ext4 -q -O quota,project", "prjquota", bytes);
    }

    /** One that counts by projects. */
    static LoopDisk xfsWithProjects(long bytes) {
        return of("xfs", "mkfs.xfs -q", "prjquota", bytes);
    }

    /** Loses all that is not on the disk yet, as a power cut does, and mounts it again. */
    void cutPower() {
        assertThat(ran("xfs_io -x -c shutdown " + folder)).isEmpty();
        assertThat(ran("umount " + folder)).isEmpty();
        assertThat(ran("mount -o loop " + around.resolve("disk") + " " + folder))
                .isEmpty();
    }

    /** What a command says that fails, or nothing. */
    private static String ran(String command) {
        try {
            Process process = new ProcessBuilder("sh", "-c", command)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? "" : command + ": " + said;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError(exception);
        }
    }

    private void delete() throws IOException {
        try (Stream<Path> files = Files.walk(around)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() {
        assertThat(ran("umount " + folder)).isEmpty();
        try {
            delete();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
