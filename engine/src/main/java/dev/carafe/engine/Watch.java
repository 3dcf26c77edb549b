package dev.carafe.engine;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.Containers;
import java.util.Optional;

/** Who is told of instances that begin, to hear of their ends. */
public abstract class Watch {

    /** Nobody: their ends are seen when somebody looks. */
    public static final Watch NOBODY = new Watch() {
        @Override
        void began(InstanceRecord instance, Fd monitor) {
            monitor.close();
        }

        @Override
        void awaitTold(String id) {}

        @Override
        Optional<Containers.Running> running(String id) {
            return Optional.empty();
        }
    };

    Watch() {}

    /**
     * An instance has begun.
     *
     * @param monitor a connection to its monitor, made before that; to be closed by this
     */
    abstract void began(InstanceRecord instance, Fd monitor);

    /** Waits, for a moment at most, until the end of an instance has been told of, if it is watched. */
    abstract void awaitTold(String id);

    /** Its first process, for less than asking the runtime; empty if it has ended, or this does not know. */
    abstract Optional<Containers.Running> running(String id);
}
