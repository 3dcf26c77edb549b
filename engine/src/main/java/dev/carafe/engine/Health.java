package dev.carafe.engine;

import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether an instance works, as far as its health check has found out since it was started. Docker's rules.
 *
 * @param failingStreak how many checks in a row have failed that count
 * @param log the last results, oldest first, and no more than {@value #MOST_RESULTS}
 */
public record Health(Status status, int failingStreak, List<Result> log) {

    static final int MOST_RESULTS = 5;

    /** That of an instance that has just begun. */
    static final Health STARTING = new Health(Status.STARTING, 0, List.of());

    private static final int KILLED = 128 + 9;
    private static final String DOCUMENT = "health";

    /** What is known; {@code toString} is the word. */
    public enum Status {
        /** No check has succeeded, and not enough of them have failed. */
        STARTING,
        /** A check has succeeded, and not enough have failed since. */
        HEALTHY,
        /** Too many checks in a row have failed. */
        UNHEALTHY;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What came of one check.
     *
     * @param exitCode 0 for success; -1 if the check could not be made, or not in time
     * @param output what it has written, or why there is nothing
     */
    public record Result(Instant start, Instant end, int exitCode, String output) {

        boolean isGood() {
            return exitCode == 0;
        }

        /** Whether it may have failed only because the instance was ending. */
        boolean isCutShort() {
            return exitCode < 0 || exitCode == KILLED;
        }
    }

    public Health {
        log = List.copyOf(log);
    }

    /**
     * What one more check makes of it.
     *
     * @param retries how many failures in a row are too many
     * @param early whether it was made in the start period: until a check has succeeded, failures do not count then
     */
    Health after(Result result, long retries, boolean early) {
        List<Result> results = new ArrayList<>(log.subList(Math.max(0, log.size() + 1 - MOST_RESULTS), log.size()));
        results.add(result);
        if (result.isGood()) {
            return new Health(Status.HEALTHY, 0, results);
        }
        if (early && status == Status.STARTING) {
            return new Health(status, failingStreak, results);
        }
        int streak = failingStreak == Integer.MAX_VALUE ? failingStreak : failingStreak + 1;
        return new Health(streak >= retries ? Status.UNHEALTHY : status, streak, results);
    }

    /** Puts it into an object that has been begun. */
    public void write(JsonWriter out) {
        out.put("status", status.toString()).put("failingStreak", failingStreak).array("log");
        for (Result result : log) {
            out.object()
                    .put("start", result.start().toString())
                    .put("end", result.end().toString())
                    .put("exitCode", result.exitCode())
                    .put("output", result.output())
                    .end();
        }
        out.end();
    }

    /** What is kept of it, of a program that was begun then. */
    byte[] toBytes(Instant started) {
        JsonWriter out = new JsonWriter("").object().put("started", started.toString());
        write(out);
        return out.end().text().getBytes(StandardCharsets.UTF_8);
    }

    /** Of which program {@link #toBytes} has kept something. */
    record Kept(Instant started, Health health) {

        /**
         * Reads it.
         *
         * @throws dev.carafe.oci.InvalidDocumentException if it is damaged
         */
        static Kept parse(byte[] bytes) {
            JsonCursor in = new JsonCursor(DOCUMENT, Json.parse(DOCUMENT, bytes));
            Instant started = time(in, "started");
            Status status = in.oneOf("status", "status", Status.values());
            int streak = (int) in.integer("failingStreak", JsonCursor.IntegerType.INT32);
            List<Result> results = new ArrayList<>();
            for (boolean more = in.first("log"); more; more = in.next()) {
                results.add(new Result(
                        time(in, "start"),
                        time(in, "end"),
                        (int) in.integer("exitCode", JsonCursor.IntegerType.INT32),
                        in.optionalText("output").orElse("")));
            }
            return new Kept(started, new Health(status, streak, results));
        }

        private static Instant time(JsonCursor in, String key) {
            String text = in.text(key);
            try {
                return Instant.parse(text);
            } catch (DateTimeException none) {
                throw in.problem(key, "is no time: " + text);
            }
        }
    }
}
