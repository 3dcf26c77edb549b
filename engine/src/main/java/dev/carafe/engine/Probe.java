package dev.carafe.engine;

import dev.carafe.engine.options.HealthCheck;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.runtime.Attachment;
import dev.carafe.runtime.RuntimeFailure;
import dev.carafe.runtime.Starter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

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

    private final Kernel kernel;
    private final Execs execs;
    private final Starter starter;

    Probe(Kernel kernel, Execs execs, Starter starter) {
        this.kernel = kernel;
        this.execs = execs;
        this.starter = starter;
    }

    /** Makes one, and waits for what comes of it. */
    Health.Result make(InstanceRecord instance, HealthCheck check) {
        Instant start = Instant.now();
        try (Sockets.Pair pair = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS);
                Attachment attachment = Attachment.begin(kernel, pair.first(), false, true, true)) {
            try (Fd theirs = pair.second()) {
                execs.startFor(theirs, instance, command(check.test()), starter);
            }
            return hear(attachment, start, check.timeout().orElseThrow());
        } catch (RuntimeFailure failure) {
            return new Health.Result(start, Instant.now(), NO_STATUS, String.valueOf(failure.getMessage()));
        }
    }

    private static List<String> command(List<String> test) {
        return test.getFirst().equals("CMD-SHELL")
                ? List.of("/bin/sh", "-c", test.get(1))
                : test.subList(1, test.size());
    }

    private Health.Result hear(Attachment attachment, Instant start, Duration timeout) {
        Output output = new Output();
        long begun = System.nanoTime();
        while (true) {
            Duration left = timeout.minusNanos(System.nanoTime() - begun);
            if (left.isNegative() || !kernel.polling().awaitReadable(attachment.socket(), left)) {
                String said = output.text();
                return new Health.Result(
                        start,
                        Instant.now(),
                        NO_STATUS,
                        "Health check exceeded timeout (" + text(timeout) + ")" + (said.isEmpty() ? "" : ": " + said));
            }
            switch (attachment.read()) {
                case Attachment.Event.Output(byte[] bytes) -> output.add(bytes);
                case Attachment.Event.ErrorOutput(byte[] bytes) -> output.add(bytes);
                case Attachment.Event.Begun ignored -> {}
                case Attachment.Event.Ended ended -> {
                    Instant end = Instant.now();
                    return new Health.Result(start, end, Exit.status(ended.waitStatus()), output.text());
                }
                case Attachment.Event.Dropped ignored -> {
                    return lost(start);
                }
                case Attachment.Event.Lost ignored -> {
                    return lost(start);
                }
            }
        }
    }

    private static Health.Result lost(Instant start) {
        return new Health.Result(start, Instant.now(), NO_STATUS, "the monitor of the health check was killed");
    }

    /** Such as 30s or 1m30s. */
    private static String text(Duration time) {
        return time.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
    }

    /** The beginning of what it writes. */
    private static final class Output {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean more;

        void add(byte[] written) {
            int room = MOST_OUTPUT - bytes.size();
            bytes.write(written, 0, Math.min(room, written.length));
            more |= written.length > room;
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8) + (more ? "..." : "");
        }
    }
}
