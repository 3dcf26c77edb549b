package dev.carafe.image.layer;

import java.util.List;
import java.util.Map;

/**
 * What an archive says of one file. Nothing in it is checked but that it is well-formed.
 *
 * @param name the path as it is written
 * @param target what a link says; else empty
 * @param mode the permission bits, with those for set-id and sticky
 * @param size of the content, with the holes of a sparse file; 0 for what is no file
 * @param seconds time of the last modification, since the epoch
 * @param nanos 0 to 999,999,999, later than that
 * @param attributes extended attributes by name
 * @param data where in the file the content belongs that the archive has, in order and without overlap
 */
record TarEntry(
        String name,
        Type type,
        String target,
        int mode,
        long uid,
        long gid,
        long size,
        long seconds,
        int nanos,
        int deviceMajor,
        int deviceMinor,
        Map<String, byte[]> attributes,
        List<Range> data) {

    enum Type {
        FILE,
        DIRECTORY,
        SYMBOLIC_LINK,
        HARD_LINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        FIFO
    }

    /** Some of a file. */
    record Range(long offset, long length) {
        long end() {
            return offset + length;
        }
    }

    boolean isSparse() {
        return data.size() != 1 || data.getFirst().length() != size;
    }
}
