package dev.carafe.image.layer;

import java.nio.ByteBuffer;

/**
 * DEFLATE, undone: by Intel's ISA-L where the machine has it, which takes a third of the time, else by the JDK.
 *
 * <p>For one thread at a time. All buffers are direct ones.
 */
sealed interface Inflation extends AutoCloseable permits IsalInflation, JdkInflation {

    /** What this machine has. */
    static Inflation here() {
        return Isal.loaded().<Inflation>map(IsalInflation::new).orElseGet(JdkInflation::new);
    }

    /** Begins with another stream. */
    void reset();

    /**
     * Goes on.
     *
     * @param input what comes next of the stream; all of it is taken unless the stream ends or {@code output} is full
     * @param output takes what has become of it
     * @return whether the stream is at its end
     * @throws LayerException if this is no such stream
     */
    boolean inflate(ByteBuffer input, ByteBuffer output);

    /** At the end of a stream: bytes that were taken and are not of it. They come before what is left of the input. */
    byte[] unused();

    @Override
    void close();
}
