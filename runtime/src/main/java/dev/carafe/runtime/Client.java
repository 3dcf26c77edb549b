package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A caller's {@code carafe} process: what it was called with, and what it can be told to do.
 *
 * <p>The client sends its arguments, environment, standard descriptors and current directory, and from then on every
 * signal that it gets. It starts processes on request, as they have to be its children, and ends with the status that it
 * is told.
 */
public final class Client implements Starter, AutoCloseable {

    private static final int MOST_REQUEST_BYTES = 8 << 20;
    private static final int REQUEST_DESCRIPTORS = 5;

    private final Kernel kernel;
    private final Fd socket;
    private final Caller caller;
    private final Request request;

    private Client(Kernel kernel, Fd socket, Caller caller, Request request) {
        this.kernel = kernel;
        this.socket = socket;
        this.caller = caller;
        this.request = request;
    }

    /**
     * What a caller asks for.
     *
     * @param arguments from the program's own name on
     * @param environment {@code NAME=value}
     * @param build which build of Carafe the client is of
     * @param directory its current directory, to resolve relative paths against
     */
    public record Request(
            List<String> arguments,
            List<String> environment,
            String build,
            Fd input,
            Fd output,
            Fd error,
            Fd directory) {

        /** The value of an environment variable. */
        public Optional<String> variable(String name) {
            for (String variable : environment) {
                if (variable.startsWith(name) && variable.startsWith("=", name.length())) {
                    return Optional.of(variable.substring(name.length() + 1));
                }
            }
            return Optional.empty();
        }
    }

    /**
     * Hears a client's request out.
     *
     * @param caller whose process the client is; the client's to close
     * @throws RuntimeFailure if it is none
     */
    public static Client accept(Kernel kernel, Fd socket, Caller caller) {
        try (Sockets.Message received = kernel.sockets().receiveMessage(socket, Message.BYTES, REQUEST_DESCRIPTORS)) {
            List<Fd> descriptors = received.descriptors();
            Message message = Message.parse(received.payload());
            if (message.type() != Message.Type.REQUEST || descriptors.size() != REQUEST_DESCRIPTORS) {
                throw new RuntimeFailure("the client began with " + message + " instead of a request");
            }
            List<String> texts = texts(kernel.files(), descriptors.get(4));
            int variables = message.a();
            int build = texts.size() - 1;
            if (variables < 1 || message.b() < 0 || build - variables != message.b()) {
                throw new RuntimeFailure("the client's request is not whole");
            }
            return new Client(
                    kernel,
                    socket,
                    caller,
                    new Request(
                            List.copyOf(texts.subList(0, variables)),
                            List.copyOf(texts.subList(variables, build)),
                            texts.get(build),
                            keep(kernel, descriptors.get(0)),
                            keep(kernel, descriptors.get(1)),
                            keep(kernel, descriptors.get(2)),
                            keep(kernel, descriptors.get(3))));
        }
    }

    /** Takes a descriptor over from the message that it came with. */
    private static Fd keep(Kernel kernel, Fd descriptor) {
        return kernel.files().adopt(descriptor.release());
    }

    /** The client's own process. */
    public int pid() {
        return kernel.sockets().peer(socket).pid();
    }

    /**
     * One of the client's descriptors, opened once more to be written to.
     *
     * @param key who names it
     */
    public Fd openDescriptor(String key, long number) {
        String path = "/proc/" + pid() + "/fd/" + number;
        try {
            return kernel.files().open(Fd.CWD, path, OpenFlags.WRONLY);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure(
                    key + " " + number + ": " + exception.errno().description(), exception);
        }
    }

    public Request request() {
        return request;
    }

    public Caller caller() {
        return caller;
    }

    /** The same caller, asking for something else. The arguments start with the program's own name. */
    public Client asking(List<String> arguments) {
        return new Client(
                kernel,
                socket,
                caller,
                new Request(
                        List.copyOf(arguments),
                        request.environment,
                        request.build,
                        request.input,
                        request.output,
                        request.error,
                        request.directory));
    }

