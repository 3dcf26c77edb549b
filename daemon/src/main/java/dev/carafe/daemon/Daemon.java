package dev.carafe.daemon;

import dev.carafe.cli.CommandLineDoor;
import dev.carafe.cli.Invocation;
import dev.carafe.cli.Standing;
import dev.carafe.engine.Watch;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.Client;
import dev.carafe.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Answers calls of the command line, many at a time, from one JVM that stays and so is quick.
 *
 * <p>It is never needed. All state is in files and in the kernel, as it is for a JVM that answers one call, and between
 * two calls it keeps nothing that is not written down: it may be killed at any moment, and clients go on without it. So
 * whatever it cannot do exactly as the caller's own JVM would, it does not take on, and the client starts one: for a
 * caller who may do other things than the daemon, or sees another machine; for a client of another build; for more calls
 * than it has threads for.
 *
 * <p>A call has a platform thread, as system calls that block would hold on to the carrier of a virtual one.
 */
final class Daemon {

    private static final int MOST_CALLS = 64;
    /** With those that only say so far that they want something. */
    private static final int MOST_THREADS = 2 * MOST_CALLS;

    private static final Duration REQUEST_PATIENCE = Duration.ofSeconds(5);
    private static final Duration IDLE_THREAD = Duration.ofSeconds(30);
    private static final Duration LAST_CALLS = Duration.ofSeconds(10);
    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(1);
    private static final Duration AFTER_FAILURE = Duration.ofMillis(100);

    private final Kernel kernel;
    private final Standing standing;
    private final DaemonFolder folder;
    private final String build;
    private final Caller itself;
    private final Log log;
    private final Attendant attendant;
    private final ThreadPoolExecutor threads;
    private final Semaphore calls = new Semaphore(MOST_CALLS);
    private final Fd listener;
    private volatile boolean ending;
    private volatile long lastCall = System.nanoTime();

    /** Begins to listen. Whoever makes one holds the folder's lock. */
    Daemon(Kernel kernel, DaemonFolder folder, String build, Watch watch, Log log) {
        this.kernel = kernel;
        this.standing = Standing.ofMany(kernel, watch, log::line);
        this.folder = folder;
        this.build = build;
        this.itself = Caller.inherited(kernel);
        this.log = log;
        this.attendant = new Attendant(kernel);
        this.threads = new ThreadPoolExecutor(
                0,
                MOST_THREADS,
                IDLE_THREAD.toMillis(),
                TimeUnit.MILLISECONDS,
                new SynchronousQueue<>(),
                work -> Thread.ofPlatform().name("call").unstarted(() -> {
                    // What it sets its file mode mask to is no other thread's business.
                    kernel.namespaces().unshareFileSystemState();
                    work.run();
                }));
        this.listener = folder.listen();
    }

    /** Accepts calls until {@link #end}. */
    void serve() {
        attendant.start();
        while (!ending) {
            try {
                Fd connection = kernel.sockets().accept(listener);
                try {
                    threads.execute(() -> answer(connection));
                } catch (RejectedExecutionException busy) {
                    connection.close();
                }
            } catch (RuntimeException | Error failure) {
                if (!ending) {
                    // Such as for want of descriptors, which those calls have that are on their way.
                    log.failure(failure);
                    pause();
                }
            }
        }
    }

    /** For how long there has been no call; none if there is one now. */
    Duration idle() {
        return calls.availablePermits() < MOST_CALLS ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - lastCall);
    }

    /** Takes no more calls, and waits a while for those that it has begun. */
    void end() {
        ending = true;
        folder.remove();
        kernel.sockets().shutdown(listener, Sockets.Direction.BOTH);
        try {
            if (!calls.tryAcquire(MOST_CALLS, LAST_CALLS.toMillis(), TimeUnit.MILLISECONDS)) {
                threads.shutdownNow();
                threads.awaitTermination(AFTER_INTERRUPT.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    /** What goes wrong here is this caller's matter at most: the connection's end tells its client. */
    private void answer(Fd connection) {
        try (connection) {
            Optional<Client> client = admit(connection);
            if (client.isPresent()) {
                try (Client admitted = client.get()) {
                    perform(admitted);
                } finally {
                    calls.release();
                }
            }
        } catch (RuntimeFailure | SystemCallException nonsense) {
            // A client that ends or says something else than a request. It would be others' log that it fills.
        } catch (RuntimeException | Error bug) {
            log.failure(bug);
        }
    }

    /** A client whose call is taken on, with leave to perform it. */
    private Optional<Client> admit(Fd connection) {
        Sockets sockets = kernel.sockets();
        if (sockets.peer(connection).uid() != itself.uid()
                || !kernel.polling().awaitReadable(connection, REQUEST_PATIENCE)) {
            return Optional.empty();
        }
        Optional<Caller> caller = Caller.connected(kernel, connection);
        if (caller.isEmpty()) {
            return Optional.empty();
        }
        Client client;
        try {
            client = Client.accept(kernel, connection, caller.get());
        } catch (RuntimeException exception) {
            caller.get().close();
            throw exception;
        }
        boolean taken = false;
        try {
            if (client.request().build().equals(build) && client.caller().isLike(itself) && calls.tryAcquire()) {
                taken = client.takeOn();
                if (!taken) {
                    calls.release();
                }
            }
        } finally {
            if (!taken) {
                client.close();
            }
        }
        return taken ? Optional.of(client) : Optional.empty();
    }

    private void perform(Client client) {
        lastCall = System.nanoTime();
        kernel.files().setMask(client.caller().mask());
        OngoingCall call = new OngoingCall(client);
        attendant.add(call);
        try {
            call.perform(new Invocation(kernel, standing, client), CommandLineDoor::execute);
        } finally {
            attendant.remove(call);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(AFTER_FAILURE);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }
}
