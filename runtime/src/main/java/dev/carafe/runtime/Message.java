package dev.carafe.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * What the client, the monitor, init and Java say to each other: a type and three numbers, with descriptors beside it.
 *
 * <p>The same table stands in {@code native/carafe.h}, which says what the numbers mean; a test holds the two together.
 */
record Message(Type type, int a, int b, int c) {

    static final int BYTES = 16;

    /** The most descriptors that go with one message. */
    static final int MOST_DESCRIPTORS = 250;

    enum Type {
        REQUEST(1),
        SIGNAL(2),
        SPAWN(10),
        EXIT(11),
        TAKEN(12),
        ATTACH(13),
        SYNC(21),
        TERMINAL(22),
        FAILED(23),
        DIED(24),
        EXECUTED(25),
        HOOK_FAILED(26),
        MAP_MOUNT(27),
        GO(30);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        private static Type of(int number) {
            for (Type type : values()) {
                if (type.number == number) {
                    return type;
                }
            }
            throw new RuntimeFailure("a message of the unknown type " + number + " from the native side; is the "
                    + "installation whole?");
        }
    }

    static Message of(Type type) {
        return new Message(type, 0, 0, 0);
    }

    static Message of(Type type, int a) {
        return new Message(type, a, 0, 0);
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(type.number)
                .putInt(a)
                .putInt(b)
                .putInt(c)
                .array();
    }

    /** Reads one. What follows a {@code HOOK_FAILED} is {@link HookFailure}'s to read. */
    static Message parse(byte[] bytes) {
        boolean more = bytes.length > BYTES
                && ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt() == Type.HOOK_FAILED.number;
        if (bytes.length != BYTES && !more) {
            throw new RuntimeFailure("a message of " + bytes.length + " bytes from the native side, not " + BYTES);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        return new Message(Type.of(buffer.getInt()), buffer.getInt(), buffer.getInt(), buffer.getInt());
    }

    @Override
    public String toString() {
        return type.name().toLowerCase(Locale.ROOT) + "(" + a + ", " + b + ", " + c + ")";
    }
}
