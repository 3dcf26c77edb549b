package dev.carafe.engine;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Polling;
import dev.carafe.runtime.Attachment;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.RuntimeFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A connection to an instance's monitor, to hear of its end and nothing else. */
final class Monitor implements AutoCloseable {

    /** How long it may take from an instance's end, of SIGKILL for one, until its monitor has done its last. */
    static final Duration LAST_WORK = Duration.ofSeconds(20);

    private final Kernel kernel;
    private final Attachment attachment;

    private Monitor(Kernel kernel, Attachment attachment) {
        this.kernel = kernel;
        this.attachment = attachment;
    }

    /** Connects to the monitor of an instance; empty if there is none, or it has ended. */
    static Optional<Monitor> connect(Kernel kernel, Containers containers, String id) {
        try {
            return Optional.of(of(kernel, containers.connect(id)));
        } catch (RuntimeFailure none) {
            return Optional.empty();
        }
    }

    /** @param connection closed with this */
    static Monitor of(Kernel kernel, Fd connection) {
        return new Monitor(kernel, Attachment.begin(kernel, connection, false, false, false));
    }

    /**
     * What a monitor has said.
     *
     * @param end whether that was its last word
     * @param exit how the instance ended; empty if the monitor went without saying so
     */
    record Heard(boolean end, Optional<Exit> exit) {}

    /** Waits for what it has to say. */
    Heard hear() {
        return switch (attachment.read()) {
            case Attachment.Event.Ended ended ->
                new Heard(true, Optional.of(new Exit(ended.waitStatus(), Instant.now(), 0, Optional.empty())));
            case Attachment.Event.Lost ignored -> new Heard(true, Optional.empty());
            default -> new Heard(false, Optional.empty());
        };
    }

    /**
     * Waits until the instance has ended and its monitor has done all that is to be done then.
     *
     * @return empty if the time is over
     */
    Optional<Heard> awaitEnd(Duration patience) {
        boolean forever = patience.equals(Polling.FOREVER);
        long deadline = System.nanoTime() + (forever ? 0 : patience.toNanos());
        while (true) {
            Duration left = forever ? patience : Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            if (!kernel.polling().awaitReadable(attachment.socket(), left)) {
                return Optional.empty();
            }
            Heard heard = hear();
            if (heard.end()) {
                return Optional.of(heard);
            }
        }
    }

    /** Waits for one whose instance has ended until it has done what is to be done then, and closes this. */
    void awaitLastWork() {
        try (this) {
            awaitEnd(LAST_WORK);
        }
    }

    /** The connection, to wait on until there is something to {@link #hear}. */
    Fd socket() {
        return attachment.socket();
    }

    @Override
    public void close() {
        attachment.close();
    }
}
