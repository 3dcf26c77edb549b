package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The conversation with a process that executes a plan, through its parent.
 *
 * <p>Not thread-safe. Closing it before {@link #goOn} was said at {@code READY} ends the process.
 */
public final class Init implements AutoCloseable {

    private static final int HAS_ENDING = 1;
    private static final int HAS_HOOKS = 2;
    private static final int MAPS_MOUNTS = 4;

    private final Kernel kernel;
    private final Fd control;

    private Init(Kernel kernel, Fd control) {
        this.kernel = kernel;
        this.control = control;
    }

    /** What the process or its parent has to say. */
    public sealed interface Event {

        /** A point of the plan; the process waits for {@link #goOn}. What the number means depends on the point. */
        record Reached(int point, int pid, int number) implements Event {}

        /** The plan's terminal, its master side, for whoever is to have it. */
        record TerminalMade(Fd master) implements Event {}

        /** An operation failed and the process is gone. Number -1: it could not be made. */
        record Failed(int operation, Errno errno) implements Event {}

        /** A hook failed; unless it may, the process is gone. */
        record HookFailed(HookFailure failure) implements Event {}

        /** The process ended without a word. {@code waitStatus} is as {@code waitpid(2)} has it. */
        record Died(int waitStatus) implements Event {}

        /**
         * It has become the program, or waits to be started; or what the client was to execute itself is done.
         *
         * @param parent the process' parent: its monitor, if it has one
         */
        record Running(int pid, int parent) implements Event {}

        /** Its parent is gone and so is the process. */
        record Lost() implements Event {}
    }

    /** Sends a plan to whoever listens on {@code parent}: a client or a monitor. */
    static Init start(
            Kernel kernel,
            Fd parent,
            Starter.Parent kind,
            Plan plan,
            List<Fd> inputs,
            Optional<Plan> ending,
            Optional<Plan> hooks,
            Optional<Keeping> keeping) {
        Sockets sockets = kernel.sockets();
        Sockets.Pair pair = sockets.pair(Sockets.Type.SEQUENCED_PACKETS);
        List<Fd> descriptors = new ArrayList<>();
        try (Fd theirs = pair.second();
                Fd planMemory = kernel.files().sealedMemory("carafe-plan", plan.toBytes());
                Fd endingMemory = kernel.files()
                        .sealedMemory("carafe-ending", ending.map(Plan::toBytes).orElseGet(() -> new byte[0]));
                Fd hooksMemory = kernel.files()
                        .sealedMemory("carafe-hooks", hooks.map(Plan::toBytes).orElseGet(() -> new byte[0]))) {
            descriptors.add(theirs);
            descriptors.add(planMemory);
            if (ending.isPresent()) {
                descriptors.add(endingMemory);
            }
            if (hooks.isPresent()) {
                descriptors.add(hooksMemory);
            }
            keeping.ifPresent(kept -> descriptors.addAll(kept.descriptors()));
            descriptors.addAll(inputs);
            if (descriptors.size() > Message.MOST_DESCRIPTORS) {
                throw new RuntimeFailure("the plan needs " + descriptors.size() + " descriptors, and at most "
                        + Message.MOST_DESCRIPTORS + " can be sent");
            }
            int beside = (ending.isPresent() ? HAS_ENDING : 0)
                    | (hooks.isPresent() ? HAS_HOOKS : 0)
                    | (hasMountsMapped(plan) ? MAPS_MOUNTS : 0)
                    | keeping.map(Keeping::flags).orElse(0);
            int most = keeping.map(Keeping::mostKibibytes).orElse(0);
            Message spawn = new Message(Message.Type.SPAWN, kind.number(), beside, most);
            sockets.sendMessage(parent, spawn.toBytes(), descriptors);
            return new Init(kernel, pair.first());
        } catch (SystemCallException | RuntimeFailure exception) {
            pair.first().close();
            if (exception instanceof SystemCallException refused && refused.errno() == Errno.EPIPE) {
                throw new RuntimeFailure("the caller went away before its process was started", exception);
            }
            throw exception;
        }
    }

    /** Whether the parent is asked to map mounts: it does so in no other case. */
    private static boolean hasMountsMapped(Plan plan) {
        return plan.steps().stream().anyMatch(step -> step.operation() instanceof MountOperation.HaveMapped);
    }

    /** Waits for the next event. */
    public Event await() {
        Sockets.Message received;
        try {
            received = kernel.sockets().receiveMessage(control, HookFailure.MOST_BYTES, 1);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ECONNRESET) {
                return new Event.Lost();
            }
            throw exception;
        }
        if (received.isEnd()) {
            return new Event.Lost();
        }
        Message message = Message.parse(received.payload());
        return switch (message.type()) {
            case SYNC -> new Event.Reached(message.a(), message.b(), message.c());
            case TERMINAL -> new Event.TerminalMade(received.descriptors().getFirst());
            case FAILED -> new Event.Failed(message.a(), Errno.of(message.b()));
            case HOOK_FAILED -> new Event.HookFailed(HookFailure.parse(received.payload()));
            case DIED -> new Event.Died(message.a());
            case EXECUTED -> new Event.Running(message.a(), message.b());
            default -> throw new RuntimeFailure("the native side said " + message + " where that has no meaning");
        };
    }

    /** Lets a process that has reached a point go on. */
    public void goOn() {
        send(Message.of(Message.Type.GO), List.of());
    }

    /** At {@code READY}: likewise, and its program is one that makes another process and gives way to it. */
    void goOnToGiveWay() {
        send(Message.of(Message.Type.GO, 1), List.of());
    }

    /** At {@code GIVING_WAY}: the parent, which stays, gets the other process' terminal, and tells of the point again. */
    void takeTerminal(Fd master) {
        send(Message.of(Message.Type.TERMINAL), List.of(master));
    }

    /** At {@code GIVING_WAY}: has the hooks of a point run for the other process; the parent tells of this point again. */
    void runHooks(int pid, int point) {
        send(new Message(Message.Type.GO, pid, point, 0), List.of());
    }

    /** At {@code GIVING_WAY}: the program ends, and that process, another child of its parent's, takes its place. */
    void giveWayTo(int pid) {
        send(Message.of(Message.Type.GO, pid), List.of());
    }

    private void send(Message message, List<Fd> descriptors) {
        kernel.sockets().sendMessage(control, message.toBytes(), descriptors);
    }

    @Override
    public void close() {
        control.close();
    }
}
