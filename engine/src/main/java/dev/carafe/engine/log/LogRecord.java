package dev.carafe.engine.log;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;

/**
 * One line of a log's file: {@code 2016-10-06T00:17:09.669794202Z stdout F text}.
 *
 * @param whole whether the line ends here; else it goes on in the stream's next record
 * @param lost whether the text says how many bytes could not be written
 * @param text where the text begins
 */
record LogRecord(Instant time, LogEntry.Stream stream, boolean whole, boolean lost, int text) {

    private static final int SECONDS_LENGTH = "2016-10-06T00:17:09".length();
    private static final int LONGEST_FRACTION = 9;
    private static final String OUTPUT = " stdout ";
    private static final String ERROR = " stderr ";
    private static final String LOST_TAG = "F:lost";
    private static final long SECONDS_A_DAY = 86_400L;
    private static final long SECONDS_AN_HOUR = 3600L;
    private static final long SECONDS_A_MINUTE = 60L;
    private static final int LONGEST_NUMBER = 18;

    /** The record that stands between two offsets; empty if that is none. */
    static Optional<LogRecord> parse(byte[] bytes, int start, int end) {
        int zone = endOfDigits(bytes, start + SECONDS_LENGTH + 1, end);
        int fraction = zone - (start + SECONDS_LENGTH + 1);
        if (zone >= end || bytes[zone] != 'Z' || fraction < 1 || fraction > LONGEST_FRACTION) {
            return Optional.empty();
        }
        int stream = zone + 1;
        boolean error = matches(bytes, stream, end, ERROR);
        if (!error && !matches(bytes, stream, end, OUTPUT)) {
            return Optional.empty();
        }
        int tag = stream + OUTPUT.length();
        int tagEnd = endOfTag(bytes, tag, end);
        // Of tags, which have colons between them, the first tells a part of a line from its end.
        boolean alone = tagEnd == tag + 1 || (tagEnd > tag + 1 && bytes[tag + 1] == ':');
        if (tagEnd == end || !alone || (bytes[tag] != 'F' && bytes[tag] != 'P')) {
            return Optional.empty();
        }
        boolean lost = tagEnd - tag == LOST_TAG.length() && matches(bytes, tag, tagEnd, LOST_TAG);
        return time(bytes, start, zone)
                .map(time -> new LogRecord(
                        time,
                        error ? LogEntry.Stream.ERROR : LogEntry.Stream.OUTPUT,
                        bytes[tag] == 'F',
                        lost,
                        tagEnd + 1));
    }

    private static int endOfTag(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end && bytes[at] != ' ') {
            at++;
        }
        return at;
    }

    LogRecord unfinished() {
        return new LogRecord(time, stream, false, lost, text);
    }

    private static Optional<Instant> time(byte[] bytes, int start, int zone) {
        if (!isSeparated(bytes, start)) {
            return Optional.empty();
        }
        int year = number(bytes, start, 4);
        int month = number(bytes, start + 5, 2);
        int day = number(bytes, start + 8, 2);
        int hour = number(bytes, start + 11, 2);
        int minute = number(bytes, start + 14, 2);
        int second = number(bytes, start + 17, 2);
        int nanos = number(bytes, start + SECONDS_LENGTH + 1, zone - start - SECONDS_LENGTH - 1);
        for (int digits = zone - start - SECONDS_LENGTH - 1; digits < LONGEST_FRACTION; digits++) {
            nanos *= 10;
        }
        if ((year | month | day | hour | minute | second) < 0
                || hour >= 24
                || minute >= SECONDS_A_MINUTE
                || second > SECONDS_A_MINUTE) {
            return Optional.empty();
        }
        try {
            long seconds = LocalDate.of(year, month, day).toEpochDay() * SECONDS_A_DAY
                    + hour * SECONDS_AN_HOUR
                    + minute * SECONDS_A_MINUTE
                    + second;
            return Optional.of(Instant.ofEpochSecond(seconds, nanos));
        } catch (DateTimeException noSuchDay) {
            return Optional.empty();
        }
    }

    private static boolean isSeparated(byte[] bytes, int start) {
        return bytes[start + 4] == '-'
                && bytes[start + 7] == '-'
                && bytes[start + 10] == 'T'
                && bytes[start + 13] == ':'
                && bytes[start + 16] == ':'
                && bytes[start + SECONDS_LENGTH] == '.';
    }

    /** The number that so many digits make; -1 if one is none. */
    private static int number(byte[] bytes, int start, int digits) {
        int number = 0;
        for (int i = start; i < start + digits; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return -1;
            }
            number = number * 10 + bytes[i] - '0';
        }
        return number;
    }

    private static int endOfDigits(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        return at;
    }

    private static boolean matches(byte[] bytes, int start, int end, String text) {
        if (end - start < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[start + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The number that the text begins with. */
    long lostBytes(byte[] bytes, int end) {
        long number = 0;
        int last = Math.min(endOfDigits(bytes, text, end), text + LONGEST_NUMBER);
        for (int i = text; i < last; i++) {
            number = number * 10 + bytes[i] - '0';
        }
        return number;
    }
}
