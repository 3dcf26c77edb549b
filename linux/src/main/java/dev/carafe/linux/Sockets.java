package dev.carafe.linux;

import static dev.carafe.linux.Struct.bytes;
import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sockets between processes of one machine ({@code unix(7)}), with descriptors passed along and the peer's identity.
 *
 * <p>Every descriptor made or received here is close-on-exec. A call that waits holds its thread; signals do not end
 * the wait.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public final class Sockets {

    /** How a socket cuts what is sent into pieces. */
    public enum Type {
        /** {@code SOCK_STREAM}: a stream of bytes. */
        STREAM(1),
        /** {@code SOCK_DGRAM}: packets, kept whole, to whoever takes them. */
        DATAGRAMS(2),
        /** {@code SOCK_SEQPACKET}: packets, kept whole and in order. */
        SEQUENCED_PACKETS(5);

        private final int number;

        Type(int number) {
            this.number = number;
        }
    }

    /** The directions that {@link #shutdown} closes. */
    public enum Direction {
        RECEIVING(0),
        SENDING(1),
        BOTH(2);

        private final int number;

        Direction(int number) {
            this.number = number;
        }
    }

    /** Two connected sockets. */
    public record Pair(Fd first, Fd second) implements AutoCloseable {
        /** Closes both. */
        @Override
        public void close() {
            first.close();
            second.close();
        }
    }

    /**
     * What arrived in one call.
     *
     * @param payload empty when the peer has closed or shut down its side
     * @param descriptors those that came along, now the holder's to close
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared; a copy would cost more than it protects
    public record Message(byte[] payload, List<Fd> descriptors) implements AutoCloseable {
        /** Whether nothing more will come. */
        public boolean isEnd() {
            return payload.length == 0;
        }

        /** Closes the descriptors, but for those that were given up by {@link Fd#release}. */
        @Override
        public void close() {
            for (Fd descriptor : descriptors) {
                descriptor.close();
            }
        }
    }

    /** Who was at the other end when the connection was made, as this process' namespaces number them. */
    public record PeerCredentials(int pid, int uid, int gid) {}

    /** {@code SCM_MAX_FD}: the descriptors that one message can carry. */
    public static final int MOST_DESCRIPTORS = 253;

    static final Struct SOCKADDR_UN = Struct.of("sockaddr_un", u16("sun_family"), bytes("sun_path", 108));

    static final Struct UCRED = Struct.of("ucred", u32("pid"), u32("uid"), u32("gid"));

    static final Struct MSGHDR = Struct.of(
            "msghdr",
            u64("msg_name"),
            u32("msg_namelen"),
            u64("msg_iov"),
            u64("msg_iovlen"),
            u64("msg_control"),
            u64("msg_controllen"),
            u32("msg_flags"));

    static final Struct IOVEC = Struct.of("iovec", u64("iov_base"), u64("iov_len"));

    static final Struct TIMEVAL = Struct.of("timeval", u64("tv_sec"), u64("tv_usec"));

    static final Struct CMSGHDR = Struct.of("cmsghdr", u64("cmsg_len"), u32("cmsg_level"), u32("cmsg_type"));

    private static final int AF_UNIX = 1;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_PEERPIDFD = 77;
    private static final int SO_SNDTIMEO = 21;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    private static final int MSG_FLAGS = MSGHDR.offset("msg_flags");
    private static final int MSG_CONTROL_LENGTH = MSGHDR.offset("msg_controllen");
    private static final int CMSG_LEVEL = CMSGHDR.offset("cmsg_level");
    private static final int CMSG_TYPE = CMSGHDR.offset("cmsg_type");
    private static final int CMSG_DATA = CMSGHDR.size();

    private final SystemCalls calls;

    Sockets(SystemCalls calls) {
        this.calls = calls;
    }

    /** Two sockets connected to each other. */
    public Pair pair(Type type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = arena.allocate(Integer.BYTES * 2, Integer.BYTES);
            check(
                    calls.call(SystemCall.SOCKETPAIR, AF_UNIX, type.number | SOCK_CLOEXEC, 0, numbers.address(), 0, 0),
                    SystemCall.SOCKETPAIR,
                    type);
            return new Pair(
                    Fd.of(calls, Memory.getInt(numbers, 0)), Fd.of(calls, Memory.getInt(numbers, Integer.BYTES)));
        }
    }

    /** A socket that is neither bound nor connected. */
    public Fd open(Type type) {
        return Fd.of(calls, (int) check(
                calls.call(SystemCall.SOCKET, AF_UNIX, type.number | SOCK_CLOEXEC, 0, 0, 0, 0),
                SystemCall.SOCKET,
                type));
    }

    /**
     * Gives a socket a name in a directory, where a file of type socket appears.
     *
     * @param directory may be {@link Fd#CWD}, and {@code name} then a path
     * @param name without a slash, and at most some 80 bytes: 107, less the length of the directory's name under
     *     {@code /proc}; how deep the directory lies does not count
     * @throws IllegalArgumentException if the name is too long or has a slash
     */
    public void bind(Fd socket, Fd directory, String name) {
        address(SystemCall.BIND, socket, directory, name);
    }

    /** Lets peers connect; up to {@code backlog} of them wait until they are accepted. */
    public void listen(Fd socket, int backlog) {
        check(calls.call(SystemCall.LISTEN, socket.number(), backlog, 0, 0, 0, 0), SystemCall.LISTEN, socket, backlog);
    }

    /** Waits for a peer to connect. */
    public Fd accept(Fd listener) {
        return Fd.of(calls, (int) check(
                calls.uninterrupted(SystemCall.ACCEPT4, listener.number(), 0, 0, SOCK_CLOEXEC, 0, 0),
                SystemCall.ACCEPT4,
                listener));
    }

    /**
     * Connects to the socket of this name in a directory; the name follows the rules of {@link #bind}. A symbolic link
     * of that name is followed, wherever it leads: where the directory is not trusted, open the socket's file first and
     * {@linkplain #connect(Fd, Fd) connect to that}.
     */
    public void connect(Fd socket, Fd directory, String name) {
        address(SystemCall.CONNECT, socket, directory, name);
    }

    /** Connects to the socket whose file is open, with {@link OpenFlags#PATH}, as {@code file}. */
    public void connect(Fd socket, Fd file) {
        address(SystemCall.CONNECT, socket, Marshal.path(file));
    }

    /**
     * Sends a payload and, with its first byte, descriptors. A stream takes the payload in as many calls as it needs; a
     * packet goes whole or not at all. The descriptors stay the sender's to close.
     *
     * @param socket in blocking mode: otherwise {@code EAGAIN} may end a payload half-way
     * @param payload at least a byte, as an empty message reads like the end
     * @param descriptors at most {@link #MOST_DESCRIPTORS}
     * @throws SystemCallException with {@code EPIPE} if the peer has gone; no signal is raised
     */
    public void sendMessage(Fd socket, byte[] payload, List<Fd> descriptors) {
        if (payload.length == 0) {
            throw new IllegalArgumentException("an empty message would read like the end of the connection");
        }
        if (descriptors.size() > MOST_DESCRIPTORS) {
            throw new IllegalArgumentException("a message carries at most " + MOST_DESCRIPTORS
                    + " descriptors, and this one has " + descriptors.size());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = Marshal.bytes(arena, payload);
            MemorySegment iovec = IOVEC.allocate(arena);
            MemorySegment header = MSGHDR.allocate(arena);
            Memory.setLong(header, MSGHDR.offset("msg_iov"), iovec.address());
            Memory.setLong(header, MSGHDR.offset("msg_iovlen"), 1);
            if (!descriptors.isEmpty()) {
                MemorySegment control = control(arena, descriptors.size());
                for (int i = 0; i < descriptors.size(); i++) {
                    Memory.setInt(
                            control,
                            CMSG_DATA + i * Integer.BYTES,
                            descriptors.get(i).number());
                }
                Memory.setLong(header, MSGHDR.offset("msg_control"), control.address());
                Memory.setLong(header, MSG_CONTROL_LENGTH, control.byteSize());
            }
            long sent = 0;
            while (sent < payload.length) {
                Memory.setLong(iovec, IOVEC.offset("iov_base"), bytes.address() + sent);
                Memory.setLong(iovec, IOVEC.offset("iov_len"), payload.length - sent);
                sent += check(
                        calls.uninterrupted(
                                SystemCall.SENDMSG, socket.number(), header.address(), MSG_NOSIGNAL, 0, 0, 0),
                        SystemCall.SENDMSG,
                        socket,
                        payload.length,
                        descriptors);
                // The rest of a stream must not carry the descriptors once more.
                Memory.setLong(header, MSG_CONTROL_LENGTH, 0);
            }
        }
    }

    /**
     * Waits for what comes next: a packet, or what a stream has.
     *
     * @param mostBytes at least 1; a stream keeps what is beyond for the next call
     * @param mostDescriptors 0 to {@link #MOST_DESCRIPTORS}
     * @throws SystemCallException with {@code EMSGSIZE} if a packet is longer or more descriptors came; the packet is
     *     lost then and its descriptors are closed. Descriptors that this process' limit leaves no numbers for count as
     *     too many also.
     */
    public Message receiveMessage(Fd socket, int mostBytes, int mostDescriptors) {
        if (mostBytes < 1 || mostDescriptors < 0 || mostDescriptors > MOST_DESCRIPTORS) {
            throw new IllegalArgumentException(
                    "no message has at most " + mostBytes + " bytes and " + mostDescriptors + " descriptors");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(mostBytes);
            MemorySegment iovec = IOVEC.allocate(arena);
            Memory.setLong(iovec, IOVEC.offset("iov_base"), bytes.address());
            Memory.setLong(iovec, IOVEC.offset("iov_len"), mostBytes);
            // Not rounded up as CMSG_SPACE does: the kernel would fit one descriptor more into the rest.
            MemorySegment control = control(arena, mostDescriptors);
            MemorySegment header = MSGHDR.allocate(arena);
            Memory.setLong(header, MSGHDR.offset("msg_iov"), iovec.address());
            Memory.setLong(header, MSGHDR.offset("msg_iovlen"), 1);
            Memory.setLong(header, MSGHDR.offset("msg_control"), control.address());
            Memory.setLong(header, MSG_CONTROL_LENGTH, mostDescriptors == 0 ? 0 : control.byteSize());
            long length = check(
                    calls.uninterrupted(
                            SystemCall.RECVMSG, socket.number(), header.address(), MSG_CMSG_CLOEXEC, 0, 0, 0),
                    SystemCall.RECVMSG,
                    socket);
            List<Fd> descriptors = descriptors(
                    control.asSlice(0, Math.min(Memory.getLong(header, MSG_CONTROL_LENGTH), control.byteSize())));
            int flags = Memory.getInt(header, MSG_FLAGS);
            if ((flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
                for (Fd descriptor : descriptors) {
                    descriptor.close();
                }
                throw SystemCallException.explained(
                        (flags & MSG_TRUNC) != 0
                                ? "the packet has more than " + mostBytes + " bytes"
                                : "more descriptors came than the " + mostDescriptors + " expected, or than fit",
                        SystemCall.RECVMSG.manualName(),
                        Errno.EMSGSIZE,
                        socket);
            }
            return new Message(Memory.getBytes(bytes, length), descriptors);
        }
    }

    /** Who is at the other end of a connected socket; of a {@linkplain #pair pair}, who made it. */
    public PeerCredentials peer(Fd socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = UCRED.allocate(arena);
            MemorySegment length = Memory.ofInt(arena, UCRED.size());
            check(
                    calls.call(
                            SystemCall.GETSOCKOPT,
                            socket.number(),
                            SOL_SOCKET,
                            SO_PEERCRED,
                            credentials.address(),
                            length.address(),
                            0),
                    SystemCall.GETSOCKOPT,
                    socket,
                    "SO_PEERCRED");
            return new PeerCredentials(
                    Memory.getInt(credentials, UCRED.offset("pid")),
                    Memory.getInt(credentials, UCRED.offset("uid")),
                    Memory.getInt(credentials, UCRED.offset("gid")));
        }
    }

    /**
     * A descriptor for the process that {@link #peer} tells of; empty if it has ended. Before Linux 6.5 it is found by
     * its number, which may be another's since: see that the connection is used right after it was made.
     */
    public Optional<Fd> peerProcess(Fd socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment process = Memory.ofInt(arena, 0);
            MemorySegment length = Memory.ofInt(arena, Integer.BYTES);
            long result = calls.call(
                    SystemCall.GETSOCKOPT,
                    socket.number(),
                    SOL_SOCKET,
                    SO_PEERPIDFD,
                    process.address(),
                    length.address(),
                    0);
            if (result == -Errno.ENOPROTOOPT.number()) {
                return new Processes(calls).openIfPresent(peer(socket).pid());
            }
            // ESRCH; EINVAL in kernels that give no descriptor for a process that was reaped.
            if (result == -Errno.ESRCH.number() || result == -Errno.EINVAL.number()) {
                return Optional.empty();
            }
            check(result, SystemCall.GETSOCKOPT, socket, "SO_PEERPIDFD");
            return Optional.of(Fd.of(calls, Memory.getInt(process, 0)));
        }
    }

    /** How long a call may wait that sends, or that connects; it fails with {@code EAGAIN} then. */
    public void setSendTimeout(Fd socket, Duration timeout) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = TIMEVAL.allocate(arena);
            Memory.setLong(time, TIMEVAL.offset("tv_sec"), timeout.toSeconds());
            Memory.setLong(time, TIMEVAL.offset("tv_usec"), timeout.toNanosPart() / 1000);
            check(
                    calls.call(
                            SystemCall.SETSOCKOPT,
                            socket.number(),
                            SOL_SOCKET,
                            SO_SNDTIMEO,
                            time.address(),
                            time.byteSize(),
                            0),
                    SystemCall.SETSOCKOPT,
                    socket,
                    "SO_SNDTIMEO");
        }
    }

    /** Ends one direction of a connection or both; the descriptor stays open. */
    public void shutdown(Fd socket, Direction direction) {
        check(
                calls.call(SystemCall.SHUTDOWN, socket.number(), direction.number, 0, 0, 0, 0),
                SystemCall.SHUTDOWN,
                socket,
                direction);
    }

    /** A control buffer for so many descriptors, its header filled in. */
    private static MemorySegment control(Arena arena, int descriptors) {
        int length = CMSG_DATA + descriptors * Integer.BYTES;
        MemorySegment control = arena.allocate(length, Long.BYTES);
        Memory.setLong(control, 0, length);
        Memory.setInt(control, CMSG_LEVEL, SOL_SOCKET);
        Memory.setInt(control, CMSG_TYPE, SCM_RIGHTS);
        return control;
    }

    private List<Fd> descriptors(MemorySegment control) {
        List<Fd> descriptors = new ArrayList<>();
        long at = 0;
        while (at + CMSG_DATA <= control.byteSize()) {
            long length = Memory.getLong(control, at);
            if (length < CMSG_DATA || length > control.byteSize() - at) {
                break;
            }
            if (Memory.getInt(control, at + CMSG_LEVEL) == SOL_SOCKET
                    && Memory.getInt(control, at + CMSG_TYPE) == SCM_RIGHTS) {
                for (long data = at + CMSG_DATA; data < at + length; data += Integer.BYTES) {
                    descriptors.add(Fd.of(calls, Memory.getInt(control, data)));
                }
            }
            at += (length + Long.BYTES - 1) & -Long.BYTES;
        }
        return descriptors;
    }

    private void address(SystemCall call, Fd socket, Fd directory, String name) {
        if (directory == Fd.CWD) {
            address(call, socket, name);
        } else if (name.isEmpty() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "a socket is named within its directory, without a slash: \"" + name + "\"");
        } else {
            // The address holds 108 bytes whatever the path, so the directory goes in by number.
            address(call, socket, Marshal.path(directory) + "/" + name);
        }
    }

    private void address(SystemCall call, Fd socket, String path) {
        int pathOffset = SOCKADDR_UN.offset("sun_path");
        int most = SOCKADDR_UN.size() - pathOffset - 1;
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > most || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a socket's path has at most " + most + " bytes and no NUL; \""
                    + path.replace("\0", "\\0") + "\" has " + bytes.length);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = SOCKADDR_UN.allocate(arena);
            Memory.setShort(address, 0, (short) AF_UNIX);
            Memory.setBytes(address, pathOffset, bytes);
            check(
                    calls.uninterrupted(
                            call, socket.number(), address.address(), pathOffset + bytes.length + 1, 0, 0, 0),
                    call,
                    socket,
                    path);
        }
    }
}
