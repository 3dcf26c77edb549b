package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.UNSUPPORTED;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** How a layer is compressed. Its own first bytes tell, whatever its media type says. */
public enum Compression {
    NONE(""),
    GZIP("\u001f\u008b"),
    ZSTD("(\u00b5/\u00fd"),
    XZ("\u00fd7zXZ\0");

    /** So many first bytes tell them all apart. */
    public static final int MAGIC_BYTES = 6;

    private static final int ZSTD_LEVEL = 3;
    private static final int GZIP_PART = 64 * 1024;

    /** Its first bytes, one a character. */
    private final String magic;

    Compression(String magic) {
        this.magic = magic;
    }

    /** What a layer that begins so is compressed with: {@link #NONE} if with nothing that is known here. */
    public static Compression of(byte[] start) {
        String text = new String(start, StandardCharsets.ISO_8859_1);
        for (Compression compression : List.of(GZIP, ZSTD, XZ)) {
            if (text.startsWith(compression.magic)) {
                return compression;
            }
        }
        return isNote(start) ? ZSTD : NONE;
    }

    /** A frame of zstd that only carries a note may come first. */
    private static boolean isNote(byte[] start) {
        return start.length >= 4
                && (start[0] & 0xf0) == 0x50
                && start[1] == 0x2a
                && start[2] == 0x4d
                && start[3] == 0x18;
    }

    /** Undoes whichever it is, as {@link #decompress} does. */
    public static InputStream decompressAny(InputStream input) throws IOException {
        var again = new PushbackInputStream(input, MAGIC_BYTES);
        return peek(again).decompress(again);
    }

    /** Looks at the first bytes and puts them back. */
    static Compression peek(PushbackInputStream input) throws IOException {
        byte[] start = input.readNBytes(MAGIC_BYTES);
        input.unread(start);
        return of(start);
    }

    /**
     * Undoes it. Reading throws {@link LayerException} where the bytes are damaged or cut short.
     *
     * @return a stream that has read {@code input} to its very end when it is at its own; closing it closes {@code input}
     */
    public InputStream decompress(InputStream input) {
        return switch (this) {
            case NONE -> input;
            case GZIP -> new DecodedStream(input, decoder(input));
            case ZSTD, XZ -> new LibraryStream(this, input);
        };
    }

    /**
     * Compresses. Equal bytes become equal bytes; closing the stream ends it and closes {@code output}.
     *
     * @throws LayerException for {@link #XZ}, which is only read
     */
    public OutputStream compress(OutputStream output) throws IOException {
        return switch (this) {
            case NONE -> output;
            // The header that the JDK writes has no name and the time 0.
            case GZIP -> new GZIPOutputStream(output, GZIP_PART);
            case ZSTD -> new ZstdOutputStream(output, ZSTD_LEVEL);
            case XZ -> throw new LayerException(UNSUPPORTED, "", "xz is only read here: choose gzip, zstd or none");
        };
    }

    Decoder decoder(InputStream input) {
        return this == GZIP ? new GzipDecoder(input, Inflation.here()) : new StreamDecoder(decompress(input));
    }
}
