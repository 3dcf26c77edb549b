package dev.carafe.engine;

/** Who is told of instances that begin, to hear of their ends. */
public abstract class Watch {

    /** Nobody: their ends are seen when somebody looks. */
    public static final Watch NOBODY = new Watch() {
        @Override
        void began(InstanceRecord instance) {}
    };

    Watch() {}

    /** An instance has begun. */
    abstract void began(InstanceRecord instance);
}
