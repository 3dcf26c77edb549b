package dev.carafe.linux.systemd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A message of D-Bus: a fixed header, fields by number, a body.
 *
 * @param fields those of texts and numbers that are there, by number
 * @see <a href="https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages">D-Bus Specification,
 *     Message Format</a>
 */
@SuppressWarnings("ArrayRecordComponent")
record BusMessage(int type, long serial, Map<Integer, BusValue> fields, byte[] whole, int bodyStart) {

    static final int METHOD_CALL = 1;
    static final int METHOD_RETURN = 2;
    static final int ERROR = 3;
    static final int SIGNAL = 4;

    static final int PATH = 1;
    static final int INTERFACE = 2;
    static final int MEMBER = 3;
    static final int ERROR_NAME = 4;
    static final int REPLY_SERIAL = 5;
    static final int DESTINATION = 6;
    static final int SIGNATURE = 8;

    /** The bytes that tell how long all of it is. */
    static final int START = 16;
    /** None that is asked for here is larger by far; D-Bus itself allows more. */
    static final int MOST = 16 << 20;

    private static final byte LITTLE_ENDIAN = 'l';
    private static final int VERSION = 1;

    /** Its wire form. */
    static byte[] encode(int type, long serial, List<BusValue> fields, List<BusValue> body) {
        BusWriter writtenBody = new BusWriter();
        writtenBody.write(body);
        byte[] bodyBytes = writtenBody.toBytes();
        List<BusValue> all = new ArrayList<>(fields);
        if (!body.isEmpty()) {
            all.add(field(SIGNATURE, new BusValue.Text('g', BusValue.signatureOf(body))));
        }
        BusWriter writer = new BusWriter();
        writer.write(new BusValue.Whole('y', LITTLE_ENDIAN));
        writer.write(new BusValue.Whole('y', type));
        writer.write(new BusValue.Whole('y', 0));
        writer.write(new BusValue.Whole('y', VERSION));
        writer.write(new BusValue.Whole('u', bodyBytes.length));
        writer.write(new BusValue.Whole('u', serial));
        writer.write(new BusValue.Sequence("(yv)", all));
        writer.align(8);
        byte[] header = writer.toBytes();
        return ByteBuffer.allocate(header.length + bodyBytes.length)
                .put(header)
                .put(bodyBytes)
                .array();
    }

    static BusValue field(int number, BusValue value) {
        return BusValue.structure(new BusValue.Whole('y', number), new BusValue.Variant(value));
    }

    /** How long a message is in all, by its first {@link #START} bytes. */
    static int length(byte[] start) {
        ByteBuffer buffer = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
        long body = Integer.toUnsignedLong(buffer.getInt(4));
        long fields = Integer.toUnsignedLong(buffer.getInt(12));
        long length = START + (fields + 7) / 8 * 8 + body;
        if (start[0] != LITTLE_ENDIAN || start[3] != VERSION || length > MOST) {
            throw SystemdException.unavailable(
                    "systemd sent a message that is none, or is too long: " + length + " bytes");
        }
        return (int) length;
    }

    static BusMessage parse(byte[] whole) {
        ByteBuffer buffer = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
        int bodyStart = whole.length - buffer.getInt(4);
        BusReader reader = new BusReader(whole, START - Integer.BYTES, bodyStart);
        Map<Integer, BusValue> fields = new HashMap<>();
        if (reader.read("a(yv)").getFirst() instanceof BusValue.Sequence(String ignored, List<BusValue> all)) {
            for (BusValue field : all) {
                if (field instanceof BusValue.Structure(List<BusValue> pair)
                        && pair.get(0) instanceof BusValue.Whole(char ignoredType, long number)
                        && pair.get(1) instanceof BusValue.Variant(BusValue value)) {
                    fields.put((int) number, value);
                }
            }
        }
        return new BusMessage(whole[1], Integer.toUnsignedLong(buffer.getInt(8)), Map.copyOf(fields), whole, bodyStart);
    }

    /** A field that is a text; nothing if it is not there. */
    String text(int field) {
        return fields.get(field) instanceof BusValue.Text(char ignored, String text) ? text : "";
    }

    /** The serial number of the call that it answers; 0 if it answers none. */
    long replySerial() {
        return fields.get(REPLY_SERIAL) instanceof BusValue.Whole(char ignored, long number) ? number : 0;
    }

    /** The values in it. */
    List<BusValue> body() {
        return new BusReader(whole, bodyStart, whole.length).read(text(SIGNATURE));
    }
}
