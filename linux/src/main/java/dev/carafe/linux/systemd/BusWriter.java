package dev.carafe.linux.systemd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Puts values into D-Bus' wire form, in little-endian order, each aligned to its own size. */
final class BusWriter {

    private ByteBuffer buffer = empty(1024);

    byte[] toBytes() {
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        return bytes;
    }

    void write(List<BusValue> values) {
        for (BusValue value : values) {
            write(value);
        }
    }

    void write(BusValue value) {
        switch (value) {
            case BusValue.Flag(boolean set) -> align(4).putInt(set ? 1 : 0);
            case BusValue.Whole(char type, long number) -> write(type, number);
            case BusValue.Real(double number) -> align(8).putDouble(number);
            case BusValue.Text(char type, String text) -> write(type, text);
            case BusValue.Sequence(String element, List<BusValue> values) -> {
                int length = align(4).position();
                buffer.putInt(0);
                // The gap before the first element does not count, and is there even if there is no element.
                int start = align(alignment(element.charAt(0))).position();
                write(values);
                buffer.putInt(length, buffer.position() - start);
            }
            case BusValue.Structure(List<BusValue> values) -> {
                align(8);
                write(values);
            }
            case BusValue.Variant(BusValue inside) -> {
                write('g', inside.signature());
                write(inside);
            }
        }
    }

    private void write(char type, long number) {
        switch (type) {
            case 'y' -> align(1).put((byte) number);
            case 'n', 'q' -> align(2).putShort((short) number);
            case 'i', 'u' -> align(4).putInt((int) number);
            default -> align(8).putLong(number);
        }
    }

    private void write(char type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (type == 'g') {
            align(1).put((byte) bytes.length);
        } else {
            align(4).putInt(bytes.length);
        }
        room(bytes.length + 1).put(bytes).put((byte) 0);
    }

    /** Makes room for what follows, behind as many zeros as it takes. */
    ByteBuffer align(int alignment) {
        room(2 * 8);
        while (buffer.position() % alignment != 0) {
            buffer.put((byte) 0);
        }
        return buffer;
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            ByteBuffer larger = empty(2 * (buffer.capacity() + bytes));
            buffer.flip();
            larger.put(buffer);
            buffer = larger;
        }
        return buffer;
    }

    private static ByteBuffer empty(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Of the type that a signature begins with. */
    static int alignment(char type) {
        return switch (type) {
            case 'y', 'g', 'v' -> 1;
            case 'n', 'q' -> 2;
            case 'x', 't', 'd', '(' -> 8;
            default -> 4;
        };
    }
}
