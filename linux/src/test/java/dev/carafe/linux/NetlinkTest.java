package dev.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol itself, against a kernel that answers what a test wants. */
class NetlinkTest {

    private static final int IFLA_IFNAME = 3;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int RTM_NEWLINK = 16;

    private final Deque<Answer> answers = new ArrayDeque<>();
    private int sequence;
    private int requests;

    /** A datagram, made for the sequence number of the request, and the port that it comes from. */
    private record Answer(int port, IntFunction<byte[]> datagram) {}

    @Test
    void the_loopback_device_is_found_in_the_real_kernel() {
        try (Netlink netlink = Kernel.host().netlink()) {
            Link loopback = netlink.links().find("lo").orElseThrow();
            assertThat(loopback.index()).isEqualTo(1);
            assertThat(loopback.mac()).isEqualTo("00:00:00:00:00:00");
            assertThat(netlink.links().list()).extracting(Link::name).contains("lo");
            assertThat(netlink.links().find("nosuchlink")).isEmpty();
        }
    }

    @Test
    void an_attribute_longer_than_its_length_can_tell_is_refused() {
        var request = new NetlinkRequest(RouteMessage.RTM_NEWLINK, 0, Links.IFINFOMSG);
        request.attribute(IFLA_IFNAME, new byte[65_531]);
        assertThatThrownBy(() -> request.attribute(IFLA_IFNAME, new byte[65_532]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 65531 bytes")
                .hasMessageContaining("65532");
        assertThatThrownBy(() -> request.attribute(IFLA_IFNAME, new byte[65_536 + 12]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void attributes_that_are_too_long_together_for_the_one_that_holds_them_are_refused() {
        var request = new NetlinkRequest(RouteMessage.RTM_NEWLINK, 0, Links.IFINFOMSG);
        int fits = request.begin(1);
        request.attribute(1, new byte[32_000]).attribute(2, new byte[32_000]);
        request.end(fits);
        int tooLong = request.begin(1);
        request.attribute(1, new byte[33_000]).attribute(2, new byte[33_000]);
        assertThatThrownBy(() -> request.end(tooLong)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_message_without_end_is_refused() {
        var request = new NetlinkRequest(RouteMessage.RTM_NEWLINK, 0, Links.IFINFOMSG);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 5; i++) {
                        request.attribute(1, new byte[60_000]);
                    }
                })
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a netlink message has at most 262144 bytes");
    }

    @Test
    void the_kernel_s_own_words_are_in_the_error() {
        byte[] words = attribute(1, "no such thing\0".getBytes(UTF_8));
        int capped = 0x300;
        answer(sent -> message(NLMSG_ERROR, capped, sent, ints(-22), new byte[16], words));
        try (Netlink netlink = scripted()) {
            assertThatThrownBy(() -> netlink.links().change(7, new LinkSetting.Mtu(1)))
                    .isInstanceOfSatisfying(SystemCallException.class, refused -> {
                        assertThat(refused.errno()).isEqualTo(Errno.EINVAL);
                        assertThat(refused.explanation()).isEqualTo("no such thing");
                    })
                    .hasMessage("RTM_NEWLINK(7, [Mtu[bytes=1]]): invalid argument (EINVAL): no such thing");
        }
    }

    @Test
    void the_words_are_found_behind_the_request_when_the_kernel_quotes_all_of_it() {
        byte[] words = attribute(1, "quoted\0".getBytes(UTF_8));
        byte[] quoted = message(RTM_NEWLINK, 0, 0, new byte[21]);
        answer(sent -> message(NLMSG_ERROR, 0x200, sent, ints(-524), quoted, words));
        try (Netlink netlink = scripted()) {
            assertThatThrownBy(() -> netlink.links().delete(7))
                    .hasMessage("RTM_DELLINK(7): operation not supported (ENOTSUPP): quoted");
        }
    }

    @Test
    void a_table_that_cannot_be_read_is_an_error_with_words_too() {
        answer(sent -> message(NLMSG_DONE, 0x202, sent, ints(-1), attribute(1, "go away\0".getBytes(UTF_8))));
        try (Netlink netlink = scripted()) {
            assertThatThrownBy(() -> netlink.links().list())
                    .hasMessage("RTM_GETLINK(): operation not permitted (EPERM): go away");
        }
    }

    @Test
    void answers_of_another_process_and_to_another_request_are_left_out() {
        answers.add(new Answer(4711, sent -> link(sent, "forged")));
        answer(sent -> link(sent - 1, "late"));
        answer(sent -> join(link(sent, "true"), message(NLMSG_DONE, 0, sent - 1, ints(0))));
        answer(sent -> message(NLMSG_DONE, 0, sent, ints(0)));
        try (Netlink netlink = scripted()) {
            assertThat(netlink.links().list()).extracting(Link::name).containsExactly("true");
        }
        assertThat(answers).isEmpty();
    }

    @Test
    void a_table_that_changes_while_it_is_read_is_read_again() {
        int interrupted = 0x12;
        answer(sent -> message(RTM_NEWLINK, interrupted, sent, new byte[16], attribute(IFLA_IFNAME, text("old"))));
        answer(sent -> message(NLMSG_DONE, 0, sent, ints(0)));
        answer(sent -> join(link(sent, "new"), message(NLMSG_DONE, 0, sent, ints(0))));
        try (Netlink netlink = scripted()) {
            assertThat(netlink.links().list()).extracting(Link::name).containsExactly("new");
        }
        assertThat(requests).isEqualTo(2);
    }

    @Test
    void a_table_that_never_stops_changing_is_given_up() {
        for (int i = 0; i < 10; i++) {
            answer(sent -> message(NLMSG_DONE, 0x10, sent, ints(0)));
        }
        try (Netlink netlink = scripted()) {
            assertThatThrownBy(() -> netlink.links().list())
                    .hasMessageContaining("EAGAIN")
                    .hasMessageContaining("the table changed each of the 10 times");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 15, 17, 1 << 30, Integer.MIN_VALUE, -1})
    void a_message_whose_length_leads_out_of_the_datagram_is_an_error(int length) {
        answer(sent -> change(message(NLMSG_DONE, 0, sent, new byte[0]), bytes -> bytes.putInt(0, length)));
        try (Netlink netlink = scripted()) {
            assertThatThrownBy(() -> netlink.links().list()).hasMessageContaining("EBADMSG");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 9, 0xffff})
    void an_attribute_whose_length_leads_out_of_its_message_is_an_error(int length) {
        answer(sent -> change(
                message(RTM_NEWLINK, 2, sent, new byte[16], attribute(IFLA_IFNAME, new byte[4])),
                bytes -> bytes.putShort(32, (short) length)));
        try (Netlink netlink = scripted()) {
            assertThatThrownBy(() -> netlink.links().list())
                    .hasMessageContaining("EBADMSG")
                    .hasMessageContaining("an attribute says that it has " + length + " bytes, with 8 left");
        }
    }

    @Test
    void messages_too_short_for_their_type_are_errors() {
        List<IntFunction<byte[]>> tooShort = List.of(
                sent -> message(RTM_NEWLINK, 0, sent, new byte[15]),
                sent -> message(NLMSG_ERROR, 0, sent, ints(-1), new byte[15]),
                sent -> message(NLMSG_ERROR, 0x200, sent, ints(-1), ints(Integer.MAX_VALUE, 0, 0, 0)),
                sent -> message(NLMSG_ERROR, 0x200, sent, ints(-1), ints(100, 0, 0, 0)),
                sent -> message(NLMSG_DONE, 0, sent, new byte[3]));
        for (IntFunction<byte[]> datagram : tooShort) {
            answer(datagram);
            try (Netlink netlink = scripted()) {
                assertThatThrownBy(() -> netlink.links().list()).hasMessageContaining("EBADMSG");
            }
        }
    }

    @Test
    void no_answer_in_time_is_an_error_and_the_next_request_is_not_confused_by_the_late_one() {
        answers.add(new Answer(-Errno.EAGAIN.number(), sent -> new byte[0]));
        answer(sent -> link(sent - 1, "late"));
        answer(sent -> message(NLMSG_DONE, 0, sent - 1, ints(0)));
        answer(sent -> message(NLMSG_DONE, 0, sent, ints(0)));
        try (Netlink netlink = scripted()) {
            assertThatThrownBy(() -> netlink.links().list())
                    .hasMessageContaining("ETIMEDOUT")
                    .hasMessageContaining("no answer within 30 seconds");
            assertThat(netlink.links().list()).isEmpty();
        }
    }

    @Test
    void names_and_hardware_addresses_that_cannot_be_are_refused_by_themselves() {
        for (String name : List.of("", ".", "..", "a/b", "a b", "a:b", "sixteen-letters-", "a\0")) {
            assertThatThrownBy(() -> new LinkSetting.Name(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 to 15 bytes");
        }
        for (String mac :
                List.of("", "02:00:00:00:00", "02:00:00:00:00:0g", "02-00-00-00-00-01", "020000000001-----")) {
            assertThatThrownBy(() -> new LinkSetting.Mac(mac)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(new LinkSetting.Name("fifteen-letters").name()).hasSize(15);
        assertThat(new LinkSetting.Mac("02:00:00:00:00:01").address()).startsWith("02");
    }

    private void answer(IntFunction<byte[]> datagram) {
        answers.add(new Answer(0, datagram));
    }

    /** A connection to a kernel that gives the answers, one for each datagram that is asked of it. */
    private Netlink scripted() {
        SystemCalls real = SystemCalls.ofKernel();
        return Kernel.over((call, a, b, c, d, e, f) -> switch (call) {
                    case SENDTO -> {
                        requests++;
                        sequence = memory(b, 16).get(JAVA_INT, 8);
                        yield c;
                    }
                    case RECVFROM -> {
                        Answer answer = answers.remove();
                        if (answer.port() < 0) {
                            yield answer.port();
                        }
                        byte[] datagram = answer.datagram().apply(sequence);
                        MemorySegment.copy(datagram, 0, memory(b, c), JAVA_BYTE, 0, datagram.length);
                        memory(e, 12).set(JAVA_INT, 4, answer.port());
                        yield datagram.length;
                    }
                    default -> real.call(call, a, b, c, d, e, f);
                })
                .netlink();
    }

    private static MemorySegment memory(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    private static byte[] link(int sequence, String name) {
        return message(RTM_NEWLINK, 2, sequence, new byte[16], attribute(IFLA_IFNAME, text(name)));
    }

    private static byte[] text(String text) {
        return (text + '\0').getBytes(UTF_8);
    }

    private static byte[] message(int type, int flags, int sequence, byte[]... parts) {
        byte[] body = join(parts);
        return padded(ByteBuffer.allocate(16 + body.length)
                .order(ByteOrder.nativeOrder())
                .putInt(16 + body.length)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(sequence)
                .putInt(0)
                .put(body)
                .array());
    }

    private static byte[] attribute(int type, byte[] value) {
        return padded(ByteBuffer.allocate(4 + value.length)
                .order(ByteOrder.nativeOrder())
                .putShort((short) (4 + value.length))
                .putShort((short) type)
                .put(value)
                .array());
    }

    private static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    private static byte[] padded(byte[] bytes) {
        return Arrays.copyOf(bytes, (bytes.length + 3) & -4);
    }

    private static byte[] join(byte[]... parts) {
        ByteBuffer joined = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        for (byte[] part : parts) {
            joined.put(part);
        }
        return joined.array();
    }

    private static byte[] change(byte[] bytes, UnaryOperator<ByteBuffer> change) {
        return change.apply(ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()))
                .array();
    }
}
