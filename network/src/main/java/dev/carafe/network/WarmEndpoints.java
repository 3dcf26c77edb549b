package dev.carafe.network;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.ProcessIdentity;
import dev.carafe.linux.SystemCall;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that were made ahead, for a process that makes many: to hand one over takes a tenth of the time.
 *
 * <p>Each has a lease like any other, whose owner is this process: {@code warm-PID-START-NUMBER}. Whoever finds such a lease
 * of a process that has gone may end it. None is made before the first endpoint is asked for, and none is kept when there
 * was no demand for long.
 */
final class WarmEndpoints {

    private static final String OWNER = "warm-";
    private static final Duration AT_MOST = Duration.ofSeconds(10);

    private final Kernel kernel;
    private final int most;
    private final long keptNanos;
    private final Deque<Attachment> ready = new ArrayDeque<>();
    private @Nullable Thread keeper;
    private boolean wanted;
    private boolean closed;
    private long number;

    /**
     * @param most how many stand ready
     * @param kept for how long without demand
     */
    WarmEndpoints(Kernel kernel, int most, Duration kept) {
        this.kernel = kernel;
        this.most = most;
        this.keptNanos = kept.toNanos();
    }

    /** Whether a lease is that of an endpoint which waits for its owner. */
    static boolean isWarm(String owner) {
        return owner.startsWith(OWNER);
    }

    /** Whether it waits in vain, since the process that made it has gone. */
    static boolean isForsaken(Kernel kernel, String owner) {
        if (!isWarm(owner)) {
            return false;
        }
        String[] parts = owner.split("-", -1);
        try {
            return !kernel.processes()
                    .isAlive(new ProcessIdentity(Integer.parseInt(parts[1]), Long.parseLong(parts[2])));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException foreign) {
            return true;
        }
    }

    /** Where endpoints come from. */
    interface Source {

        Attachment make(String owner);

        /** Ends the leases of these owners. */
        void end(List<String> owners);
    }

    /**
     * One that is ready, if there is one; from now on there is demand.
     *
     * @param source works in the network namespace of the calling thread, and of those that it starts
     */
    synchronized Optional<Attachment> take(Source source) {
        if (closed || most == 0) {
            return Optional.empty();
        }
        wanted = true;
        if (keeper == null) {
            keeper = Thread.ofPlatform().daemon().name("warm endpoints").start(() -> keep(source));
        } else {
            notifyAll();
        }
        return Optional.ofNullable(ready.pollFirst());
    }

    /** Takes one back that could not be handed over. */
    synchronized void giveBack(Attachment attachment) {
        if (closed) {
            attachment.close(); // its lease goes with the next repair
        } else {
            ready.addFirst(attachment);
        }
    }

    /** Gives up those that are ready; the next demand has others made. */
    void discard(Source source) {
        List<Attachment> given;
        synchronized (this) {
            given = new ArrayList<>(ready);
            ready.clear();
            wanted = false;
        }
        if (!given.isEmpty()) {
            given.forEach(Attachment::close);
            source.end(given.stream()
                    .map(attachment -> attachment.endpoint().owner())
                    .toList());
        }
    }

    /** Gives up those that are ready, and has no others made. */
    void close(Source source) {
        Thread ending;
        synchronized (this) {
            closed = true;
            notifyAll();
            ending = keeper;
        }
        try {
            if (ending != null) {
                ending.join(AT_MOST); // one may be on its way
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        discard(source);
    }

    private void keep(Source source) {
        int pid = (int) kernel.calls().call(SystemCall.GETPID, 0, 0, 0, 0, 0, 0);
        ProcessIdentity self = kernel.processes().identify(pid).orElseThrow();
        String owner = OWNER + self.pid() + "-" + self.startTime() + "-";
        try {
            while (true) {
                switch (next()) {
                    case MAKE -> make(source, owner + number++);
                    case DISCARD -> discard(source);
                    case END -> {
                        return;
                    }
                }
            }
        } catch (InterruptedException end) {
            discard(source);
        }
    }

    private enum Step {
        MAKE,
        DISCARD,
        END
    }

    private synchronized Step next() throws InterruptedException {
        long begun = System.nanoTime();
        while (!closed) {
            if (wanted && ready.size() < most) {
                return Step.MAKE;
            }
            long left = keptNanos - (System.nanoTime() - begun);
            if (ready.isEmpty()) {
                wait();
            } else if (left <= 0) {
                return Step.DISCARD;
            } else {
                wait(Math.max(1, Duration.ofNanos(left).toMillis()));
            }
        }
        return Step.END;
    }

    private void make(Source source, String owner) {
        try {
            Attachment made = source.make(owner);
            synchronized (this) {
                if (!closed) {
                    ready.addLast(made);
                    return;
                }
            }
            made.close();
            source.end(List.of(owner));
        } catch (RuntimeException exception) {
            // Whoever asks next makes his own, and is told what is wrong.
            synchronized (this) {
                wanted = false;
            }
        }
    }
}
