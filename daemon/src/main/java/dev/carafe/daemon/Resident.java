package dev.carafe.daemon;

import dev.carafe.cli.CommandLineDoor;
import dev.carafe.cli.Ending;
import dev.carafe.cli.Invocation;
import dev.carafe.cli.Standing;
import dev.carafe.engine.Supervisor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Signal;
import dev.carafe.runtime.Client;
import dev.carafe.runtime.MonitorStarter;
import dev.carafe.runtime.RuntimeFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/** This JVM as the daemon: {@code carafe daemon run}, with a client that waits for it, and {@code start}, without. */
final class Resident {

    private static final int PRIVATE = 0077;
    /** From the installation's folder, which is this JVM's own. */
    static final Path PROGRAM = Path.of("bin/carafe");

    private final Kernel kernel;
    private final Client client;
    private final boolean background;

    private Resident(Kernel kernel, Client client, boolean background) {
        this.kernel = kernel;
        this.client = client;
        this.background = background;
    }

    /** Serves until it is told to end; returns earlier, with that said to the client, if it cannot. */
    static void become(Kernel kernel, Client client) {
        Invocation invocation = new Invocation(kernel, Standing.ofOneCall(kernel), client);
        Thread.ofPlatform().daemon().name("prepare").start(() -> CommandLineDoor.prepare(invocation));
        boolean background = client.request().arguments().get(2).equals("start");
        Ending ending = CommandLineDoor.guarded(
                invocation, () -> new Resident(kernel, client, background).serve(invocation), 1);
        invocation.error().flush();
        if (ending instanceof Ending.Status(int status) && status != 0) {
            client.exit(status);
        }
    }

    private Ending serve(Invocation invocation) {
        String self = kernel.files().readLink(Fd.CWD, "/proc/self");
        if (!self.equals(Integer.toString(kernel.processes().current()))) {
            throw new RuntimeFailure("/proc shows another process namespace than this process is in: mount it anew");
        }
        // What it makes of its own accord is for nobody else. A call has its caller's mask.
        kernel.files().setMask(PRIVATE);
        DaemonFolder folder =
                DaemonFolder.make(kernel, invocation.state(), client.caller().uid());
        folder.lock();
        if (background) {
            try (Fd log = folder.log()) {
                kernel.files().duplicate(log, 1);
                kernel.files().duplicate(log, 2);
            }
        }
        Log log = new Log(System.err);
        Supervisor supervisor = invocation.supervisor(
                new MonitorStarter(kernel, PROGRAM.toAbsolutePath().toString(), List.of(), log::line), log::line);
        Daemon daemon = new Daemon(kernel, folder, client.request().build(), supervisor, log);
        log.line("listens in " + folder);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            daemon.end();
            log.line("ends");
            if (!background) {
                client.exit(0);
            }
        }));
        if (background) {
            client.exit(0);
            client.close();
        } else {
            Thread.ofPlatform().daemon().start(this::attend);
        }
        Thread.ofPlatform().daemon().start(supervisor::start);
        DaemonCommands.idle(client.request())
                .ifPresent(patience -> Thread.ofPlatform()
                        .daemon()
                        .name("idle")
                        .start(() -> endWhenIdle(daemon, supervisor, patience)));
        daemon.serve();
        return Ending.SUCCESS;
    }

    /** Until nobody has called and nothing has run for a while. */
    private static void endWhenIdle(Daemon daemon, Supervisor supervisor, Duration patience) {
        Duration idle = Duration.ZERO;
        try {
            while (idle.compareTo(patience) < 0) {
                Thread.sleep(patience.minus(idle));
                idle = supervisor.isIdle() ? daemon.idle() : Duration.ZERO;
            }
            System.exit(0);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until the client is told to end, or does so. */
    private void attend() {
        while (true) {
            OptionalInt signal = client.hear();
            if (signal.isEmpty() || ends(Signal.of(signal.getAsInt()))) {
                System.exit(0);
            }
        }
    }

    private static boolean ends(Signal signal) {
        return switch (signal) {
            case SIGHUP, SIGINT, SIGQUIT, SIGTERM -> true;
            default -> false;
        };
    }
}
