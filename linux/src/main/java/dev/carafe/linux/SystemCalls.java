package dev.carafe.linux;

/**
 * The choke point between Carafe's Java and the kernel.
 *
 * <p>Arguments are what the kernel's own interface takes: numbers, descriptors, and addresses of memory that the caller
 * keeps alive until the call returns. Structures are the kernel's, never a C library's.
 *
 * <p>A test may stand in front of the real one to record calls, to refuse one as an older kernel would, or to fail the
 * n-th with any error:
 *
 * {@snippet :
 * SystemCalls without = (call, a, b, c, d, e, f) ->
 *         call == SystemCall.OPEN_TREE ? -Errno.ENOSYS.number() : real.call(call, a, b, c, d, e, f);
 * }
 */
@FunctionalInterface
public interface SystemCalls {

    /**
     * Makes one system call on the calling thread. Unused arguments are 0.
     *
     * @return the call's result, or the negated error number
     */
    long call(SystemCall call, long a, long b, long c, long d, long e, long f);

    /** Makes a call again for as long as signals interrupt it ({@code EINTR}). */
    default long uninterrupted(SystemCall call, long a, long b, long c, long d, long e, long f) {
        long result;
        do {
            result = call(call, a, b, c, d, e, f);
        } while (result == -Errno.EINTR.number());
        return result;
    }

    /**
     * The running kernel: through the library that the system property {@code carafe.library} names, which is the
     * quickest to start, or where none is named with nothing but the JDK.
     */
    static SystemCalls ofKernel() {
        return RunningKernel.CALLS;
    }
}
