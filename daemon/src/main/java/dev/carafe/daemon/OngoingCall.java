package dev.carafe.daemon;

import dev.carafe.cli.Ending;
import dev.carafe.cli.Invocation;
import dev.carafe.linux.Signal;
import dev.carafe.runtime.Client;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of the command line on its way, on a thread of its own.
 *
 * <p>A caller who gives up interrupts what is done for him, and nobody else's.
 */
final class OngoingCall {

    private static final int INTERNAL_ERROR = 125;
    /** As a shell has it: a command that a signal has ended. */
    private static final int SIGNALLED = 128;

    private final Client client;
    private @Nullable Thread thread;
    private int signal;
    private boolean abandoned;

    OngoingCall(Client client) {
        this.client = client;
    }

    Client client() {
        return client;
    }

    /** Does what the caller asks for, on the calling thread, and tells the client how it ended. */
    void perform(Invocation invocation, Function<Invocation, Ending> work) {
        begin();
        Ending ending = answer(invocation, work);
        int given = end();
        if (ending instanceof Ending.Status(int status)) {
            client.exit(status != 0 && given != 0 ? SIGNALLED + given : status);
        }
    }

    /** What its caller's client was sent. */
    synchronized void signalled(int number) {
        switch (Signal.of(number)) {
            case SIGHUP, SIGINT, SIGQUIT, SIGTERM -> {
                signal = number;
                interrupt();
            }
            default -> {}
        }
    }

    /** Nobody waits for what it does any more. */
    synchronized void interrupt() {
        abandoned = true; // it may not have begun
        if (thread != null) {
            thread.interrupt();
        }
    }

    private synchronized void begin() {
        thread = Thread.currentThread();
        if (abandoned) {
            thread.interrupt();
        }
    }

    /** From here on the thread is not this call's to interrupt. The signal by which its caller gave up; 0 for none. */
    private synchronized int end() {
        thread = null;
        boolean ignored = Thread.interrupted();
        return signal;
    }

    static Ending answer(Invocation invocation, Function<Invocation, Ending> work) {
        try {
            return work.apply(invocation);
        } catch (RuntimeException | Error bug) {
            invocation.reportBug(bug);
            return new Ending.Status(INTERNAL_ERROR);
        }
    }
}
