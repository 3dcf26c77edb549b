package dev.carafe.daemon;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What a daemon has to say to whoever runs it: little, and it does not fill a disk. */
final class Log {

    private static final int MOST_FAILURES = 100;

    private final PrintStream stream;
    private int failures;

    Log(PrintStream stream) {
        this.stream = stream;
    }

    synchronized void line(String text) {
        stream.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + text);
        stream.flush();
    }

    /** Something that nobody had thought of, or that is short on this machine. */
    synchronized void failure(Throwable failure) {
        if (++failures <= MOST_FAILURES) {
            line("failure " + failures + (failures == MOST_FAILURES ? ", the last that is written down" : ""));
            failure.printStackTrace(stream);
            stream.flush();
        }
    }
}
