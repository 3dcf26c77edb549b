package dev.carafe.linux;

import java.nio.file.Path;

/**
 * System calls through Carafe's own small library, {@code native/library.c}.
 *
 * <p>It does what {@link NativeSystemCalls} does. That one needs nothing but the JDK, but takes 20 ms to be ready, which
 * is half of a short command's life; this one is ready at once.
 */
final class JniSystemCalls implements SystemCalls {

    private static final Architecture ARCHITECTURE = Architecture.current();

    /** @throws UnsatisfiedLinkError if it is not there, or none of ours */
    JniSystemCalls(Path library) {
        System.load(library.toAbsolutePath().toString());
    }

    @Override
    public long call(SystemCall call, long a, long b, long c, long d, long e, long f) {
        return syscall(call.number(ARCHITECTURE), a, b, c, d, e, f);
    }

    private static native long syscall(long number, long a, long b, long c, long d, long e, long f);
}
