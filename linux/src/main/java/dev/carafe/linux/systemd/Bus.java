package dev.carafe.linux.systemd;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A connection that speaks D-Bus: to a bus, or to somebody who listens himself.
 *
 * <p>Every call waits for its answer, and no longer than the connection's patience. Signals that come meanwhile are kept
 * until they are asked for. Not thread-safe.
 *
 * @see <a href="https://dbus.freedesktop.org/doc/dbus-specification.html">D-Bus Specification</a>
 */
final class Bus implements AutoCloseable {

    private static final int CHUNK = 64 << 10;
    private static final int LINE_MOST = 1024;
    /** Who hears all signals may hear many; those that nobody waits for go first. */
    private static final int SIGNALS_MOST = 4096;

    private final Kernel kernel;
    private final Fd socket;
    private final Duration patience;
    private final Deque<BusMessage> signals = new ArrayDeque<>();
    private byte[] received = new byte[0];
    private long serial;

    private Bus(Kernel kernel, Fd socket, Duration patience) {
        this.kernel = kernel;
        this.socket = socket;
        this.patience = patience;
    }

    /**
     * Connects, and says who we are: the kernel vouches for it.
     *
     * @param path of the socket
     * @param patience how long it waits for each answer
     * @throws SystemCallException if there is nobody to connect to
     * @throws SystemdException if he does not let us in
     */
    static Bus connect(Kernel kernel, String path, Duration patience) {
        Fd socket = kernel.sockets().open(Sockets.Type.STREAM);
        try {
            // Waiting for room in a queue that nobody serves counts as sending.
            kernel.sockets().setSendTimeout(socket, patience);
            int slash = path.lastIndexOf('/');
            try (Fd folder = kernel.files()
                    .open(Fd.CWD, slash <= 0 ? "/" : path.substring(0, slash), OpenFlags.PATH | OpenFlags.DIRECTORY)) {
                kernel.sockets().connect(socket, folder, path.substring(slash + 1));
            }
            Bus bus = new Bus(kernel, socket, patience);
            bus.authenticate();
            return bus;
        } catch (RuntimeException exception) {
            socket.close();
            throw exception;
        }
    }

    /** Without naming a user, as the number that we know ourselves by may be another on the other side. */
    private void authenticate() {
        long deadline = deadline();
        send("\0AUTH EXTERNAL\r\nDATA\r\n");
        String answer = line(deadline);
        if (answer.startsWith("DATA")) {
            answer = line(deadline);
        }
        if (!answer.startsWith("OK ")) {
            throw SystemdException.unavailable("D-Bus does not let us in: " + answer);
        }
        send("BEGIN\r\n");
    }

    private String line(long deadline) {
        while (true) {
            for (int i = 0; i + 1 < received.length; i++) {
                if (received[i] == '\r' && received[i + 1] == '\n') {
                    String line = new String(received, 0, i, StandardCharsets.US_ASCII);
                    received = Arrays.copyOfRange(received, i + 2, received.length);
                    return line;
                }
            }
            if (received.length > LINE_MOST) {
                throw SystemdException.unavailable("D-Bus answers with what is no line");
            }
            receiveMore(deadline);
        }
    }

    /** What a method is called on: all of it. */
    record Method(String destination, String path, String interfaceName, String member) {}

    /**
     * Calls a method.
     *
     * @return what it returned
     * @throws SystemdException if it answers with an error or not in time
     */
    List<BusValue> call(Method method, List<BusValue> arguments) {
        long call = ++serial;
        List<BusValue> fields = new ArrayList<>();
        fields.add(BusMessage.field(BusMessage.PATH, new BusValue.Text('o', method.path)));
        fields.add(BusMessage.field(BusMessage.INTERFACE, BusValue.text(method.interfaceName)));
        fields.add(BusMessage.field(BusMessage.MEMBER, BusValue.text(method.member)));
        fields.add(BusMessage.field(BusMessage.DESTINATION, BusValue.text(method.destination)));
        long deadline = deadline();
        send(BusMessage.encode(BusMessage.METHOD_CALL, call, fields, arguments));
        while (true) {
            BusMessage message = receive(deadline)
                    .orElseThrow(() -> SystemdException.unavailable(
                            "no answer to " + method.member + " within " + patience.toSeconds() + " s"));
            if (message.type() == BusMessage.SIGNAL) {
                keep(message);
            } else if (message.replySerial() == call && message.type() == BusMessage.METHOD_RETURN) {
                return message.body();
            } else if (message.replySerial() == call && message.type() == BusMessage.ERROR) {
                throw refusal(method, message);
            }
        }
    }

    private static SystemdException refusal(Method method, BusMessage error) {
        String name = error.text(BusMessage.ERROR_NAME);
        String words = !error.text(BusMessage.SIGNATURE).startsWith("s")
                ? name
                : error.body().getFirst() instanceof BusValue.Text(char ignored, String text) ? text : name;
        return SystemdException.refused(method.member + ": " + words.strip(), name);
    }

    /** Waits for a signal, which may have come already; empty if it does not come in time. */
    Optional<BusMessage> awaitSignal(Predicate<BusMessage> wanted) {
        long deadline = deadline();
        for (BusMessage kept : signals) {
            if (wanted.test(kept)) {
                return Optional.of(kept);
            }
        }
        while (true) {
            Optional<BusMessage> message = receive(deadline);
            if (message.isEmpty() || (message.get().type() == BusMessage.SIGNAL && wanted.test(message.get()))) {
                return message;
            }
        }
    }

    private void keep(BusMessage signal) {
        if (signals.size() == SIGNALS_MOST) {
            signals.removeFirst();
        }
        signals.add(signal);
    }

    /** The next message; empty if none comes in time. */
    private Optional<BusMessage> receive(long deadline) {
        while (true) {
            if (received.length >= BusMessage.START) {
                int length = BusMessage.length(received);
                if (received.length >= length) {
                    BusMessage message = BusMessage.parse(Arrays.copyOf(received, length));
                    received = Arrays.copyOfRange(received, length, received.length);
                    return Optional.of(message);
                }
            }
            if (!awaitMore(deadline)) {
                return Optional.empty();
            }
            append();
        }
    }

    private void receiveMore(long deadline) {
        if (!awaitMore(deadline)) {
            throw SystemdException.unavailable("D-Bus does not answer within " + patience.toSeconds() + " s");
        }
        append();
    }

    private boolean awaitMore(long deadline) {
        return kernel.polling().awaitReadable(socket, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }

    private void append() {
        byte[] more = kernel.sockets().receiveMessage(socket, CHUNK, 0).payload();
        if (more.length == 0) {
            throw SystemdException.unavailable("D-Bus has ended the connection");
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream(received.length + more.length);
        all.writeBytes(received);
        all.writeBytes(more);
        received = all.toByteArray();
    }

    private void send(String text) {
        send(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void send(byte[] bytes) {
        try {
            kernel.sockets().sendMessage(socket, bytes, List.of());
        } catch (SystemCallException exception) {
            throw SystemdException.unavailable("D-Bus has ended the connection: " + exception.getMessage(), exception);
        }
    }

    private long deadline() {
        return System.nanoTime() + patience.toNanos();
    }

    @Override
    public void close() {
        socket.close();
    }
}
