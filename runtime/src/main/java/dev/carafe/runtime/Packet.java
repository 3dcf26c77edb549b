package dev.carafe.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What a monitor and who is attached to it say to each other: a type, two numbers, and for some types bytes. The same table
 * stands in {@code native/carafe.h}, which says what the numbers mean; a test holds the two together.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Packet(int type, int a, int b, byte[] content) {

    /** The most bytes of one. */
    static final int MOST_CONTENT = 32768;
    /** The most bytes of one with its numbers. */
    static final int MOST_BYTES = Message.BYTES + MOST_CONTENT;

    static final int BEGUN_TERMINAL = 1;

    private static final int INPUT = 1;
    private static final int OUTPUT = 2;
    private static final int ERROR = 4;

    enum Type {
        BEGIN(40),
        INPUT(41),
        INPUT_END(42),
        SIZE(43),
        SIGNAL(44),
        CLOSED(45),
        BEGUN(50),
        OUTPUT(51),
        ERROR(52),
        TAKEN(53),
        ENDED(54),
        DROPPED(55);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    static Packet of(Type type) {
        return of(type, 0, 0);
    }

    static Packet of(Type type, int a, int b) {
        return new Packet(type.number, a, b, new byte[0]);
    }

    static Packet of(Type type, byte[] content) {
        return new Packet(type.number, 0, 0, content);
    }

    boolean is(Type type) {
        return this.type == type.number;
    }

    static int wanted(boolean input, boolean output, boolean error) {
        return (input ? INPUT : 0) | (output ? OUTPUT : 0) | (error ? ERROR : 0);
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(Message.BYTES + content.length)
                .order(ByteOrder.nativeOrder())
                .putInt(type)
                .putInt(a)
                .putInt(b)
                .putInt(0)
                .put(content)
                .array();
    }

    static Packet parse(byte[] bytes) {
        if (bytes.length < Message.BYTES) {
            throw new RuntimeFailure("a packet of " + bytes.length + " bytes came from an instance's monitor, and the "
                    + "shortest has " + Message.BYTES);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        return new Packet(
                buffer.getInt(),
                buffer.getInt(),
                buffer.getInt(),
                Arrays.copyOfRange(bytes, Message.BYTES, bytes.length));
    }
}
