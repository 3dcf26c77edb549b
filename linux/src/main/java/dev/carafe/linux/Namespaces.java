package dev.carafe.linux;

import static dev.carafe.linux.SystemCallException.check;

import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Namespaces of the calling thread.
 *
 * <p>A thread takes the namespaces of the one that starts it, and there is no way back: change them {@linkplain
 * #onOwnThread on a thread of their own}. The other threads of the process stay where they are.
 *
 * <p>A user namespace cannot be made or entered here: the kernel refuses it to a process with several threads, and a
 * JVM has many. Carafe's native program, which starts with one, makes user namespaces and their id maps. In a new
 * {@linkplain Namespace#PID pid} or {@linkplain Namespace#TIME time} namespace only the programs that the thread spawns
 * live; the thread itself does not, and can start no further threads.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/namespaces.7.html">namespaces(7)</a>
 */
public final class Namespaces {

    private static final int CLONE_FS = 0x200;

    private final SystemCalls calls;

    Namespaces(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * Does work on a fresh platform thread, which may change its namespaces and ends after it.
     *
     * <p>The work must start no threads, which would live on in its namespaces, and in another mount namespace it must
     * load no class for the first time, whose file might not be there. The caller waits for it even when interrupted.
     */
    public static <T extends @Nullable Object> T onOwnThread(Supplier<T> work) {
        FutureTask<T> task = new FutureTask<>(work::get);
        Thread.ofPlatform().name("namespaces").start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException later) {
                    interrupted = true;
                } catch (ExecutionException exception) {
                    switch (exception.getCause()) {
                        case RuntimeException cause -> throw cause;
                        case Error cause -> throw cause;
                        case null, default -> throw new AssertionError("a supplier throws nothing else", exception);
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * {@code unshare(2)}: moves the calling thread to new namespaces.
     *
     * @throws IllegalArgumentException if a user namespace is among them, which no JVM can make
     */
    public void unshare(Set<Namespace> kinds) {
        check(calls.call(SystemCall.UNSHARE, flags(kinds), 0, 0, 0, 0, 0), SystemCall.UNSHARE, kinds);
    }

    /** Gives the calling thread a file mode mask of its own, and a root and a working directory, all as they are now. */
    public void unshareFileSystemState() {
        check(calls.call(SystemCall.UNSHARE, CLONE_FS, 0, 0, 0, 0, 0), SystemCall.UNSHARE, "CLONE_FS");
    }

    /** Moves the calling thread to a namespace that was opened by {@link #open} or {@link #openOwn}. */
    public void enter(Fd namespace, Namespace kind) {
        enter(namespace, Set.of(kind));
    }

    /** Moves the calling thread to several namespaces of the process that a pidfd stands for: all of them or none. */
    public void enter(Fd process, Set<Namespace> kinds) {
        int flags = flags(kinds);
        if (kinds.contains(Namespace.MOUNT)) {
            // setns(2) wants a root and a working directory that no other thread shares.
            unshareFileSystemState();
        }
        check(calls.call(SystemCall.SETNS, process.number(), flags, 0, 0, 0, 0), SystemCall.SETNS, process, kinds);
    }

    /**
     * A namespace of a process. Its number may have come to mean another process: compare its {@linkplain
     * Processes#identify identity} afterwards, or {@linkplain #enter(Fd, Set) enter by pidfd}.
     */
    public Fd open(int pid, Namespace kind) {
        return new Files(calls).open(Fd.CWD, "/proc/" + pid + "/ns/" + kind.file(), OpenFlags.RDONLY);
    }

    /** The calling thread's own namespace. It lasts for as long as the descriptor. */
    public Fd openOwn(Namespace kind) {
        return new Files(calls).open(Fd.CWD, "/proc/thread-self/ns/" + kind.file(), OpenFlags.RDONLY);
    }

    private static int flags(Set<Namespace> kinds) {
        int flags = 0;
        for (Namespace kind : kinds) {
            if (kind == Namespace.USER) {
                throw new IllegalArgumentException("a JVM has many threads, and the kernel lets only a process with"
                        + " one change its user namespace; the native program must do it");
            }
            flags |= kind.flag();
        }
        return flags;
    }
}
