package dev.carafe.engine;

import dev.carafe.runtime.PlanFailure;
import java.time.Instant;
import java.util.Optional;

/**
 * How an instance's program ended, as its monitor has written it down, or as whoever found that the monitor could not.
 *
 * @param waitStatus as {@code waitpid(2)} has it
 * @param time when
 * @param memoryKills how many of its processes the kernel has killed for want of memory
 * @param reason why the program did not end by itself; empty if it did
 */
public record Exit(int waitStatus, Instant time, long memoryKills, Optional<String> reason) {

    /** The status of an instance whose program's own nobody knows; as Docker's. */
    static final int UNKNOWN_STATUS = 255;

    private static final int MISSING_STATUS = 127;
    private static final int REFUSED_STATUS = 126;
    private static final int FAILED_STATUS = 125;
    private static final int SIGNALLED = 128;
    private static final int SIGNAL_BITS = 0x7f;
    private static final int STATUS_SHIFT = 8;
    private static final int STATUS_BITS = 0xff;

    /** The program's exit status, or 128 and the signal that ended it. */
    public int status() {
        return status(waitStatus);
    }

    static int status(int waitStatus) {
        int signal = waitStatus & SIGNAL_BITS;
        return signal == 0 ? waitStatus >> STATUS_SHIFT & STATUS_BITS : SIGNALLED + signal;
    }

    /** That of an instance whose monitor wrote nothing down. */
    static Exit unknown(Instant time, String reason) {
        return new Exit(UNKNOWN_STATUS << STATUS_SHIFT, time, 0, Optional.of(reason));
    }

    /** That of an instance whose program could not begin. */
    static Exit failed(RuntimeException failure) {
        int status = failure instanceof PlanFailure plan
                ? plan.programMissing() ? MISSING_STATUS : plan.programRefused() ? REFUSED_STATUS : FAILED_STATUS
                : FAILED_STATUS;
        return new Exit(status << STATUS_SHIFT, Instant.now(), 0, Optional.of(String.valueOf(failure.getMessage())));
    }

    /**
     * Reads {@code WAITSTATUS SECONDS.NANOSECONDS [KILLS [REASON…]]}.
     *
     * @return empty if that is not what the line has
     */
    static Optional<Exit> parse(String line) {
        String[] words = line.strip().split(" ", 4);
        try {
            String[] time = words[1].split("\\.", 2);
            return Optional.of(new Exit(
                    Integer.parseInt(words[0]),
                    Instant.ofEpochSecond(Long.parseLong(time[0]), Long.parseLong(time[1])),
                    words.length > 2 ? Long.parseLong(words[2]) : 0,
                    words.length > 3 ? Optional.of(words[3]) : Optional.empty()));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException damaged) {
            return Optional.empty();
        }
    }

    /** The line that {@link #parse} reads. */
    String line() {
        return waitStatus + " " + time.getEpochSecond() + "." + "%09d".formatted(time.getNano()) + " " + memoryKills
                + reason.map(it -> " " + it.replace('\n', ' ')).orElse("") + "\n";
    }
}
