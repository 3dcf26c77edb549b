package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A {@code systemd-journald} of our own, in a mount namespace of its own, with nothing but memory behind it. What runs
 * {@linkplain #through by way of} it has that for the machine's.
 */
final class Journald implements AutoCloseable {

    private static final String PROGRAM = "/usr/lib/systemd/systemd-journald";

    private static final String MOUNT = """
            mount -t tmpfs tmpfs /run/systemd && mount -t tmpfs tmpfs /run/log &&
            mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log/journal &&
            printf '%s\\n' '[Journal]' Storage=volatile RateLimitIntervalSec=0 ReadKMsg=no Audit=no \\
              ForwardToSyslog=no ForwardToWall=no > /run/systemd/journald.conf.d/test.conf &&
            touch "$0" && exec sleep 600
            """;

    private final Path log;
    private final Process holder;
    private Optional<Process> running = Optional.empty();

    Journald(Installation carafe) {
        assertThat(Path.of(PROGRAM)).as("systemd is installed").isExecutable();
        Path ready = carafe.newPath("ready");
        this.log = carafe.newPath("journald");
        this.holder = start("unshare", "--mount", "/bin/sh", "-c", MOUNT, ready.toString());
        Conditions.await("there is a place for a journal: " + log(), () -> Files.exists(ready));
    }

    private Process start(String... words) {
        try {
            return new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(log.toFile()))
                    .redirectInput(Redirect.from(new java.io.File("/dev/null")))
                    .start();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private String log() {
        return Installation.read(log);
    }

    /** What goes before a command that is to have this journal. */
    String[] through() {
        return new String[] {"nsenter", "--mount=/proc/" + holder.pid() + "/ns/mnt", "--"};
    }

    /** A shell script that has this journal. */
    Outcome shell(String script, String... arguments) {
        return Commands.run(
                "exec nsenter --mount=/proc/" + holder.pid() + "/ns/mnt -- /bin/sh -c \"$@\"",
                words("sh", script, arguments));
    }

    private static String[] words(String first, String second, String... others) {
        List<String> words = new ArrayList<>(List.of(first, second));
        words.addAll(List.of(others));
        return words.toArray(String[]::new);
    }

    /** Starts it, or starts it again. */
    void start() {
        List<String> words = new ArrayList<>(List.of(through()));
        words.add(PROGRAM);
        running = Optional.of(start(words.toArray(String[]::new)));
        Conditions.await(
                "the journal is there: " + log(),
                () -> shell("journalctl --sync").status() == 0);
    }

    /** Kills it: who has its socket open finds nobody there. */
    void kill() {
        running.ifPresent(process -> end(process.destroyForcibly()));
        running = Optional.empty();
    }

    /** It is there and does nothing, until {@link #goOn}. */
    void hold() {
        signal("STOP");
    }

    void goOn() {
        signal("CONT");
    }

    private void signal(String name) {
        Commands.succeed(
                "kill -$0 $1", name, Long.toString(running.orElseThrow().pid()));
    }

    private static void end(Process process) {
        try {
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(exception);
        }
    }

    /** What {@code journalctl} prints, when all is written that has been sent. */
    String read(String options) {
        return shell("journalctl --sync; journalctl --no-pager --quiet " + options)
                .succeeded();
    }

    @Override
    public void close() {
        kill();
        end(holder.destroyForcibly());
    }
}
