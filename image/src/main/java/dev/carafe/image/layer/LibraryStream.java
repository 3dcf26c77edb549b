package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;
import static dev.carafe.image.layer.LayerException.Kind.TOO_LARGE;
import static dev.carafe.image.layer.LayerException.Kind.UNSUPPORTED;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.UnsupportedOptionsException;
import org.tukaani.xz.XZIOException;
import org.tukaani.xz.XZInputStream;

/** zstd or xz, undone by a library, with this package's errors. It begins when it is first read. */
final class LibraryStream extends InputStream {

    /** What unpacking may take: that of {@code xz -9} is 65 MiB. */
    private static final int XZ_MEMORY_KIB = 72 * 1024;
    /** A window of 128 MiB, which is what zstd's own program takes unasked. */
    private static final int ZSTD_WINDOW_LOG = 27;

    private final Compression compression;
    private final InputStream compressed;
    private @Nullable InputStream plain;

    LibraryStream(Compression compression, InputStream compressed) {
        this.compression = compression;
        this.compressed = compressed;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        try {
            InputStream stream = plain;
            if (stream == null) {
                stream = open();
                plain = stream;
            }
            return stream.read(bytes, offset, length);
        } catch (MemoryLimitException exception) {
            throw problem(TOO_LARGE, "it takes more memory to unpack than " + XZ_MEMORY_KIB + " KiB", exception);
        } catch (UnsupportedOptionsException exception) {
            throw problem(UNSUPPORTED, String.valueOf(exception.getMessage()), exception);
        } catch (EOFException exception) {
            throw problem(MALFORMED, "the data are cut short", exception);
        } catch (ZstdIOException | XZIOException exception) {
            throw problem(MALFORMED, "damaged data: " + exception.getMessage(), exception);
        }
    }

    private InputStream open() throws IOException {
        return switch (compression) {
            case ZSTD -> new ZstdInputStream(compressed).setLongMax(ZSTD_WINDOW_LOG);
            case XZ -> new XZInputStream(compressed, XZ_MEMORY_KIB);
            case GZIP, NONE -> throw new IllegalStateException(compression + " is not a library's here");
        };
    }

    private LayerException problem(LayerException.Kind kind, String problem, IOException cause) {
        return new LayerException(kind, "", compression.name().toLowerCase(Locale.ROOT) + ": " + problem, cause);
    }

    @Override
    public void close() throws IOException {
        InputStream stream = plain;
        if (stream == null) {
            compressed.close();
        } else {
            stream.close();
        }
    }
}
