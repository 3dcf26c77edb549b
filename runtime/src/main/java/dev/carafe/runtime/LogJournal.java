package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * The log that a monitor writes to the machine's journal: an entry a line, or a piece of one that is long. Beside the
 * {@linkplain #encode fields} that all of them have, an entry has the line as its {@code MESSAGE}, the stream as its
 * {@code PRIORITY}, {@link #OUTPUT} or {@link #ERROR}, and {@link #PARTIAL} where the line goes on in the stream's next
 * entry.
 *
 * <p>A journal that takes nothing holds the instance up for some seconds. What comes after that is left out; an entry with
 * the field {@link #LOST} says how many bytes that were, as soon as the journal takes entries again.
 *
 * @param fields memory with {@link #encode} in it; stays the caller's to close
 * @see <a href="https://systemd.io/JOURNAL_NATIVE_PROTOCOL/">the journal's native protocol</a>
 */
public record LogJournal(Fd fields) implements LogSink {

    /** Where the journal takes entries. */
    public static final String SOCKET = "/run/systemd/journal/socket";

    /** The most bytes of {@link #encode}. */
    public static final int MOST_BYTES = 256 << 10;

    /** The priority of what was written to standard output. */
    public static final String OUTPUT = "6";

    /** The priority of what was written to standard error. */
    public static final String ERROR = "3";

    /** The field that a line's pieces have but for the last; its value is {@code true}. */
    public static final String PARTIAL = "CONTAINER_PARTIAL_MESSAGE";

    /** The field of an entry that tells how many bytes are missing before it. */
    public static final String LOST = "CARAFE_LOST";

    private static final int LONGEST_NAME = 64;

    /** Whether the journal takes a field of this name: capitals, digits and underscores, with a capital first. */
    public static boolean isName(String name) {
        return name.length() <= LONGEST_NAME && name.matches("[A-Z][A-Z0-9_]*");
    }

    /**
     * Fields as entries have them: {@code NAME=VALUE} and a line's end or, where the value has one in it, the name, a
     * line's end, the value's length as eight bytes with the lowest first, the value and a line's end.
     *
     * @param fields by their {@linkplain #isName names}
     */
    public static byte[] encode(Map<String, String> fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        fields.forEach((name, text) -> {
            if (!isName(name)) {
                throw new IllegalArgumentException("no name of a field in the journal: " + name);
            }
            byte[] value = text.getBytes(UTF_8);
            bytes.writeBytes(name.getBytes(UTF_8));
            if (text.indexOf('\n') < 0) {
                bytes.write('=');
            } else {
                bytes.write('\n');
                bytes.writeBytes(ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value.length)
                        .array());
            }
            bytes.writeBytes(value);
            bytes.write('\n');
        });
        return bytes.toByteArray();
    }

    /**
     * Looks whether somebody takes entries.
     *
     * @throws dev.carafe.linux.SystemCallException if nobody does
     */
    public static void require(Kernel kernel) {
        try (Fd socket = kernel.sockets().open(Sockets.Type.DATAGRAMS)) {
            kernel.sockets().connect(socket, Fd.CWD, SOCKET);
        }
    }
}
