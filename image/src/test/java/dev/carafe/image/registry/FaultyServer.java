package dev.carafe.image.registry;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A server that does as it is told, also what none should: it writes its answers byte for byte. What it has no answer
 * for is 404.
 */
final class FaultyServer implements AutoCloseable {

    /** What it was asked; header names in lower case. */
    @SuppressWarnings("ArrayRecordComponent")
    record Asked(String method, String target, Map<String, String> headers, byte[] body) {

        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }

        String path() {
            int query = target.indexOf('?');
            return query < 0 ? target : target.substring(0, query);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** Writes an answer; it is the connection's last if it says so or fails. */
    @FunctionalInterface
    interface Answering {
        void answer(Asked asked, OutputStream out) throws IOException;
    }

    private final ServerSocket socket;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Map<String, Answering> answers = new ConcurrentHashMap<>();
    private final Map<String, Integer> cuts = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Asked> asked = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final String host;

    /** @param host one that leads here: {@code 127.0.0.1} or {@code localhost} */
    FaultyServer(String host) throws IOException {
        this.host = host;
        this.socket = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        Thread.ofVirtual().start(this::accept);
    }

    String host() {
        return host + ":" + socket.getLocalPort();
    }

    String url(String path) {
        return "http://" + host() + path;
    }

    /** Answers requests for a path so: {@code GET /v2/…}, without a query. */
    FaultyServer on(String request, Answering answering) {
        answers.put(request, answering);
        return this;
    }

    /** Answers the first request so, the second so, and all others as the last. */
    FaultyServer on(String request, List<Answering> inOrder) {
        ConcurrentLinkedQueue<Answering> left = new ConcurrentLinkedQueue<>(inOrder);
        return on(request, (it, out) -> {
            Answering next = left.size() > 1 ? left.poll() : left.peek();
            if (next != null) {
                next.answer(it, out);
            }
        });
    }

    /** Of the next body sent to a path only so much is taken, and the connection ends. */
    FaultyServer cutsNext(String request, int after) {
        cuts.put(request, after);
        return this;
    }

    List<Asked> asked() {
        return List.copyOf(asked);
    }

    List<Asked> asked(String request) {
        return asked.stream()
                .filter(it -> (it.method() + " " + it.path()).equals(request))
                .toList();
    }

    /** How many connections there were. */
    int accepted() {
        return accepted.get();
    }

    /** Ends all connections that are open. */
    void hangUp() throws IOException {
        for (Socket connection : connections) {
            connection.close();
        }
    }

    /** Waits until the test is over: for who answers nothing. */
    void hang() {
        try {
            closing.await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    // Answers

    static Answering says(int status, byte[] body, String... headers) {
        return (it, out) -> write(out, status, it.method().equals("HEAD") ? new byte[0] : body, body.length, headers);
    }

    static Answering says(int status, String body, String... headers) {
        return says(status, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    /** Content with ranges, as it should be. */
    static Answering content(byte[] body) {
        return (it, out) -> {
            int from = from(it);
            if (from >= body.length && from > 0) {
                write(out, 416, new byte[0], 0);
            } else if (it.header("Range").isPresent()) {
                int to = to(it, body.length);
                byte[] part = java.util.Arrays.copyOfRange(body, from, to);
                write(out, 206, part, part.length, "Content-Range: bytes " + from + "-" + (to - 1) + "/" + body.length);
            } else {
                write(out, 200, body, body.length);
            }
        };
    }

    /** The same, but after so many bytes the connection ends. */
    static Answering cut(byte[] body, int after) {
        return (it, out) -> {
            int from = from(it);
            int to = Math.min(body.length, from + after);
            byte[] part = java.util.Arrays.copyOfRange(body, from, to);
            write(
                    out,
                    from > 0 ? 206 : 200,
                    part,
                    body.length - from,
                    "Content-Range: bytes " + from + "-" + (body.length - 1) + "/" + body.length);
            if (to < body.length) {
                throw new IOException("cut");
            }
        };
    }

    /** The same, but after so many bytes nothing more comes. */
    Answering stalls(byte[] body, int after) {
        return (it, out) -> {
            try {
                cut(body, after).answer(it, out);
            } catch (IOException cut) {
                hang();
            }
        };
    }

    static int from(Asked asked) {
        return asked.header("Range")
                .map(it -> Integer.parseInt(it.substring("bytes=".length(), it.indexOf('-'))))
                .orElse(0);
    }

    private static int to(Asked asked, int length) {
        String range = asked.header("Range").orElse("-");
        String last = range.substring(range.indexOf('-') + 1);
        return last.isEmpty() ? length : Math.min(length, Integer.parseInt(last) + 1);
    }

    static void write(OutputStream out, int status, byte[] body, long length, String... headers) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " It\r\nContent-Length: " + length + "\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        out.write(body);
        out.flush();
    }

    // Connections

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                connection.setTcpNoDelay(true);
                connections.add(connection);
                accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            InputStream in = new BufferedInputStream(connection.getInputStream());
            OutputStream out = connection.getOutputStream();
            for (Asked request = read(in); request != null; request = read(in)) {
                asked.add(request);
                answers.getOrDefault(request.method() + " " + request.path(), says(404, "{}"))
                        .answer(request, out);
            }
        } catch (IOException ended) {
            // As it is meant to, or because the client has enough.
        } finally {
            connections.remove(connection);
        }
    }

    private @Nullable Asked read(InputStream in) throws IOException {
        String first = line(in);
        if (first.isEmpty()) {
            return null;
        }
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        String[] words = first.split(" ", -1);
        Integer cut = cuts.remove(words[0] + " " + words[1].replaceFirst("\\?.*", ""));
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        Asked request = new Asked(words[0], words[1], headers, in.readNBytes(cut == null ? length : cut));
        if (cut != null) {
            asked.add(request);
            throw new IOException("cut");
        }
        return request;
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        closing.countDown();
        socket.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }
}
