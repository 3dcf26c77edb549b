package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.Statistics;
import java.time.Instant;

/**
 * What an instance uses and has used.
 *
 * @param time when that was read
 * @param received bytes that have come by its network, loopback left out; 0 if it has the machine's
 * @param sent likewise
 */
public record InstanceUsage(Instant time, Statistics statistics, long received, long sent) {

    private static final int MOST_BYTES = 1 << 16;
    private static final int SENT = 8;

    static InstanceUsage read(Files files, int pid, Statistics statistics, boolean ownNetwork) {
        long received = 0;
        long sent = 0;
        if (ownNetwork) {
            for (String line : devices(files, pid).lines().toList()) {
                int colon = line.indexOf(':');
                if (colon > 0 && !line.substring(0, colon).strip().equals("lo")) {
                    String[] numbers = line.substring(colon + 1).strip().split("\\s+", -1);
                    received += Long.parseLong(numbers[0]);
                    sent += Long.parseLong(numbers[SENT]);
                }
            }
        }
        return new InstanceUsage(Instant.now(), statistics, received, sent);
    }

    /** As {@code proc_pid_net(5)} has them; nothing if the process is gone. */
    private static String devices(Files files, int pid) {
        try {
            return files.readText(Fd.CWD, "/proc/" + pid + "/net/dev", MOST_BYTES);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT
                    || exception.errno() == Errno.ESRCH
                    || exception.errno() == Errno.EINVAL) {
                return "";
            }
            throw exception;
        }
    }
}
