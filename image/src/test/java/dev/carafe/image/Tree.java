package dev.carafe.image;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A folder that a test fills and looks into. */
record Tree(Path root) {

    private static final Files FILES = Kernel.host().files();

    /** Makes a file with the folders that lead to it. */
    Tree file(String path, String text) {
        Path file = root.resolve(path);
        folder(path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : ".");
        try (Fd fd =
                FILES.open(Fd.CWD, file.toString(), OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.WRONLY, 0644, 0)) {
            FILES.write(fd, text.getBytes(StandardCharsets.UTF_8));
        }
        return this;
    }

    Tree folder(String path) {
        Path folder = root;
        for (String name : path.split("/", -1)) {
            folder = folder.resolve(name).normalize();
            if (!FILES.exists(Fd.CWD, folder.toString())) {
                FILES.makeDirectory(Fd.CWD, folder.toString(), 0755);
            }
        }
        return this;
    }

    Tree link(String path, String target) {
        FILES.makeSymbolicLink(target, Fd.CWD, root.resolve(path).toString());
        return this;
    }

    Tree own(String path, int uid, int gid) {
        FILES.changeOwner(Fd.CWD, root.resolve(path).toString(), uid, gid, Files.NOFOLLOW);
        return this;
    }

    Tree mode(String path, int mode) {
        FILES.changeMode(Fd.CWD, root.resolve(path).toString(), mode);
        return this;
    }

    boolean has(String path) {
        return FILES.exists(Fd.CWD, root.resolve(path).toString());
    }

    String text(String path) {
        return FILES.readText(Fd.CWD, root.resolve(path).toString(), 1024 * 1024);
    }

    FileStatus status(String path) {
        return FILES.status(Fd.CWD, root.resolve(path).toString(), Files.NOFOLLOW);
    }

    List<String> names(String path) {
        try (Fd fd = FILES.open(Fd.CWD, root.resolve(path).toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            return FILES.list(fd).stream().sorted().toList();
        }
    }
}
