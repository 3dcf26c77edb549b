package dev.carafe.oci;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as Go writes them, and with it Docker and all around it: {@code 1m30s}, {@code 1.5h}, {@code 300ms}. */
public final class GoDuration {

    private static final Pattern PART = Pattern.compile("([0-9]{1,20}(?:\\.[0-9]{0,20})?)(h|ms|m|s|us|µs|μs|ns)");

    private GoDuration() {}

    /** The time, of whole nanoseconds and no more than {@link Long#MAX_VALUE} of them; nothing if the text is none. */
    public static Optional<Duration> parse(String text) {
        if (text.equals("0")) {
            return Optional.of(Duration.ZERO);
        }
        Matcher part = PART.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int at = 0;
        while (at < text.length() && part.find(at) && part.start() == at) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(nanosOf(part.group(2)))));
            at = part.end();
        }
        if (at == 0 || at < text.length() || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos(nanos.longValue()));
    }

    private static long nanosOf(String unit) {
        return switch (unit) {
            case "h" -> 3_600_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "s" -> 1_000_000_000L;
            case "ms" -> 1_000_000L;
            case "us", "µs", "μs" -> 1000;
            default -> 1;
        };
    }
}
