package dev.carafe.linux.seccomp;

/** A profile names a system call that does not exist. */
public final class UnknownCallException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String name;

    UnknownCallException(String name) {
        super("no Linux has a system call \"" + name + "\"");
        this.name = name;
    }

    /** The name that it gives. */
    public String name() {
        return name;
    }
}
