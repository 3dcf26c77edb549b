package dev.carafe.linux.cgroup;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Memory;
import dev.carafe.linux.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A cgroup's freezer, its state file held open for whoever asks often: one call of the kernel instead of five. */
public final class HeldFreezer implements AutoCloseable {

    private static final int MOST = 64;

    private final Files files;
    private final Cgroup cgroup;
    private final Fd state;

    /** @param state closed with this */
    HeldFreezer(Files files, Cgroup cgroup, Fd state) {
        this.files = files;
        this.cgroup = cgroup;
        this.state = state;
    }

    /** As {@link Cgroup#frozen}. */
    public boolean frozen() {
        return !saysThawed() && cgroup.frozen();
    }

    private boolean saysThawed() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(MOST);
            long length = files.readAt(state, 0, content);
            // THAWED or FROZEN or FREEZING in v1, 0 or 1 in v2
            byte first = Memory.getByte(content, 0);
            return length > 0 && (first == 'T' || first == '0');
        } catch (SystemCallException gone) {
            return false;
        }
    }

    @Override
    public void close() {
        state.close();
    }
}
