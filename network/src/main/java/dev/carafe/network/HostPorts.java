package dev.carafe.network;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Memory;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.SystemCalls;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The ports of this machine, in the calling thread's network namespace: which a program has, and which are given away. */
final class HostPorts {

    private static final int AF_INET = 2;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int SOCKADDR_IN = 16;
    private static final int RANGE_MOST = 64;

    private static final String RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

    private final Kernel kernel;

    HostPorts(Kernel kernel) {
        this.kernel = kernel;
    }

    /** What came of trying to have a port. */
    enum Trial {
        FREE,
        TAKEN,
        /** The machine does not have the address. */
        NO_SUCH_ADDRESS
    }

    /** Whether no program has a port; tried by having it for a moment. */
    Trial attempt(Protocol protocol, InetAddress address, int port) {
        SystemCalls calls = kernel.calls();
        int type = protocol == Protocol.TCP ? SOCK_STREAM : SOCK_DGRAM;
        long number = calls.call(SystemCall.SOCKET, AF_INET, type | SOCK_CLOEXEC, 0, 0, 0, 0);
        if (number < 0) {
            throw refused("socket", number, protocol);
        }
        try (Fd socket = kernel.files().adopt((int) number);
                Arena arena = Arena.ofConfined()) {
            if (protocol == Protocol.TCP) {
                // Connections that linger after their program has gone do not have it.
                long yes = Memory.ofInt(arena, 1).address();
                calls.call(SystemCall.SETSOCKOPT, socket.number(), SOL_SOCKET, SO_REUSEADDR, yes, Integer.BYTES, 0);
            }
            byte[] name = ByteBuffer.allocate(SOCKADDR_IN)
                    .order(ByteOrder.nativeOrder())
                    .putShort((short) AF_INET)
                    .order(ByteOrder.BIG_ENDIAN)
                    .putShort((short) port)
                    .put(address.getAddress())
                    .array();
            long result = calls.call(
                    SystemCall.BIND, socket.number(), Memory.of(arena, name).address(), SOCKADDR_IN, 0, 0, 0);
            if (result == -Errno.EADDRINUSE.number()) {
                return Trial.TAKEN;
            }
            if (result == -Errno.EADDRNOTAVAIL.number()) {
                return Trial.NO_SUCH_ADDRESS;
            }
            if (result < 0) {
                throw refused("bind", result, address.getHostAddress() + ":" + port);
            }
            return Trial.FREE;
        }
    }

    /** The first and the last of the ports that are nobody's in particular. */
    int[] ephemeral() {
        String[] words =
                kernel.files().readText(Fd.CWD, RANGE, RANGE_MOST).strip().split("\\s+", -1);
        return new int[] {Integer.parseInt(words[0]), Integer.parseInt(words[1])};
    }

    private static SystemCallException refused(String call, long result, Object argument) {
        return new SystemCallException(call, Errno.of((int) -result), argument);
    }
}
