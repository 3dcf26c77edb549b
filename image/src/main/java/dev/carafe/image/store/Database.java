package dev.carafe.image.store;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.DiskTrouble;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * The store's database: one connection, one transaction at a time, each of which writes. Other processes wait for
 * theirs.
 */
final class Database implements AutoCloseable {

    /** A row, read by position from 1. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    private static final int VERSION = 2;
    private static final List<String> OF_THE_DISK =
            List.of("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY");
    /** The bytes of the file by which those who have a database open find what is where in its log, and some more. */
    private static final int NEEDED = 256 << 10;

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** How a blob that is not here is made of a layer whose archive hashes so. All of them are on the disk. */
    private static final String RECIPES =
            "CREATE TABLE recipes (blob TEXT PRIMARY KEY, diff TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID";

    private static final List<String> SCHEMA = List.of(
            // What a name leads to.
            "CREATE TABLE names (name TEXT PRIMARY KEY, media_type TEXT NOT NULL, digest TEXT NOT NULL,"
                    + " size INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID",
            // What is whole. With a boot's id it is known to be so only until the machine's next start.
            "CREATE TABLE blobs (digest TEXT PRIMARY KEY, size INTEGER NOT NULL, boot TEXT) WITHOUT ROWID",
            "CREATE TABLE layers (chain TEXT PRIMARY KEY, diff TEXT NOT NULL, blob TEXT NOT NULL,"
                    + " size INTEGER NOT NULL, covers INTEGER NOT NULL, boot TEXT) WITHOUT ROWID",
            // What must stay: while a process lives, or while a path exists that is the lease's id.
            "CREATE TABLE leases (id TEXT PRIMARY KEY, boot TEXT, pid INTEGER, started INTEGER) WITHOUT ROWID",
            "CREATE TABLE held (lease TEXT NOT NULL REFERENCES leases ON DELETE CASCADE, digest TEXT NOT NULL,"
                    + " PRIMARY KEY (lease, digest)) WITHOUT ROWID",
            RECIPES);

    private final Path file;
    private final Connection connection;
    private final String usually;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, PreparedStatement> prepared = new HashMap<>(); // of who has the lock
    private boolean begun; // a transaction, by who has the lock

    private Database(Path file, Connection connection, boolean mapped) {
        this.usually = mapped ? "NORMAL" : "FULL";
        this.file = file;
        this.connection = connection;
    }

