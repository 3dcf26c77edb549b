package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;
import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.image.ImageConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How it is found out whether an instance works. What is not given is the image's choice, then the usual one.
 *
 * @param test {@code CMD} and arguments, {@code CMD-SHELL} and a line for {@code /bin/sh}, or {@code NONE} for no check
 * @param interval between checks, 30 s if nobody chooses
 * @param timeout of a check, 30 s
 * @param startPeriod during which failures do not count, none
 * @param startInterval between checks during that, 5 s
 * @param retries failures in a row that make an instance unhealthy, 3
 */
public record HealthCheck(
        List<String> test,
        Optional<Duration> interval,
        Optional<Duration> timeout,
        Optional<Duration> startPeriod,
        Optional<Duration> startInterval,
        OptionalLong retries) {

    /** No check, whatever the image has. */
    public static final HealthCheck NONE = of("NONE");

    private static final Duration LEAST = Duration.ofMillis(1);
    private static final Duration USUAL = Duration.ofSeconds(30);
    private static final Duration USUAL_AT_START = Duration.ofSeconds(5);
    private static final long USUAL_RETRIES = 3;

    public HealthCheck {
        test = Rules.texts("test", test);
        if (!test.isEmpty()) {
            boolean good = switch (test.getFirst()) {
                case "NONE" -> test.size() == 1;
                case "CMD" -> test.size() > 1;
                case "CMD-SHELL" -> test.size() == 2;
                default -> false;
            };
            if (!good) {
                throw Rules.broken(
                        "test",
                        "expected CMD and arguments, CMD-SHELL and a line, or NONE, found "
                                + JsonPath.quoted(String.join(" ", test)));
            }
        }
        Rules.time("interval", interval, LEAST);
        Rules.time("timeout", timeout, LEAST);
        Rules.time("startPeriod", startPeriod, Duration.ZERO);
        Rules.time("startInterval", startInterval, LEAST);
        Rules.range("retries", retries, 1, Integer.MAX_VALUE);
    }

    /** A test at the usual times. */
    public static HealthCheck of(String... test) {
        return new HealthCheck(
                List.of(test),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty());
    }

    /** What an image asks for. What cannot be in it is left away: an image is somebody else's. */
    public static Optional<HealthCheck> of(ImageConfig.HealthCheck image) {
        try {
            return Optional.of(new HealthCheck(
                    image.test(),
                    time(image.interval()),
                    time(image.timeout()),
                    time(image.startPeriod()),
                    time(image.startInterval()),
                    image.retries() > 0 ? OptionalLong.of(image.retries()) : OptionalLong.empty()));
        } catch (dev.carafe.oci.InvalidDocumentException nonsense) {
            return Optional.empty();
        }
    }

    /** For an image that is to ask for this. */
    public ImageConfig.HealthCheck toImage() {
        return new ImageConfig.HealthCheck(
                test, nanos(interval), nanos(timeout), nanos(startPeriod), nanos(startInterval), (int)
                        retries.orElse(0));
    }

    private static long nanos(Optional<Duration> time) {
        return time.map(Duration::toNanos).orElse(0L);
    }

    private static Optional<Duration> time(long nanos) {
        return nanos >= LEAST.toNanos() ? Optional.of(Duration.ofNanos(nanos)) : Optional.empty();
    }

    /** The whole of it: this, then what the image says, then what is usual. Its test is empty or NONE for no check. */
    public HealthCheck over(Optional<HealthCheck> image) {
        HealthCheck below = image.orElse(of());
        return new HealthCheck(
                test.isEmpty() ? below.test : test,
                Optional.of(interval.or(below::interval).orElse(USUAL)),
                Optional.of(timeout.or(below::timeout).orElse(USUAL)),
                Optional.of(startPeriod.or(below::startPeriod).orElse(Duration.ZERO)),
                Optional.of(startInterval.or(below::startInterval).orElse(USUAL_AT_START)),
                OptionalLong.of(retries.orElse(below.retries.orElse(USUAL_RETRIES))));
    }

    /** Whether there is something to do. */
    public boolean checks() {
        return !test.isEmpty() && !test.getFirst().equals("NONE");
    }

    void write(JsonWriter out) {
        out.put("test", test)
                .put("intervalNanos", Rules.nanos(interval))
                .put("timeoutNanos", Rules.nanos(timeout))
                .put("startPeriodNanos", Rules.nanos(startPeriod))
                .put("startIntervalNanos", Rules.nanos(startInterval))
                .put("retries", retries);
    }

    static HealthCheck read(JsonCursor in) {
        return new HealthCheck(
                in.texts("test"),
                Rules.ofNanos(in.optionalInteger("intervalNanos", INT64)),
                Rules.ofNanos(in.optionalInteger("timeoutNanos", INT64)),
                Rules.ofNanos(in.optionalInteger("startPeriodNanos", INT64)),
                Rules.ofNanos(in.optionalInteger("startIntervalNanos", INT64)),
                in.optionalInteger("retries", INT32));
    }
}
