package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a registry, and passes on what each says: but for requests that a test has a {@link Fault}
 * for.
 */
final class FaultProxy implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int HEAD_MOST = 64 << 10;

    /** A request or an answer: its first line and headers, and what follows them. */
    @SuppressWarnings("ArrayRecordComponent")
    record Message(List<String> head, byte[] body) {

        String first() {
            return head.getFirst();
        }

        Optional<String> header(String name) {
            String start = name.toLowerCase(Locale.ROOT) + ":";
            return head.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                    .map(line -> line.substring(start.length()).strip())
                    .findFirst();
        }

        Message with(String name, String value) {
            List<String> lines = new ArrayList<>(head);
            lines.removeIf(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"));
            if (!value.isEmpty()) {
                lines.add(name + ": " + value);
            }
            return new Message(lines, body);
        }

        Message with(byte[] other) {
            return new Message(head, other);
        }

        byte[] bytes() {
            byte[] start = (String.join("\r\n", head) + "\r\n\r\n").getBytes(ISO_8859_1);
            byte[] all = Arrays.copyOf(start, start.length + body.length);
            System.arraycopy(body, 0, all, start.length, body.length);
            return all;
        }
    }

    /** Somebody's request on a connection. */
    final class Asked {

        private final Message request;
        private final Socket connection;

        private Asked(Message request, Socket connection) {
            this.request = request;
            this.connection = connection;
        }

        Message request() {
            return request;
        }

        /** What the registry says to it. */
        Message answer() throws IOException {
            return ask(request);
        }

        void send(byte[] bytes) throws IOException {
            connection.getOutputStream().write(bytes);
            connection.getOutputStream().flush();
        }

        /** Until the client goes away, or the proxy. */
        boolean goesOn() {
            return !connection.isClosed() && closing.getCount() > 0;
        }

        /** Waits for that. */
        void waitForTheEnd() throws IOException {
            connection.getInputStream().read();
        }
    }

    /** What is done instead of passing on an answer. The connection ends after it. */
    @FunctionalInterface
    interface Fault {
        /** For a client to take what has been sent to it. */
        Duration TAKING = Duration.ofMillis(300);

        void happen(Asked asked) throws IOException;

        /** No body, only a status, and headers. A client is told that the connection ends, as what it sends next is lost. */
        static Fault status(String status, String... headers) {
            return asked -> {
                List<String> head =
                        new ArrayList<>(List.of("HTTP/1.1 " + status, "Content-Length: 0", "Connection: close"));
                head.addAll(List.of(headers));
                asked.send(new Message(head, new byte[0]).bytes());
            };
        }

        static Fault redirect(String to) {
            return status("307 Temporary Redirect", "Location: " + to);
        }

        /** The answer ends after so many bytes of its body. */
        static Fault cutAt(int bytes) {
            return asked -> {
                Message answer = asked.answer();
                Message whole = answer.with("Content-Length", Integer.toString(answer.body().length));
                asked.send(whole.with(Arrays.copyOf(answer.body(), bytes)).bytes());
                Conditions.pause(TAKING); // a client that is slow hears of the end before it has taken what there is
            };
        }

        /** The answer says that it has so many bytes more than it has, or fewer. */
        static Fault liesAboutItsLength(int more) {
            return asked -> {
                Message answer = asked.answer();
                asked.send(answer.with("Content-Length", Integer.toString(answer.body().length + more))
                        .bytes());
            };
        }

        /** One bit of the body is another. */
        static Fault flips(int at) {
            return asked -> {
                Message answer = asked.answer();
                byte[] body = answer.body().clone();
                body[at] ^= 1;
                asked.send(answer.with(body).bytes());
            };
        }

        /** Nothing comes after so many bytes of the body. */
        static Fault stallsAt(int bytes) {
            return asked -> {
                Message answer = asked.answer();
                asked.send(answer.with(Arrays.copyOf(answer.body(), bytes)).bytes());
                asked.waitForTheEnd();
            };
        }

        /** A byte a second. */
        static Fault drips() {
            return asked -> {
                Message answer = asked.answer();
                asked.send(answer.with(new byte[0]).bytes());
                for (int i = 0; asked.goesOn() && i < answer.body().length; i++) {
                    Conditions.pause(java.time.Duration.ofSeconds(1));
                    asked.send(new byte[] {answer.body()[i]});
                }
            };
        }

        /** A body that has no end. */
        static Fault endless() {
            return asked -> {
                asked.send(asked.answer()
                        .with("Content-Length", "")
                        .with(new byte[0])
                        .bytes());
                byte[] spaces = new byte[1 << 16];
                Arrays.fill(spaces, (byte) ' ');
                while (asked.goesOn()) {
                    asked.send(spaces);
                }
            };
        }

        /** What is no HTTP. */
        static Fault garbage() {
            return asked -> asked.send("220 mail.example.org ESMTP\r\n\0\1\2".getBytes(ISO_8859_1));
        }

        static Fault hangsUp() {
            return asked -> {};
        }

        /** It says that all is well, and keeps it from the registry. */
        static Fault pretends(String status) {
            return status(status);
        }
    }

    private record Rule(String request, AtomicInteger times, Fault fault) {}

    private final ServerSocket socket;
    private final int registry;
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<Message> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean keepsConnections = true;

    private FaultProxy(ServerSocket socket, int registry) {
        this.socket = socket;
        this.registry = registry;
    }

    static FaultProxy before(RegistryServer registry) {
        try {
            FaultProxy proxy = new FaultProxy(new ServerSocket(0, 50, LOOPBACK), registry.port());
            Thread.ofVirtual().start(proxy::accept);
            return proxy;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** A name in the registry, by way of this. */
    String name(String path) {
        return "127.0.0.1:" + port() + "/" + path;
    }

    int port() {
        return socket.getLocalPort();
    }

    /**
     * Has something happen to requests.
     *
     * @param request a regular expression for {@code METHOD PATH}
     * @param times to so many of them, and no more
     */
    FaultProxy on(String request, int times, Fault fault) {
        rules.add(new Rule(request, new AtomicInteger(times), fault));
        return this;
    }

    /** Whether a connection takes more than one request; if not, it ends without a word of warning. */
    void keepConnections(boolean keep) {
        keepsConnections = keep;
    }

    /** From now on all is passed on, and nothing has been asked yet. */
    void behave() {
        rules.clear();
        requests.clear();
        keepsConnections = true;
    }

    /** What has been asked, so far. */
    List<Message> requests(String request) {
        return requests.stream().filter(it -> isThat(request, it)).toList();
    }

    private static boolean isThat(String request, Message message) {
        String[] words = message.first().split(" ", -1);
        return (words[0] + " " + words[1]).matches(request);
    }

    private void accept() {
        while (closing.getCount() > 0) {
            try {
                Socket connection = socket.accept();
                connections.add(connection);
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            InputStream in = new BufferedInputStream(connection.getInputStream());
            do {
                Message request = read(in, false);
                requests.add(request);
                Asked asked = new Asked(request, connection);
                Optional<Rule> rule = rules.stream()
                        .filter(it -> isThat(it.request(), request))
                        .filter(it -> it.times().getAndDecrement() > 0)
                        .findFirst();
                if (rule.isPresent()) {
                    rule.get().fault().happen(asked);
                    return;
                }
                asked.send(asked.answer().bytes());
            } while (keepsConnections);
        } catch (IOException ended) {
            // Whichever side it was has its reasons.
        } finally {
            connections.remove(connection);
        }
    }

    private Message ask(Message request) throws IOException {
        try (Socket there = new Socket(LOOPBACK, registry)) {
            OutputStream out = there.getOutputStream();
            out.write(request.with("Connection", "close")
                    .with("Transfer-Encoding", "")
                    .with("Content-Length", Integer.toString(request.body().length))
                    .bytes());
            Message answer = read(
                    new BufferedInputStream(there.getInputStream()),
                    request.first().startsWith("HEAD "));
            Message open = answer.with("Connection", "").with("Transfer-Encoding", "");
            return request.first().startsWith("HEAD ")
                    ? open
                    : open.with("Content-Length", Integer.toString(answer.body().length));
        }
    }

    private static Message read(InputStream in, boolean headOnly) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(some(in));
            if (head.size() > HEAD_MOST) {
                throw new IOException("a head without an end");
            }
        }
        Message message = new Message(head.toString(ISO_8859_1).strip().lines().toList(), new byte[0]);
        if (headOnly) {
            return message;
        }
        if (message.header("Transfer-Encoding").isPresent()) {
            return message.with(chunks(in));
        }
        return message.with(in.readNBytes(
                message.header("Content-Length").map(Integer::parseInt).orElse(0)));
    }

    private static int some(InputStream in) throws IOException {
        int next = in.read();
        if (next < 0) {
            throw new EOFException();
        }
        return next;
    }

    private static byte[] chunks(InputStream in) throws IOException {
        var body = new ByteArrayOutputStream();
        while (true) {
            var line = new StringBuilder();
            while (line.indexOf("\r\n") < 0) {
                line.append((char) some(in));
            }
            int size = Integer.parseInt(line.toString().strip(), 16);
            body.write(in.readNBytes(size));
            in.skipNBytes(2);
            if (size == 0) {
                return body.toByteArray();
            }
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            socket.close();
            for (Socket connection : connections) {
                connection.close();
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
