package dev.carafe.image.snapshot;

import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCalls;
import java.util.List;

/** A kernel that refuses the n-th of one kind of call. */
final class SystemFault implements SystemCalls {

    private final SystemCalls real = SystemCalls.ofKernel();
    private final SystemCall refused;
    private int left;
    private boolean failed;

    private SystemFault(SystemCall refused) {
        this.refused = refused;
    }

    /** One for each call that a snapshot is made with. */
    static List<SystemFault> all() {
        return List.of(
                new SystemFault(SystemCall.MKDIRAT),
                new SystemFault(SystemCall.WRITE),
                new SystemFault(SystemCall.RENAMEAT2),
                new SystemFault(SystemCall.FCHMOD),
                new SystemFault(SystemCall.UTIMENSAT));
    }

    /** Lets one fail: 1 for the next one, 0 for none. */
    void failAt(int nth) {
        left = nth;
        failed = false;
    }

    @Override
    public String toString() {
        return refused.manualName();
    }

    boolean hasFailed() {
        return failed;
    }

    @Override
    public long call(SystemCall call, long a, long b, long c, long d, long e, long f) {
        if (call == refused && left > 0 && --left == 0) {
            failed = true;
            return -Errno.EIO.number();
        }
        return real.call(call, a, b, c, d, e, f);
    }
}
