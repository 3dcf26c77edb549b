package dev.carafe.linux.cgroup;

import dev.carafe.linux.Bpf;
import dev.carafe.linux.Fd;
import dev.carafe.linux.SystemCallException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A device filter as the eBPF program that v2 asks about each access ({@code BPF_PROG_TYPE_CGROUP_DEVICE}, Linux 4.15).
 *
 * <p>The program takes from the access what each exception speaks of. Where the default is to deny, nothing may be left
 * of it; where the default is to allow, all of it must be.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/bpf.2.html">bpf(2)</a>
 */
final class DeviceProgram {

    /** {@code struct bpf_insn}: operation 1 byte, registers 1, offset 2, immediate 4. */
    static final int INSTRUCTION = Bpf.INSTRUCTION_BYTES;

    private static final int LOAD_WORD = 0x61;
    private static final int AND = 0x54;
    private static final int SHIFT_RIGHT = 0x74;
    private static final int MOVE = 0xbc;
    private static final int SET = 0xb7;
    private static final int JUMP_UNLESS = 0x56;
    private static final int JUMP_UNLESS_EQUAL = 0x5e;
    private static final int EXIT = 0x95;

    private static final int RESULT = 0;
    private static final int CONTEXT = 1;
    private static final int TYPE = 2;
    private static final int LEFT = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;
    /** The whole access, once the context is read. */
    private static final int WHOLE = CONTEXT;

    private static final int DEV_BLOCK = 1;
    private static final int DEV_CHAR = 2;

    private final ByteBuffer code;

    private DeviceProgram(int exceptions) {
        code = ByteBuffer.allocate((6 + 4 * exceptions + 5) * INSTRUCTION).order(ByteOrder.nativeOrder());
    }

    /** The program for a filter, as an array of {@code struct bpf_insn}. */
    static byte[] of(DeviceFilter filter) {
        List<DeviceRule> exceptions = filter.exceptions();
        var program = new DeviceProgram(exceptions.size());
        program.readContext();
        for (DeviceRule exception : exceptions) {
            program.except(exception);
        }
        program.decide(filter.allowsByDefault());
        byte[] bytes = new byte[program.code.position()];
        program.code.flip().get(bytes);
        return bytes;
    }

    /** {@code struct bpf_cgroup_dev_ctx}: type in the lower half of a word, access in the upper; major; minor. */
    private void readContext() {
        emit(LOAD_WORD, TYPE, CONTEXT, 0, 0);
        emit(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
        emit(LOAD_WORD, MINOR, CONTEXT, 8, 0);
        emit(MOVE, LEFT, TYPE, 0, 0);
        emit(AND, TYPE, 0, 0, 0xffff);
        emit(SHIFT_RIGHT, LEFT, 0, 0, 16);
        emit(MOVE, WHOLE, LEFT, 0, 0);
    }

    private void except(DeviceRule rule) {
        int left = 1 + (rule.major().isPresent() ? 1 : 0) + (rule.minor().isPresent() ? 1 : 0);
        emit(JUMP_UNLESS, TYPE, 0, left--, rule.type() == DeviceRule.Type.BLOCK ? DEV_BLOCK : DEV_CHAR);
        if (rule.major().isPresent()) {
            emit(JUMP_UNLESS, MAJOR, 0, left--, (int) rule.major().getAsLong());
        }
        if (rule.minor().isPresent()) {
            emit(JUMP_UNLESS, MINOR, 0, left, (int) rule.minor().getAsLong());
        }
        emit(AND, LEFT, 0, 0, ~rule.access());
    }

    private void decide(boolean allowsByDefault) {
        emit(SET, RESULT, 0, 0, 0);
        if (allowsByDefault) {
            emit(JUMP_UNLESS_EQUAL, LEFT, WHOLE, 1, 0);
        } else {
            emit(JUMP_UNLESS, LEFT, 0, 1, 0);
        }
        emit(SET, RESULT, 0, 0, 1);
        emit(EXIT, 0, 0, 0, 0);
    }

    private void emit(int operation, int destination, int source, int offset, int immediate) {
        code.put((byte) operation).put((byte) ((source << 4) | destination));
        code.putShort((short) offset).putInt(immediate);
    }

    /**
     * Makes a program the only device filter of a cgroup; one that is there is replaced in a single step.
     *
     * @throws CgroupException if the kernel refuses the program or has no device filters
     */
    static void attach(Directory cgroup, byte[] program) {
        Bpf filters = cgroup.kernel().bpf();
        List<Fd> present = new ArrayList<>();
        try (Fd loaded = filters.loadDeviceFilter("carafe_devices", program)) {
            open(filters, cgroup, present);
            if (present.size() == 1) {
                filters.replace(cgroup.fd(), present.getFirst(), loaded);
                return;
            }
            filters.attach(cgroup.fd(), loaded);
            for (Fd old : present) {
                filters.detach(cgroup.fd(), old);
            }
        } catch (SystemCallException exception) {
            throw CgroupException.failed(
                    "the device filter of the cgroup " + cgroup + " cannot be set: " + exception.getMessage(),
                    exception);
        } finally {
            present.forEach(Fd::close);
        }
    }

    /** The programs that are attached to a cgroup itself, but for those that a security module hides. */
    private static void open(Bpf filters, Directory cgroup, List<Fd> programs) {
        for (int id : filters.attached(cgroup.fd())) {
            try {
                programs.add(filters.open(id));
            } catch (SystemCallException hidden) {
                // Nobody but its owner can take it off.
            }
        }
    }
}
