package dev.carafe.linux;

import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.SystemCallException.check;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection to the kernel's network configuration, {@code rtnetlink(7)}.
 *
 * <p>It speaks for the network namespace that its thread was in when it was opened, from whichever thread it is used
 * later. Thread-safe: one request at a time. A request that the kernel refuses throws a {@link SystemCallException}
 * named after the message, such as {@code RTM_NEWLINK}, with the kernel's own words as its explanation where it gave
 * any; also one that the kernel does not answer within 30 seconds. After {@code EBADMSG}, {@code EFBIG} or {@code
 * ETIMEDOUT} a table may be half read: open another connection.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/rtnetlink.7.html">rtnetlink(7)</a>
 * @see <a href="https://docs.kernel.org/userspace-api/netlink/intro.html">Introduction to Netlink</a>
 */
public final class Netlink implements AutoCloseable {

    static final Struct SOCKADDR_NL =
            Struct.of("sockaddr_nl", u16("nl_family"), u16("nl_pad"), u32("nl_pid"), u32("nl_groups"));

    static final Struct HEADER = Struct.of(
            "nlmsghdr", u32("nlmsg_len"), u16("nlmsg_type"), u16("nlmsg_flags"), u32("nlmsg_seq"), u32("nlmsg_pid"));

    static final Struct ATTRIBUTE = Struct.of("nlattr", u16("nla_len"), u16("nla_type"));

    static final Struct ERROR = Struct.of("nlmsgerr", u32("error"), HEADER.as("msg"));

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_CLOEXEC = 02000000;
    /** {@code NETLINK_ROUTE}: devices, addresses, routes. */
    static final int ROUTE = 0;
    /** {@code NETLINK_NETFILTER}: packet filter, connections. */
    static final int NETFILTER = 12;

    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NETLINK_GET_STRICT_CHK = 12;
    private static final int MSG_TRUNC = 0x20;

    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int NLMSG_OVERRUN = 4;
    private static final int NLM_F_REQUEST = 0x1;
    private static final int NLM_F_ACK = 0x4;
    private static final int NLM_F_DUMP_INTR = 0x10;
    private static final int NLM_F_CAPPED = 0x100;
    private static final int NLM_F_ACK_TLVS = 0x200;
    private static final int NLMSGERR_ATTR_MSG = 1;

    static final int LENGTH_AT = HEADER.offset("nlmsg_len");
    static final int TYPE_AT = HEADER.offset("nlmsg_type");
    static final int FLAGS_AT = HEADER.offset("nlmsg_flags");
    static final int SEQUENCE_AT = HEADER.offset("nlmsg_seq");
    /** Where a message's own header starts, after the one that all messages share. */
    static final int BODY_AT = HEADER.size();

    private static final int ALIGNMENT = 4;
    private static final int TIMEOUT_SECONDS = 30;
    /** Of a table the kernel sends up to 32 KiB at once, unless one entry alone is longer. */
    private static final int DUMP_BYTES = 64 * 1024;

    private static final int ANSWER_BYTES = 16 * 1024;

    private static final int MOST_MESSAGES = 1_000_000;
    private static final int DUMP_ATTEMPTS = 10;

    private final SystemCalls calls;
    private final Fd socket;
    private int sequence;

    Netlink(SystemCalls calls) {
        this(calls, ROUTE);
    }

