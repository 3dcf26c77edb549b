package dev.carafe.engine;

import java.util.Locale;

/** Where in its life an instance is; {@code toString} is the word. */
public enum Status {
    /** Somebody is making it. */
    CREATING,
    /** It is there and has never run. */
    CREATED,
    /** Its program runs. */
    RUNNING,
    /** Its program stands still. */
    PAUSED,
    /** Its program has been asked to end, and runs yet. */
    STOPPING,
    /** It has run. */
    STOPPED,
    /** It has run, and is to run again after a while, by its restart policy. */
    RESTARTING,
    /** Somebody is removing it. */
    REMOVING,
    /** What is kept of it makes no sense, or its making or its removal was cut short: it can only be removed. */
    BROKEN;

    /** Whether it has a program that has not ended. */
    public boolean isAlive() {
        return this == RUNNING || this == PAUSED || this == STOPPING;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
