package dev.carafe.image.archive;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;

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

    @Override
    void close() throws IOException;
}
