package dev.carafe.engine;

/** Who is told of instances that begin, to hear of their ends. */
@FunctionalInterface
public interface Watch {

    /** Nobody: their ends are seen when somebody looks. */
    Watch NOBODY = id -> {};

    /** An instance has begun. */
    void began(String id);
}
