package dev.carafe.daemon;

import dev.carafe.cli.CommandLineDoor;
import dev.carafe.cli.DaemonUsage;
import dev.carafe.cli.Ending;
import dev.carafe.cli.Invocation;
import dev.carafe.cli.UsageException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Signal;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.JsonWriter;
import dev.carafe.runtime.Client;
import dev.carafe.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.StringTokenizer;

/**
 * {@code carafe daemon}: starts, shows and ends the daemon of a state folder.
 *
 * <p>The client never asks a daemon for these, as they are about it. Of a running daemon they need only its process,
 * which the socket tells, so that they work with one of another build too.
 */
final class DaemonCommands {

    private static final Duration ENDING = Duration.ofSeconds(30);
    private static final int TICKS_A_SECOND = 100;
    private static final int TEXT_MOST = 1 << 16;

    private final Kernel kernel;
    private final Invocation invocation;

    private DaemonCommands(Kernel kernel, Invocation invocation) {
        this.kernel = kernel;
        this.invocation = invocation;
    }

    /** Whether a request is for one of these commands. */
    static boolean concern(Client.Request request) {
        return word(request, 1).equals("daemon");
    }

    /** Whether a request is to become the daemon, and not to go on here. */
    static boolean stay(Client.Request request) {
        return concern(request)
                && List.of("run", "start").contains(word(request, 2))
                && (request.arguments().size() == 3 || idle(request).isPresent());
    }

    /** How long it stays with nothing to do; empty for ever. */
    static Optional<Duration> idle(Client.Request request) {
        boolean asked = request.arguments().size() == 5
                && word(request, 2).equals("start")
                && word(request, 3).equals("--idle")
                && word(request, 4).matches("[1-9]\\d{0,8}");
        return asked ? Optional.of(Duration.ofSeconds(Long.parseLong(word(request, 4)))) : Optional.empty();
    }

    private static String word(Client.Request request, int number) {
        return number < request.arguments().size() ? request.arguments().get(number) : "";
    }

    static Ending execute(Kernel kernel, Client client, Invocation invocation) {
        List<String> words = client.request().arguments();
        return CommandLineDoor.guarded(
                invocation, () -> new DaemonCommands(kernel, invocation).execute(words.subList(2, words.size())), 1);
    }

    private Ending execute(List<String> words) {
        String command = String.join(" ", words);
        switch (command) {
            case "", "-h", "--help", "help" -> invocation.output().print(DaemonUsage.TEXT);
            case "status" -> status(false);
            case "status --format json", "status --format=json", "status -f json" -> status(true);
            case "stop" -> stop();
            case "unit" -> unit();
            default ->
                throw new UsageException(
                        "there is no command \"daemon " + command + "\"; \"carafe daemon help\" lists them");
        }
        return Ending.SUCCESS;
    }

    private void status(boolean json) {
        try (Running running = running()) {
            if (json) {
                invocation
                        .output()
                        .println(new JsonWriter("  ")
                                .object()
                                .put("pid", running.pid)
                                .put("uptime", uptime(running).toSeconds())
                                .put("memory", memory(running))
                                .end()
                                .text());
            } else {
                invocation
                        .output()
                        .println("runs as process " + running.pid + " for "
                                + uptime(running).toSeconds() + " s, with " + (memory(running) >> 20)
                                + " MiB of memory");
            }
        }
    }

    /** Instances and their monitors are in the unit's cgroup, and stay when the daemon ends or is started anew. */
    private void unit() {
        invocation.output().print("""
                # carafe daemon unit > /etc/systemd/system/carafe.service; systemctl enable --now carafe
                [Unit]
                Description=Carafe, the daemon
                After=local-fs.target network.target

                [Service]
                ExecStart=%s daemon run
                Environment=CARAFE_DATA=%s CARAFE_STATE=%s
                Restart=always
                RestartSec=1
                KillMode=process
                Delegate=yes
                TasksMax=infinity

                [Install]
                WantedBy=multi-user.target
                """.formatted(
                        Resident.PROGRAM.toAbsolutePath(), invocation.data(), invocation.state()));
    }

    private void stop() {
        try (Running running = running()) {
            running.connection.close(); // or it would be waited for
            kernel.processes().signal(running.process, Signal.SIGTERM);
            if (!kernel.polling().awaitReadable(running.process, ENDING)) {
                throw new RuntimeFailure("the daemon, process " + running.pid + ", does not end within "
                        + ENDING.toSeconds() + " seconds; \"kill -9 " + running.pid + "\" ends it, and harms nothing");
            }
        }
    }

    /** The process that listens. */
    private record Running(int pid, Fd process, Fd connection) implements AutoCloseable {
        @Override
        public void close() {
            process.close();
            connection.close();
        }
    }

    private Running running() {
        Optional<Fd> connection = Optional.empty();
        Optional<DaemonFolder> folder = DaemonFolder.find(kernel, invocation.state());
        if (folder.isPresent()) {
            try (DaemonFolder open = folder.get()) {
                connection = open.connect();
            }
        }
        Optional<Fd> process = connection.flatMap(kernel.sockets()::peerProcess);
        if (connection.isEmpty() || process.isEmpty()) {
            connection.ifPresent(Fd::close);
            throw new RuntimeFailure("no daemon runs for " + invocation.state());
        }
        return new Running(kernel.sockets().peer(connection.get()).pid(), process.get(), connection.get());
    }

    private Duration uptime(Running running) {
        long start = kernel.processes()
                .identify(running.pid)
                .orElseThrow(() -> new RuntimeFailure(ended(running)))
                .startTime();
        double sinceBoot = Double.parseDouble(
                new StringTokenizer(kernel.files().readText(Fd.CWD, "/proc/uptime", TEXT_MOST)).nextToken());
        double started = (double) start / TICKS_A_SECOND;
        return Duration.ofMillis((long) (1000 * (sinceBoot - started)));
    }

    /** Bytes, with its part of what it shares with others. */
    private long memory(Running running) {
        StringTokenizer words = new StringTokenizer(read(running, "smaps_rollup"));
        while (!words.nextToken().equals("Pss:")) {
            // Its value follows.
        }
        return Long.parseLong(words.nextToken()) << 10;
    }

    private String read(Running running, String file) {
        Files files = kernel.files();
        try {
            return files.readText(Fd.CWD, "/proc/" + running.pid + "/" + file, TEXT_MOST);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure(ended(running), exception);
        }
    }

    private static String ended(Running running) {
        return "the daemon, process " + running.pid + ", has just ended";
    }
}
