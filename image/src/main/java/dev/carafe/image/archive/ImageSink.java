package dev.carafe.image.archive;

import java.io.IOException;
import java.io.InputStream;

/** Takes the files of saved images: a folder, or an archive. */
interface ImageSink extends AutoCloseable {

    /** Whether a file is there that need not come again. */
    boolean has(String path);

    void file(String path, long size, InputStream content) throws IOException;

    @Override
    void close() throws IOException;
}
