package dev.carafe.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayerPipelineTest {

    private static final Kernel KERNEL = Kernel.host();

    private final LayerPipeline pipeline =
            new LayerPipeline(LayerUnpacker.of(KERNEL, LayerForm.USER_OVERLAY).withOwners(new Owners.Ignored()), true);

    @TempDir
    private Path folder;

    @AfterEach
    void no_thread_is_left() {
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("layer-"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"NONE", "GZIP", "ZSTD"})
    void a_layer_is_hashed_and_unpacked_in_one_pass(Compression compression) throws Exception {
        byte[] tar = tar("x".repeat(5_000_000));
        byte[] layer = compress(compression, tar);
        LayerPipeline.Result result = run(new ByteArrayInputStream(layer));
        assertThat(result.digest()).contains(Digest.of(layer));
        assertThat(result.size()).isEqualTo(layer.length);
        assertThat(result.diffId()).isEqualTo(Digest.of(tar));
        assertThat(result.compression()).isEqualTo(compression);
        assertThat(result.unpacked().bytes()).isEqualTo(tar.length);
        assertThat(folder.resolve("d/file")).hasContent("x".repeat(5_000_000));
    }

    @Test
    void what_follows_the_archive_and_the_compressed_data_is_hashed_too() throws Exception {
        byte[] tar = join(tar("text"), new byte[3_000_000]);
        byte[] layer = join(compress(Compression.GZIP, tar), "garbage".getBytes(UTF_8));
        LayerPipeline.Result result = run(new ByteArrayInputStream(layer));
        assertThat(result.digest()).contains(Digest.of(layer));
        assertThat(result.diffId()).isEqualTo(Digest.of(tar));
        assertThat(folder.resolve("d/file")).hasContent("text");
    }

    @Test
    void a_table_of_contents_beside_the_archive_has_no_say() throws Exception {
        byte[] tar = tar("text");
        byte[] other = tar("other");
        var layer = new ByteArrayOutputStream();
        layer.writeBytes(compress(Compression.ZSTD, tar));
        // As zstd:chunked has it: a frame that readers of zstd pass over.
        layer.writeBytes(new byte[] {0x50, 0x2a, 0x4d, 0x18, 0, (byte) (other.length >> 8), 0, 0});
        layer.writeBytes(other);
        assertThat(run(new ByteArrayInputStream(layer.toByteArray())).diffId()).isEqualTo(Digest.of(tar));
        assertThat(folder.resolve("d/file")).hasContent("text");
    }

    @Test
    void an_empty_layer_is_a_layer() throws Exception {
        assertThat(run(new ByteArrayInputStream(new byte[0])).unpacked().entries())
                .isZero();
        assertThat(run(new ByteArrayInputStream(compress(Compression.GZIP, new byte[1024])))
                        .unpacked()
                        .entries())
                .isZero();
    }

    @Test
    void an_archive_that_is_refused_ends_all_and_closes_the_stream() {
        byte[] evil =
                new TarBytes().file("../evil", "x").raw(new byte[20_000_000]).end();
        var closed = new CountDownLatch(1);
        InputStream stream = new ByteArrayInputStream(evil) {
            @Override
            public void close() {
                closed.countDown();
            }
        };
        assertThatThrownBy(() -> run(stream)).isInstanceOf(LayerException.class).hasMessageContaining("\"../evil\"");
        assertThat(closed.getCount()).isZero();
    }

    @Test
    void a_stream_that_fails_is_the_error() {
        byte[] start = Arrays.copyOf(tar("text"), 1024);
        InputStream broken = new SequenceInputStream(new ByteArrayInputStream(start), new Reading(() -> {
            throw new IOException("the line went dead");
        }));
        assertThatThrownBy(() -> run(broken)).isInstanceOf(IOException.class).hasMessage("the line went dead");
    }

    @Test
    void damaged_data_are_the_error() throws Exception {
        byte[] layer = compress(Compression.GZIP, tar("text".repeat(1000)));
        assertThatThrownBy(() -> run(new ByteArrayInputStream(Arrays.copyOf(layer, layer.length - 10))))
                .isInstanceOf(LayerException.class)
                .hasMessageContaining("cut short");
    }

    @Test
    void who_waits_for_a_stream_that_says_nothing_can_be_interrupted() throws Exception {
        var reading = new CountDownLatch(1);
        var closed = new CompletableFuture<Void>();
        // As with a socket no interrupt wakes who reads, only its being closed.
        InputStream silent =
                new Reading(() -> {
                    reading.countDown();
                    closed.join();
                    throw new IOException("closed");
                }) {
                    @Override
                    public void close() {
                        closed.complete(null);
                    }
                };
        var thrown = new AtomicReference<Throwable>();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                run(silent);
            } catch (Exception exception) {
                thrown.set(exception);
            }
        });
        reading.await();
        caller.interrupt();
        caller.join();
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void a_bomb_is_noticed_before_it_has_gone_off() throws Exception {
        var small = new LayerPipeline(
                pipeline.unpacker().withLimits(LayerLimits.usual().withBytes(10_000_000)), true);
        byte[] layer = compress(Compression.GZIP, tar("\0".repeat(50_000_000)));
        assertThat(layer).hasSizeLessThan(100_000);
        assertThatThrownBy(() -> run(small, new ByteArrayInputStream(layer)))
                .isInstanceOfSatisfying(
                        LayerException.class,
                        exception -> assertThat(exception.kind()).isEqualTo(LayerException.Kind.TOO_LARGE));
        assertThat(folder.resolve("d/file"))
                .satisfiesAnyOf(
                        file -> assertThat(file).doesNotExist(),
                        file -> assertThat(file.toFile().length()).isLessThan(12_000_000));
    }

    private interface Read {
        int read() throws IOException;
    }

    /** A stream that does something when it is read. */
    private static class Reading extends InputStream {
        private final Read read;

        Reading(Read read) {
            this.read = read;
        }

        @Override
        public int read() throws IOException {
            return read.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return read.read();
        }
    }

    private LayerPipeline.Result run(InputStream layer) throws IOException, InterruptedException {
        return run(pipeline, layer);
    }

    private LayerPipeline.Result run(LayerPipeline through, InputStream layer)
            throws IOException, InterruptedException {
        try (Fd fd = KERNEL.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            return through.run(layer, fd);
        }
    }

    private static byte[] tar(String text) {
        return new TarBytes().directory("d/").file("d/file", text).end();
    }

    private static byte[] compress(Compression compression, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream stream = compression.compress(bytes)) {
            stream.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        var bytes = new ByteArrayOutputStream();
        List.of(parts).forEach(bytes::writeBytes);
        return bytes.toByteArray();
    }
}
