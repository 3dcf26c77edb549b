package dev.carafe.engine;

/** Who has an instance's streams when it starts. */
public enum Attaching {
    /** Nobody: what it writes is in its log. */
    NOBODY,
    /** The caller of whoever starts it, who stays until it ends. */
    CALLER
}