    /**
     * Opens a database in a folder that is there, made first if there is none.
     *
     * @param mapped whether it may be one that is mapped into memory, which is faster
     */
    static Database open(Path file, boolean mapped) {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout((int) PATIENCE.toMillis());
        config.setJournalMode(mapped ? JournalMode.WAL : JournalMode.TRUNCATE);
        config.setSynchronous(mapped ? SynchronousMode.NORMAL : SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        Database database;
        try {
            database = new Database(file, config.createConnection("jdbc:sqlite:" + file), mapped);
        } catch (SQLException exception) {
            throw failure(file, exception);
        }
        try {
            database.transact(() -> {
                database.prepare();
                return true;
            });
            return database;
        } catch (RuntimeException exception) {
            database.close();
            throw exception;
        }
    }

    private void prepare() {
        int version = query("PRAGMA user_version", row -> row.getInt(1)).getFirst();
        if (version > VERSION) {
            throw new ImageException(
                    UNAVAILABLE,
                    file + " was written by a newer Carafe (version " + version + ", this one knows " + VERSION
                            + "); use that one, or another data folder");
        }
        switch (version) {
            case 0 -> {
                Failpoint.STORE_DATABASE_BEGUN.reach();
                SCHEMA.forEach(this::change);
            }
            case 1 -> change(RECIPES);
            default -> {
                return;
            }
        }
        change("PRAGMA user_version = " + VERSION);
    }

    /**
     * Does some reading and writing that others see wholly or not at all. Nobody else writes meanwhile. What is written
     * survives the end of this process; a power cut may take back all since the last {@link #transactDurably}.
     *
     * <p>Within another one it is a part of that.
     */
    <T> T transact(Supplier<T> work) {
        lock.lock();
        try {
            if (begun) {
                return work.get();
            }
            // JDBC's own transactions would begin the next one, and keep others from writing, as soon as one has ended.
            use("BEGIN IMMEDIATE", PreparedStatement::execute);
            begun = true;
            try {
                T result = work.get();
                use("COMMIT", PreparedStatement::execute);
                return result;
            } catch (RuntimeException exception) {
                rollBack(exception);
                throw exception;
            } finally {
                begun = false;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Likewise, and returns when a power cut cannot take it back; not within another one. */
    void transactDurably(Runnable work) {
        lock.lock();
        try {
            execute("PRAGMA synchronous = FULL");
            transact(() -> {
                work.run();
                return true;
            });
        } finally {
            execute("PRAGMA synchronous = " + usually);
            lock.unlock();
        }
    }

    // Of a pragma that has been prepared, executing it again need not do anything.
    private void execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException exception) {
            throw failure(file, exception);
        }
    }

    private void rollBack(Exception reason) {
        try {
            execute("ROLLBACK");
        } catch (ImageException exception) {
            reason.addSuppressed(exception); // SQLite itself may have done so already.
        }
    }

    /** The rows of a query; only within {@link #transact}. */
    <T> List<T> query(String sql, Row<T> row, Object... values) {
        return use(
                sql,
                statement -> {
                    try (ResultSet rows = statement.executeQuery()) {
                        List<T> found = new ArrayList<>();
                        while (rows.next()) {
                            found.add(row.read(rows));
                        }
                        return found;
                    }
                },
                values);
    }

    /** The first row, if there is one; only within {@link #transact}. */
    <T> Optional<T> first(String sql, Row<T> row, Object... values) {
        return query(sql, row, values).stream().findFirst();
    }

    /**
     * Changes rows; only within {@link #transact}.
     *
     * @return how many
     */
    int change(String sql, Object... values) {
        return use(sql, PreparedStatement::executeUpdate, values);
    }

    @FunctionalInterface
    private interface Use<T> {
        T of(PreparedStatement statement) throws SQLException;
    }

    /** Statements stay prepared: that takes longer than to execute most of them. */
    private <T> T use(String sql, Use<T> use, Object... values) {
        PreparedStatement spare = null;
        try {
            spare = prepared.remove(sql);
            PreparedStatement statement = spare == null ? connection.prepareStatement(sql) : spare;
            spare = statement; // unless it is put back
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            T result = use.of(statement);
            spare = prepared.put(sql, statement);
            return result;
        } catch (SQLException exception) {
            throw failure(file, exception);
        } finally {
            close(spare);
        }
    }

    private void close(@Nullable PreparedStatement statement) {
        try {
            if (statement != null) {
                statement.close();
            }
        } catch (SQLException exception) {
            throw failure(file, exception);
        }
    }

    private static ImageException failure(Path file, SQLException exception) {
        String reason =
                String.valueOf(exception.getMessage()).lines().findFirst().orElse("");
        if (reason.contains("SQLITE_CORRUPT") || reason.contains("SQLITE_NOTADB")) {
            reason += "; it is damaged: move it away, and images have to be pulled again";
        } else if (OF_THE_DISK.stream().anyMatch(reason::contains)) {
            // SQLite says that it could not, and not why: whoever tries the same hears it, if it is not over already.
            boolean full = reason.contains("SQLITE_FULL");
            reason = DiskTrouble.in(file.resolveSibling("."), NEEDED)
                    .or(() -> full ? Optional.of(DiskTrouble.FULL) : Optional.empty())
                    .map(DiskTrouble::remedy)
                    .orElse(reason);
        }
        return new ImageException(FAILED, file + ": " + reason, exception);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException exception) {
            throw failure(file, exception);
        }
    }
}