    /** The connection, to wait on until there is something to {@link #hear}. */
    public Fd socket() {
        return socket;
    }

    /**
     * Tells the client that what it asks for is done here. Until then it may come to think otherwise and have it done
     * elsewhere.
     *
     * @return false if it has: then nothing may be done
     */
    public boolean takeOn() {
        return tell(Message.of(Message.Type.TAKEN));
    }

    /**
     * Waits for the next signal that the client gets; empty when the client has ended.
     *
     * @throws RuntimeFailure if it says something else
     */
    public OptionalInt hear() {
        Message message;
        try (Sockets.Message received = kernel.sockets().receiveMessage(socket, Message.BYTES, 0)) {
            if (received.isEnd()) {
                return OptionalInt.empty();
            }
            message = Message.parse(received.payload());
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ECONNRESET) {
                throw exception;
            }
            return OptionalInt.empty();
        }
        // Not to be waited past: another may never come, and who hears one client may hear others too.
        if (message.type() != Message.Type.SIGNAL) {
            throw new RuntimeFailure("the client said " + message + " where only signals have a meaning");
        }
        return OptionalInt.of(message.a());
    }

    @Override
    public Init start(
            Parent parent,
            Plan plan,
            List<Fd> inputs,
            Optional<Plan> ending,
            Optional<Plan> hooks,
            Optional<Keeping> keeping) {
        return Init.start(kernel, socket, parent, plan, inputs, ending, hooks, keeping);
    }

    /**
     * Attaches the client to an instance: it relays between its caller's descriptors and the instance, and ends as the
     * instance does, or with 0 when its caller detaches. It is not to be told anything any more; one that has gone
     * already is no error.
     *
     * @param monitor a connection to the instance's monitor: of {@link Containers#connect}, or the other end of {@link
     *     Keeping#client}. It stays the caller's to close, who has no use for it any more
     */
    public void attach(Fd monitor, AttachOptions options) {
        try (Fd keys = kernel.files().sealedMemory("carafe-keys", options.keys().toBytes())) {
            byte[] message = Message.of(Message.Type.ATTACH, options.flags()).toBytes();
            kernel.sockets().sendMessage(socket, message, List.of(monitor, keys));
        } catch (SystemCallException exception) {
            if (!isGone(exception)) {
                throw exception;
            }
        }
    }

    @Override
    public void warn(String message) {
        try {
            kernel.files()
                    .write(request.error, ("carafe: warning: " + message + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (SystemCallException nobodyReads) {
            // It was for his sake alone.
        }
    }

    /** Ends the client with this status. A client that has gone already is no error. */
    public void exit(int status) {
        tell(Message.of(Message.Type.EXIT, status));
    }

    /** False if it has gone. */
    private boolean tell(Message message) {
        try {
            kernel.sockets().sendMessage(socket, message.toBytes(), List.of());
            return true;
        } catch (SystemCallException exception) {
            if (!isGone(exception)) {
                throw exception;
            }
            return false;
        }
    }

    private static boolean isGone(SystemCallException exception) {
        return exception.errno() == Errno.EPIPE || exception.errno() == Errno.ECONNRESET;
    }

    @Override
    public void close() {
        request.input.close();
        request.output.close();
        request.error.close();
        request.directory.close();
        caller.close();
        socket.close();
    }

    private static List<String> texts(Files files, Fd memory) {
        // What is no such memory might change, or never end.
        if (!files.isSealedMemory(memory)) {
            throw new RuntimeFailure("the client's request is not in sealed memory");
        }
        byte[] bytes = files.readAt(memory, 0, MOST_REQUEST_BYTES);
        List<String> texts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                texts.add(new String(bytes, start, i - start, StandardCharsets.UTF_8));
                start = i + 1;
            }
        }
        return texts;
    }
}
