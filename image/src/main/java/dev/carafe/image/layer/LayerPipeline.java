package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.TOO_LARGE;

import dev.carafe.image.hash.Hashes;
import dev.carafe.linux.Fd;
import dev.carafe.oci.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PushbackInputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Takes a layer as it comes from a registry to a folder in one pass: hashed, uncompressed, hashed again and unpacked, on
 * three threads with a bounded number of buffers between them.
 *
 * <p>The digests are known when all is written. Whoever calls compares them with those that were asked for, and removes
 * the folder if they are others.
 *
 * @param unpacker makes the folder
 * @param hashesCompressed whether the compressed bytes are hashed too; if not, {@link Result#digest} is empty
 */
public record LayerPipeline(LayerUnpacker unpacker, boolean hashesCompressed) {

    private static final int BUFFERS = 8;

    /**
     * What has come of it.
     *
     * @param digest of the bytes as they came
     * @param size of those, in bytes
     * @param diffId of the uncompressed archive
     */
    public record Result(
            Optional<Digest> digest, long size, Compression compression, Digest diffId, Unpacked unpacked) {}

    /**
     * Unpacks one layer. The calling thread waits meanwhile; if it is interrupted all ends at once.
     *
     * @param layer compressed in any way that {@link Compression} knows; it is read to its very end, and closed
     * @param folder as {@link LayerUnpacker#unpack} wants it
     * @throws LayerException if it cannot be unpacked; no thread is left, and the folder has some of it
     * @throws IOException if {@code layer} cannot be read
     */
    public Result run(InputStream layer, Fd folder) throws IOException, InterruptedException {
        try (var running = new Running(layer)) {
            return running.run(folder);
        }
    }

    /** A buffer, and how many have not read it yet. */
    private static final class Buffer {
        private final ByteBuffer bytes;
        private final AtomicInteger readers = new AtomicInteger();

        Buffer(ByteBuffer bytes) {
            this.bytes = bytes;
        }
    }

    /** One of the steps, which runs on its own thread. */
    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    /** The bytes as they come, counted and hashed. */
    private static final class Source extends FilterInputStream {
        private final @Nullable MessageDigest hash;
        private long size;

        Source(InputStream input, @Nullable MessageDigest hash) {
            super(input);
            this.hash = hash;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int got = in.read(bytes, offset, length);
            if (got > 0) {
                size += got;
                if (hash != null) {
                    hash.update(bytes, offset, got);
                }
            }
            return got;
        }
    }

    private final class Running implements AutoCloseable {

        private final Arena arena = Arena.ofShared();
        private final InputStream layer;
        private final BlockingQueue<Buffer> free = new ArrayBlockingQueue<>(BUFFERS);
        // One more than there are buffers, for the mark of the end: nobody ever waits to put.
        private final BlockingQueue<Buffer> toHash = new ArrayBlockingQueue<>(BUFFERS + 1);
        private final BlockingQueue<Buffer> toUnpack = new ArrayBlockingQueue<>(BUFFERS + 1);
        private final Buffer end = new Buffer(ByteBuffer.allocateDirect(0));
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private final List<Thread> threads = new ArrayList<>();

        private final @Nullable MessageDigest hash = hashesCompressed ? Hashes.begin(Digest.Algorithm.SHA256) : null;
        private final MessageDigest diffHash = Hashes.begin(Digest.Algorithm.SHA256);
        private final Source source;
        private Compression compression = Compression.NONE;
        private @Nullable Unpacked unpacked;

        Running(InputStream layer) {
            this.layer = layer;
            source = new Source(layer, hash);
            for (int i = 0; i < BUFFERS; i++) {
                free.add(new Buffer(arena.allocate(Chunks.SIZE).asByteBuffer()));
            }
        }

        Result run(Fd folder) throws IOException, InterruptedException {
            start("layer-inflate", this::uncompress);
            start("layer-hash", this::hash);
            start("layer-unpack", () -> unpack(folder));
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            Throwable failed = failure.get();
            if (failed instanceof IOException exception) {
                throw exception;
            } else if (failed instanceof RuntimeException exception) {
                throw exception;
            } else if (failed instanceof Error error) {
                throw error;
            } else if (failed != null || unpacked == null) {
                throw new IllegalStateException("the unpacking of a layer ended too soon", failed);
            }
            return new Result(
                    Optional.ofNullable(hash).map(Digest.Algorithm.SHA256::end),
                    source.size,
                    compression,
                    Digest.Algorithm.SHA256.end(diffHash),
                    unpacked);
        }

        private void start(String name, Step step) {
            threads.add(Thread.ofPlatform().name(name).unstarted(() -> {
                try {
                    step.run();
                } catch (Throwable exception) {
                    fail(exception);
                }
            }));
        }

        /** Ends the other steps. Their being interrupted is no failure of its own. */
        private void fail(Throwable exception) {
            if (failure.compareAndSet(null, exception)) {
                stop();
            }
        }

        private void stop() {
            threads.forEach(Thread::interrupt);
            try {
                // A read that waits for the network does not care about interrupts.
                layer.close();
            } catch (IOException closing) {
                // Nobody needs it any more.
            }
        }

        private void uncompress() throws IOException, InterruptedException {
            var start = new PushbackInputStream(source, Compression.MAGIC_BYTES);
            compression = Compression.peek(start);
            try (Decoder decoder = compression.decoder(start)) {
                long made = 0;
                boolean more = true;
                while (more) {
                    Buffer buffer = free.take();
                    ByteBuffer bytes = buffer.bytes.clear();
                    while (more && bytes.hasRemaining()) {
                        more = decoder.decode(bytes);
                    }
                    made += bytes.position();
                    checkRatio(made);
                    if (bytes.flip().hasRemaining()) {
                        hand(buffer);
                    }
                }
                hand(end);
            }
        }

        private void checkRatio(long made) {
            if (made > LayerLimits.RATIO_FROM && made / unpacker.limits().ratio() > source.size) {
                throw new LayerException(
                        TOO_LARGE,
                        "",
                        source.size + " bytes become " + made + " or more, and at most "
                                + unpacker.limits().ratio() + " times as many may be");
            }
        }

        private void hand(Buffer buffer) throws InterruptedException {
            buffer.readers.set(2);
            toHash.put(buffer);
            toUnpack.put(buffer);
        }

        private void done(Buffer buffer) {
            if (buffer.readers.decrementAndGet() == 0) {
                free.add(buffer);
            }
        }

        private void hash() throws InterruptedException {
            byte[] part = new byte[64 * 1024];
            for (Buffer buffer = toHash.take(); buffer != end; buffer = toHash.take()) {
                ByteBuffer bytes = buffer.bytes.duplicate();
                while (bytes.hasRemaining()) {
                    int length = Math.min(part.length, bytes.remaining());
                    bytes.get(part, 0, length);
                    diffHash.update(part, 0, length);
                }
                done(buffer);
            }
        }

        private void unpack(Fd folder) throws IOException {
            var chunks = new Chunks() {
                private @Nullable Buffer present;

                @Override
                public ByteBuffer next() throws IOException {
                    try {
                        if (present != null && present != end) {
                            done(present);
                        }
                        Buffer buffer = present == end ? end : toUnpack.take();
                        present = buffer;
                        return buffer.bytes.duplicate();
                    } catch (InterruptedException exception) {
                        throw new InterruptedIOException("the unpacking of a layer was interrupted");
                    }
                }
            };
            unpacked = unpacker.unpack(chunks, folder);
        }

        /** No thread is left after this, and so nobody who uses the buffers. */
        @Override
        public void close() {
            boolean interrupted = Thread.interrupted();
            stop();
            for (Thread thread : threads) {
                while (thread.isAlive()) {
                    try {
                        thread.join();
                    } catch (InterruptedException exception) {
                        interrupted = true;
                    }
                }
            }
            arena.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
