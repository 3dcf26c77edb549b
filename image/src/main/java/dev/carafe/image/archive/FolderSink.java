package dev.carafe.image.archive;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that go into a folder, each there wholly or not at all. */
final class FolderSink implements ImageSink {

    private final Kernel kernel;
    private final Path folder;

    FolderSink(Kernel kernel, Path folder) throws IOException {
        this.kernel = kernel;
        this.folder = Files.createDirectories(folder);
    }

    @Override
    public boolean has(String path) {
        return path.startsWith("blobs/") && Files.exists(folder.resolve(path));
    }

    @Override
    public void file(String path, long size, InputStream content) throws IOException {
        Path file = folder.resolve(path);
        Path parent = Files.createDirectories(file.resolveSibling("."));
        Path unfinished = Files.createTempFile(parent, ".unfinished-", "");
        try {
            Files.copy(content, unfinished, StandardCopyOption.REPLACE_EXISTING);
            kernel.files().changeMode(Fd.CWD, unfinished.toString(), 0644);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    @Override
    public void close() {
        try (Fd top = kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            kernel.files().syncFileSystem(top);
        }
    }
}
