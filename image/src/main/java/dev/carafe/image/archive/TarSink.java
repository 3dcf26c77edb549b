package dev.carafe.image.archive;

import dev.carafe.image.layer.TarOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.Set;

/** Files that go into an archive. */
final class TarSink implements ImageSink {

    private final TarOutput output;
    private final Set<String> written = new HashSet<>();

    TarSink(OutputStream output) {
        this.output = new TarOutput(output);
    }

    @Override
    public boolean has(String path) {
        return written.contains(path);
    }

    @Override
    public void file(String path, long size, InputStream content) throws IOException {
        output.file(path, size, content);
        written.add(path);
    }

    @Override
    public void close() throws IOException {
        output.close();
    }
}
