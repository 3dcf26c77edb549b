package dev.carafe.cli;

import dev.carafe.engine.options.CpuLimits;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.Limits;
import dev.carafe.engine.options.MemoryLimits;
import dev.carafe.engine.options.Policies;
import dev.carafe.engine.options.Program;
import dev.carafe.image.ImageReference;
import dev.carafe.runtime.AttachOptions;
import dev.carafe.runtime.DetachKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe run}. */
@Command(
        name = "carafe run",
        description = "Makes an instance from an image and runs it.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        optionListHeading = "%nOptions:%n")
final class RunCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--rm", description = "Leave nothing of the instance when it ends.")
    private boolean remove;

    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on.")
    private boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description = "Give the instance a terminal.")
    private boolean tty;

    @Option(names = "--name", paramLabel = "NAME", description = "Its name, unique among the instances.")
    private @Nullable String name;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description = "Set a variable; without a value, to the caller's.")
    private List<String> environment = new ArrayList<>();

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "FOLDER",
            description = "Where the program starts.")
    private @Nullable String directory;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description = "Who it runs as: names or numbers.")
    private @Nullable String user;

    @Option(
            names = {"-m", "--memory"},
            paramLabel = "BYTES",
            description = "Most memory; b, k, m and g may follow the number.")
    private @Nullable String memory;

    @Option(names = "--cpus", paramLabel = "NUMBER", description = "Most processors, such as 1.5.")
    private @Nullable String cpus;

    @Parameters(
            paramLabel = "IMAGE",
            index = "0",
            description =
                    "bootstrap:debian/SUITE, built from Debian's packages, or host:, a copy-on-write view of this machine.")
    private String image = "";

    @Parameters(paramLabel = "COMMAND", index = "1..*", description = "Instead of the image's own.")
    private List<String> command = new ArrayList<>();

    RunCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        if (tty && interactive) {
            invocation.requireTerminal();
        }
        InstanceOptions options = InstanceOptions.DEFAULT
                .withProgram(new Program(
                        Optional.empty(),
                        command,
                        invocation.variables(environment),
                        Optional.ofNullable(directory).map(RunCommand::absolute),
                        Optional.ofNullable(user),
                        List.of(),
                        tty,
                        interactive,
                        false))
                .withLimits(limits())
                .withPolicies(Policies.DEFAULT.withAutoRemove(remove));
        return invocation.attached(
                new AttachOptions(interactive, true, true, true, DetachKeys.USUAL),
                client -> invocation
                        .engine()
                        .instances()
                        .run(
                                Optional.ofNullable(name),
                                ImageReference.parse(image)
                                        .absolute(path ->
                                                invocation.absolute(path).toString())
                                        .toString(),
                                options,
                                line -> {
                                    invocation.error().println(line);
                                    invocation.error().flush();
                                },
                                invocation.starter(),
                                client));
    }

    private Limits limits() {
        Limits limits = Limits.NONE;
        if (memory != null) {
            limits = limits.withMemory(MemoryLimits.of(Quantities.bytes("--memory", memory)));
        }
        return cpus == null ? limits : limits.withCpu(CpuLimits.of(Quantities.nanos("--cpus", cpus)));
    }

    private static String absolute(String path) {
        if (!path.startsWith("/")) {
            throw new UsageException("--workdir " + path + ": must be absolute, as it is a folder of the instance");
        }
        return path;
    }
}
