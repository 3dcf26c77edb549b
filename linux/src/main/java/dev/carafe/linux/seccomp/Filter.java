package dev.carafe.linux.seccomp;

import dev.carafe.linux.Architecture;
import dev.carafe.linux.SystemCall;
import java.util.Arrays;

/**
 * A compiled profile, ready for {@code seccomp(SECCOMP_SET_MODE_FILTER)}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/seccomp.2.html">seccomp(2)</a>
 */
public final class Filter {

    /** {@code SECCOMP_FILTER_FLAG_}. */
    static final int TSYNC = 1;

    static final int LOG = 2;
    static final int SPEC_ALLOW = 4;
    static final int NEW_LISTENER = 8;
    static final int TSYNC_ESRCH = 16;
    static final int WAIT_KILLABLE_RECV = 32;

    /** {@code struct sock_filter}: code 2 bytes, jumps 1 each, operand 4. */
    static final int INSTRUCTION = 8;
    /** {@code BPF_MAXINSNS}. */
    static final int INSTRUCTIONS_MOST = 4096;

    private final byte[] program;
    private final int flags;

    Filter(byte[] program, int flags) {
        this.program = program;
        this.flags = flags;
    }

    /** An array of {@code struct sock_filter}, 8 bytes each, in this machine's byte order. */
    public byte[] program() {
        return program.clone();
    }

    /** The bits for the {@code flags} argument of {@code seccomp(2)}. */
    public int flags() {
        return flags;
    }

    /** Whether it lets a call pass that this processor's programs make. Arguments not given are 0. */
    public boolean allows(SystemCall call, long... arguments) {
        Architecture here = Architecture.current();
        int answer = ClassicBpf.run(this, Machine.of(here), call.number(here), arguments);
        return answer == Action.ALLOW.code(0) || answer == Action.LOG.code(0);
    }

    /** Whether loading it gives a descriptor on which somebody has to answer. */
    public boolean notifies() {
        return (flags & NEW_LISTENER) != 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Filter filter && filter.flags == flags && Arrays.equals(filter.program, program);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(program) + flags;
    }

    @Override
    public String toString() {
        return program.length / INSTRUCTION + " instructions, flags 0x" + Integer.toHexString(flags);
    }
}
