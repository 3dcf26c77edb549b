package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The program that is first in an instance where one is asked for: {@code init}, which is installed beside the library
 * that Java makes its system calls with.
 *
 * <p>Each instance has a copy: what one might do to the pages of a file that it runs, no other one sees.
 */
final class InitProgram {

    private static final String NAME = "init";
    private static final int MOST = 1 << 20;
    private static final int NEW_FILE = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.NOFOLLOW;

    private final Files files;

    InitProgram(Kernel kernel) {
        this.files = kernel.files();
    }

    /**
     * Copies it.
     *
     * @throws EngineException {@link EngineException.Kind#UNAVAILABLE} if it is not installed
     */
    Path copyTo(Path folder) {
        Path copy = folder.resolve(NAME);
        byte[] program = read();
        try (Fd file = files.open(Fd.CWD, copy.toString(), NEW_FILE, 0755, 0)) {
            files.changeMode(file, 0755); // whatever the mask of whoever calls
            files.write(file, program);
        }
        return copy;
    }

    private byte[] read() {
        Optional<Path> installed = Optional.ofNullable(System.getProperty("carafe.library"))
                .map(library -> Path.of(library).toAbsolutePath().resolveSibling(NAME));
        if (installed.isPresent()) {
            try (Fd file = files.open(Fd.CWD, installed.get().toString(), OpenFlags.RDONLY)) {
                return files.readAll(file, MOST);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENOENT) {
                    throw exception;
                }
            }
        }
        throw new EngineException(
                EngineException.Kind.UNAVAILABLE, "--init: this installation has no program for that; leave it away");
    }
}
