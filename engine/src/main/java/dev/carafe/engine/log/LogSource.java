package dev.carafe.engine.log;

import dev.carafe.linux.Fd;
import java.util.function.Consumer;

/** An instance's log, wherever its monitor writes it. Reading disturbs nobody, and may be done at any time. */
public sealed interface LogSource permits InstanceLog, JournalLog {

    /** Reads what is written by now. */
    void read(LogQuery query, Consumer<LogEntry> receiver);

    /**
     * Reads what is written by now, and then what is written further, as soon as it is.
     *
     * @param ended readable when nobody writes any more: the monitor's process, or a connection to it. When the rest has
     *     been read, this returns
     * @throws InterruptedException if the thread is interrupted
     */
    void follow(LogQuery query, Fd ended, Consumer<LogEntry> receiver) throws InterruptedException;
}
