package dev.carafe.cli;

import dev.carafe.image.layer.FilesUnpacker;
import dev.carafe.image.layer.FilesWriter;
import dev.carafe.image.layer.LayerLimits;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The caller's own files, as a source or target of what is copied. */
final class LocalFiles {

    private final Kernel kernel;
    private final Invocation invocation;

    LocalFiles(Invocation invocation) {
        this.invocation = invocation;
        this.kernel = invocation.kernel();
    }

    /** An open source. */
    record Source(Kernel kernel, Fd file, boolean isFolder) implements AutoCloseable {

        List<String> write(String name, OutputStream output) throws IOException {
            return FilesWriter.write(kernel, file, name, output);
        }

        @Override
        public void close() {
            file.close();
        }
    }

    /**
     * Opens a source.
     *
     * @param follow whether a link in the end is followed; one with a slash after it always is
     */
    Source open(String path, boolean follow) {
        boolean through = follow || path.endsWith("/") || path.endsWith("/.");
        String absolute = invocation.absolute(path) + (path.endsWith("/") ? "/" : "");
        try {
            Fd file = kernel.files()
                    .open(Fd.CWD, absolute, through ? OpenFlags.PATH : OpenFlags.PATH | OpenFlags.NOFOLLOW);
            FileStatus status = kernel.files().status(file);
            return new Source(kernel, file, status.isDirectory());
        } catch (SystemCallException exception) {
            throw new UsageException(path + ": "
                    + (exception.errno() == Errno.ENOENT
                            ? "there is no such file or folder"
                            : exception.errno().description()));
        }
    }

    /** Where something with this path goes. */
    CopyPlace place(String source, boolean sourceIsFolder, String target) throws IOException {
        Path path = invocation.absolute(target);
        if (Files.isDirectory(path)) {
            return CopyPlace.of(source, sourceIsFolder, path.toString(), target, CopyPlace.Target.FOLDER);
        }
        if (Files.exists(path)) {
            if (!Files.isRegularFile(path)) {
                throw new UsageException(target + ": is neither a folder nor a regular file; - is standard output");
            }
            String real = path.toRealPath().toString();
            return CopyPlace.of(source, sourceIsFolder, real, target, CopyPlace.Target.FILE);
        }
        if (Files.isSymbolicLink(path)) {
            throw new UsageException(target + ": is a link that leads nowhere");
        }
        CopyPlace place = CopyPlace.of(source, sourceIsFolder, path.toString(), target, CopyPlace.Target.MISSING);
        if (!Files.isDirectory(Path.of(place.folder()))) {
            throw new NoSuchFileException(place.folder());
        }
        return place;
    }

    /**
     * Unpacks an archive of an instance's, which is trusted with nothing, into a folder.
     *
     * @param all whether files get the owners and rights that they have there; else they are the caller's, and what would
     *     give rights to others is left out
     */
    List<String> unpack(String folder, InputStream tar, boolean all) throws IOException {
        try (Fd open = kernel.files().open(Fd.CWD, folder, OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            return FilesUnpacker.unpack(kernel, tar, open, new FilesUnpacker.Keeping(all, all), LayerLimits.usual());
        }
    }
}
