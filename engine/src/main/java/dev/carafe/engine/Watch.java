package dev.carafe.engine;

/** Who is told of instances that begin, to hear of their ends. */
public abstract class Watch {

    /** Nobody: their ends are seen when somebody looks. */
    public static final Watch NOBODY = new Watch() {
        @Override
        void began(InstanceRecord instance) {}

        @Override
        void awaitTold(String id) {}
    };

    Watch() {}

    /** An instance has begun. */
    abstract void began(InstanceRecord instance);

    /** Waits, for a moment at most, until the end of an instance has been told of, if it is watched. */
    abstract void awaitTold(String id);
}
