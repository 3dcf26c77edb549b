package dev.carafe.linux.systemd;

import java.util.ArrayList;
import java.util.List;

/**
 * A value as D-Bus has it, with its type.
 *
 * @see <a href="https://dbus.freedesktop.org/doc/dbus-specification.html#type-system">D-Bus Specification, Type System</a>
 */
public sealed interface BusValue {

    /** Its type, as a signature. */
    String signature();

    /** {@code b} */
    record Flag(boolean value) implements BusValue {
        @Override
        public String signature() {
            return "b";
        }
    }

    /**
     * A number without a fraction.
     *
     * @param type {@code y}, {@code n}, {@code q}, {@code i}, {@code u}, {@code x} or {@code t}
     * @param value of {@code t} the bits
     */
    record Whole(char type, long value) implements BusValue {

        public Whole {
            if (!fits(type, value)) {
                throw new IllegalArgumentException(value + " is no number of type " + type);
            }
        }

        static boolean fits(char type, long value) {
            return switch (type) {
                case 'y' -> value >= 0 && value <= 0xff;
                case 'n' -> value == (short) value;
                case 'q' -> value >= 0 && value <= 0xffff;
                case 'i' -> value == (int) value;
                case 'u' -> value >= 0 && value <= 0xffff_ffffL;
                case 'x', 't' -> true;
                default -> false;
            };
        }

        @Override
        public String signature() {
            return String.valueOf(type);
        }
    }

    /** {@code d} */
    record Real(double value) implements BusValue {
        @Override
        public String signature() {
            return "d";
        }
    }

    /**
     * A text without NUL.
     *
     * @param type {@code s}, {@code o} for an object's path, or {@code g} for a signature
     */
    record Text(char type, String value) implements BusValue {

        public Text {
            if ("sog".indexOf(type) < 0 || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("no text of type " + type + " without NUL");
            }
        }

        @Override
        public String signature() {
            return String.valueOf(type);
        }
    }

    /** Values of one type, which a signature gives. */
    record Sequence(String element, List<BusValue> values) implements BusValue {

        public Sequence {
            values = List.copyOf(values);
            for (BusValue value : values) {
                if (!value.signature().equals(element)) {
                    throw new IllegalArgumentException(
                            "a value of type " + value.signature() + " among those of type " + element);
                }
            }
        }

        @Override
        public String signature() {
            return "a" + element;
        }
    }

    /** Values of any types. */
    record Structure(List<BusValue> values) implements BusValue {

        public Structure {
            values = List.copyOf(values);
        }

        @Override
        public String signature() {
            return "(" + signatureOf(values) + ")";
        }
    }

    /** A value that tells its own type. */
    record Variant(BusValue value) implements BusValue {
        @Override
        public String signature() {
            return "v";
        }
    }

    static BusValue text(String value) {
        return new Text('s', value);
    }

    static BusValue flag(boolean value) {
        return new Flag(value);
    }

    /** {@code t} */
    static BusValue number(long bits) {
        return new Whole('t', bits);
    }

    /** {@code au} */
    static BusValue numbers(long... numbers) {
        List<BusValue> values = new ArrayList<>(numbers.length);
        for (long number : numbers) {
            values.add(new Whole('u', number));
        }
        return new Sequence("u", values);
    }

    /** {@code ay} */
    static BusValue bytes(byte[] bytes) {
        List<BusValue> values = new ArrayList<>(bytes.length);
        for (byte each : bytes) {
            values.add(new Whole('y', Byte.toUnsignedLong(each)));
        }
        return new Sequence("y", values);
    }

    static BusValue structure(BusValue... values) {
        return new Structure(List.of(values));
    }

    /** The types of several values, one behind the other. */
    static String signatureOf(List<BusValue> values) {
        StringBuilder signature = new StringBuilder();
        for (BusValue value : values) {
            signature.append(value.signature());
        }
        return signature.toString();
    }
}