    Netlink(SystemCalls calls, int family) {
        this.calls = calls;
        this.socket = Fd.of(calls, (int) check(
                calls.call(SystemCall.SOCKET, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family, 0, 0, 0),
                SystemCall.SOCKET,
                "AF_NETLINK"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment yes = Memory.ofInt(arena, 1);
            set(SOL_NETLINK, NETLINK_CAP_ACK, yes);
            set(SOL_NETLINK, NETLINK_EXT_ACK, yes);
            set(SOL_NETLINK, NETLINK_GET_STRICT_CHK, yes);
            MemorySegment timeout = Sockets.TIMEVAL.allocate(arena);
            Memory.setLong(timeout, Sockets.TIMEVAL.offset("tv_sec"), TIMEOUT_SECONDS);
            set(SOL_SOCKET, SO_RCVTIMEO, timeout);
        } catch (SystemCallException exception) {
            socket.close();
            throw exception;
        }
    }

    /** Network devices. */
    public Links links() {
        return new Links(this);
    }

    /** The addresses of network devices. */
    public Addresses addresses() {
        return new Addresses(this);
    }

    /** Routes. */
    public Routes routes() {
        return new Routes(this);
    }

    /** The rules that choose a routing table. */
    public Rules rules() {
        return new Rules(this);
    }

    @Override
    public void close() {
        socket.close();
    }

    /**
     * Makes one request and waits until the kernel has acknowledged it.
     *
     * @param answerHeader the header of the messages that answer it, if any do
     * @param arguments what an error should name
     * @return the answers, empty for most requests
     */
    synchronized List<NetlinkMessage> request(NetlinkRequest request, Struct answerHeader, Object... arguments) {
        send(request, NLM_F_ACK);
        List<NetlinkMessage> answers = new ArrayList<>();
        receive(request, sequence, answerHeader, ANSWER_BYTES, answers, arguments);
        return answers;
    }

    /**
     * Makes several requests of which all count or none, and waits until the kernel has acknowledged them.
     *
     * @param begin what begins such requests, for its family of netlink
     * @param end what ends them
     * @param arguments what an error should name
     */
    synchronized void transaction(
            NetlinkRequest begin, List<NetlinkRequest> requests, NetlinkRequest end, Object... arguments) {
        var bytes = new ByteArrayOutputStream();
        int first = ++sequence;
        bytes.writeBytes(begin.toBytes(NLM_F_REQUEST, first));
        for (NetlinkRequest request : requests) {
            bytes.writeBytes(request.toBytes(NLM_F_REQUEST | NLM_F_ACK, ++sequence));
        }
        bytes.writeBytes(end.toBytes(NLM_F_REQUEST, first));
        NetlinkRequest last = requests.getLast();
        send(bytes.toByteArray(), last);
        receive(last, first, Netfilter.NFGENMSG, ANSWER_BYTES, new ArrayList<>(), arguments);
    }

    /** Asks for all of a table; begins again if it changed meanwhile. */
    synchronized List<NetlinkMessage> dump(NetlinkRequest request, Struct answerHeader, Object... arguments) {
        List<NetlinkMessage> answers = new ArrayList<>();
        for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
            answers.clear();
            send(request, NetlinkRequest.DUMP);
            if (receive(request, sequence, answerHeader, DUMP_BYTES, answers, arguments)) {
                return answers;
            }
        }
        throw SystemCallException.explained(
                "the table changed each of the " + DUMP_ATTEMPTS + " times that it was read",
                request.type().name(),
                Errno.EAGAIN,
                arguments);
    }

    /** {@code AF_INET} or {@code AF_INET6}. */
    static int family(boolean version6) {
        return version6 ? 10 : 2;
    }

    static SystemCallException malformed(String what) {
        return SystemCallException.explained(what, SystemCall.RECVFROM.manualName(), Errno.EBADMSG);
    }

    private void send(NetlinkRequest request, int flags) {
        send(request.toBytes(NLM_F_REQUEST | flags, ++sequence), request);
    }

