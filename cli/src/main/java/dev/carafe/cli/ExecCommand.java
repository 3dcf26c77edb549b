package dev.carafe.cli;

import dev.carafe.engine.ExecOptions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe exec}. */
@Command(
        name = "carafe exec",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs another program in an instance.")
final class ExecCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on.")
    boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description = "Give it a terminal.")
    boolean tty;

    @Option(
            names = {"-d", "--detach"},
            description = "Do not wait for it; nobody sees what it writes.")
    boolean detach;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description = "Set a variable; without a value, to the caller's.")
    List<String> environment = List.of();

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "FOLDER",
            description = "Where it starts.")
    @Nullable
    String directory;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description = "Who it runs as: names or numbers.")
    @Nullable
    String user;

    @Option(names = "--privileged", description = "With all rights that there are to give.")
    boolean privileged;

    @Parameters(paramLabel = "NAME", index = "0", description = "The instance.")
    String name = "";

    @Parameters(paramLabel = "COMMAND", index = "1..*", arity = "1..*", description = "The program and its arguments.")
    List<String> command = List.of();

    ExecCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        if (tty && interactive && !detach) {
            invocation.requireTerminal();
        }
        if (directory != null && !directory.startsWith("/")) {
            throw new UsageException(
                    "--workdir " + directory + ": must be absolute, as it is a folder of the instance");
        }
        invocation
                .engine()
                .instances()
                .find(name)
                .exec(
                        new ExecOptions(
                                command,
                                invocation.variables(environment),
                                Optional.ofNullable(directory),
                                Optional.ofNullable(user),
                                tty,
                                interactive && !detach,
                                privileged,
                                detach),
                        invocation.starter());
        return detach ? Ending.SUCCESS : new Ending.InstanceStatus();
    }
}
