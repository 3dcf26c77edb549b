package dev.carafe.linux.cgroup;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Memory;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
    static final int INSTRUCTION = 8;

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

    private static final int PROG_LOAD = 5;
    private static final int PROG_ATTACH = 8;
    private static final int PROG_DETACH = 9;
    private static final int PROG_GET_FD_BY_ID = 13;
    private static final int PROG_QUERY = 16;
    private static final int TYPE_CGROUP_DEVICE = 15;
    private static final int CGROUP_DEVICE = 6;
    private static final int ALLOW_MULTI = 2;
    private static final int REPLACE = 4;

    /** More than any kernel writes back; Linux 6.17 writes past what it is given. */
    private static final int ATTRIBUTES = 128;

    private static final int PROGRAMS_MOST = 64;
    private static final int TRIES = 30;
    private static final int RLIMIT_MEMLOCK = 8;

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
        Kernel kernel = cgroup.kernel();
        List<Fd> present = attached(cgroup);
        try (Fd loaded = loaded(kernel, program)) {
            boolean replace = present.size() == 1;
            attach(cgroup, loaded, replace ? present : List.of());
            for (Fd old : replace ? List.<Fd>of() : present) {
                detach(cgroup, old);
            }
        } finally {
            close(present);
        }
    }

    private static void close(List<Fd> programs) {
        for (Fd program : programs) {
            program.close();
        }
    }

    private static Fd loaded(Kernel kernel, byte[] program) {
        long result = load(kernel, program);
        if (result == -Errno.EPERM.number()) {
            // Before Linux 5.11 programs count as locked memory.
            raiseLockedMemory(kernel);
            result = load(kernel, program);
        }
        if (result < 0) {
            Errno errno = Errno.of((int) -result);
            throw CgroupException.failed(
                    "the kernel refuses the device filter: " + errno.description() + " (" + errno + ")",
                    new SystemCallException("bpf", errno, "BPF_PROG_LOAD"));
        }
        return kernel.files().adopt((int) result);
    }

    private static long load(Kernel kernel, byte[] program) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES, Long.BYTES);
            Memory.setInt(attributes, 0, TYPE_CGROUP_DEVICE);
            Memory.setInt(attributes, 4, program.length / INSTRUCTION);
            Memory.setLong(attributes, 8, Memory.of(arena, program).address());
            Memory.setLong(
                    attributes,
                    16,
                    Memory.of(arena, "Apache-2.0\0".getBytes(StandardCharsets.US_ASCII))
                            .address());
            long result = -Errno.EAGAIN.number();
            // A signal may interrupt the verifier.
            for (int i = 0; i < TRIES && result == -Errno.EAGAIN.number(); i++) {
                result = bpf(kernel, PROG_LOAD, attributes);
            }
            return result;
        }
    }

    private static void raiseLockedMemory(Kernel kernel) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment unlimited = arena.allocate(2 * Long.BYTES, Long.BYTES);
            Memory.setLong(unlimited, 0, -1);
            Memory.setLong(unlimited, Long.BYTES, -1);
            kernel.calls().call(SystemCall.PRLIMIT64, 0, RLIMIT_MEMLOCK, unlimited.address(), 0, 0, 0);
        }
    }

    private static void attach(Directory cgroup, Fd program, List<Fd> replaced) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = target(arena, cgroup);
            Memory.setInt(attributes, 4, program.number());
            Memory.setInt(attributes, 8, CGROUP_DEVICE);
            Memory.setInt(attributes, 12, ALLOW_MULTI | (replaced.isEmpty() ? 0 : REPLACE));
            Memory.setInt(
                    attributes, 16, replaced.isEmpty() ? 0 : replaced.getFirst().number());
            check(cgroup, "attach a device filter to", bpf(cgroup.kernel(), PROG_ATTACH, attributes));
        }
    }

    private static void detach(Directory cgroup, Fd program) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = target(arena, cgroup);
            Memory.setInt(attributes, 4, program.number());
            Memory.setInt(attributes, 8, CGROUP_DEVICE);
            check(cgroup, "take the old device filter from", bpf(cgroup.kernel(), PROG_DETACH, attributes));
        }
    }

    /** The programs that are attached to a cgroup itself, but for those that a security module hides. */
    private static List<Fd> attached(Directory cgroup) {
        List<Fd> programs = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocate(JAVA_INT, PROGRAMS_MOST);
            MemorySegment attributes = target(arena, cgroup);
            Memory.setInt(attributes, 4, CGROUP_DEVICE);
            Memory.setLong(attributes, 16, ids.address());
            Memory.setInt(attributes, 24, PROGRAMS_MOST);
            check(cgroup, "list the device filters of", bpf(cgroup.kernel(), PROG_QUERY, attributes));
            for (int i = 0; i < Memory.getInt(attributes, 24); i++) {
                MemorySegment id = arena.allocate(ATTRIBUTES, Long.BYTES);
                Memory.setInt(id, 0, Memory.getInt(ids, i * (long) Integer.BYTES));
                long fd = bpf(cgroup.kernel(), PROG_GET_FD_BY_ID, id);
                if (fd >= 0) {
                    programs.add(cgroup.kernel().files().adopt((int) fd));
                }
            }
            return programs;
        }
    }

    private static MemorySegment target(Arena arena, Directory cgroup) {
        MemorySegment attributes = arena.allocate(ATTRIBUTES, Long.BYTES);
        Memory.setInt(attributes, 0, cgroup.fd().number());
        return attributes;
    }

    private static long bpf(Kernel kernel, int command, MemorySegment attributes) {
        return kernel.calls().call(SystemCall.BPF, command, attributes.address(), ATTRIBUTES, 0, 0, 0);
    }

    private static void check(Directory cgroup, String what, long result) {
        if (result < 0) {
            Errno errno = Errno.of((int) -result);
            throw CgroupException.failed(
                    "cannot " + what + " the cgroup " + cgroup + ": " + errno.description() + " (" + errno + ")",
                    new SystemCallException("bpf", errno, cgroup.path()));
        }
    }
}
