package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A folder of CRIU's images. Beside them lies, as with runC, what standard input, output and error were, so that others can
 * be found for them.
 *
 * @param path for messages
 * @see <a href="https://criu.org/Images">CRIU, Images</a>
 */
record CheckpointImages(Files files, Fd folder, String path) {

    private static final String DESCRIPTORS = "descriptors.json";
    private static final int FILE_MODE = 0600;
    private static final int MOST_BYTES = 1 << 20;
    /** Two numbers that tell what an image is of, and how many bytes its first entry has. */
    private static final int HEADER = 12;

    // Fields of pstree_entry, core_entry and thread_core_entry.
    private static final int TREE_PID = 1;
    private static final int CORE_THREAD = 5;
    private static final int THREAD_PDEATH_SIGNAL = 8;

    void keep(StandardDescriptors descriptors) {
        try (Fd file =
                files.open(folder, DESCRIPTORS, OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC, FILE_MODE, 0)) {
            files.write(file, descriptors.toBytes());
        }
    }

    StandardDescriptors descriptors() {
        return StandardDescriptors.parse(path + "/" + DESCRIPTORS, read(DESCRIPTORS));
    }

    /** Whether the first process has asked to be killed when its parent ends, which holds again once it is restored. */
    boolean dieWithParent() {
        long pid = entry("pstree.img").number(TREE_PID);
        return entry("core-" + pid + ".img").message(CORE_THREAD).number(THREAD_PDEATH_SIGNAL) != 0;
    }

    /** The first of an image's entries. */
    private CriuAnswer entry(String image) {
        ByteBuffer bytes = ByteBuffer.wrap(read(image)).order(ByteOrder.nativeOrder());
        int size = bytes.limit() < HEADER ? -1 : bytes.getInt(HEADER - Integer.BYTES);
        if (size < 0 || size > bytes.limit() - HEADER) {
            throw new RuntimeFailure("--image-path: " + path + "/" + image + " is no image of CRIU's");
        }
        byte[] entry = new byte[size];
        bytes.get(HEADER, entry);
        return CriuAnswer.parse(entry);
    }

    private byte[] read(String name) {
        try (Fd file = files.open(folder, name, OpenFlags.RDONLY)) {
            return files.readAll(file, MOST_BYTES);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure(
                    "--image-path: there is no checkpoint: " + path + "/" + name + ": "
                            + exception.errno().description(),
                    exception);
        }
    }
}
