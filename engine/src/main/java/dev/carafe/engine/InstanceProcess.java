package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.SystemCallException;
import java.time.Duration;
import java.util.Optional;

/**
 * A process of an instance, as this machine sees it.
 *
 * @param state a letter, as {@code proc_pid_stat(5)} has it
 * @param memory bytes that are in memory, shared ones included
 * @param time of processors that it has used
 * @param command its arguments with spaces between, or its name in brackets if there are none
 */
public record InstanceProcess(int pid, int parent, long uid, String state, long memory, Duration time, String command) {

    private static final int STAT_MOST = 4096;
    private static final int STATUS_MOST = 1 << 16;
    private static final int COMMAND_MOST = 1 << 14;
    private static final int TICKS_A_SECOND = 100;
    private static final int USER_TIME = 11;
    private static final int SYSTEM_TIME = 12;

    static Optional<InstanceProcess> read(Files files, int pid) {
        String folder = "/proc/" + pid;
        try {
            String stat = files.readText(Fd.CWD, folder + "/stat", STAT_MOST);
            int name = stat.lastIndexOf(')');
            String[] fields = stat.substring(name + 2).split(" ", -1); // from the third on
            String status = files.readText(Fd.CWD, folder + "/status", STATUS_MOST);
            String command = files.readText(Fd.CWD, folder + "/cmdline", COMMAND_MOST)
                    .replace('\0', ' ')
                    .strip();
            long ticks = Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME]);
            return Optional.of(new InstanceProcess(
                    pid,
                    Integer.parseInt(fields[1]),
                    Long.parseLong(value(status, "Uid:")),
                    fields[0],
                    Long.parseLong(value(status, "VmRSS:")) << 10,
                    Duration.ofMillis(ticks * (1000 / TICKS_A_SECOND)),
                    command.isEmpty() ? "[" + stat.substring(stat.indexOf('(') + 1, name) + "]" : command));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** The first word after a key; a kernel thread and one that has ended have no memory. */
    private static String value(String status, String key) {
        return status.lines()
                .filter(line -> line.startsWith(key))
                .findFirst()
                .map(line -> line.substring(key.length()).strip().split("\\s+", 2)[0])
                .orElse("0");
    }
}
