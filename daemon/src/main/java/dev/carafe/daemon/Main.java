package dev.carafe.daemon;

import dev.carafe.cli.CommandLineDoor;
import dev.carafe.cli.Ending;
import dev.carafe.cli.Invocation;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Signal;
import dev.carafe.runtime.Client;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one composition root: builds the program and answers a single call of the command line, which the client that
 * started this JVM has put behind descriptor 3.
 */
public final class Main {

    static final int CLIENT = 3;
    private static final int INTERNAL_ERROR = 125;
    /** As a shell has it: a command that a signal has ended. */
    private static final int SIGNALLED = 128;

    private Main() {}

    public static void main(String[] arguments) {
        Kernel kernel = Kernel.host();
        Client client = Client.accept(kernel, Fd.of(kernel.calls(), CLIENT));
        AtomicInteger signal = attend(client);
        if (answer(new Invocation(kernel, client)) instanceof Ending.Status(int status)) {
            client.exit(status != 0 && signal.get() != 0 ? SIGNALLED + signal.get() : status);
        }
        // Nothing of this JVM is needed any more, and its slow ways of ending are not either. The client is not closed
        // before, as the thread that attends to it would trip over that.
        Runtime.getRuntime().halt(0);
    }

    /** A caller who gives up interrupts what is done for him. Which signal he did it by; 0 for none. */
    static AtomicInteger attend(Client client) {
        Thread caller = Thread.currentThread();
        AtomicInteger signal = new AtomicInteger();
        Thread.ofPlatform()
                .daemon()
                .start(() -> client.attend(number -> giveUp(number, signal, caller), caller::interrupt));
        return signal;
    }

    private static void giveUp(int number, AtomicInteger signal, Thread caller) {
        switch (Signal.of(number)) {
            case SIGHUP, SIGINT, SIGQUIT, SIGTERM -> {
                signal.set(number);
                caller.interrupt();
            }
            default -> {}
        }
    }

    static Ending answer(Invocation invocation) {
        try {
            return CommandLineDoor.execute(invocation);
        } catch (RuntimeException | Error bug) {
            invocation.reportBug(bug);
            return new Ending.Status(INTERNAL_ERROR);
        }
    }
}
