package dev.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * {@code syscall(2)} of the C library through one downcall handle.
 *
 * <p>One handle serves every call: making a handle costs about a millisecond of start-up, and {@code syscall} takes its
 * number and up to six arguments in registers on both architectures, so that one shape fits all.
 */
final class NativeSystemCalls implements SystemCalls {

    static final NativeSystemCalls INSTANCE = new NativeSystemCalls();

    private static final Architecture ARCHITECTURE = Architecture.current();

    /** Seven numbers or addresses to a number. */
    static final FunctionDescriptor SHAPE = FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

    private static final long ERRNO_OFFSET =
            Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle SYSCALL = Linker.nativeLinker()
            .downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow("syscall"), SHAPE, ERRNO);

    private NativeSystemCalls() {}

    @Override
    public long call(SystemCall call, long a, long b, long c, long d, long e, long f) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            long result = (long) SYSCALL.invokeExact(state, (long) call.number(ARCHITECTURE), a, b, c, d, e, f);
            return result == -1 ? -Memory.getInt(state, ERRNO_OFFSET) : result;
        } catch (RuntimeException | Error exception) {
            throw exception;
        } catch (Throwable impossible) {
            throw new AssertionError("syscall(2) throws nothing", impossible);
        }
    }
}
