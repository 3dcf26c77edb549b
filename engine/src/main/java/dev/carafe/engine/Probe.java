package dev.carafe.engine;

import dev.carafe.engine.options.HealthCheck;
import dev.carafe.runtime.RuntimeFailure;
import dev.carafe.runtime.Starter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * One check of an instance's health: a program that runs in it, whose status says how it is.
 *
 * <p>Its monitor kills it and what it has started as soon as the connection to this is gone: when it takes too long, and
 * when the daemon is killed.
 */
final class Probe {

    /** As Docker's. */
    private static final int MOST_OUTPUT = 4096;
    /** Of a check that could not be made, or not in time. */
    private static final int NO_STATUS = -1;

    private final Execs execs;
    private final Starter starter;

    Probe(Execs execs, Starter starter) {
        this.execs = execs;
        this.starter = starter;
    }

    /** Makes one, and waits for what comes of it. */
    Health.Result make(InstanceRecord instance, HealthCheck check) {
        Instant start = Instant.now();
        Duration timeout = check.timeout().orElseThrow();
        Output output = new Output();
        try {
            ExecOptions options = ExecOptions.of(command(check.test()).toArray(String[]::new));
            OptionalInt status = execs.run(instance, options, starter, timeout, output);
            if (status.isPresent()) {
                return new Health.Result(start, Instant.now(), status.getAsInt(), output.text());
            }
            String said = output.text();
            return new Health.Result(
                    start,
                    Instant.now(),
                    NO_STATUS,
                    "Health check exceeded timeout (" + text(timeout) + ")" + (said.isEmpty() ? "" : ": " + said));
        } catch (RuntimeFailure failure) {
            return new Health.Result(start, Instant.now(), NO_STATUS, String.valueOf(failure.getMessage()));
        }
    }

    private static List<String> command(List<String> test) {
        return test.getFirst().equals("CMD-SHELL")
                ? List.of("/bin/sh", "-c", test.get(1))
                : test.subList(1, test.size());
    }

    /** Such as 30s or 1m30s. */
    private static String text(Duration time) {
        return time.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
    }

    /** The beginning of what it writes. */
    private static final class Output implements Execs.Sink {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean more;

        @Override
        public void output(byte[] written) {
            int room = MOST_OUTPUT - bytes.size();
            bytes.write(written, 0, Math.min(room, written.length));
            more |= written.length > room;
        }

        @Override
        public void error(byte[] written) {
            output(written);
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8) + (more ? "..." : "");
        }
    }
}
