package dev.carafe.runtime;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A message to CRIU, in the wire form of protocol buffers. Fields are given by their numbers in CRIU's {@code rpc.proto}.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Protocol Buffers, Encoding</a>
 */
final class CriuMessage {

    private static final int VARIABLE = 0;
    private static final int DELIMITED = 2;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    byte[] toBytes() {
        return bytes.toByteArray();
    }

    @CanIgnoreReturnValue
    CriuMessage number(int field, long number) {
        variable(((long) field << 3) | VARIABLE);
        variable(number);
        return this;
    }

    /** A flag that is not set is left out. */
    @CanIgnoreReturnValue
    CriuMessage flag(int field, boolean set) {
        return set ? number(field, 1) : this;
    }

    @CanIgnoreReturnValue
    CriuMessage text(int field, String text) {
        return delimited(field, text.getBytes(StandardCharsets.UTF_8));
    }

    @CanIgnoreReturnValue
    CriuMessage message(int field, CriuMessage message) {
        return delimited(field, message.toBytes());
    }

    private CriuMessage delimited(int field, byte[] content) {
        variable(((long) field << 3) | DELIMITED);
        variable(content.length);
        bytes.writeBytes(content);
        return this;
    }

    /** Seven bits a byte, the lowest first; the eighth says that more follow. */
    private void variable(long number) {
        long rest = number;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }
}
