package dev.carafe.linux;

import java.util.List;
import java.util.stream.Collectors;

/** A system call that the kernel refused: which, with what arguments, and why. */
public final class SystemCallException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final Errno errno;
    private final List<String> arguments;
    private final String explanation;

    /**
     * @param call the call's name as its manual page spells it
     * @param arguments the arguments that a reader needs to understand the failure, in the call's order
     */
    public SystemCallException(String call, Errno errno, Object... arguments) {
        this("", call, errno, arguments);
    }

    private SystemCallException(String explanation, String call, Errno errno, Object... arguments) {
        this.call = call;
        this.errno = errno;
        this.explanation = explanation;
        this.arguments =
                List.of(arguments).stream().map(SystemCallException::text).toList();
    }

    SystemCallException(SystemCall call, long result, Object... arguments) {
        this(call.manualName(), Errno.of(Math.toIntExact(-result)), arguments);
    }

    /** An error for which there are more words than the error number's own; empty where there are none. */
    static SystemCallException explained(String explanation, String call, Errno errno, Object... arguments) {
        return new SystemCallException(explanation, call, errno, arguments);
    }

    /** Passes a result on, or throws what the kernel says is wrong. */
    static long check(long result, SystemCall call, Object... arguments) {
        if (result < 0) {
            throw new SystemCallException(call, result, arguments);
        }
        return result;
    }

    /** The call's name, such as {@code openat2}. */
    public String call() {
        return call;
    }

    public Errno errno() {
        return errno;
    }

    /** The arguments as text, in the call's order. */
    public List<String> arguments() {
        return arguments;
    }

    /** What is known beyond the error number, such as the kernel's own words in a netlink answer; else empty. */
    public String explanation() {
        return explanation;
    }

    /**
     * For example {@code openat2(5, "etc/passwd"): no such file or directory (ENOENT)}, and after that the explanation
     * where there is one.
     */
    @Override
    public String getMessage() {
        return arguments.stream().collect(Collectors.joining(", ", call + "(", ")")) + ": " + errno.description() + " ("
                + errno + ")" + (explanation.isEmpty() ? "" : ": " + explanation);
    }

    /** A number as octal digits, as modes and flags are read. */
    static Object octal(long number) {
        return new Digits(number == 0 ? "0" : "0" + Long.toOctalString(number));
    }

    /** A number as hexadecimal digits, as bit sets are read. */
    static Object hex(long number) {
        return new Digits("0x" + Long.toHexString(number));
    }

    private record Digits(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    private static String text(Object argument) {
        return argument instanceof CharSequence ? "\"" + argument + "\"" : String.valueOf(argument);
    }
}
