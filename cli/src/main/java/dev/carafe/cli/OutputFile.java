package dev.carafe.cli;

import dev.carafe.image.error.DiskTrouble;
import dev.carafe.image.error.ImageException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Where an archive goes: a file, which is there when all of it is; a pipe or a device; or standard output.
 *
 * @param name as the caller gave it; null for standard output
 */
record OutputFile(Invocation invocation, @Nullable String name) {

    private static final int BUFFER = 1 << 20;

    /** Writes it. */
    @FunctionalInterface
    interface Writing {
        void write(OutputStream output, String title) throws IOException;
    }

    void write(Writing writing) throws IOException {
        try {
            writeSomewhere(writing);
        } catch (IOException exception) {
            if (DiskTrouble.of(exception).isEmpty()) {
                throw exception;
            }
            throw ImageException.notGiven(name == null ? "standard output" : name, exception);
        }
    }

    private void writeSomewhere(Writing writing) throws IOException {
        if (name == null) {
            if (invocation.kernel().terminals().isTerminal(invocation.request().output())) {
                throw new UsageException("an archive is nothing for a terminal; -o names a file for it");
            }
            OutputStream output = new BufferedOutputStream(invocation.content(), BUFFER);
            writing.write(output, "standard output");
            output.flush();
            return;
        }
        Path file = invocation.absolute(name);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            write(writing, file);
            return;
        }
        Path unfinished = Files.createTempFile(file.resolveSibling("."), "." + file.getFileName(), "");
        try {
            write(writing, unfinished);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private void write(Writing writing, Path file) throws IOException {
        try (OutputStream output = new BufferedOutputStream(Files.newOutputStream(file), BUFFER)) {
            writing.write(output, String.valueOf(name));
        }
    }
}
