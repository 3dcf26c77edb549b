package dev.carafe.cli;

import dev.carafe.linux.Signal;
import dev.carafe.runtime.ConsoleSocket;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.ProcessNotice;
import dev.carafe.runtime.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;

/** From {@code create} to {@code delete}. */
final class OciLifeCycle {

    /** {@code no-pivot}, {@code no-new-keyring} and {@code no-subreaper} are other runtimes' and mean nothing here. */
    static final String[] CREATING = {
        "bundle,b=",
        "console-socket=",
        "pidfd-socket=",
        "pid-file=",
        "preserve-fds=",
        "no-pivot",
        "no-new-keyring",
        "no-subreaper"
    };

    static final String[] RUNNING = {
        "bundle,b=",
        "console-socket=",
        "pidfd-socket=",
        "pid-file=",
        "preserve-fds=",
        "no-pivot",
        "no-new-keyring",
        "no-subreaper",
        "detach,d",
        "keep"
    };

    static final String[] KILLING = {"all,a"};
    static final String[] DELETING = {"force,f"};

    private OciLifeCycle() {}

    static void create(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, CREATING);
        Containers.Creation creation = creation(context, arguments);
        checkTerminal(creation, arguments, false);
        context.containers().create(creation, context.starter(), terminalOwner(context, arguments));
    }

    static Ending run(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, RUNNING);
        Containers.Creation creation = creation(context, arguments);
        boolean detach = arguments.has("detach");
        checkTerminal(creation, arguments, !detach);
        Containers containers = context.containers();
        containers.run(
                creation,
                context.starter(),
                !detach,
                terminalOwner(context, arguments),
                arguments.has("keep") || detach ? containers.record(creation.id()) : containers.removal(creation.id()));
        return detach ? Ending.SUCCESS : new Ending.InstanceStatus();
    }

    static void start(OciContext context, List<String> rest) {
        context.containers().start(Arguments.read(rest).exactly("ID").getFirst(), context.starter());
    }

    static void kill(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, KILLING);
        boolean signalled = arguments.words().size() > 1;
        List<String> words = signalled ? arguments.exactly("ID", "SIGNAL") : arguments.exactly("ID");
        if (signalled && words.get(1).equals("0")) {
            check(context.containers(), words.getFirst(), arguments.has("all"));
            return;
        }
        Signal signal;
        try {
            signal = signalled ? Signal.parse(words.get(1)) : Signal.SIGTERM;
        } catch (IllegalArgumentException exception) {
            throw new UsageException(String.valueOf(exception.getMessage()));
        }
        context.containers().kill(words.getFirst(), signal, arguments.has("all"));
    }

    /** Signal 0 asks whether there is somebody to signal; all that is there may be nobody. */
    private static void check(Containers containers, String id, boolean all) {
        if (all) {
            containers.state(id);
        } else {
            containers.requireRunning(id);
        }
    }

    static void delete(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, DELETING);
        context.containers().delete(arguments.exactly("ID").getFirst(), arguments.has("force"), context.starter());
    }

    static void pause(OciContext context, List<String> rest) {
        context.containers().pause(Arguments.read(rest).exactly("ID").getFirst());
    }

    static void resume(OciContext context, List<String> rest) {
        context.containers().resume(Arguments.read(rest).exactly("ID").getFirst());
    }

    static Containers.Creation creation(OciContext context, Arguments arguments) {
        Invocation invocation = context.invocation();
        String id = arguments.exactly("ID").getFirst();
        Path bundle = invocation.absolute(arguments.value("bundle").orElse("."));
        return new BundleFolder(invocation.kernel(), bundle)
                .creation(id, preserved(context, arguments), notice(context, arguments));
    }

    /** Where the caller of {@code create}, {@code run} or {@code exec} wants to hear of the new process. */
    static ProcessNotice notice(OciContext context, Arguments arguments) {
        return new ProcessNotice(
                arguments.value("pid-file").map(path -> absolute(context, path)),
                arguments.value("pidfd-socket").map(path -> absolute(context, path)));
    }

    /** How many descriptors from 3 on the new process keeps. All of them have to be there. */
    static int preserved(OciContext context, Arguments arguments) {
        long count = arguments.number("preserve-fds").orElse(0);
        if (count < 0 || count > Short.MAX_VALUE) {
            throw new UsageException("--preserve-fds " + count + ": a number from 0 to " + Short.MAX_VALUE);
        }
        return (int) count;
    }

    /** Where the terminal's master goes: to whoever listens on the console socket. */
    static Containers.TerminalOwner terminalOwner(OciContext context, Arguments arguments) {
        return master -> new ConsoleSocket(
                        context.invocation().kernel(),
                        arguments
                                .value("console-socket")
                                .map(path -> absolute(context, path))
                                .orElseThrow(() -> new RuntimeFailure("process.terminal: needs --console-socket")))
                .take(master);
    }

    private static String absolute(OciContext context, String path) {
        return context.invocation().absolute(path).toString();
    }

    static void checkTerminal(Containers.Creation creation, Arguments arguments, boolean relayed) {
        boolean terminal = creation.config().process().isPresent()
                && creation.config().process().get().terminal();
        checkTerminal("config.json: process.terminal", terminal, arguments, relayed);
    }

    /** @param relayed whether the client stays and passes on what is typed */
    static void checkTerminal(String key, boolean terminal, Arguments arguments, boolean relayed) {
        boolean socket = arguments.value("console-socket").isPresent();
        if (terminal && !relayed && !socket) {
            throw new RuntimeFailure(key + ": needs --console-socket, as nobody stays to " + "pass on what is typed");
        }
        if (socket && !terminal) {
            throw new RuntimeFailure("--console-socket: there is no " + key);
        }
        if (socket && relayed) {
            throw new RuntimeFailure("--console-socket: only together with --detach, as the terminal is the caller's");
        }
    }
}
