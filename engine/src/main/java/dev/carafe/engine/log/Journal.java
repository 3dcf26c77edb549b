package dev.carafe.engine.log;

import dev.carafe.linux.Kernel;
import java.util.Optional;

/** The machine's journal, as far as logs are read there. Thread-safe. */
public final class Journal {

    private final Kernel kernel;
    private final long user;
    private Optional<Libsystemd> library = Optional.empty();

    /** @param user whose monitors write there */
    public Journal(Kernel kernel, long user) {
        this.kernel = kernel;
        this.user = user;
    }

    /**
     * The log whose entries have this value in this field. To be read by one thread at a time.
     *
     * @throws JournalException if this machine has nothing to read a journal with
     */
    public LogSource log(String field, String value) {
        return new JournalLog(kernel, library(), user, field, value);
    }

    private synchronized Libsystemd library() {
        Libsystemd loaded = library.orElseGet(() -> Libsystemd.load(kernel, Libsystemd.LIBRARY));
        library = Optional.of(loaded);
        return loaded;
    }
}
