package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Namespaces;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that are none, and daemons that are none. */
@SystemTest
class DaemonHostilityTest {

    private static final int REQUEST = 1;
    private static final int SIGNAL = 2;
    private static final int TAKEN = 12;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final long SEED = 20260101;

    private final Kernel kernel = Kernel.host();
    private final Sockets sockets = kernel.sockets();

    private static byte[] message(int type, int a, int b) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.nativeOrder())
                .putInt(type)
                .putInt(a)
                .putInt(b)
                .array();
    }

    private Fd folder(Installation carafe) {
        return kernel.files().open(Fd.CWD, carafe.state().toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    private Fd connect(Installation carafe) {
        Fd socket = sockets.open(Sockets.Type.SEQUENCED_PACKETS);
        try (Fd folder = folder(carafe)) {
            sockets.connect(socket, folder, "daemon.sock");
        }
        return socket;
    }

    /**
     * How many descriptors the daemon has to what a client is and gives: sockets, process descriptors, memory,
     * {@code /dev/null} and {@code /}. Files are its own: it opens a jar or a database when it first needs them.
     */
    private static int heldForClients(Installation carafe) {
        int held = 0;
        for (Path descriptor : Installation.list(Path.of("/proc/" + carafe.daemon() + "/fd"))) {
            try {
                String target = Files.readSymbolicLink(descriptor).toString();
                boolean isFile = target.startsWith("/") && !target.startsWith("/memfd:");
                if (!isFile || target.equals("/dev/null") || target.equals("/")) {
                    held++;
                }
            } catch (IOException gone) {
                // Closed meanwhile.
            }
        }
        return held;
    }

    /** What a client would send that asks for the version. */
    private Fd texts(String build) {
        return kernel.files()
                .sealedMemory("test", ("carafe\0version\0A=b\0" + build + "\0").getBytes(StandardCharsets.UTF_8));
    }

    private static String build() {
        return Installation.read(Installation.program().resolveSibling("../lib/build"));
    }

    private Fd open(String path) {
        return kernel.files().open(Fd.CWD, path, OpenFlags.RDWR);
    }

    enum Nonsense {
        NOTHING {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {}
        },
        A_SHORT_MESSAGE {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                test.sockets.sendMessage(socket, new byte[] {1}, List.of());
            }
        },
        A_LONG_MESSAGE {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                test.sockets.sendMessage(socket, new byte[100_000], List.of());
            }
        },
        NOISE {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                byte[] noise = new byte[16];
                new Random(SEED).nextBytes(noise);
                test.sockets.sendMessage(socket, noise, List.of());
            }
        },
        A_SIGNAL_BEFORE_THE_REQUEST {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                test.sockets.sendMessage(socket, message(SIGNAL, 2, 0), List.of());
            }
        },
        A_REQUEST_WITHOUT_DESCRIPTORS {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                test.sockets.sendMessage(socket, message(REQUEST, 2, 1), List.of());
            }
        },
        TOO_MANY_DESCRIPTORS {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                try (Fd nothing = test.open("/dev/null")) {
                    test.sockets.sendMessage(
                            socket, message(REQUEST, 2, 1), Collections.nCopies(Sockets.MOST_DESCRIPTORS, nothing));
                }
            }
        },
        TEXTS_THAT_COULD_CHANGE {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                try (Fd nothing = test.open("/dev/null")) {
                    test.sockets.sendMessage(socket, message(REQUEST, 2, 1), Collections.nCopies(5, nothing));
                }
            }
        },
        MORE_TEXTS_THAN_THERE_ARE {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                test.request(socket, Integer.MAX_VALUE, Integer.MAX_VALUE, build());
            }
        },
        ANOTHER_BUILD {
            @Override
            void say(DaemonHostilityTest test, Fd socket) {
                test.request(socket, 2, 1, "another");
            }
        };

        abstract void say(DaemonHostilityTest test, Fd socket);
    }

    private void request(Fd socket, int arguments, int variables, String build) {
        try (Fd nothing = open("/dev/null");
                Fd directory = kernel.files().open(Fd.CWD, "/", OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd texts = texts(build)) {
            sockets.sendMessage(
                    socket,
                    message(REQUEST, arguments, variables),
                    List.of(nothing, nothing, nothing, directory, texts));
        }
    }

    /** Hears the daemon out; the types of its messages. */
    private List<Integer> answers(Fd socket) {
        List<Integer> types = new ArrayList<>();
        while (true) {
            assertThat(kernel.polling().awaitReadable(socket, SOON)).isTrue();
            try (Sockets.Message message = sockets.receiveMessage(socket, 16, 0)) {
                if (message.isEnd()) {
                    return types;
                }
                types.add(ByteBuffer.wrap(message.payload())
                        .order(ByteOrder.nativeOrder())
                        .getInt());
            } catch (SystemCallException reset) {
                return types;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Nonsense.class)
    void aClientThatIsNoneIsHungUpOnAndHurtsNobody(Nonsense nonsense, Installation carafe) {
        carafe.startDaemon();
        carafe.execute("version").succeeded();
        try (Fd control = connect(carafe)) {
            request(control, 2, 1, build());
            assertThat(answers(control)).as("control").containsExactly(TAKEN, 11);
        }
        String daemon = Long.toString(carafe.daemon());
        int before = heldForClients(carafe);
        try (Fd one = connect(carafe);
                Fd two = connect(carafe)) {
            nonsense.say(this, one);
            nonsense.say(this, two);
            carafe.execute("version").succeeded();
            assertThat(answers(one)).as("nothing is taken on").isEmpty();
        }
        Conditions.await("it has no more open than before", () -> heldForClients(carafe) <= before);
        assertThat(carafe.daemon()).hasToString(daemon);
    }

    /** Asks for a container's events, which end when somebody ends them. */
    private void requestEvents(Fd socket, Installation carafe, String id) {
        String texts = String.join("\0", "carafe", "oci", "events", id, "CARAFE_STATE=" + carafe.state(), build(), "");
        try (Fd nothing = open("/dev/null");
                Fd directory = kernel.files().open(Fd.CWD, "/", OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd memory = kernel.files().sealedMemory("test", texts.getBytes(StandardCharsets.UTF_8))) {
            sockets.sendMessage(socket, message(REQUEST, 4, 1), List.of(nothing, nothing, nothing, directory, memory));
        }
    }

    private static String container(Installation carafe) {
        String id = carafe.newId();
        Bundle bundle = carafe.bundle("exec sleep 1000");
        carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id).succeeded();
        return id;
    }

    /** A client that is killed is missed, which takes a daemon that hears. */
    private static void daemonHears(Installation carafe, String id) {
        int before = heldForClients(carafe);
        Call.Running call = carafe.call("oci", "events", id).start();
        Conditions.await("it is answered", () -> !call.output().isEmpty());
        call.process().destroyForcibly();
        Conditions.await("the daemon has let go of it", () -> heldForClients(carafe) <= before);
    }

    @ParameterizedTest
    @CsvSource({"2, 1000", "2, 0", "2, -1", "1, 1", "30, 0", "99, 0"})
    void aClientThatSaysAfterItsRequestWhatNoneSaysIsGivenUp(int type, int number, Installation carafe) {
        carafe.startDaemon();
        String id = container(carafe);
        daemonHears(carafe, id);
        try (Fd socket = connect(carafe)) {
            requestEvents(socket, carafe, id);
            sockets.sendMessage(socket, message(type, number, 0), List.of());
            assertThat(answers(socket)).startsWith(TAKEN);
            daemonHears(carafe, id);
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void aClientThatSendsWhateverComesToItsMindAfterItsRequestHurtsNobody(Installation carafe) {
        carafe.startDaemon();
        String id = container(carafe);
        Random random = new Random(SEED);
        try (Fd socket = connect(carafe);
                Fd nothing = open("/dev/null")) {
            requestEvents(socket, carafe, id);
            for (int i = 0; i < 1000; i++) {
                byte[] noise = message(random.nextInt(40), random.nextInt(), 0);
                sockets.sendMessage(socket, noise, i % 10 == 0 ? List.of(nothing, nothing) : List.of());
            }
        } catch (SystemCallException hungUp) {
            // As it may.
        }
        daemonHears(carafe, id);
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void manyWhoSayNothingKeepNobodyFromBeingServed(Installation carafe) {
        carafe.startDaemon();
        List<Fd> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                silent.add(connect(carafe));
            }
            carafe.execute("version").succeeded();
        } finally {
            silent.forEach(Fd::close);
        }
    }

    /** Listens in the daemon's place, as another user if asked to. */
    private Fd listen(Installation carafe, int uid) {
        Commands.succeed(
                "mkdir -p -m 777 \"$0\"; chmod 777 \"$0\"", carafe.state().toString());
        return Namespaces.onOwnThread(() -> {
            if (uid != 0) {
                long result = kernel.calls().call(SystemCall.SETRESUID, uid, uid, uid, 0, 0, 0);
                assertThat(result).isZero();
            }
            Fd listener = sockets.open(Sockets.Type.SEQUENCED_PACKETS);
            try (Fd folder = folder(carafe)) {
                sockets.bind(listener, folder, "daemon.sock");
            }
            sockets.listen(listener, 5);
            return listener;
        });
    }

    @Test
    void aSocketThatNobodyListensOnIsNoDaemon(Installation carafe) {
        listen(carafe, 0).close();
        carafe.execute("version").succeeded();
        carafe.execute("daemon", "status").failed(1, "no daemon runs");
        Commands.succeed(
                "rm \"$0\" && touch \"$0\"",
                carafe.state().resolve("daemon.sock").toString());
        carafe.execute("version").succeeded();
    }

    @Test
    void aDaemonOfAnotherUserIsNotTrustedWithARequest(Installation carafe) {
        for (int uid : new int[] {0, 12345}) {
            try (Fd listener = listen(carafe, uid)) {
                Call.Running call = carafe.call("version").start();
                assertThat(kernel.polling().awaitReadable(listener, SOON)).isTrue();
                try (Fd connection = sockets.accept(listener)) {
                    if (uid == 0) {
                        try (Sockets.Message request = sockets.receiveMessage(connection, 16, 5)) {
                            assertThat(request.descriptors()).as("control").hasSize(5);
                        }
                    } else {
                        call.await().succeeded();
                        assertThat(sockets.receiveMessage(connection, 16, 5).isEnd())
                                .isTrue();
                    }
                }
                call.await().succeeded();
            }
            Commands.succeed("rm \"$0\"", carafe.state().resolve("daemon.sock").toString());
        }
    }

    @Test
    void aDaemonThatEndsBeforeItHasTakenARequestOnIsDoneWithout(Installation carafe) {
        try (Fd listener = listen(carafe, 0)) {
            Call.Running call = carafe.call("version").start();
            sockets.accept(listener).close();
            call.await().succeeded();
        }
    }

    @Test
    void aDaemonThatEndsAfterItHasTakenARequestOnIsSaidTo(Installation carafe) {
        try (Fd listener = listen(carafe, 0)) {
            Call.Running call = carafe.call("version").start();
            try (Fd connection = sockets.accept(listener);
                    Sockets.Message request = sockets.receiveMessage(connection, 16, 5)) {
                assertThat(request.isEnd()).isFalse();
                sockets.sendMessage(connection, message(TAKEN, 0, 0), List.of());
            }
            call.await().failed(1, "the daemon ended before it had answered");
        }
    }

    @Test
    void aDaemonThatSaysNothingIsWaitedForAWhileAndCanThenTakeNothingOnAnyMore(Installation carafe) {
        try (Fd listener = listen(carafe, 0)) {
            Call.Running call = carafe.call("version").start();
            try (Fd connection = sockets.accept(listener)) {
                call.await().succeeded();
                assertThat(isRefused(connection)).isTrue();
            }
        }
    }

    private boolean isRefused(Fd connection) {
        try {
            sockets.sendMessage(connection, message(TAKEN, 0, 0), List.of());
            return false;
        } catch (SystemCallException gone) {
            return true;
        }
    }
}
