package dev.carafe.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

/** Debian's docker-registry, on this machine alone. */
final class RegistryServer implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final Path folder;
    private final Process process;
    private final int port;

    private RegistryServer(Path folder, Process process, int port) {
        this.folder = folder;
        this.process = process;
        this.port = port;
    }

    /** Starts one with its files below an empty folder. */
    static RegistryServer start(Path folder) {
        return start(folder, "");
    }

    /** Likewise, for users alone whose passwords a file of htpasswd(1) has. */
    static RegistryServer start(Path folder, Path users) {
        return start(folder, "auth: {htpasswd: {realm: test, path: \"" + users + "\"}}");
    }

    private static RegistryServer start(Path folder, String further) {
        try {
            int port;
            try (ServerSocket probe = new ServerSocket(0, 1, LOOPBACK)) {
                port = probe.getLocalPort();
            }
            Path configuration = Files.writeString(
                    folder.resolve("registry.yml"), """
                    version: 0.1
                    log: {level: error}
                    storage:
                      filesystem: {rootdirectory: %s}
                      delete: {enabled: true}
                    http: {addr: "127.0.0.1:%d"}
                    %s
                    """.formatted(folder.resolve("registry"), port, further));
            RegistryServer started = new RegistryServer(
                    folder,
                    new ProcessBuilder("docker-registry", "serve", configuration.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("registry.log").toFile())
                            .start(),
                    port);
            Conditions.await("the registry answers", started::answers);
            return started;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(LOOPBACK, port));
            return true;
        } catch (IOException exception) {
            return false;
        }
    }

    int port() {
        return port;
    }

    /** Where its files are. */
    Path folder() {
        return folder;
    }

    /** A name in it. */
    String name(String path) {
        return "127.0.0.1:" + port + "/" + path;
    }

    /** Pushes an image of a layout, with skopeo. */
    void push(Path layout, String tag, String path) {
        Commands.succeed(
                "skopeo copy -q --dest-tls-verify=false \"oci:$0:$1\" \"docker://$2\"",
                layout.toString(),
                tag,
                name(path));
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
