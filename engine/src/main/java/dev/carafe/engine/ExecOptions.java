package dev.carafe.engine;

import java.util.List;
import java.util.Optional;

/**
 * Another program to run in an instance.
 *
 * @param command the program first
 * @param environment {@code NAME=VALUE}; over the instance's own
 * @param directory absolute; instead of the instance's own
 * @param user {@code USER[:GROUP]}, names or ids; instead of the instance's own
 * @param terminal whether it gets a terminal of its own
 * @param input whether it gets the caller's standard input
 * @param privileged whether it has all rights that there are to give
 * @param detached whether nobody waits for it, and nobody has its streams
 */
public record ExecOptions(
        List<String> command,
        List<String> environment,
        Optional<String> directory,
        Optional<String> user,
        boolean terminal,
        boolean input,
        boolean privileged,
        boolean detached) {

    public ExecOptions {
        command = List.copyOf(command);
        environment = List.copyOf(environment);
        if (command.isEmpty()) {
            throw new EngineException(EngineException.Kind.INVALID, "exec: there is no program to run");
        }
        if (detached && input) {
            throw new EngineException(
                    EngineException.Kind.INVALID, "exec: what runs detached has no standard input: leave one away");
        }
    }

    /** A program as the instance's own user. */
    public static ExecOptions of(String... command) {
        return new ExecOptions(
                List.of(command), List.of(), Optional.empty(), Optional.empty(), false, false, false, false);
    }
}
