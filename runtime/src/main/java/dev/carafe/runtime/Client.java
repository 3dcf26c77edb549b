package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

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
    private final Request request;

    private Client(Kernel kernel, Fd socket, Request request) {
        this.kernel = kernel;
        this.socket = socket;
        this.request = request;
    }

    /**
     * What a caller asks for.
     *
     * @param arguments from the program's own name on
     * @param environment {@code NAME=value}
     * @param directory its current directory, to resolve relative paths against
     */
    public record Request(
            List<String> arguments, List<String> environment, Fd input, Fd output, Fd error, Fd directory) {

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

    /** Hears a client's request out. */
    public static Client accept(Kernel kernel, Fd socket) {
        Sockets.Message received = kernel.sockets().receiveMessage(socket, Message.BYTES, REQUEST_DESCRIPTORS);
        List<Fd> descriptors = received.descriptors();
        Message message = Message.parse(received.payload());
        if (message.type() != Message.Type.REQUEST || descriptors.size() != REQUEST_DESCRIPTORS) {
            throw new RuntimeFailure("the client began with " + message + " instead of a request");
        }
        List<String> texts;
        try (Fd memory = descriptors.get(4)) {
            texts = texts(kernel.files(), memory);
        }
        if (message.a() < 1 || message.b() < 0 || message.a() + message.b() != texts.size()) {
            throw new RuntimeFailure("the client's request is not whole");
        }
        return new Client(
                kernel,
                socket,
                new Request(
                        List.copyOf(texts.subList(0, message.a())),
                        List.copyOf(texts.subList(message.a(), texts.size())),
                        descriptors.get(0),
                        descriptors.get(1),
                        descriptors.get(2),
                        descriptors.get(3)));
    }

    public Request request() {
        return request;
    }

    /** The same caller, asking for something else. The arguments start with the program's own name. */
    public Client asking(List<String> arguments) {
        return new Client(
                kernel,
                socket,
                new Request(
                        List.copyOf(arguments),
                        request.environment,
                        request.input,
                        request.output,
                        request.error,
                        request.directory));
    }

    /**
     * Hands every signal that the client gets to {@code onSignal} and its end to {@code onEnd}, on the calling thread,
     * until the client has ended.
     */
    public void attend(IntConsumer onSignal, Runnable onEnd) {
        while (true) {
            Sockets.Message received;
            try {
                received = kernel.sockets().receiveMessage(socket, Message.BYTES, 0);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ECONNRESET) {
                    throw exception;
                }
                onEnd.run();
                return;
            }
            if (received.isEnd()) {
                onEnd.run();
                return;
            }
            Message message = Message.parse(received.payload());
            if (message.type() == Message.Type.SIGNAL) {
                onSignal.accept(message.a());
            }
        }
    }

    @Override
    public Init start(Parent parent, Plan plan, List<Fd> inputs, Optional<Plan> ending, Optional<Plan> hooks) {
        return Init.start(kernel, socket, parent, plan, inputs, ending, hooks);
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
        try {
            kernel.sockets()
                    .sendMessage(socket, Message.of(Message.Type.EXIT, status).toBytes(), List.of());
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EPIPE && exception.errno() != Errno.ECONNRESET) {
                throw exception;
            }
        }
    }

    @Override
    public void close() {
        request.input.close();
        request.output.close();
        request.error.close();
        request.directory.close();
        socket.close();
    }

    private static List<String> texts(Files files, Fd memory) {
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
