package dev.carafe.cli;

import dev.carafe.oci.GoDuration;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as people write them on a command line. */
final class Quantities {

    private static final BigDecimal NANO = BigDecimal.valueOf(1_000_000_000L);
    private static final long LEAST_NANOS = 10_000_000L;
    private static final int KILO = 1000;
    private static final Pattern BYTES = Pattern.compile("([0-9]{1,20}(?:\\.[0-9]{1,20})?) ?([kKmMgGtTpP])?[iI]?[bB]?");
    private static final String UNITS = "kMGTPE";

    private record Span(String name, long seconds) {}

    private static final Span[] SPANS = {
        new Span("days", 24 * 60 * 60), new Span("hours", 60 * 60), new Span("minutes", 60)
    };

    private Quantities() {}

    /**
     * Bytes: a number, and {@code b}, {@code k}, {@code m}, {@code g}, {@code t} or {@code p}, in powers of 1024, with
     * {@code b} or {@code ib} after that or without.
     */
    static long bytes(String option, String text) {
        Matcher matcher = BYTES.matcher(text);
        if (matcher.matches()) {
            int power = matcher.group(2) == null
                    ? 0
                    : 1 + "kmgtp".indexOf(matcher.group(2).toLowerCase(Locale.ROOT));
            BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(1L << (10 * power)));
            if (bytes.compareTo(BigDecimal.ONE) >= 0 && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
                return bytes.longValue();
            }
        }
        throw new UsageException(option + " " + text + ": a positive number of bytes, such as 64m or 1073741824");
    }

    /** A time as Go writes it: {@code 1m30s}, {@code 1.5h}, {@code 300ms}, {@code 0}. */
    static Duration time(String option, String text) {
        return GoDuration.parse(text)
                .orElseThrow(() -> new UsageException(option + " " + text + ": a time, such as 30s, 1m30s or 500ms"));
    }

    /** Billionths of a decimal number, and no fewer than the kernel can tell from none: a hundredth of a processor. */
    static long nanos(String option, String text) {
        try {
            long nanos = new BigDecimal(text).multiply(NANO).longValueExact();
            if (nanos >= LEAST_NANOS) {
                return nanos;
            }
        } catch (NumberFormatException | ArithmeticException exception) {
            // Said below.
        }
        throw new UsageException(option + " " + text + ": a number of processors of at least 0.01, such as 0.5 or 2");
    }

    /** A time for people: whole seconds, minutes, hours or days, the largest of which there are two. */
    static String readable(Duration time) {
        long seconds = Math.max(0, time.toSeconds());
        for (Span span : SPANS) {
            if (seconds >= 2 * span.seconds()) {
                return seconds / span.seconds() + " " + span.name();
            }
        }
        return seconds == 1 ? "1 second" : seconds + " seconds";
    }

    /** Bytes for people: three digits and a unit, in powers of 1000 as disks have it. */
    static String readable(long bytes) {
        if (bytes < KILO) {
            return bytes + " B";
        }
        double number = bytes;
        int unit = -1;
        while (number >= KILO - 0.5 && unit < UNITS.length() - 1) {
            number /= KILO;
            unit++;
        }
        String digits = number >= 99.5 ? "%.0f" : number >= 9.95 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, digits, number) + " " + UNITS.charAt(unit) + "B";
    }
}
