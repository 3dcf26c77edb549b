package dev.carafe.cli;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** The commands of {@code carafe}, by their names. Only the one that is asked for is made: that costs more than it does. */
final class Commands {

    /** The names of all, also of those that are not made here. */
    static final List<String> NAMES = List.of(
            "attach",
            "commit",
            "completion",
            "cp",
            "create",
            "daemon",
            "diff",
            "events",
            "exec",
            "explain",
            "export",
            "help",
            "history",
            "image",
            "images",
            "import",
            "info",
            "inspect",
            "kill",
            "load",
            "login",
            "logout",
            "logs",
            "manual",
            "network",
            "oci",
            "pause",
            "port",
            "prune",
            "ps",
            "pull",
            "push",
            "registry",
            "rename",
            "restart",
            "rm",
            "rmi",
            "run",
            "save",
            "start",
            "stats",
            "stop",
            "system",
            "tag",
            "top",
            "unpause",
            "update",
            "version",
            "volume",
            "wait");

    private Commands() {}

    /** Commands under a noun; empty if the word is none. */
    static Optional<CommandGroup> group(String word) {
        return switch (word) {
            case "image" -> Optional.of(ImageCommands.GROUP);
            case "volume" -> Optional.of(VolumeCommands.GROUP);
            case "registry" -> Optional.of(RegistryCommands.GROUP);
            case "network" -> Optional.of(NetworkCommands.GROUP);
            case "system" -> Optional.of(SystemCommands.GROUP);
            default -> Optional.empty();
        };
    }

    /** The command that a word names, whose options picocli reads; empty if it names none. */
    static Optional<Callable<Ending>> find(Invocation invocation, String word) {
        return switch (word) {
            case "rm" -> Optional.of(new RemoveCommand(invocation));
            case "exec" -> Optional.of(new ExecCommand(invocation));
            case "cp" -> Optional.of(new CopyCommand(invocation));
            case "ps" -> Optional.of(new PsCommand(invocation));
            case "start" -> Optional.of(new StartCommand(invocation));
            case "attach" -> Optional.of(new AttachCommand(invocation));
            case "logs" -> Optional.of(new LogsCommand(invocation));
            case "inspect" -> Optional.of(new InspectCommand(invocation));
            case "port" -> Optional.of(new PortCommand(invocation));
            case "stats" -> Optional.of(new StatsCommand(invocation));
            case "top" -> Optional.of(new ProcessesCommand(invocation));
            case "stop" -> Optional.of(new StopCommand(invocation));
            case "restart" -> Optional.of(new RestartCommand(invocation));
            case "kill" -> Optional.of(new KillCommand(invocation));
            case "pause" -> Optional.of(new PauseCommand(invocation));
            case "unpause" -> Optional.of(new UnpauseCommand(invocation));
            case "wait" -> Optional.of(new WaitCommand(invocation));
            case "rename" -> Optional.of(new RenameCommand(invocation));
            case "diff" -> Optional.of(new DiffCommand(invocation));
            case "export" -> Optional.of(new ExportCommand(invocation));
            case "commit" -> Optional.of(new CommitCommand(invocation));
            case "events" -> Optional.of(new EventsCommand(invocation));
            case "prune" -> Optional.of(new PruneCommand(invocation));
            case "info" -> Optional.of(new SystemInfoCommand(invocation));
            case "images" -> Optional.of(new ImageListCommand(invocation));
            case "rmi" -> Optional.of(new ImageRemoveCommand(invocation));
            case "tag" -> Optional.of(new ImageTagCommand(invocation));
            case "history" -> Optional.of(new ImageHistoryCommand(invocation));
            case "save" -> Optional.of(new ImageSaveCommand(invocation));
            case "load" -> Optional.of(new ImageLoadCommand(invocation));
            case "import" -> Optional.of(new ImageImportCommand(invocation));
            case "pull" -> Optional.of(new ImagePullCommand(invocation));
            case "push" -> Optional.of(new ImagePushCommand(invocation));
            case "login" -> Optional.of(new LoginCommand(invocation));
            case "logout" -> Optional.of(new LogoutCommand(invocation));
            case "explain" -> Optional.of(new ExplainCommand(invocation));
            case "manual" -> Optional.of(new ManualCommand(invocation));
            case "completion" -> Optional.of(new CompletionCommand(invocation));
            default -> Optional.empty();
        };
    }
}
