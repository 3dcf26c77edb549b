package dev.carafe.image.archive;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Named files to read from: of a folder, or of a tar archive. */
interface ArchiveFiles extends AutoCloseable {

    /** What messages call them. */
    String title();

    /**
     * How long a file is.
     *
     * @param path with slashes, and no {@code ..}
     * @return nothing if there is none
     */
    OptionalLong size(String path) throws IOException;

    /** Opens a file that is there. */
    InputStream open(String path, long offset) throws IOException;

    /**
     * A small file that has to be there.
     *
     * @param most the bytes that it may have
     * @param absent what it means if it is not
     */
    default byte[] content(String path, int most, Supplier<ImageException> absent) throws IOException {
        long size = size(path).orElseThrow(absent);
        if (size > most) {
            throw new ImageException(INVALID, title() + "/" + path + ": has more than " + most + " bytes");
        }
        try (InputStream in = open(path, 0)) {
            return in.readNBytes(most);
        }
    }

    @Override
    void close() throws IOException;
}
