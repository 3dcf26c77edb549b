package dev.carafe.runtime;

/**
 * How a client attaches to an instance.
 *
 * @param input whether its caller's standard input goes to the instance
 * @param output whether the instance's output comes to its caller, and all of it if it is a terminal's
 * @param error whether the instance's error output does
 * @param signals whether the signals that the client gets are the instance's; else they end the client
 * @param keys by which its caller detaches, where input and output are a terminal's
 */
public record AttachOptions(boolean input, boolean output, boolean error, boolean signals, DetachKeys keys) {

    private static final int SIGNALS = 8;

    /** Everything, and the usual keys. */
    public static final AttachOptions ALL = new AttachOptions(true, true, true, true, DetachKeys.USUAL);

    /** As {@code MSG_ATTACH} has it, in {@code native/carafe.h}. */
    int flags() {
        return Packet.wanted(input, output, error) | (signals ? SIGNALS : 0);
    }
}
