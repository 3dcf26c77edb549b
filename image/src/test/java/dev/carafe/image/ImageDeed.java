package dev.carafe.image;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.registry.Credentials;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.registry.RegistryOptions;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Something that is done with the images of a data folder: here, or by a process of its own that a failpoint ends.
 *
 * @param words what, and with what
 */
record ImageDeed(List<String> words) {

    static ImageDeed pull(Reference name) {
        return new ImageDeed(List.of("pull", name.toString()));
    }

    static ImageDeed load(Path archive) {
        return new ImageDeed(List.of("load", archive.toString()));
    }

    static ImageDeed importing(Path archive, String name) {
        return new ImageDeed(List.of("import", archive.toString(), name));
    }

    static ImageDeed tag(Reference name, String further) {
        return new ImageDeed(List.of("tag", name.toString(), further));
    }

    static ImageDeed remove(Reference name) {
        return new ImageDeed(List.of("remove", name.toString()));
    }

    static ImageDeed prune() {
        return new ImageDeed(List.of("prune"));
    }

    static ImageDeed verify() {
        return new ImageDeed(List.of("verify"));
    }

    static ImageDeed drop() {
        return new ImageDeed(List.of("drop"));
    }

    static Images open(Path data) {
        return Images.open(
                data, Kernel.host(), folder -> Store.open(Kernel.host(), folder), _ -> Optional.empty(), () -> {
                    throw new IllegalStateException("nothing is pulled to be run");
                });
    }

    /** Does it here. */
    void perform(Path data) {
        Images images = open(data);
        switch (words.get(0)) {
            case "pull" -> {
                try (Registries registries =
                        Registries.open(RegistryOptions.of(_ -> Optional.empty()), Credentials.NONE)) {
                    images.pull(
                            Reference.parse(words.get(1)), Optional.of(Images.platform()), registries, Watcher.NONE);
                }
            }
            case "load" -> images.load(Path.of(words.get(1)), Optional.empty(), Watcher.NONE);
            case "import" -> {
                try (InputStream tar = Files.newInputStream(Path.of(words.get(1)))) {
                    images.importArchive(
                            words.get(1), tar, Reference.parse(words.get(2)), Instructions.read(List.of()));
                } catch (IOException exception) {
                    throw new UncheckedIOException(exception);
                }
            }
            default -> {
                try (LocalImages local = images.local()) {
                    perform(local);
                }
            }
        }
    }

    private void perform(LocalImages local) {
        switch (words.get(0)) {
            case "tag" -> local.tag(local.find(words.get(1)), Reference.parse(words.get(2)));
            case "remove" -> local.remove(local.find(words.get(1)));
            case "prune" -> local.prune(true);
            case "drop" -> local.dropPacked(local.list());
            case "verify" -> local.verify(_ -> {});
            default -> throw new IllegalArgumentException(words.get(0));
        }
    }

    /** A process that does it. */
    record Elsewhere(Process process, Path error) {

        /** Waits for its end. */
        int status() {
            try {
                if (!process.waitFor(60, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("it did not end: " + complaint());
                }
                return process.exitValue();
            } catch (InterruptedException exception) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(exception);
            }
        }

        /** What it has complained of. */
        String complaint() {
            try {
                return Files.readString(error);
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    }

    /** Has another process do it. */
    Elsewhere start(Path data) {
        return start(List.of(), data, Optional.empty());
    }

    /**
     * Likewise, with a failpoint armed.
     *
     * @param deed as the variable has it, after the failpoint's name
     */
    Elsewhere start(Path data, Failpoint point, String deed) {
        return start(List.of(), data, Optional.of(point.text() + ":" + deed));
    }

    /**
     * Likewise, started by way of another program.
     *
     * @param through is given the process's command line
     * @param failpoint what the variable has
     */
    Elsewhere start(List<String> through, Path data, Optional<String> failpoint) {
        List<String> command = new ArrayList<>(through);
        command.addAll(List.of(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.sqlite.lib.path=" + System.getProperty("org.sqlite.lib.path"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ImageDeed.class.getName(),
                data.toString()));
        command.addAll(words);
        try {
            Path error = Files.createTempFile(Path.of("/dev/shm"), "carafe-error-", "");
            error.toFile().deleteOnExit();
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(error.toFile());
            failpoint.ifPresent(it -> builder.environment().put("CARAFE_FAILPOINT", it));
            return new Elsewhere(builder.start(), error);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** The process: the data folder, and the words. It complains as the command line does. */
    public static void main(String[] arguments) {
        try {
            new ImageDeed(List.of(arguments).subList(1, arguments.length)).perform(Path.of(arguments[0]));
        } catch (ImageException | SystemCallException exception) {
            System.err.println("carafe: " + exception.getMessage());
            System.exit(1);
        }
    }

    @Override
    public String toString() {
        return String.join(" ", words);
    }
}
