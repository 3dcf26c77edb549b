package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.cli.Ending;
import dev.carafe.cli.Invocation;
import dev.carafe.cli.Standing;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.Client;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class OngoingCallTest {

    private static final int EXIT = 11;

    private final Kernel kernel = Kernel.host();
    private final Sockets.Pair pair = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS);
    private final Client client = client();
    private final OngoingCall call = new OngoingCall(client);

    @AfterEach
    void close() {
        client.close();
        pair.second().close();
    }

    private Client client() {
        try (Fd texts = kernel.files().sealedMemory("test", "carafe\0build\0".getBytes(StandardCharsets.UTF_8));
                Fd nothing = kernel.files().open(Fd.CWD, "/dev/null", OpenFlags.RDWR)) {
            var descriptors = new ArrayList<>(Collections.nCopies(4, nothing));
            descriptors.add(texts);
            kernel.sockets().sendMessage(pair.second(), words(1, 1), descriptors);
        }
        return Client.accept(kernel, pair.first(), Caller.inherited(kernel));
    }

    private static byte[] words(int type, int number) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.nativeOrder())
                .putInt(type)
                .putInt(number)
                .array();
    }

    /** Whether what is done for the caller is told to give up. */
    private boolean isInterrupted(Ending ending) {
        AtomicBoolean interrupted = new AtomicBoolean();
        call.perform(new Invocation(kernel, Standing.ofOneCall(kernel), client), invocation -> {
            interrupted.set(Thread.currentThread().isInterrupted());
            return ending;
        });
        assertThat(Thread.interrupted()).as("left to what comes next").isFalse();
        return interrupted.get();
    }

    private int status() {
        try (Sockets.Message message = kernel.sockets().receiveMessage(pair.second(), 16, 0)) {
            ByteBuffer words = ByteBuffer.wrap(message.payload()).order(ByteOrder.nativeOrder());
            assertThat(words.getInt()).isEqualTo(EXIT);
            return words.getInt();
        }
    }

    @Test
    void aCallGoesOnUndisturbed() {
        assertThat(isInterrupted(new Ending.Status(3))).isFalse();
        assertThat(status()).isEqualTo(3);
    }

    @Test
    void aCallWhoseCallerHasGoneBeforeItBeganGivesUp() {
        call.interrupt();
        assertThat(isInterrupted(Ending.FAILURE)).isTrue();
        assertThat(status()).isEqualTo(1);
    }

    @Test
    void aCallThatWasSignalledBeforeItBeganGivesUpAndSaysSo() {
        call.signalled(2);
        assertThat(isInterrupted(Ending.FAILURE)).isTrue();
        assertThat(status()).isEqualTo(130);
    }

    @Test
    void aBugEndsTheCallAlone() {
        call.perform(new Invocation(kernel, Standing.ofOneCall(kernel), client), invocation -> {
            throw new IllegalStateException("a bug");
        });
        assertThat(status()).isEqualTo(125);
    }
}
