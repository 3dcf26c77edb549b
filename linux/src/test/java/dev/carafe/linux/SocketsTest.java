package dev.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Sockets.Direction;
import dev.carafe.linux.Sockets.Message;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SocketsTest {

    private static final SystemCalls REAL = SystemCalls.ofKernel();

    private final Kernel kernel = Kernel.host();
    private final Sockets sockets = kernel.sockets();
    private final Files files = kernel.files();

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @EnumSource
    void a_descriptor_arrives_with_its_message_and_means_the_same_file(Sockets.Type type) {
        try (Sockets.Pair pair = sockets.pair(type);
                Fd memory = files.sealedMemory("passed", bytes("content"))) {
            sockets.sendMessage(pair.first(), bytes("here"), List.of(memory));
            try (Message message = sockets.receiveMessage(pair.second(), 100, 1)) {
                assertThat(message.payload()).asString(UTF_8).isEqualTo("here");
                assertThat(message.isEnd()).isFalse();
                assertThat(message.descriptors()).hasSize(1);
                Fd received = message.descriptors().getFirst();
                assertThat(files.status(received).inode())
                        .isEqualTo(files.status(memory).inode());
                assertThat(isCloseOnExec(received)).isTrue();
            }
        }
    }

    @Test
    void a_message_carries_as_many_descriptors_as_the_kernel_allows() {
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.SEQUENCED_PACKETS);
                Fd memory = files.sealedMemory("passed", bytes("x"))) {
            List<Fd> most = Collections.nCopies(Sockets.MOST_DESCRIPTORS, memory);
            sockets.sendMessage(pair.first(), bytes("many"), most);
            try (Message message = sockets.receiveMessage(pair.second(), 100, Sockets.MOST_DESCRIPTORS)) {
                assertThat(message.descriptors()).hasSize(Sockets.MOST_DESCRIPTORS);
            }
            List<Fd> tooMany = Collections.nCopies(Sockets.MOST_DESCRIPTORS + 1, memory);
            assertThatThrownBy(() -> sockets.sendMessage(pair.first(), bytes("many"), tooMany))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("253")
                    .hasMessageContaining("254");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void more_descriptors_than_expected_are_an_error_and_none_of_them_stays_open(int expected) {
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.SEQUENCED_PACKETS);
                Fd memory = files.sealedMemory("passed", bytes("x"))) {
            List<String> before = openDescriptors();
            sockets.sendMessage(pair.first(), bytes("x"), Collections.nCopies(expected + 1, memory));
            assertThatThrownBy(() -> sockets.receiveMessage(pair.second(), 100, expected))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused -> assertThat(refused.errno()).isEqualTo(Errno.EMSGSIZE))
                    .hasMessageContaining("more descriptors came than the " + expected + " expected");
            assertThat(openDescriptors()).isEqualTo(before);

            sockets.sendMessage(pair.first(), bytes("x"), Collections.nCopies(expected, memory));
            try (Message message = sockets.receiveMessage(pair.second(), 100, expected)) {
                assertThat(message.descriptors()).hasSize(expected);
            }
        }
    }

    @Test
    void a_packet_longer_than_expected_is_an_error_and_its_descriptors_are_closed() {
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.SEQUENCED_PACKETS);
                Fd memory = files.sealedMemory("passed", bytes("x"))) {
            List<String> before = openDescriptors();
            sockets.sendMessage(pair.first(), bytes("12345"), List.of(memory));
            assertThatThrownBy(() -> sockets.receiveMessage(pair.second(), 4, 1))
                    .hasMessageContaining("recvmsg")
                    .hasMessageContaining("the packet has more than 4 bytes");
            assertThat(openDescriptors()).isEqualTo(before);

            sockets.sendMessage(pair.first(), bytes("1234"), List.of());
            assertThat(sockets.receiveMessage(pair.second(), 4, 1).payload()).hasSize(4);
        }
    }

    @ParameterizedTest
    @EnumSource(names = "DATAGRAMS", mode = EnumSource.Mode.EXCLUDE)
    void the_end_of_a_connection_reads_as_an_empty_message(Sockets.Type type) {
        try (Sockets.Pair pair = sockets.pair(type)) {
            sockets.sendMessage(pair.first(), bytes("last"), List.of());
            sockets.shutdown(pair.first(), Direction.SENDING);
            assertThat(sockets.receiveMessage(pair.second(), 100, 0).payload()).hasSize(4);
            assertThat(sockets.receiveMessage(pair.second(), 100, 0).isEnd()).isTrue();
            assertThatThrownBy(() -> sockets.sendMessage(pair.first(), bytes("more"), List.of()))
                    .hasMessageContaining("EPIPE");
            sockets.sendMessage(pair.second(), bytes("the other way"), List.of());
            assertThat(sockets.receiveMessage(pair.first(), 100, 0).payload()).hasSize(13);
        }
    }

    @Test
    void an_empty_message_is_refused_as_it_would_read_like_the_end() {
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.STREAM)) {
            assertThatThrownBy(() -> sockets.sendMessage(pair.first(), new byte[0], List.of()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void a_signal_in_the_middle_of_sending_or_receiving_is_not_noticed() {
        var interruptions = new AtomicInteger();
        Sockets interrupted = Kernel.over(
                        (call, a, b, c, d, e, f) -> (call == SystemCall.RECVMSG || call == SystemCall.SENDMSG)
                                        && interruptions.incrementAndGet() % 3 != 0
                                ? -Errno.EINTR.number()
                                : REAL.call(call, a, b, c, d, e, f))
                .sockets();
        try (Sockets.Pair pair = interrupted.pair(Sockets.Type.SEQUENCED_PACKETS)) {
            interrupted.sendMessage(pair.first(), bytes("through"), List.of());
            assertThat(interrupted.receiveMessage(pair.second(), 100, 0).payload())
                    .asString(UTF_8)
                    .isEqualTo("through");
            assertThat(interruptions).hasValue(6);
        }
    }

    @Test
    void a_stream_that_takes_a_message_in_pieces_gets_the_descriptors_once() {
        // As the kernel does when the peer's buffer is nearly full.
        Sockets grudging = Kernel.over((call, a, b, c, d, e, f) -> {
                    if (call == SystemCall.SENDMSG) {
                        long iovec = at(b + 16);
                        at(iovec + 8, Math.min(3, at(iovec + 8)));
                    }
                    return REAL.call(call, a, b, c, d, e, f);
                })
                .sockets();
        try (Sockets.Pair pair = grudging.pair(Sockets.Type.STREAM);
                Fd memory = files.sealedMemory("passed", bytes("x"))) {
            grudging.sendMessage(pair.first(), bytes("in four parts"), List.of(memory));
            grudging.shutdown(pair.first(), Direction.SENDING);
            var payload = new StringBuilder();
            int descriptors = 0;
            while (true) {
                try (Message message = grudging.receiveMessage(pair.second(), 100, 2)) {
                    if (message.isEnd()) {
                        break;
                    }
                    payload.append(new String(message.payload(), UTF_8));
                    descriptors += message.descriptors().size();
                }
            }
            assertThat(payload).hasToString("in four parts");
            assertThat(descriptors).isEqualTo(1);
        }
    }

    @Test
    void a_server_in_a_directory_whose_path_is_far_too_long_for_a_socket_is_reached_by_its_directory() {
        Path deep = temporary.resolve("d".repeat(200)).resolve("e".repeat(200));
        assertThat(deep.toFile().mkdirs()).isTrue();
        try (Fd directory = files.open(Fd.CWD, deep.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd listener = sockets.open(Sockets.Type.SEQUENCED_PACKETS)) {
            sockets.bind(listener, directory, "socket");
            sockets.listen(listener, 8);
            assertThat(files.status(directory, "socket", 0).type()).isEqualTo(FileStatus.TYPE_SOCKET);

            try (Fd byName = sockets.open(Sockets.Type.SEQUENCED_PACKETS)) {
                sockets.connect(byName, directory, "socket");
                try (Fd accepted = sockets.accept(listener)) {
                    sockets.sendMessage(byName, bytes("by name"), List.of());
                    assertThat(sockets.receiveMessage(accepted, 100, 0).payload())
                            .asString(UTF_8)
                            .isEqualTo("by name");
                    assertThat(isCloseOnExec(accepted)).isTrue();
                    assertThat(sockets.peer(accepted).pid())
                            .isEqualTo((int) ProcessHandle.current().pid());
                    assertThat(sockets.peer(accepted).uid())
                            .isEqualTo(files.status(Fd.CWD, "/proc/self", 0).uid());
                }
            }
            try (Fd file = files.open(directory, "socket", OpenFlags.PATH);
                    Fd byFile = sockets.open(Sockets.Type.SEQUENCED_PACKETS)) {
                sockets.connect(byFile, file);
                sockets.accept(listener).close();
            }
        }
    }

    @Test
    void connecting_where_nobody_listens_is_refused() {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd bound = sockets.open(Sockets.Type.STREAM);
                Fd client = sockets.open(Sockets.Type.STREAM)) {
            sockets.bind(bound, directory, "socket");
            assertThatThrownBy(() -> sockets.connect(client, directory, "socket"))
                    .hasMessageContaining("ECONNREFUSED");
            assertThatThrownBy(() -> sockets.connect(client, directory, "absent"))
                    .hasMessageContaining("ENOENT");
            sockets.listen(bound, 1);
            sockets.connect(client, directory, "socket");
        }
    }

    @Test
    void a_name_that_does_not_fit_is_refused_with_the_number_of_bytes_that_would() {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd socket = sockets.open(Sockets.Type.STREAM)) {
            assertThatThrownBy(() -> sockets.bind(socket, directory, "n".repeat(108)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at most 107 bytes");
            assertThatThrownBy(() -> sockets.bind(socket, directory, "../socket"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("without a slash");
            sockets.bind(socket, directory, "n".repeat(80));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private List<String> openDescriptors() {
        try (Fd directory = files.open(Fd.CWD, "/proc/self/fd", OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            List<String> numbers = new ArrayList<>(files.list(directory));
            Collections.sort(numbers);
            return numbers;
        }
    }

    private boolean isCloseOnExec(Fd fd) {
        String flags = files.readText(Fd.CWD, "/proc/self/fdinfo/" + fd.number(), 4096)
                .lines()
                .filter(line -> line.startsWith("flags:"))
                .findFirst()
                .orElseThrow();
        return (Integer.parseInt(flags.substring("flags:".length()).strip(), 8) & OpenFlags.CLOEXEC) != 0;
    }

    private static long at(long address) {
        return long8(address).get(JAVA_LONG, 0);
    }

    private static void at(long address, long value) {
        long8(address).set(JAVA_LONG, 0, value);
    }

    private static MemorySegment long8(long address) {
        return MemorySegment.ofAddress(address).reinterpret(JAVA_LONG.byteSize());
    }
}
