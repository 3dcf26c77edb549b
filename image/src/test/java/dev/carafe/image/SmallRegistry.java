package dev.carafe.image;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A registry with one repository, which gives what it was given and remembers what it was asked for. */
final class SmallRegistry implements AutoCloseable {

    private static final String PATH = "/v2/app/";

    /** A request for a blob, from an offset to its end. */
    record Asked(Digest blob, long offset) {}

    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, Document> manifests = new ConcurrentHashMap<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    private SmallRegistry(HttpServer server) {
        this.server = server;
    }

    static SmallRegistry start() {
        try {
            SmallRegistry started =
                    new SmallRegistry(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            started.server.createContext(PATH, started::answer);
            started.server.setExecutor(started.threads);
            started.server.start();
            return started;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    Reference name(String tag) {
        return Reference.parse("127.0.0.1:" + server.getAddress().getPort() + "/app:" + tag);
    }

    void blob(byte[] content) {
        blobs.put(Digest.of(content).toString(), content);
    }

    void manifest(String tag, Document document) {
        manifests.put(tag, document);
        manifests.put(document.digest().toString(), document);
    }

    /** What blobs have been asked for, and from where on, since the last time. */
    List<Asked> asked() {
        List<Asked> before = List.copyOf(asked);
        asked.clear();
        return before;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String what = exchange.getRequestURI().getPath().substring(PATH.length());
            String last = what.substring(what.indexOf('/') + 1);
            if (what.startsWith("manifests/") && manifests.containsKey(last)) {
                Document document = manifests.get(last);
                exchange.getResponseHeaders().add("Content-Type", document.mediaType());
                exchange.getResponseHeaders()
                        .add("Docker-Content-Digest", document.digest().toString());
                send(exchange, document.bytes(), 0);
            } else if (what.startsWith("blobs/") && blobs.containsKey(last)) {
                String range = exchange.getRequestHeaders().getFirst("Range");
                int offset = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=([0-9]+)-.*", "$1"));
                if (!exchange.getRequestMethod().equals("HEAD")) {
                    asked.add(new Asked(Digest.parse(last), offset));
                }
                send(exchange, blobs.get(last), offset);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        }
    }

    private static void send(HttpExchange exchange, byte[] content, int offset) throws IOException {
        int length = content.length - offset;
        if (offset > 0) {
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes " + offset + "-" + (content.length - 1) + "/" + content.length);
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().add("Content-Length", Integer.toString(length));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(offset > 0 ? 206 : 200, length);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(content, offset, length);
        } catch (IOException gone) {
            // Whoever asked was killed.
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
