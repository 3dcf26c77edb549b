package dev.carafe.image.store;

import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Stores that stay open between those who use them, for a process that serves many: opening a database and closing its
 * last connection, which writes back its log, takes longer than most of what is asked of it.
 *
 * <p>A store whose folder somebody has removed or put another in place of is opened anew. Thread-safe.
 */
public final class Stores implements AutoCloseable {

    private static final int KEPT = 4;

    private final Kernel kernel;
    private final Map<Path, Kept> open = new HashMap<>();
    private long last;

    private static final class Kept {
        private final Store store;
        private int users;
        private long used;

        private Kept(Store store) {
            this.store = store;
        }
    }

    public Stores(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * The store of a folder, opened if it is not. Whoever asks for it closes it, and others use it on.
     *
     * @param folder as for {@link Store#open}
     */
    public synchronized Store borrow(Path folder) {
        Kept kept = open.get(folder);
        if (kept != null && !kept.store.isThere()) {
            open.remove(folder);
            closeUnused(kept);
            kept = null;
        }
        if (kept == null) {
            kept = new Kept(Store.open(kernel, folder));
            open.put(folder, kept);
        }
        kept.users++;
        kept.used = ++last;
        Kept lent = kept;
        return kept.store.lent(() -> giveBack(folder, lent));
    }

    private synchronized void giveBack(Path folder, Kept kept) {
        kept.users--;
        if (open.get(folder) != kept) {
            closeUnused(kept);
        } else if (open.size() > KEPT) {
            open.entrySet().stream()
                    .filter(it -> it.getValue().users == 0)
                    .min((one, other) -> Long.compare(one.getValue().used, other.getValue().used))
                    .ifPresent(it -> {
                        open.remove(it.getKey());
                        closeUnused(it.getValue());
                    });
        }
    }

    private static void closeUnused(Kept kept) {
        if (kept.users == 0) {
            kept.store.close();
        }
    }

    /** Those that are in use are closed by the last who uses them. */
    @Override
    public synchronized void close() {
        open.values().forEach(Stores::closeUnused);
        open.clear();
    }
}
