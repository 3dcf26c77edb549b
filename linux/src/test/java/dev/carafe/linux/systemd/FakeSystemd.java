package dev.carafe.linux.systemd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Listens as systemd or as a bus does, for one connection, and answers calls as a test says. Everything that it sends,
 * it sends in two pieces.
 */
final class FakeSystemd implements AutoCloseable {

    /** Answers a call. */
    @FunctionalInterface
    interface Manager {
        void called(BusMessage call, FakeSystemd systemd);
    }

    private final ServerSocketChannel listener;
    private final Manager manager;
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread;
    private final Path path;
    private SocketChannel peer;
    private long serial = 1000;

    FakeSystemd(Path folder, Manager manager) throws IOException {
        this.path = folder.resolve("socket");
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        this.manager = manager;
        this.peer = SocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path));
        this.thread = Thread.ofPlatform().daemon().start(this::serve);
    }

    String path() {
        return path.toString();
    }

    /** The calls so far, each as its member and its arguments' types. */
    List<String> calls() {
        return List.copyOf(calls);
    }

    private void serve() {
        try {
            peer.close();
            peer = listener.accept();
            require(line().equals("\0AUTH EXTERNAL") && line().equals("DATA"));
            write("DATA\r\nOK 0123456789abcdef\r\n".getBytes(StandardCharsets.US_ASCII));
            require(line().equals("BEGIN"));
            while (true) {
                byte[] start = read(BusMessage.START);
                byte[] rest = read(BusMessage.length(start) - start.length);
                BusMessage call = BusMessage.parse(ByteBuffer.allocate(start.length + rest.length)
                        .put(start)
                        .put(rest)
                        .array());
                calls.add(call.text(BusMessage.MEMBER) + " " + call.text(BusMessage.SIGNATURE));
                manager.called(call, this);
            }
        } catch (ClosedChannelException ended) {
            // The test is over.
        } catch (IOException ended) {
            throw new UncheckedIOException(ended);
        }
    }

    private static void require(boolean true_) {
        if (!true_) {
            throw new IllegalStateException("the client does not know how to begin");
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < 2 || !line.substring(line.length() - 2).equals("\r\n")) {
            line.append((char) read(1)[0]);
        }
        return line.substring(0, line.length() - 2);
    }

    private byte[] read(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (peer.read(buffer) < 0) {
                throw new ClosedChannelException();
            }
        }
        return buffer.array();
    }

    private void write(byte[] bytes) {
        try {
            int half = bytes.length / 2;
            peer.write(ByteBuffer.wrap(bytes, 0, half));
            peer.write(ByteBuffer.wrap(bytes, half, bytes.length - half));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    void answer(BusMessage call, BusValue... values) {
        write(BusMessage.encode(BusMessage.METHOD_RETURN, ++serial, List.of(reply(call)), List.of(values)));
    }

    void refuse(BusMessage call, String error, String words) {
        write(BusMessage.encode(
                BusMessage.ERROR,
                ++serial,
                List.of(reply(call), BusMessage.field(BusMessage.ERROR_NAME, BusValue.text(error))),
                List.of(BusValue.text(words))));
    }

    private static BusValue reply(BusMessage call) {
        return BusMessage.field(BusMessage.REPLY_SERIAL, new BusValue.Whole('u', call.serial()));
    }

    /** The signal that a job has ended. */
    void end(String job, String result) {
        signal(
                "JobRemoved",
                new BusValue.Whole('u', 7),
                new BusValue.Text('o', job),
                BusValue.text("some.scope"),
                BusValue.text(result));
    }

    void signal(String member, BusValue... values) {
        write(BusMessage.encode(
                BusMessage.SIGNAL,
                ++serial,
                List.of(
                        BusMessage.field(BusMessage.PATH, new BusValue.Text('o', "/org/freedesktop/systemd1")),
                        BusMessage.field(BusMessage.INTERFACE, BusValue.text("org.freedesktop.systemd1.Manager")),
                        BusMessage.field(BusMessage.MEMBER, BusValue.text(member))),
                List.of(values)));
    }

    @Override
    public void close() throws IOException {
        listener.close();
        peer.close();
        try {
            thread.join();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }
}
