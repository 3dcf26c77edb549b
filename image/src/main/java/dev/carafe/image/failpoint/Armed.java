package dev.carafe.image.failpoint;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Processes;
import dev.carafe.linux.Signal;
import dev.carafe.linux.SystemCallException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The failpoint that this process's environment arms, if any. It is the process's and does not change, hence constants;
 * beside {@link Failpoint} and not in it, as Java may keep an enum's in an archive.
 */
final class Armed {

    private static final Pattern SYNTAX = Pattern.compile("([a-z-]+):(kill|stop|E[A-Z0-9]+)(?:@([0-9]{1,6}))?");

    private static final Duration STOPS_WITHIN = Duration.ofMillis(200);

    static final @Nullable Failpoint POINT;
    private static final String DEED;
    private static final int TURN;
    private static final AtomicInteger REACHED = new AtomicInteger();

    static {
        String armed = System.getenv(Failpoint.VARIABLE);
        if (armed == null) {
            POINT = null;
            DEED = "";
            TURN = 0;
        } else {
            Matcher words = SYNTAX.matcher(armed);
            if (!words.matches()) {
                throw new IllegalArgumentException(
                        Failpoint.VARIABLE + "=" + armed + ": has to be NAME:kill, NAME:stop or NAME:ERRNO, and @N");
            }
            POINT = Arrays.stream(Failpoint.values())
                    .filter(point -> point.text().equals(words.group(1)))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            Failpoint.VARIABLE + "=" + armed + ": there is no failpoint of this name"));
            DEED = words.group(2);
            TURN = words.group(3) == null ? 1 : Integer.parseInt(words.group(3));
        }
    }

    private Armed() {}

    static void strike() {
        if (REACHED.incrementAndGet() != TURN) {
            return;
        }
        switch (DEED) {
            case "kill" -> send(Signal.SIGKILL);
            case "stop" -> {
                send(Signal.SIGSTOP);
                // Another thread may be the one that takes it, a moment later, and stops all of them.
                LockSupport.parkNanos(STOPS_WITHIN.toNanos());
            }
            default -> throw new SystemCallException("failpoint", Errno.valueOf(DEED), String.valueOf(POINT));
        }
    }

    private static void send(Signal signal) {
        Processes processes = Kernel.host().processes();
        processes.kill(processes.current(), signal);
    }
}
