package dev.carafe.cli;

import dev.carafe.linux.Fd;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.CgroupLayout;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigWriter;
import dev.carafe.oci.runtime.DefaultConfig;
import dev.carafe.oci.runtime.State;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.RuntimeFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code carafe oci}: the command line that OCI runtimes share, with runC's options and words. */
final class OciCommands {

    private OciCommands() {}

    static Ending execute(Invocation invocation, List<String> arguments) {
        return CommandLineDoor.guarded(invocation, () -> perform(invocation, arguments), 1);
    }

    private static Ending perform(Invocation invocation, List<String> arguments) {
        Arguments global = Arguments.read(arguments, "root=", "help,h", "version,v");
        if (global.has("version")) {
            invocation.output().println("carafe version " + Version.current());
            invocation.output().println("spec: " + Config.OCI_VERSION);
            return Ending.SUCCESS;
        }
        if (global.has("help") || global.words().isEmpty()) {
            invocation.output().println(USAGE);
            return Ending.SUCCESS;
        }
        Context context = new Context(invocation, global.value("root"));
        String command = global.words().getFirst();
        List<String> rest = global.words().subList(1, global.words().size());
        switch (command) {
            case "create" -> create(context, Arguments.read(rest, CREATING));
            case "run" -> {
                return run(context, Arguments.read(rest, RUNNING));
            }
            case "start" ->
                context.containers().start(Arguments.read(rest).exactly("ID").getFirst());
            case "state" -> {
                String id = Arguments.read(rest).exactly("ID").getFirst();
                invocation.output().println(context.containers().state(id).text());
            }
            case "kill" -> kill(context, Arguments.read(rest, "all,a"));
            case "delete" -> {
                Arguments delete = Arguments.read(rest, "force,f");
                context.containers().delete(delete.exactly("ID").getFirst(), delete.has("force"));
            }
            case "list" -> list(context, Arguments.read(rest, "format,f=", "quiet,q"));
            case "spec" -> spec(context, Arguments.read(rest, "bundle,b=", "rootless"));
            default ->
                throw new UsageException(
                        "there is no command \"oci " + command + "\"; \"carafe oci --help\" lists them");
        }
        return Ending.SUCCESS;
    }

    /** The last three are of other runtimes and mean nothing here. */
    private static final String[] CREATING = {
        "bundle,b=", "console-socket=", "pid-file=", "no-pivot", "no-new-keyring", "no-subreaper"
    };

    private static final String[] RUNNING = {
        "bundle,b=", "console-socket=", "pid-file=", "no-pivot", "no-new-keyring", "no-subreaper", "detach,d", "keep"
    };

    private static final String USAGE = """
            The OCI runtime.

            Usage: carafe oci [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]

              create ID   make a container that waits to be started
              start ID    start it
              run ID      make a container and start it
              state ID    print its state
              kill ID     send a signal to it
              delete ID   remove it
              list        print all containers
              spec        write a config.json to start from

            Global options:
              --root FOLDER   where the state of the containers is kept
            """;

    private record Context(Invocation invocation, Optional<String> root) {
        private Containers containers() {
            Path folder = root.map(invocation::absolute)
                    .orElseGet(() -> invocation.state().resolve("oci"));
            return new Containers(
                    invocation.kernel(),
                    folder.toString(),
                    invocation.data().resolve("cache/seccomp").toString());
        }
    }

    private static void create(Context context, Arguments arguments) {
        Containers.Creation creation = creation(context, arguments);
        checkTerminal(creation, arguments, false);
        context.containers().create(creation, context.invocation.starter(), terminalOwner(context, arguments));
    }

    private static Ending run(Context context, Arguments arguments) {
        Containers.Creation creation = creation(context, arguments);
        boolean detach = arguments.has("detach");
        checkTerminal(creation, arguments, !detach);
        Containers containers = context.containers();
        containers.run(
                creation,
                context.invocation.starter(),
                !detach,
                terminalOwner(context, arguments),
                arguments.has("keep") || detach ? containers.record(creation.id()) : containers.removal(creation.id()));
        return detach ? Ending.SUCCESS : new Ending.InstanceStatus();
    }

    private static Containers.Creation creation(Context context, Arguments arguments) {
        Invocation invocation = context.invocation;
        String id = arguments.exactly("ID").getFirst();
        Path bundle = invocation.absolute(arguments.value("bundle").orElse("."));
        Optional<String> pidFile = arguments
                .value("pid-file")
                .map(path -> invocation.absolute(path).toString());
        return new BundleFolder(invocation.kernel(), bundle).creation(id, pidFile);
    }

