package dev.carafe.cli;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.JsonWriter;
import dev.carafe.runtime.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Where an OCI runtime tells its callers of failures, beside standard error: {@code --log}. containerd's shim shows the
 * last line of level {@code error}, and podman reads the words of it.
 */
final class OciLog {

    private static final int MODE = 0644;

    private final Invocation invocation;
    private final Optional<String> path;
    private final boolean json;
    private final boolean debug;

    private OciLog(Invocation invocation, Optional<String> path, boolean json, boolean debug) {
        this.invocation = invocation;
        this.path = path;
        this.json = json;
        this.debug = debug;
    }

    static OciLog of(Invocation invocation, Arguments global) {
        String format = global.value("log-format").orElse("text");
        if (!format.equals("text") && !format.equals("json")) {
            throw new UsageException("--log-format " + format + ": text or json");
        }
        Optional<String> path = global.value("log")
                .filter(given -> !given.isEmpty())
                .map(given -> invocation.absolute(given).toString());
        return new OciLog(invocation, path, format.equals("json"), global.has("debug"));
    }

    /** Runs a command and tells what it cannot do, here and on standard error. */
    Ending guarded(Callable<Ending> command, int failure) {
        return CommandLineDoor.guarded(invocation, command, failure, this::error);
    }

    /** What is done, for those who asked to be told: {@code --debug}. */
    void debug(String message) {
        if (!debug) {
            return;
        }
        if (path.isPresent()) {
            write("debug", message);
        } else {
            invocation.error().println(line("debug", message));
        }
    }

    /** Every step that is to be made, for whoever has asked to be told. */
    void debug(Plan plan) {
        if (debug) {
            plan.describe().forEach(step -> debug(step.strip()));
        }
    }

    /** Something went wrong that does not keep the command from going on. */
    void warning(String message) {
        write("warning", message);
        if (path.isEmpty()) {
            invocation.error().println("carafe: " + message.replace('\n', ' '));
        }
    }

    private void error(String message) {
        write("error", message);
    }

    private void write(String level, String message) {
        if (path.isEmpty()) {
            return;
        }
        Files files = invocation.kernel().files();
        try (Fd file = files.open(
                Fd.CWD,
                path.get(),
                OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.APPEND | OpenFlags.NOCTTY,
                MODE,
                0)) {
            files.write(file, (line(level, message) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (SystemCallException exception) {
            invocation.error().println("carafe: --log " + path.get() + ": " + exception.getMessage());
        }
    }

    private String line(String level, String message) {
        String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        JsonWriter line = new JsonWriter("").object();
        if (json) {
            return line.put("level", level)
                    .put("msg", message)
                    .put("time", time)
                    .end()
                    .text();
        }
        String quoted = new JsonWriter("").object().put("m", message).end().text();
        return "time=\"" + time + "\" level=" + level + " msg="
                + quoted.substring(quoted.indexOf(':') + 1, quoted.length() - 1).strip();
    }
}
