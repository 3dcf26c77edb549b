package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.image.error.ImageException;
import dev.carafe.linux.SystemCallException;
import dev.carafe.network.NetworkException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.runtime.RuntimeFailure;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;

/**
 * The door that people use: finds the command that the arguments name, runs it, and turns what went wrong into one line
 * and a status.
 *
 * <p>Only the command that was asked for is built, as building all of them costs more than most of them do.
 */
public final class CommandLineDoor {

    private static final int USAGE_STATUS = 2;
    private static final int PROGRAM_REFUSED_STATUS = 126;
    private static final int PROGRAM_MISSING_STATUS = 127;
    private static final int ENGINE_STATUS = 125;

    private CommandLineDoor() {}

    /** Does what a caller asks for. What it writes is written when this returns. */
    public static Ending execute(Invocation invocation) {
        try {
            List<String> arguments = invocation.request().arguments();
            List<String> rest = arguments.subList(1, arguments.size());
            return rest.isEmpty() ? help(invocation) : command(invocation, rest);
        } finally {
            invocation.output().flush();
            invocation.error().flush();
        }
    }

    /** Does what the first command would otherwise wait for; a daemon has the time while it begins. */
    public static void prepare(Invocation invocation) {
        try (ArgumentParser parser = ArgumentParser.of(new PsCommand(invocation))) {
            parser.line().parseArgs();
        }
    }

    private static Ending help(Invocation invocation) {
        invocation.output().print(TopCommand.usage());
        return Ending.SUCCESS;
    }

    private static Ending command(Invocation invocation, List<String> words) {
        String word = words.getFirst();
        List<String> arguments = words.subList(1, words.size());
        Optional<CommandGroup> group = Commands.group(word);
        if (group.isPresent()) {
            return guarded(invocation, () -> group.get().execute(invocation, arguments), 1);
        }
        return switch (word) {
            case "-h", "--help", "help" -> help(invocation);
            case "--version", "version" -> {
                invocation.output().println("carafe version " + Version.current());
                yield Ending.SUCCESS;
            }
            case "run" -> guarded(invocation, new RunCommand(invocation, arguments), ENGINE_STATUS);
            case "create" -> guarded(invocation, new CreateCommand(invocation, arguments), 1);
            case "update" -> guarded(invocation, new UpdateCommand(invocation, arguments), 1);
            case "oci" -> OciCommands.execute(invocation, arguments);
            case "complete" -> guarded(invocation, () -> new Completion(invocation).print(arguments), 1);
            default ->
                Commands.find(invocation, word)
                        .map(command -> parsed(invocation, command, arguments, word.equals("exec") ? ENGINE_STATUS : 1))
                        .orElseGet(() -> {
                            invocation
                                    .error()
                                    .println(
                                            "carafe: there is no command \"" + word + "\"; \"carafe help\" lists them");
                            return new Ending.Status(USAGE_STATUS);
                        });
        };
    }

    /** Parses a command's arguments and runs it; {@code failure} is the status of what it cannot do. */
    static Ending parsed(Invocation invocation, Callable<Ending> command, List<String> arguments, int failure) {
        try (ArgumentParser parser = ArgumentParser.of(command)) {
            CommandLine line = parser.line();
            line.setStopAtPositional(command instanceof ExecCommand); // what follows there is another's
            if (line.parseArgs(arguments.toArray(String[]::new)).isUsageHelpRequested()) {
                line.usage(invocation.output(), CommandLine.Help.Ansi.OFF);
                return Ending.SUCCESS;
            }
        } catch (CommandLine.ParameterException exception) {
            String name = exception.getCommandLine().getCommandName();
            complain(invocation, exception.getMessage() + "; \"" + name + " --help\" says more");
            return new Ending.Status(failure);
        }
        return guarded(invocation, command, failure);
    }

    /** Runs a command and says in a line what it cannot do. */
    public static Ending guarded(Invocation invocation, Callable<Ending> command, int failure) {
        return guarded(invocation, command, failure, message -> {});
    }

    /** Likewise, and tells somebody else of it too. */
    static Ending guarded(Invocation invocation, Callable<Ending> command, int failure, Consumer<String> confidant) {
        try {
            return command.call();
        } catch (UsageException
                | RuntimeFailure
                | SystemCallException
                | InvalidDocumentException
                | ImageException
                | NetworkException exception) {
            confidant.accept(String.valueOf(exception.getMessage()));
            complain(invocation, exception.getMessage());
            return new Ending.Status(failure);
        } catch (EngineException exception) {
            complain(invocation, exception.getMessage());
            return new Ending.Status(
                    switch (exception.kind()) {
                        case PROGRAM_MISSING -> PROGRAM_MISSING_STATUS;
                        case PROGRAM_REFUSED -> PROGRAM_REFUSED_STATUS;
                        default -> failure;
                    });
        } catch (IOException exception) {
            complain(invocation, reason(exception));
            return new Ending.Status(failure);
        } catch (InterruptedException given) {
            return new Ending.Status(failure); // its caller has given up, and waits for no word
        } catch (Exception exception) {
            throw new IllegalStateException(exception);
        }
    }

    static String reason(IOException exception) {
        if (exception instanceof NoSuchFileException missing) {
            return missing.getFile() + ": there is no such file or folder";
        }
        if (exception instanceof FileSystemException problem) {
            return problem.getFile() + ": " + (problem.getReason() == null ? problem.toString() : problem.getReason());
        }
        return exception.toString();
    }

    static void complain(Invocation invocation, @org.jspecify.annotations.Nullable String message) {
        String line = message == null ? "failed, and nobody said why" : message;
        invocation.error().println("carafe: " + line.replace('\n', ' '));
    }
}
