package dev.carafe.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class CompressionTest {

    private static final byte[] TEXT = text();

    private static byte[] text() {
        byte[] text = new byte[3_000_000];
        var random = new Random(1);
        for (int i = 0; i < text.length; i++) {
            // Runs and noise, so that there are all kinds of blocks.
            text[i] = (byte) ((i / 100_000) % 2 == 0 ? random.nextInt(4) : random.nextInt(256));
        }
        return text;
    }

    /** Both ways to undo gzip; the first only where the machine has the library, which the tests' machine does. */
    static Stream<Function<InputStream, InputStream>> gzips() {
        return Stream.of(
                input -> new DecodedStream(
                        input,
                        new GzipDecoder(input, new IsalInflation(Isal.loaded().orElseThrow()))),
                input -> new DecodedStream(input, new GzipDecoder(input, new JdkInflation())));
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void gzip_is_undone(Function<InputStream, InputStream> gzip) throws IOException {
        assertThat(read(gzip, compress(Compression.GZIP, TEXT))).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void nothing_is_nothing(Function<InputStream, InputStream> gzip) throws IOException {
        assertThat(read(gzip, compress(Compression.GZIP, new byte[0]))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void members_follow_each_other_as_if_they_were_one(Function<InputStream, InputStream> gzip) throws IOException {
        byte[] one = compress(Compression.GZIP, "one ".getBytes(UTF_8));
        byte[] none = compress(Compression.GZIP, new byte[0]);
        byte[] two = compress(Compression.GZIP, TEXT);
        assertThat(read(gzip, join(one, none, two, one)))
                .isEqualTo(join("one ".getBytes(UTF_8), TEXT, "one ".getBytes(UTF_8)));
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void bytes_may_come_one_by_one(Function<InputStream, InputStream> gzip) throws IOException {
        byte[] small = Arrays.copyOf(TEXT, 300_000);
        byte[] members = join(compress(Compression.GZIP, small), compress(Compression.GZIP, small));
        try (InputStream stream = gzip.apply(new Trickle(members, 1))) {
            assertThat(stream.readAllBytes()).isEqualTo(join(small, small));
        }
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void what_follows_the_last_member_is_left_alone_but_read(Function<InputStream, InputStream> gzip)
            throws IOException {
        for (byte[] garbage : new byte[][] {new byte[5000], "garbage".getBytes(UTF_8), {0x1f}, {0x1f, 0x00}}) {
            var input = new ByteArrayInputStream(join(compress(Compression.GZIP, TEXT), garbage));
            assertThat(gzip.apply(input).readAllBytes()).isEqualTo(TEXT);
            assertThat(input.available()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void a_name_a_comment_and_more_in_the_header_are_passed_over(Function<InputStream, InputStream> gzip)
            throws IOException {
        byte[] plain = compress(Compression.GZIP, TEXT);
        byte[] header = {0x1f, (byte) 0x8b, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3, 2, 0, 'e', 'x', 'n', 0, 'c', 0, 0, 0};
        byte[] rest = Arrays.copyOfRange(plain, 10, plain.length);
        assertThat(read(gzip, join(header, rest))).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void gzip_that_is_cut_short_anywhere_is_refused(Function<InputStream, InputStream> gzip) throws IOException {
        byte[] whole = compress(Compression.GZIP, "a few bytes, a few bytes, a few bytes".getBytes(UTF_8));
        for (int length = 1; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(gzip, cut))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(LayerException.class)
                    .hasMessageNotContaining("\n");
        }
    }

    @ParameterizedTest
    @MethodSource("gzips")
    void damage_is_noticed(Function<InputStream, InputStream> gzip) throws IOException {
        byte[] whole = compress(Compression.GZIP, TEXT);
        for (int at : new int[] {2, 3, 1000, whole.length / 2, whole.length - 8, whole.length - 4}) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) 0xe1;
            assertThatThrownBy(() -> read(gzip, damaged))
                    .as("byte %d", at)
                    .isInstanceOf(LayerException.class)
                    .hasMessageNotContaining("\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void each_is_told_by_its_first_bytes_and_undone(Compression compression) throws IOException {
        byte[] compressed = compress(compression, TEXT);
        assertThat(Compression.of(compressed)).isEqualTo(compression);
        assertThat(Compression.decompressAny(new Trickle(compressed, 1000)).readAllBytes())
                .isEqualTo(TEXT);
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"ZSTD", "XZ"})
    void the_others_notice_damage_too(Compression compression) throws IOException {
        byte[] whole = compress(compression, TEXT);
        byte[] cut = Arrays.copyOf(whole, whole.length / 2);
        assertThatThrownBy(() ->
                        Compression.decompressAny(new ByteArrayInputStream(cut)).readAllBytes())
                .isInstanceOf(LayerException.class)
                .hasMessageStartingWith("layer: " + compression.name().toLowerCase(Locale.ROOT))
                .hasMessageNotContaining("\n");
        byte[] damaged = whole.clone();
        damaged[7] ^= (byte) 0xff;
        assertThatThrownBy(() -> Compression.decompressAny(new ByteArrayInputStream(damaged))
                        .readAllBytes())
                .isInstanceOf(LayerException.class)
                .hasMessageNotContaining("\n");
    }

    @Test
    void frames_of_zstd_follow_each_other_and_notes_among_them_are_passed_over() throws IOException {
        byte[] note = {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'};
        byte[] frame = compress(Compression.ZSTD, TEXT);
        byte[] joined = join(note, frame, note, frame, note);
        assertThat(Compression.of(joined)).isEqualTo(Compression.ZSTD);
        assertThat(Compression.decompressAny(new ByteArrayInputStream(joined)).readAllBytes())
                .isEqualTo(join(TEXT, TEXT));
    }

    @Test
    void xz_that_takes_too_much_memory_is_refused() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var options = new LZMA2Options(0);
        options.setDictSize(128 << 20);
        try (var xz = new XZOutputStream(bytes, options)) {
            xz.write(1);
        }
        assertThatThrownBy(() -> Compression.decompressAny(new ByteArrayInputStream(bytes.toByteArray()))
                        .readAllBytes())
                .isInstanceOfSatisfying(
                        LayerException.class,
                        exception -> assertThat(exception.kind()).isEqualTo(LayerException.Kind.TOO_LARGE));
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"NONE", "GZIP", "ZSTD"})
    void equal_bytes_become_equal_bytes(Compression compression) throws IOException {
        assertThat(compress(compression, TEXT)).isEqualTo(compress(compression, TEXT));
    }

    @Test
    void gzip_is_written_without_a_name_and_a_time() throws IOException {
        assertThat(compress(Compression.GZIP, TEXT)).startsWith(0x1f, 0x8b, 8, 0, 0, 0, 0, 0);
    }

    @Test
    void xz_is_not_written() {
        assertThatThrownBy(() -> Compression.XZ.compress(OutputStream.nullOutputStream()))
                .isInstanceOf(LayerException.class)
                .hasMessageContaining("choose gzip, zstd or none");
    }

    @Test
    void a_library_that_is_not_there_is_done_without() {
        assertThat(Isal.load("libisal.so.999")).isEmpty();
        assertThat(Isal.load("libc.so.6")).isEmpty();
    }

    /** A stream that gives few bytes at a time. */
    private static final class Trickle extends ByteArrayInputStream {
        private final int most;

        Trickle(byte[] bytes, int most) {
            super(bytes);
            this.most = most;
        }

        @Override
        public synchronized int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(length, most));
        }
    }

    private static byte[] read(Function<InputStream, InputStream> gzip, byte[] compressed) throws IOException {
        try (InputStream stream = gzip.apply(new ByteArrayInputStream(compressed))) {
            return stream.readAllBytes();
        }
    }

    private static byte[] compress(Compression compression, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream stream = compression == Compression.XZ
                ? new XZOutputStream(bytes, new LZMA2Options(1))
                : compression.compress(bytes)) {
            stream.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        var bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }
}
