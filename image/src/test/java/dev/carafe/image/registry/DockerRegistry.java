package dev.carafe.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Docker's own registry, as Debian has it, on this machine alone. */
final class DockerRegistry implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Process process;
    private final int port;

    private DockerRegistry(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static DockerRegistry plain(Path folder) throws IOException {
        return start(folder, "");
    }

    /**
     * With TLS and a password.
     *
     * @param certificates in which are {@code server.crt} and {@code server.key}
     * @param more of its settings, within {@code http.tls}
     */
    static DockerRegistry guarded(Path folder, Path certificates, String user, String password, String more)
            throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("users"), run("htpasswd", "-Bbn", user, password));
        return start(folder, """
                  tls:
                    certificate: %1$s/server.crt
                    key: %1$s/server.key
                %2$s
                auth:
                  htpasswd:
                    realm: here
                    path: %3$s/users
                """.formatted(certificates, more, folder));
    }

    private static DockerRegistry start(Path folder, String more) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        Files.createDirectories(folder.resolve("data"));
        Path config = folder.resolve("config.yml");
        Files.writeString(config, """
                version: 0.1
                log:
                  level: warn
                storage:
                  filesystem:
                    rootdirectory: %s/data
                  delete:
                    enabled: true
                http:
                  addr: 127.0.0.1:%d
                %s
                """.formatted(folder, port, more));
        Process process = new ProcessBuilder("docker-registry", "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        DockerRegistry registry = new DockerRegistry(process, port);
        long until = System.nanoTime() + LIMIT.toNanos();
        while (!registry.answers()) {
            assertThat(process.isAlive())
                    .as(() -> "the registry ended: " + text(folder.resolve("log")))
                    .isTrue();
            assertThat(System.nanoTime()).as("the registry answers in time").isLessThan(until);
            Thread.onSpinWait();
        }
        return registry;
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException exception) {
            return exception.toString();
        }
    }

    String host() {
        return "127.0.0.1:" + port;
    }

    /** An authority in {@code ca.crt}, and what it vouches for: a server on this machine, and a client. */
    static void certificates(Path folder) throws IOException {
        Files.createDirectories(folder);
        String ca = folder.resolve("ca.crt").toString();
        String caKey = folder.resolve("ca.key").toString();
        run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=Test authority",
                "-keyout",
                caKey,
                "-out",
                ca);
        for (String name : List.of("server", "client")) {
            Path extensions = folder.resolve(name + ".ext");
            Files.writeString(extensions, "subjectAltName=IP:127.0.0.1\n");
            Path request = folder.resolve(name + ".csr");
            run(
                    "openssl",
                    "req",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-subj",
                    "/CN=" + name,
                    "-keyout",
                    folder.resolve(name + ".key").toString(),
                    "-out",
                    request.toString());
            run(
                    "openssl",
                    "x509",
                    "-req",
                    "-in",
                    request.toString(),
                    "-CA",
                    ca,
                    "-CAkey",
                    caKey,
                    "-days",
                    "2",
                    "-set_serial",
                    "7",
                    "-extfile",
                    extensions.toString(),
                    "-out",
                    folder.resolve(name + ".crt").toString());
        }
    }

    /** Runs a program to its end and gives what it wrote. */
    static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        try {
            String out = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue())
                    .as(() -> String.join(" ", command) + ": " + out)
                    .isZero();
            return out;
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new IOException(exception);
        } finally {
            process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }
}
