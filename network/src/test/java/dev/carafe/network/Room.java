package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.Namespaces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A network namespace in which a test does things, and the servers that it has there. */
final class Room implements AutoCloseable {

    private static final int PATIENCE = 5_000;
    /** How long nothing must come from where nothing may come. */
    private static final int SILENCE = 300;

    private static final String ANY = "0.0.0.0";

    private final Kernel kernel;
    private final Fd namespace;
    private final List<AutoCloseable> servers = new ArrayList<>();

    private Room(Kernel kernel, Fd namespace) {
        this.kernel = kernel;
        this.namespace = namespace;
    }

    static Room of(Kernel kernel, Fd namespace) {
        return new Room(kernel, namespace);
    }

    /** A new one, with nothing but loopback. */
    static Room fresh(Kernel kernel) {
        Room room = new Room(kernel, Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.NETWORK));
            return kernel.namespaces().openOwn(Namespace.NETWORK);
        }));
        room.shell("ip link set lo up");
        return room;
    }

    Fd namespace() {
        return namespace;
    }

    <T> T in(Supplier<T> work) {
        return Namespaces.onOwnThread(() -> {
            kernel.namespaces().enter(namespace, Namespace.NETWORK);
            return work.get();
        });
    }

    /** What a script prints, which must succeed. */
    String shell(String script) {
        return in(() -> {
            try {
                Process process = new ProcessBuilder("sh", "-ec", script)
                        .redirectErrorStream(true)
                        .start();
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(process.waitFor()).as("%s: %s", script, output).isZero();
                return output;
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            } catch (InterruptedException exception) {
                throw new IllegalStateException(exception);
            }
        });
    }

    /** Serves a port: who connects is told the name and from which address he came. */
    void serve(String name, String address, int port) {
        ServerSocket server = in(() -> {
            try {
                ServerSocket made = new ServerSocket();
                made.bind(new InetSocketAddress(InetAddress.ofLiteral(address), port));
                return made;
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        });
        servers.add(server);
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    try (Socket client = server.accept()) {
                        String greeting = name + " " + client.getInetAddress().getHostAddress();
                        client.getOutputStream().write(greeting.getBytes(StandardCharsets.UTF_8));
                    }
                }
            } catch (IOException closed) {
                // The test has ended.
            }
        });
    }

    /** The same by datagrams. */
    void serveDatagrams(String name, int port) {
        DatagramSocket server = in(() -> {
            try {
                return new DatagramSocket(port);
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        });
        servers.add(server);
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    DatagramPacket packet = new DatagramPacket(new byte[64], 64);
                    server.receive(packet);
                    String greeting = name + " " + packet.getAddress().getHostAddress();
                    packet.setData(greeting.getBytes(StandardCharsets.UTF_8));
                    server.send(packet);
                }
            } catch (IOException closed) {
                // The test has ended.
            }
        });
    }

    /** What a server says who is to be reached. */
    String ask(String address, int port) {
        return ask(ANY, address, port, PATIENCE)
                .orElseThrow(() -> new AssertionError("no answer of " + address + ":" + port));
    }

    /** What a server says who is not to be reached: nothing, if that holds. */
    Optional<String> askInVain(String address, int port) {
        return ask(ANY, address, port, SILENCE);
    }

    /** The same from an address of the room's that is not the usual one. */
    Optional<String> askInVain(String from, String address, int port) {
        return ask(from, address, port, SILENCE);
    }

    /** What somebody hears in the end who begins to connect now. */
    CompletableFuture<String> beginToConnect(String address, int port) {
        CompletableFuture<String> heard = CompletableFuture.supplyAsync(() -> in(() -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port), PATIENCE);
                return "connected";
            } catch (IOException refused) {
                return String.valueOf(refused.getMessage());
            }
        }));
        shell("i=0; until ss -Htn state syn-sent | grep -q :" + port + "; do sleep 0.01; i=$((i + 1)); test $i -lt 300;"
                + " done");
        return heard;
    }

    private Optional<String> ask(String from, String address, int port, int patience) {
        return in(() -> {
            try (Socket socket = new Socket()) {
                socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
                socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port), patience);
                socket.setSoTimeout(patience);
                return Optional.of(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException unreachable) {
                return Optional.empty();
            }
        });
    }

    /** What a server of datagrams says, to whom asks from this port; 0 for any. */
    Optional<String> askDatagram(String address, int port, int localPort) {
        return askDatagram(address, port, localPort, PATIENCE);
    }

    /** What a server of datagrams says who is not to be reached: nothing, if that holds. */
    Optional<String> askDatagramInVain(String address, int port) {
        return askDatagram(address, port, 0, SILENCE);
    }

    private Optional<String> askDatagram(String address, int port, int localPort, int patience) {
        return in(() -> {
            try (DatagramSocket socket = new DatagramSocket(localPort)) {
                socket.setSoTimeout(patience);
                byte[] question = {1};
                socket.send(new DatagramPacket(question, 1, InetAddress.ofLiteral(address), port));
                DatagramPacket answer = new DatagramPacket(new byte[64], 64);
                socket.receive(answer);
                return Optional.of(new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8));
            } catch (SocketTimeoutException | java.net.PortUnreachableException nobody) {
                return Optional.empty();
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        });
    }

    @Override
    public void close() {
        for (AutoCloseable server : servers) {
            try {
                server.close();
            } catch (Exception exception) {
                throw new IllegalStateException(exception);
            }
        }
        namespace.close();
    }
}
