package dev.carafe.daemon;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntUnaryOperator;

/**
 * A seccomp agent: takes the listeners that it is given, and answers for the system calls that are held up on them
 * ({@code seccomp_unotify(2)}).
 */
final class Agent implements AutoCloseable {

    /** Lets a call go on. */
    static final int GO_ON = 0;

    private static final int MOST_BYTES = 1 << 20;
    private static final long RECEIVE = 0xc0502100L;
    private static final long SEND = 0xc0182101L;
    private static final int CONTINUE = 1;
    private static final long CALL_AT = 16;

    private final Kernel kernel = Kernel.host();
    private final Fd socket;
    private final IntUnaryOperator answer;
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<Integer> calls = new CopyOnWriteArrayList<>();
    private final Thread accepting = Thread.ofPlatform().daemon().unstarted(this::accept);
    private volatile boolean closed;

    /** @param answer the error to answer with, or {@link #GO_ON}, by the number of the system call */
    Agent(Path path, IntUnaryOperator answer) {
        this.answer = answer;
        socket = kernel.sockets().open(Sockets.Type.STREAM);
        kernel.sockets().bind(socket, Fd.CWD, path.toString());
        kernel.sockets().listen(socket, 8);
        accepting.start();
    }

    /** What it was told with each listener. */
    List<String> told() {
        return told;
    }

    /** The numbers of the system calls that it answered for. */
    List<Integer> calls() {
        return calls;
    }

    private void accept() {
        while (true) {
            try (Fd connection = kernel.sockets().accept(socket)) {
                Sockets.Message message = kernel.sockets().receiveMessage(connection, MOST_BYTES, 1);
                told.add(new String(message.payload(), UTF_8));
                Fd listener = message.descriptors().getFirst();
                Thread.ofPlatform().daemon().start(() -> serve(listener));
            } catch (SystemCallException exception) {
                if (closed) {
                    return;
                }
                throw exception;
            }
        }
    }

    /** Until the last process under the filter has ended. */
    private void serve(Fd listener) {
        try (listener;
                Arena arena = Arena.ofConfined()) {
            MemorySegment notification = arena.allocate(80, 8);
            MemorySegment response = arena.allocate(24, 8);
            while (true) {
                notification.fill((byte) 0);
                if (ioctl(listener, RECEIVE, notification) < 0) {
                    return;
                }
                int call = notification.get(JAVA_INT, CALL_AT);
                calls.add(call);
                int error = answer.applyAsInt(call);
                response.set(JAVA_LONG, 0, notification.get(JAVA_LONG, 0));
                response.set(JAVA_INT, 16, -error);
                response.set(JAVA_INT, 20, error == GO_ON ? CONTINUE : 0);
                if (ioctl(listener, SEND, response) == -Errno.ENOENT.number()) {
                    calls.removeLast(); // whoever made it is gone
                }
            }
        }
    }

    private long ioctl(Fd listener, long request, MemorySegment argument) {
        return kernel.calls().uninterrupted(SystemCall.IOCTL, listener.number(), request, argument.address(), 0, 0, 0);
    }

    @Override
    public void close() {
        closed = true;
        kernel.sockets().shutdown(socket, Sockets.Direction.BOTH);
        try {
            accepting.join();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
        socket.close();
    }
}
