package dev.carafe.cli;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * What reads a command's arguments. It is kept for the next call of the same command, of which there are many in a daemon:
 * to make one takes longer than to read arguments with it.
 */
final class ArgumentParser implements AutoCloseable, Supplier<Object> {

    private static final Map<Class<?>, ArgumentParser> IDLE = new ConcurrentHashMap<>();

    private final CommandLine line;
    private @Nullable Object command;

    private ArgumentParser(Object command) {
        this.command = command;
        this.line = new CommandLine(CommandSpecs.of(this));
    }

    /** One that sets a command's fields, for the caller alone until it is closed. */
    static ArgumentParser of(Object command) {
        ArgumentParser idle = IDLE.remove(command.getClass());
        if (idle == null) {
            return new ArgumentParser(command);
        }
        idle.command = command;
        return idle;
    }

    CommandLine line() {
        return line;
    }

    /** The command whose fields are set. */
    @Override
    public Object get() {
        if (command == null) {
            throw new IllegalStateException("closed");
        }
        return command;
    }

    @Override
    public void close() {
        Object last = get();
        command = null;
        IDLE.put(last.getClass(), this);
    }
}
