package dev.carafe.linux.systemd;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads values from D-Bus' wire form, in little-endian order. What does not fit its own lengths is refused. */
final class BusReader {

    private static final int DEPTH_MOST = 32;

    private final ByteBuffer buffer;

    /** @param from where the values begin; alignment counts from the beginning of {@code bytes} */
    BusReader(byte[] bytes, int from, int to) {
        this.buffer = ByteBuffer.wrap(bytes, 0, to).order(ByteOrder.LITTLE_ENDIAN);
        this.buffer.position(from);
    }

    int position() {
        return buffer.position();
    }

    /**
     * Reads the values that a signature tells of.
     *
     * @throws SystemdException if they are not there, or of a type that nothing here asks for
     */
    List<BusValue> read(String signature) {
        try {
            return read(signature, 0);
        } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException garbled) {
            throw SystemdException.unavailable("systemd sent a message that is none: " + garbled, garbled);
        }
    }

    private List<BusValue> read(String signature, int depth) {
        List<BusValue> values = new ArrayList<>();
        for (int at = 0; at < signature.length(); ) {
            int end = endOfType(signature, at);
            values.add(readOne(signature.substring(at, end), depth));
            at = end;
        }
        return values;
    }

    private BusValue readOne(String type, int depth) {
        if (depth > DEPTH_MOST) {
            throw new IllegalArgumentException("it is nested too deeply");
        }
        align(BusWriter.alignment(type.charAt(0)));
        return switch (type.charAt(0)) {
            case 'b' -> new BusValue.Flag(buffer.getInt() != 0);
            case 'y' -> new BusValue.Whole('y', Byte.toUnsignedLong(buffer.get()));
            case 'n' -> new BusValue.Whole('n', buffer.getShort());
            case 'q' -> new BusValue.Whole('q', Short.toUnsignedLong(buffer.getShort()));
            case 'i' -> new BusValue.Whole('i', buffer.getInt());
            case 'u' -> new BusValue.Whole('u', Integer.toUnsignedLong(buffer.getInt()));
            case 'x' -> new BusValue.Whole('x', buffer.getLong());
            case 't' -> new BusValue.Whole('t', buffer.getLong());
            case 'd' -> new BusValue.Real(buffer.getDouble());
            case 's', 'o' -> new BusValue.Text(type.charAt(0), text(buffer.getInt()));
            case 'g' -> new BusValue.Text('g', text(Byte.toUnsignedInt(buffer.get())));
            case 'a' -> sequence(type.substring(1), depth);
            case '(' -> new BusValue.Structure(read(type.substring(1, type.length() - 1), depth + 1));
            case 'v' -> {
                String signature = text(Byte.toUnsignedInt(buffer.get()));
                if (signature.isEmpty() || endOfType(signature, 0) != signature.length()) {
                    throw new IllegalArgumentException("a variant of type \"" + signature + "\"");
                }
                yield new BusValue.Variant(readOne(signature, depth + 1));
            }
            default -> throw new IllegalArgumentException("the type " + type + " is not expected");
        };
    }

    private BusValue sequence(String element, int depth) {
        int length = buffer.getInt();
        align(BusWriter.alignment(element.charAt(0)));
        int end = Math.addExact(buffer.position(), length);
        if (length < 0 || end > buffer.limit()) {
            throw new IllegalArgumentException("an array of " + length + " bytes");
        }
        List<BusValue> values = new ArrayList<>();
        while (buffer.position() < end) {
            values.add(readOne(element, depth + 1));
        }
        if (buffer.position() != end) {
            throw new IllegalArgumentException("an array that ends within an element");
        }
        return new BusValue.Sequence(element, values);
    }

    private String text(int length) {
        if (length < 0 || length >= buffer.remaining()) {
            throw new IllegalArgumentException("a text of " + length + " bytes");
        }
        String text = new String(buffer.array(), buffer.position(), length, StandardCharsets.UTF_8);
        buffer.position(buffer.position() + length + 1);
        return text;
    }

    void align(int alignment) {
        buffer.position((buffer.position() + alignment - 1) / alignment * alignment);
    }

    /** Where the type ends that begins at {@code start}. */
    static int endOfType(String signature, int start) {
        int at = start;
        while (at < signature.length() && signature.charAt(at) == 'a') {
            at++;
        }
        if (at == signature.length()) {
            throw new IllegalArgumentException("the signature \"" + signature + "\" is not whole");
        }
        int depth = 0;
        do {
            switch (signature.charAt(at++)) {
                case '(', '{' -> depth++;
                case ')', '}' -> depth--;
                default -> {}
            }
            if (at == signature.length() && depth > 0) {
                throw new IllegalArgumentException("the signature \"" + signature + "\" is not whole");
            }
        } while (depth > 0);
        return at;
    }
}
