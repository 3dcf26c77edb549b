package dev.carafe.engine;

import dev.carafe.linux.Fd;
import dev.carafe.oci.runtime.Config;
import java.util.List;

/**
 * A configuration, and the descriptors that some of its paths lead through. It is of use until it is closed, which it may
 * be when the instance has begun.
 */
record HeldConfig(Config config, List<Fd> held) implements AutoCloseable {

    HeldConfig {
        held = List.copyOf(held);
    }

    /** Where another process of this machine finds what a descriptor of ours is open on. */
    static String path(Fd fd) {
        return "/proc/" + ProcessHandle.current().pid() + "/fd/" + fd.number();
    }

    @Override
    public void close() {
        held.forEach(Fd::close);
    }
}
