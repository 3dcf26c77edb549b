package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Signal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A hook that could not be run, did not end in time, or did not end well. The message starts with runC's words. */
public final class HookFailure extends RuntimeFailure {

    private static final long serialVersionUID = 1L;

    /** The most that is told of one: its label and the end of its output behind the message. */
    static final int MOST_BYTES = Message.BYTES + 512 + 1024;

    private HookFailure(String message) {
        super(message);
    }

    /** Reads what {@code native/hook.c} has written. */
    static HookFailure parse(byte[] report) {
        ByteBuffer buffer = ByteBuffer.wrap(report).order(ByteOrder.nativeOrder());
        int label = Math.clamp(buffer.getInt(12), 0, report.length - Message.BYTES);
        String said = text(report, Message.BYTES + label, report.length).strip();
        return new HookFailure("error running " + text(report, Message.BYTES, Message.BYTES + label) + ": "
                + problem(buffer.getInt(4), buffer.getInt(8))
                + (said.isEmpty() ? "" : "; it wrote: " + said));
    }

    private static String problem(int errno, int waitStatus) {
        int signal = waitStatus & 0x7f;
        if (errno == 0) {
            return signal != 0 ? Signal.words(signal) : "exit status " + (waitStatus >> 8 & 0xff);
        }
        return errno == Errno.ETIMEDOUT.number() ? "it ran past its timeout and was killed" : words(errno);
    }

    /** What an error is called, where the number may be none. */
    static String words(int errno) {
        try {
            return Errno.of(errno).description();
        } catch (IllegalArgumentException unknown) {
            return "error " + errno;
        }
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
}
