package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a monitor keeps the standard streams of its instance, which are a terminal or pipes of its own: what it does with
 * them outlives whoever has started it.
 *
 * @param log where output is written to; empty if it is not
 * @param input whether there is a standard input, and when it ends
 * @param terminal whether they are a terminal; {@link Containers#run} knows
 * @param listener where the monitor takes on who attaches later; {@link Containers#run} makes it
 * @param client the connection of who is attached from the beginning, so that he misses nothing: one of a pair of
 *     {@code SEQUENCED_PACKETS}, whose other end {@link Client#attach} or an {@link Attachment} gets. It stays the
 *     caller's to close
 * @param watcher a socket of {@code SEQUENCED_PACKETS} that is connected to the monitor, for an {@link Attachment}, before
 *     the program begins: it hears of the end however soon that comes. It stays the caller's to close
 * @param bound whether the program and its process group are killed when the client goes before its end
 */
public record Keeping(
        Optional<LogSink> log,
        Input input,
        boolean terminal,
        Optional<Fd> listener,
        Optional<Fd> client,
        Optional<Fd> watcher,
        boolean bound) {

    private static final int KEEPS = 8;
    private static final int HAS_LOG = 16;
    private static final int HAS_LISTENER = 32;
    private static final int HAS_CLIENT = 64;
    private static final int TERMINAL = 128;
    private static final int INPUT = 256;
    private static final int INPUT_ONCE = 512;
    private static final int BOUND = 1024;
    private static final int JOURNAL = 2048;
    private static final int LOG_FILES = 16;
    private static final int KIBIBYTE = 1024;

    /** Whether an instance has a standard input, beside a terminal. */
    public enum Input {
        /** The null device. */
        NONE,
        /** It ends with that of the first client that leaves who may write to it. */
        ONCE,
        /** It never ends, whoever comes and goes. */
        KEPT
    }

    /** For {@link Containers#run}; nobody is attached from the beginning. */
    public static Keeping of(Optional<LogSink> log, Input input) {
        return new Keeping(log, input, false, Optional.empty(), Optional.empty(), Optional.empty(), false);
    }

    /** For {@link Containers#exec}: what is written goes to a client and to nobody else, and nothing outlives him. */
    public static Keeping boundTo(Fd client) {
        return new Keeping(
                Optional.empty(), Input.NONE, false, Optional.empty(), Optional.of(client), Optional.empty(), true);
    }

    /** The same, with somebody attached from the beginning. */
    public Keeping withClient(Fd connection) {
        return new Keeping(log, input, terminal, listener, Optional.of(connection), watcher, bound);
    }

    /** The same, with somebody attached from the beginning who is not outlived. */
    public Keeping boundToClient(Fd connection) {
        return new Keeping(log, input, terminal, listener, Optional.of(connection), watcher, true);
    }

    /** The same, with somebody who hears of the end. */
    public Keeping withWatcher(Fd socket) {
        return new Keeping(log, input, terminal, listener, client, Optional.of(socket), bound);
    }

    Keeping completed(boolean hasTerminal, Fd listening) {
        return new Keeping(log, input, hasTerminal, Optional.of(listening), client, watcher, bound);
    }

    /** As {@code SPAWN} has it, in {@code native/carafe.h}. */
    int flags() {
        return KEEPS
                | log.map(Keeping::flags).orElse(0)
                | (listener.isPresent() ? HAS_LISTENER : 0)
                | (client.isPresent() ? HAS_CLIENT : 0)
                | (terminal ? TERMINAL : 0)
                | (input == Input.NONE && !terminal ? 0 : INPUT)
                | (input == Input.ONCE ? INPUT_ONCE : 0)
                | (bound ? BOUND : 0);
    }

    private static int flags(LogSink sink) {
        return HAS_LOG
                | switch (sink) {
                    case LogFiles files -> files.files() << LOG_FILES;
                    case LogJournal ignored -> JOURNAL;
                };
    }

    /** Of one file of the log; 0 for any number. */
    int mostKibibytes() {
        long most = log.isPresent() && log.get() instanceof LogFiles files ? files.most() : 0;
        return (int) Math.min((most + KIBIBYTE - 1) / KIBIBYTE, Integer.MAX_VALUE);
    }

    /** Those that go along, in the order of {@code SPAWN}. */
    List<Fd> descriptors() {
        List<Fd> descriptors = new ArrayList<>();
        log.ifPresent(sink -> descriptors.add(
                switch (sink) {
                    case LogFiles files -> files.folder();
                    case LogJournal journal -> journal.fields();
                }));
        listener.ifPresent(descriptors::add);
        client.ifPresent(descriptors::add);
        return descriptors;
    }
}
