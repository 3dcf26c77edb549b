package dev.carafe.cli;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/** Moments as people write them, in Docker's forms. */
final class Times {

    private static final BigDecimal NANOS_A_SECOND = BigDecimal.valueOf(1_000_000_000L);

    private Times() {}

    /**
     * A moment: RFC 3339 with or without an offset, a date, seconds since 1970 with or without a fraction, or a span before
     * now such as {@code 10m} or {@code 1h30m}.
     */
    static Instant parse(String option, String text, Instant now) {
        try {
            if (text.matches("\\d+(\\.\\d+)?")) {
                BigDecimal nanos = new BigDecimal(text).multiply(NANOS_A_SECOND);
                return Instant.EPOCH.plus(Duration.ofSeconds(
                        nanos.divideToIntegralValue(NANOS_A_SECOND).longValueExact(),
                        nanos.remainder(NANOS_A_SECOND).longValue()));
            }
            if (text.matches("\\d{4}-\\d{2}-\\d{2}")) {
                return LocalDate.parse(text)
                        .atStartOfDay(ZoneId.systemDefault())
                        .toInstant();
            }
            if (text.matches("\\d{4}-.*")) {
                return text.matches(".*(Z|[+-]\\d{2}:\\d{2})")
                        ? OffsetDateTime.parse(text).toInstant()
                        : LocalDateTime.parse(text)
                                .atZone(ZoneId.systemDefault())
                                .toInstant();
            }
            return now.minus(Quantities.time(option, text));
        } catch (DateTimeException | ArithmeticException | UsageException none) {
            throw new UsageException(option + " " + text
                    + ": a time such as 2026-01-31T10:00:00, seconds since 1970, or how long ago, such as 10m");
        }
    }
}
