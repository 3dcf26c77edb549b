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

    private static Ending help(Invocation invocation) {
        invocation.output().print(TopCommand.usage());
        return Ending.SUCCESS;
    }

    private static Ending command(Invocation invocation, List<String> words) {
        List<String> arguments = words.subList(1, words.size());
        return switch (words.getFirst()) {
            case "-h", "--help", "help" -> help(invocation);
            case "--version", "version" -> {
                invocation.output().println("carafe version " + Version.current());
                yield Ending.SUCCESS;
            }
            case "run" -> guarded(invocation, new RunCommand(invocation, arguments), ENGINE_STATUS);
            case "create" -> guarded(invocation, new CreateCommand(invocation, arguments), 1);
            case "rm" -> parsed(invocation, new RemoveCommand(invocation), arguments, 1);
            case "exec" -> parsed(invocation, new ExecCommand(invocation), arguments, ENGINE_STATUS);
            case "cp" -> parsed(invocation, new CopyCommand(invocation), arguments, 1);
            case "ps" -> parsed(invocation, new PsCommand(invocation), arguments, 1);
            case "start" -> parsed(invocation, new StartCommand(invocation), arguments, 1);
            case "attach" -> parsed(invocation, new AttachCommand(invocation), arguments, 1);
            case "logs" -> parsed(invocation, new LogsCommand(invocation), arguments, 1);
            case "inspect" -> parsed(invocation, new InspectCommand(invocation), arguments, 1);
            case "port" -> parsed(invocation, new PortCommand(invocation), arguments, 1);
            case "stats" -> parsed(invocation, new StatsCommand(invocation), arguments, 1);
            case "top" -> parsed(invocation, new ProcessesCommand(invocation), arguments, 1);
            case "stop" -> parsed(invocation, new StopCommand(invocation), arguments, 1);
            case "restart" -> parsed(invocation, new RestartCommand(invocation), arguments, 1);
            case "kill" -> parsed(invocation, new KillCommand(invocation), arguments, 1);
            case "pause" -> parsed(invocation, new PauseCommand(invocation), arguments, 1);
            case "unpause" -> parsed(invocation, new UnpauseCommand(invocation), arguments, 1);
            case "wait" -> parsed(invocation, new WaitCommand(invocation), arguments, 1);
            case "rename" -> parsed(invocation, new RenameCommand(invocation), arguments, 1);
            case "diff" -> parsed(invocation, new DiffCommand(invocation), arguments, 1);
            case "export" -> parsed(invocation, new ExportCommand(invocation), arguments, 1);
            case "commit" -> parsed(invocation, new CommitCommand(invocation), arguments, 1);
            case "update" -> guarded(invocation, new UpdateCommand(invocation, arguments), 1);
            case "events" -> parsed(invocation, new EventsCommand(invocation), arguments, 1);
            case "prune" -> parsed(invocation, new PruneCommand(invocation), arguments, 1);
            case "info" -> parsed(invocation, new SystemInfoCommand(invocation), arguments, 1);
            case "system" -> guarded(invocation, () -> SystemCommands.execute(invocation, arguments), 1);
            case "image" -> guarded(invocation, () -> ImageCommands.execute(invocation, arguments), 1);
            case "volume" -> guarded(invocation, () -> VolumeCommands.execute(invocation, arguments), 1);
            case "registry" -> guarded(invocation, () -> RegistryCommands.execute(invocation, arguments), 1);
            case "network" -> guarded(invocation, () -> NetworkCommands.execute(invocation, arguments), 1);
            case "pull" -> parsed(invocation, new ImagePullCommand(invocation), arguments, 1);
            case "push" -> parsed(invocation, new ImagePushCommand(invocation), arguments, 1);
            case "login" -> parsed(invocation, new LoginCommand(invocation), arguments, 1);
            case "logout" -> parsed(invocation, new LogoutCommand(invocation), arguments, 1);
            case "explain" -> parsed(invocation, new ExplainCommand(invocation), arguments, 1);
            case "oci" -> OciCommands.execute(invocation, arguments);
            default -> {
                invocation
                        .error()
                        .println(
                                "carafe: there is no command \"" + words.getFirst() + "\"; \"carafe help\" lists them");
                yield new Ending.Status(USAGE_STATUS);
            }
        };
    }

    /** Parses a command's arguments and runs it; {@code failure} is the status of what it cannot do. */
    static Ending parsed(Invocation invocation, Callable<Ending> command, List<String> arguments, int failure) {
        CommandLine line = new CommandLine(command);
        line.setStopAtPositional(command instanceof ExecCommand); // what follows there is another's
        try {
            CommandLine.ParseResult parsed = line.parseArgs(arguments.toArray(String[]::new));
            if (parsed.isUsageHelpRequested()) {
                line.usage(invocation.output(), CommandLine.Help.Ansi.OFF);
                return Ending.SUCCESS;
            }
        } catch (CommandLine.ParameterException exception) {
            complain(invocation, exception.getMessage() + "; \"" + line.getCommandName() + " --help\" says more");
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