    private void send(byte[] message, NetlinkRequest request) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.uninterrupted(
                            SystemCall.SENDTO,
                            socket.number(),
                            Marshal.bytes(arena, message).address(),
                            message.length,
                            0,
                            0,
                            0),
                    SystemCall.SENDTO,
                    socket,
                    request.type());
        }
    }

    /**
     * Collects answers up to the last acknowledgement or the end of the table; {@code false} if the table changed.
     *
     * @param first the number of the first request that was sent; the last has {@link #sequence}
     */
    private boolean receive(
            NetlinkRequest request,
            int first,
            Struct answerHeader,
            int mostBytes,
            List<NetlinkMessage> answers,
            Object... arguments) {
        boolean consistent = true;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(mostBytes);
            while (answers.size() <= MOST_MESSAGES) {
                ByteBuffer datagram = datagram(arena, buffer, request, arguments);
                while (datagram.hasRemaining()) {
                    ByteBuffer message = next(datagram);
                    int number = message.getInt(SEQUENCE_AT);
                    if (number < first || number > sequence) {
                        continue; // The late answer to a request that was given up.
                    }
                    int type = Short.toUnsignedInt(message.getShort(TYPE_AT));
                    int flags = message.getShort(FLAGS_AT);
                    consistent &= (flags & NLM_F_DUMP_INTR) == 0;
                    ByteBuffer body = message.position(BODY_AT).slice().order(ByteOrder.nativeOrder());
                    switch (type) {
                        case NLMSG_ERROR, NLMSG_DONE -> {
                            finish(request, type, flags, body, arguments);
                            if (number == sequence) {
                                return consistent;
                            }
                        }
                        case NLMSG_OVERRUN -> throw malformed("the kernel lost an answer");
                        default -> {
                            if (type >= RouteMessage.RTM_NEWLINK.number()) {
                                answers.add(new NetlinkMessage(type, body, answerHeader));
                            }
                        }
                    }
                }
            }
        }
        throw SystemCallException.explained(
                "the table has more than " + MOST_MESSAGES + " entries",
                request.type().name(),
                Errno.EFBIG,
                arguments);
    }

    /** The next datagram that the kernel sends. */
    private ByteBuffer datagram(Arena arena, MemorySegment buffer, NetlinkRequest request, Object... arguments) {
        MemorySegment sender = SOCKADDR_NL.allocate(arena);
        MemorySegment senderLength = Memory.ofInt(arena, 0);
        long length;
        do {
            Memory.setInt(senderLength, 0, SOCKADDR_NL.size());
            length = calls.uninterrupted(
                    SystemCall.RECVFROM,
                    socket.number(),
                    buffer.address(),
                    buffer.byteSize(),
                    MSG_TRUNC,
                    sender.address(),
                    senderLength.address());
            if (length == -Errno.EAGAIN.number()) {
                throw SystemCallException.explained(
                        "no answer within " + TIMEOUT_SECONDS + " seconds",
                        request.type().name(),
                        Errno.ETIMEDOUT,
                        arguments);
            }
            check(length, SystemCall.RECVFROM, socket);
            // What comes from a number is from a process: only the kernel has 0.
        } while (Memory.getInt(sender, SOCKADDR_NL.offset("nl_pid")) != 0);
        if (length > buffer.byteSize()) {
            throw malformed("a message of " + length + " bytes, longer than " + buffer.byteSize());
        }
        return ByteBuffer.wrap(Memory.getBytes(buffer, length)).order(ByteOrder.nativeOrder());
    }

    /** Takes the next message off a datagram, by its own length. */
    private static ByteBuffer next(ByteBuffer datagram) {
        int start = datagram.position();
        int length = datagram.remaining() < BODY_AT ? 0 : datagram.getInt(start + LENGTH_AT);
        if (length < BODY_AT || length > datagram.remaining()) {
            throw malformed("a message says that it has " + length + " bytes, with " + datagram.remaining() + " left");
        }
        datagram.position(Math.min(datagram.limit(), start + aligned(length)));
        return datagram.slice(start, length).order(ByteOrder.nativeOrder());
    }

    /** Throws what an acknowledgement or the end of a table says went wrong, if anything did. */
    private static void finish(NetlinkRequest request, int type, int flags, ByteBuffer body, Object... arguments) {
        if (body.remaining() < (type == NLMSG_ERROR ? ERROR.size() : Integer.BYTES)) {
            throw malformed("an acknowledgement of " + body.remaining() + " bytes");
        }
        int error = body.getInt(0);
        if (error >= 0) {
            return;
        }
        String explanation = "";
        if ((flags & NLM_F_ACK_TLVS) != 0) {
            int at = Integer.BYTES;
            if (type == NLMSG_ERROR) {
                // What was refused comes first: its header, and the rest of it unless capped.
                at += (flags & NLM_F_CAPPED) != 0 ? BODY_AT : aligned(body.getInt(at + LENGTH_AT));
            }
            if (at < 0 || at > body.remaining()) {
                throw malformed("an acknowledgement of " + body.remaining() + " bytes is too short for what it quotes");
            }
            explanation = NetlinkAttributes.parse(body.position(at)).text(NLMSGERR_ATTR_MSG);
        }
        throw SystemCallException.explained(explanation, request.type().name(), Errno.of(-error), arguments);
    }

    /** The next multiple of the alignment of messages and attributes; negative for no length that one could have. */
    static int aligned(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private void set(int level, int option, MemorySegment value) {
        check(
                calls.call(SystemCall.SETSOCKOPT, socket.number(), level, option, value.address(), value.byteSize(), 0),
                SystemCall.SETSOCKOPT,
                socket,
                level,
                option);
    }
}