    /** Where the terminal's master goes: to whoever listens on the console socket. */
    private static Containers.TerminalOwner terminalOwner(Context context, Arguments arguments) {
        return master -> {
            String path = arguments
                    .value("console-socket")
                    .orElseThrow(() -> new RuntimeFailure("config.json: process.terminal: needs --console-socket"));
            Invocation invocation = context.invocation;
            Path absolute = invocation.absolute(path);
            Sockets sockets = invocation.kernel().sockets();
            try (Fd folder = invocation
                            .kernel()
                            .files()
                            .open(
                                    Fd.CWD,
                                    Optional.ofNullable(absolute.getParent())
                                            .orElse(Path.of("/"))
                                            .toString(),
                                    OpenFlags.PATH | OpenFlags.DIRECTORY);
                    Fd socket = sockets.open(Sockets.Type.STREAM)) {
                sockets.connect(socket, folder, String.valueOf(absolute.getFileName()));
                sockets.sendMessage(socket, "/dev/ptmx".getBytes(StandardCharsets.US_ASCII), List.of(master));
            } catch (SystemCallException exception) {
                throw new RuntimeFailure("--console-socket " + path + ": " + exception.getMessage(), exception);
            }
        };
    }

    private static void checkTerminal(Containers.Creation creation, Arguments arguments, boolean relayed) {
        boolean terminal = creation.config().process().isPresent()
                && creation.config().process().get().terminal();
        if (terminal && !relayed && !arguments.has("console-socket")) {
            throw new RuntimeFailure("config.json: process.terminal: needs --console-socket, as nobody stays to "
                    + "pass on what is typed");
        }
        if (!terminal && arguments.has("console-socket")) {
            throw new RuntimeFailure("--console-socket: config.json has no process.terminal");
        }
    }

    private static void kill(Context context, Arguments arguments) {
        boolean signalled = arguments.words().size() > 1;
        List<String> words = signalled ? arguments.exactly("ID", "SIGNAL") : arguments.exactly("ID");
        Signal signal;
        try {
            signal = signalled ? Signal.parse(words.get(1)) : Signal.SIGTERM;
        } catch (IllegalArgumentException exception) {
            throw new UsageException(String.valueOf(exception.getMessage()));
        }
        context.containers().kill(words.getFirst(), signal, arguments.has("all"));
    }

    private static void list(Context context, Arguments arguments) {
        arguments.exactly();
        Invocation invocation = context.invocation;
        String format = arguments.value("format").orElse("table");
        List<State> states = context.containers().list();
        switch (arguments.has("quiet") ? "quiet" : format) {
            case "quiet" -> states.forEach(state -> invocation.output().println(state.id()));
            case "json" -> {
                JsonWriter json = new JsonWriter("");
                json.array();
                states.forEach(state -> state.write(json));
                invocation.output().println(json.end().text());
            }
            case "table" -> printTable(invocation, states);
            default -> throw new UsageException("--format " + format + ": table or json");
        }
    }

    private static void printTable(Invocation invocation, List<State> states) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"));
        for (State state : states) {
            rows.add(List.of(
                    state.id(),
                    Long.toString(state.pid()),
                    state.status().toString(),
                    state.bundle(),
                    state.created().map(Object::toString).orElse(""),
                    state.owner().orElse("")));
        }
        Table.print(rows, invocation.output());
    }

    private static void spec(Context context, Arguments arguments) {
        arguments.exactly();
        Invocation invocation = context.invocation;
        Path path = invocation.absolute(arguments.value("bundle").orElse(".")).resolve("config.json");
        boolean unified = CgroupLayout.of(invocation.kernel()).mode() == CgroupLayout.Mode.V2;
        Config config =
                arguments.has("rootless") ? DefaultConfig.rootless(0, 0, unified) : DefaultConfig.rootful(unified);
        byte[] text = (ConfigWriter.text(config) + "\n").getBytes(StandardCharsets.UTF_8);
        try (Fd file = invocation
                .kernel()
                .files()
                .open(Fd.CWD, path.toString(), OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL, 0666, 0)) {
            invocation.kernel().files().write(file, text);
        } catch (SystemCallException exception) {
            throw new UsageException(path + ": " + exception.errno().description());
        }
    }
}
