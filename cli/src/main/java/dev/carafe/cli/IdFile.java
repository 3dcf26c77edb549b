package dev.carafe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** {@code --cidfile}: where an instance's id is written to, which may not be there before. */
record IdFile(Optional<Path> path) {

    static IdFile of(RunOptions options) {
        Optional<Path> path = options.idFile().map(Path::of);
        if (path.isPresent() && Files.exists(path.get())) {
            throw new UsageException("--cidfile " + path.get()
                    + ": is there already: remove it, if its instance is not needed, or take another");
        }
        return new IdFile(path);
    }

    void write(String id) {
        if (path.isPresent()) {
            try {
                Files.writeString(path.get(), id, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            } catch (IOException exception) {
                throw new UsageException("--cidfile " + path.get() + ": cannot be written: "
                        + CommandLineDoor.reason(exception) + "; the instance " + id + " is there");
            }
        }
    }
}
