package dev.carafe.image.layer;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileNames;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A folder that a test looks into and changes; its links are not followed. */
record Folder(Path root) {

    static final Kernel KERNEL = Kernel.host();
    private static final Files FILES = KERNEL.files();

    Fd open() {
        return FILES.open(Fd.CWD, root.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    Folder below(String name) {
        FILES.makeDirectory(Fd.CWD, path(name), 0755);
        return new Folder(root.resolve(name));
    }

    Folder file(String name, String text) {
        try (Fd fd = FILES.open(Fd.CWD, path(name), OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.WRONLY, 0644, 0)) {
            FILES.write(fd, text.getBytes(StandardCharsets.UTF_8));
        }
        return this;
    }

    boolean has(String name) {
        return FILES.exists(Fd.CWD, path(name));
    }

    FileStatus status(String name) {
        return FILES.status(Fd.CWD, path(name), Files.NOFOLLOW);
    }

    boolean isWhiteout(String name) {
        return has(name) && LowerLayers.isWhiteout(status(name));
    }

    String text(String name) {
        try (Fd fd = FILES.open(Fd.CWD, path(name), OpenFlags.RDONLY | OpenFlags.NOFOLLOW)) {
            return new String(FILES.readAll(fd, 1 << 20), StandardCharsets.UTF_8);
        }
    }

    String link(String name) {
        return FILES.readLink(Fd.CWD, path(name));
    }

    List<String> names(String name) {
        try (Fd fd = FILES.open(Fd.CWD, path(name), OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW)) {
            return FILES.list(fd).stream().sorted().toList();
        }
    }

    Optional<byte[]> attribute(String name, String attribute) {
        try (Fd fd = FILES.open(Fd.CWD, path(name), OpenFlags.PATH | OpenFlags.NOFOLLOW)) {
            return KERNEL.attributes().get(fd, attribute);
        }
    }

    void setAttribute(String name, String attribute, byte[] value) {
        try (Fd fd = FILES.open(Fd.CWD, path(name), OpenFlags.PATH | OpenFlags.NOFOLLOW)) {
            KERNEL.attributes().set(fd, attribute, value, 0);
        }
    }

    boolean isOpaque(String name) {
        return attribute(name, "trusted.overlay.opaque").isPresent();
    }

    /** All there is to see of a tree, a line a file; equal trees give equal lines. */
    SortedMap<String, String> description() {
        SortedMap<String, String> lines = new TreeMap<>();
        describe("", lines);
        return lines;
    }

    private void describe(String at, SortedMap<String, String> lines) {
        FileStatus status = status(at);
        var line = new StringBuilder();
        line.append(Integer.toOctalString(status.mode()))
                .append(' ')
                .append(status.uid())
                .append(':')
                .append(status.gid())
                .append(' ')
                .append(status.modifiedNanos())
                .append(' ')
                .append(status.specialDevice());
        if (!status.isDirectory()) {
            line.append(" links ").append(status.links()).append(" size ").append(status.size());
        }
        try (Fd fd = FILES.open(Fd.CWD, path(at), OpenFlags.PATH | OpenFlags.NOFOLLOW)) {
            KERNEL.attributes().list(fd).stream()
                    .sorted()
                    .forEach(name -> line.append(' ')
                            .append(name)
                            .append('=')
                            .append(FileNames.text(
                                    KERNEL.attributes().get(fd, name).orElseThrow())));
        }
        if (status.isRegular()) {
            try (Fd fd = FILES.open(Fd.CWD, path(at), OpenFlags.RDONLY | OpenFlags.NOFOLLOW)) {
                line.append(" content ").append(Digest.of(FILES.readAll(fd, 64 << 20)));
            }
        } else if (status.type() == FileStatus.TYPE_SYMLINK) {
            line.append(" -> ").append(link(at));
        }
        lines.put(at, line.toString());
        if (status.isDirectory()) {
            for (String name : names(at)) {
                describe(at.isEmpty() ? name : at + "/" + name, lines);
            }
        }
    }

    private String path(String name) {
        return name.isEmpty() ? root.toString() : root + "/" + name;
    }
}
