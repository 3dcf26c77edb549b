package dev.carafe.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;

/** Numbers as people write them on a command line. */
final class Quantities {

    private static final BigDecimal NANO = BigDecimal.valueOf(1_000_000_000L);
    private static final long LEAST_NANOS = 10_000_000L;
    private static final int KILO = 1000;
    private static final String UNITS = "kMGTPE";

    private record Span(String name, long seconds) {}

    private static final Span[] SPANS = {
        new Span("days", 24 * 60 * 60), new Span("hours", 60 * 60), new Span("minutes", 60)
    };

    private Quantities() {}

    /** Bytes: a whole number, and {@code b}, {@code k}, {@code m}, {@code g} or {@code t}, in powers of 1024. */
    static long bytes(String option, String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String digits = lower.endsWith("ib") ? lower.substring(0, lower.length() - 2) : lower;
        if (digits.equals(lower) && digits.endsWith("b")) {
            digits = digits.substring(0, digits.length() - 1);
        }
        int power = digits.isEmpty() ? -1 : "kmgt".indexOf(digits.charAt(digits.length() - 1));
        if (power >= 0) {
            digits = digits.substring(0, digits.length() - 1);
        }
        try {
            long number = Long.parseLong(digits);
            if (number > 0) {
                return Math.multiplyExact(number, 1L << (10 * (power + 1)));
            }
        } catch (NumberFormatException | ArithmeticException exception) {
            // Said below.
        }
        throw new UsageException(option + " " + text + ": a positive number of bytes, such as 64m or 1073741824");
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
