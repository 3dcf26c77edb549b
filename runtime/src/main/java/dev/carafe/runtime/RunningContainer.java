package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Processes;
import dev.carafe.linux.cgroup.HeldFreezer;
import java.util.Optional;

/**
 * A container that runs, held by whoever asks for it often: two calls of the kernel tell whether it still does, and
 * whether it stands still, where {@link Containers#running} needs a dozen and more.
 *
 * <p>What it tells is of this very process: when that has ended, there is nothing to tell any more, whatever is started
 * under the same id. It has two descriptors until it is closed. Thread-safe.
 */
public final class RunningContainer implements AutoCloseable {

    private final Processes processes;
    private final int pid;
    private final Fd process;
    private final Optional<HeldFreezer> freezer;
    private boolean closed;

    /** @param process and the freezer are closed with this */
    RunningContainer(Processes processes, int pid, Fd process, Optional<HeldFreezer> freezer) {
        this.processes = processes;
        this.pid = pid;
        this.process = process;
        this.freezer = freezer;
    }

    /** Its first process; empty if that has ended, or this is closed. */
    public synchronized Optional<Containers.Running> look() {
        return !closed && processes.isAlive(process)
                ? Optional.of(new Containers.Running(
                        pid, freezer.filter(HeldFreezer::frozen).isPresent()))
                : Optional.empty();
    }

    @Override
    public synchronized void close() {
        closed = true;
        process.close();
        freezer.ifPresent(HeldFreezer::close);
    }
}
