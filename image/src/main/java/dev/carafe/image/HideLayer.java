package dev.carafe.image;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * A layer for overlayfs whose only purpose is to cover things of the layer below it.
 *
 * <p>A whiteout covers a name. A folder that is on the way to something covered is in this layer too, and as the upper
 * one of two that are joined it lends the view its owner and mode: these are copied from the folder below.
 *
 * @param entries by path below the root without a leading slash, the root itself being the empty path
 */
record HideLayer(TreeMap<String, Entry> entries) {

    /** What the layer has at a path. */
    sealed interface Entry {

        /** The name is not there. */
        record Whiteout() implements Entry {}

        /** A folder, joined with the one below unless it is opaque. */
        record Folder(int mode, int uid, int gid, boolean opaque) implements Entry {}

        /** A file in place of the one below. */
        record Content(int mode, int uid, int gid, String text) implements Entry {}
    }

    private static final int PERMISSIONS = 07777;

    HideLayer() {
        this(new TreeMap<>());
    }

    static Entry.Folder folder(FileStatus like, boolean opaque) {
        return new Entry.Folder(like.mode() & PERMISSIONS, like.uid(), like.gid(), opaque);
    }

    static Entry.Content content(FileStatus like, String text) {
        return new Entry.Content(like.mode() & PERMISSIONS, like.uid(), like.gid(), text);
    }

    /** A folder on the way to something covered. */
    void passThrough(String path, FileStatus like) {
        entries.putIfAbsent(path, folder(like, false));
    }

    /** Covers a path. Where several rules meet, what shows less counts. */
    void cover(String path, Entry entry) {
        entries.merge(path, entry, (one, other) -> rank(one) >= rank(other) ? one : other);
    }

    private static int rank(Entry entry) {
        return switch (entry) {
            case Entry.Folder folder -> folder.opaque ? 1 : 0;
            case Entry.Content content -> 2;
            case Entry.Whiteout whiteout -> 3;
        };
    }

    /** The same for the same entries, and for no others: {@code sha256:} and 64 hexadecimal digits. */
    String identity() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            visible()
                    .forEach((path, entry) ->
                            digest.update((path + '\0' + entry + '\0').getBytes(StandardCharsets.UTF_8)));
            return "sha256:" + HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    /** Makes the layer in a folder that is empty. */
    void write(Kernel kernel, Fd root) {
        Files files = kernel.files();
        OpaqueMark opaque = new OpaqueMark(kernel.attributes());
        visible().forEach((path, entry) -> {
            switch (entry) {
                case Entry.Whiteout whiteout -> files.makeNode(root, path, FileStatus.TYPE_CHARACTER, 0);
                case Entry.Folder folder -> {
                    if (!path.isEmpty()) {
                        files.makeDirectory(root, path, 0700);
                    }
                    try (Fd made = files.open(
                            root,
                            path.isEmpty() ? "." : path,
                            OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW)) {
                        if (folder.opaque) {
                            opaque.putOn(made);
                        }
                        own(files, made, folder.uid, folder.gid, folder.mode);
                    }
                }
                case Entry.Content content -> {
                    try (Fd made =
                            files.open(root, path, OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.WRONLY, 0600, 0)) {
                        files.write(made, content.text.getBytes(StandardCharsets.UTF_8));
                        own(files, made, content.uid, content.gid, content.mode);
                    }
                }
            }
        });
    }

    private static void own(Files files, Fd made, int uid, int gid, int mode) {
        files.changeOwner(made, "", uid, gid, Files.EMPTY_PATH);
        files.changeMode(made, mode);
    }

    /** The entries without those below something that covers them already; a folder comes before what is in it. */
    private Map<String, Entry> visible() {
        Map<String, Entry> visible = new TreeMap<>();
        entries.forEach((path, entry) -> {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                Entry above = entries.get(path.substring(0, slash));
                if (above == null || rank(above) > 0) {
                    return;
                }
            }
            visible.put(path, entry);
        });
        return visible;
    }
}
