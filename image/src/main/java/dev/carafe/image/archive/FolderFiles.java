package dev.carafe.image.archive;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The files of a folder. No symbolic link in it is followed: it may be anybody's work. */
final class FolderFiles implements ArchiveFiles {

    private static final int CONFINED = OpenFlags.RESOLVE_BENEATH | OpenFlags.RESOLVE_NO_SYMLINKS;

    private final Kernel kernel;
    private final Path folder;
    private final Fd top;

    /**
     * Opens a folder.
     *
     * @throws SystemCallException if it cannot be opened, or is none
     */
    FolderFiles(Kernel kernel, Path folder) {
        this.kernel = kernel;
        this.folder = folder;
        this.top = kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    @Override
    public String title() {
        return folder.toString();
    }

    @Override
    public OptionalLong size(String path) {
        try (Fd file = kernel.files().open(top, path, OpenFlags.PATH, 0, CONFINED)) {
            FileStatus status = kernel.files().status(file);
            return status.isRegular() ? OptionalLong.of(status.size()) : OptionalLong.empty();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ENOTDIR) {
                return OptionalLong.empty();
            }
            throw exception;
        }
    }

    @Override
    public InputStream open(String path, long offset) throws IOException {
        Fd file = kernel.files().open(top, path, OpenFlags.RDONLY | OpenFlags.NONBLOCK, 0, CONFINED);
        try {
            if (!kernel.files().status(file).isRegular()) {
                throw new IOException(folder.resolve(path) + ": is no regular file");
            }
            FileChannel channel = FileChannel.open(Path.of("/proc/self/fd/" + file.number()));
            channel.position(offset);
            return Channels.newInputStream(channel);
        } finally {
            file.close(); // The channel has opened it once more.
        }
    }

    @Override
    public void close() {
        top.close();
    }
}
