package dev.carafe.linux;

import static dev.carafe.linux.Struct.bytes;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Device filters of cgroups v2, which are programs of type {@code BPF_PROG_TYPE_CGROUP_DEVICE}.
 *
 * <p>A program lives for as long as a descriptor or a cgroup holds it. Several may be attached to a cgroup; a device
 * must pass them all, and those of the cgroups above.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/bpf.2.html">bpf(2)</a>
 */
public final class Bpf {

    /** The bytes of one instruction. */
    public static final int INSTRUCTION_BYTES = 8;

    // The parts of union bpf_attr that each command reads.

    static final Struct PROGRAM_LOAD = Struct.of(
            "bpf_attr",
            u32("prog_type"),
            u32("insn_cnt"),
            u64("insns"),
            u64("license"),
            u32("log_level"),
            u32("log_size"),
            u64("log_buf"),
            u32("kern_version"),
            u32("prog_flags"),
            bytes("prog_name", 16));

    static final Struct PROGRAM_ATTACH = Struct.of(
            "bpf_attr",
            u32("target_fd"),
            u32("attach_bpf_fd"),
            u32("attach_type"),
            u32("attach_flags"),
            u32("replace_bpf_fd"));

    static final Struct PROGRAM_QUERY = Struct.of(
            "bpf_attr",
            u32("query.target_fd"),
            u32("query.attach_type"),
            u32("query.query_flags"),
            u32("query.attach_flags"),
            u64("query.prog_ids"),
            u32("query.prog_cnt"));

    static final Struct PROGRAM_BY_ID = Struct.of("bpf_attr", u32("prog_id"), u32("next_id"), u32("open_flags"));

    private static final int BPF_PROG_LOAD = 5;
    private static final int BPF_PROG_ATTACH = 8;
    private static final int BPF_PROG_DETACH = 9;
    private static final int BPF_PROG_GET_FD_BY_ID = 13;
    private static final int BPF_PROG_QUERY = 16;
    private static final int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    private static final int BPF_CGROUP_DEVICE = 6;
    private static final int BPF_F_ALLOW_MULTI = 2;
    private static final int BPF_F_REPLACE = 4;
    /** {@code BPF_CGROUP_MAX_PROGS}. */
    private static final int MOST_PROGRAMS = 64;

    /** Of a privileged caller's; what is really counted is how many it may come to execute. */
    private static final int MOST_INSTRUCTIONS = 1_000_000;

    private static final Processes.Limit UNLIMITED =
            new Processes.Limit(Processes.Limit.UNLIMITED, Processes.Limit.UNLIMITED);

    private static final int NAME_MAX = 15;
    /** More than any kernel writes back: since Linux 6.17 a query writes past what it is told that there is. */
    private static final int ATTRIBUTE_BYTES = 128;

    private static final int LOG_BYTES = 64 * 1024;
    private static final int LOAD_ATTEMPTS = 5;

    private final SystemCalls calls;

    Bpf(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * Loads a device filter. It gets a {@code struct bpf_cgroup_dev_ctx} and returns 1 to let the access pass, else 0.
     *
     * @param name for those who list the programs: at most 15 letters, digits, underscores and dots
     * @param instructions 1 to 1,000,000 of 8 bytes each, in the machine's byte order
     * @throws SystemCallException if the kernel refuses it, with the last words of the verifier
     */
    public Fd loadDeviceFilter(String name, byte[] instructions) {
        int count = instructions.length / INSTRUCTION_BYTES;
        if (instructions.length % INSTRUCTION_BYTES != 0 || count < 1 || count > MOST_INSTRUCTIONS) {
            throw new IllegalArgumentException("a filter has 1 to " + MOST_INSTRUCTIONS + " instructions of "
                    + INSTRUCTION_BYTES + " bytes, and this one has " + instructions.length + " bytes");
        }
        byte[] nameBytes = name.getBytes(StandardCharsets.US_ASCII);
        if (nameBytes.length > NAME_MAX) {
            throw new IllegalArgumentException("a program's name has at most " + NAME_MAX + " characters: " + name);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment load = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            Memory.setInt(load, PROGRAM_LOAD.offset("prog_type"), BPF_PROG_TYPE_CGROUP_DEVICE);
            Memory.setInt(load, PROGRAM_LOAD.offset("insn_cnt"), count);
            Memory.setLong(
                    load,
                    PROGRAM_LOAD.offset("insns"),
                    Memory.of(arena, instructions).address());
            Memory.setLong(
                    load,
                    PROGRAM_LOAD.offset("license"),
                    Marshal.string(arena, "").address());
            Memory.setBytes(load, PROGRAM_LOAD.offset("prog_name"), nameBytes);
            long result = load(load);
            if (result >= 0) {
                return Fd.of(calls, (int) result);
            }
            throw SystemCallException.explained(
                    verdict(arena, load),
                    SystemCall.BPF.manualName(),
                    Errno.of((int) -result),
                    "BPF_PROG_LOAD",
                    name,
                    count);
        }
    }

    /** Adds a filter to those of a cgroup; programs in it and below are held to it from their next access on. */
    public void attach(Fd cgroup, Fd program) {
        attach(BPF_PROG_ATTACH, cgroup, program, BPF_F_ALLOW_MULTI, 0);
    }

    /** Puts a filter in the place of another, with no moment between. */
    public void replace(Fd cgroup, Fd attached, Fd program) {
        attach(BPF_PROG_ATTACH, cgroup, program, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, attached.number());
    }

    /** Takes a filter off a cgroup. */
    public void detach(Fd cgroup, Fd program) {
        attach(BPF_PROG_DETACH, cgroup, program, 0, 0);
    }

    /** The ids of the filters that are attached to a cgroup itself, in the order in which they are asked. */
    public List<Integer> attached(Fd cgroup) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocate(Integer.BYTES * MOST_PROGRAMS, Integer.BYTES);
            MemorySegment query = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            long countOffset = PROGRAM_QUERY.offset("query.prog_cnt");
            Memory.setInt(query, PROGRAM_QUERY.offset("query.target_fd"), cgroup.number());
            Memory.setInt(query, PROGRAM_QUERY.offset("query.attach_type"), BPF_CGROUP_DEVICE);
            Memory.setLong(query, PROGRAM_QUERY.offset("query.prog_ids"), ids.address());
            Memory.setInt(query, countOffset, MOST_PROGRAMS);
            bpf(BPF_PROG_QUERY, query, "BPF_PROG_QUERY", cgroup);
            List<Integer> attached = new ArrayList<>();
            for (int i = 0; i < Memory.getInt(query, countOffset); i++) {
                attached.add(Memory.getInt(ids, i * (long) Integer.BYTES));
            }
            return attached;
        }
    }

    /** A descriptor for the program with this id; needs {@code CAP_SYS_ADMIN}. */
    public Fd open(int id) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment byId = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            Memory.setInt(byId, PROGRAM_BY_ID.offset("prog_id"), id);
            return Fd.of(calls, (int) bpf(BPF_PROG_GET_FD_BY_ID, byId, "BPF_PROG_GET_FD_BY_ID", id));
        }
    }

    private void attach(int command, Fd cgroup, Fd program, int flags, int replaced) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attach = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            Memory.setInt(attach, PROGRAM_ATTACH.offset("target_fd"), cgroup.number());
            Memory.setInt(attach, PROGRAM_ATTACH.offset("attach_bpf_fd"), program.number());
            Memory.setInt(attach, PROGRAM_ATTACH.offset("attach_type"), BPF_CGROUP_DEVICE);
            Memory.setInt(attach, PROGRAM_ATTACH.offset("attach_flags"), flags);
            Memory.setInt(attach, PROGRAM_ATTACH.offset("replace_bpf_fd"), replaced);
            bpf(command, attach, command == BPF_PROG_ATTACH ? "BPF_PROG_ATTACH" : "BPF_PROG_DETACH", cgroup);
        }
    }

    private long bpf(int command, MemorySegment attribute, String name, Object subject) {
        return check(
                calls.call(SystemCall.BPF, command, attribute.address(), attribute.byteSize(), 0, 0, 0),
                SystemCall.BPF,
                name,
                subject);
    }

    private long load(MemorySegment load) {
        long result = tryToLoad(load);
        return result == -Errno.EPERM.number() && raiseLockedMemory() ? tryToLoad(load) : result;
    }

    /** Before Linux 5.11 programs count as locked memory. */
    private boolean raiseLockedMemory() {
        try {
            new Processes(calls).setLimit(0, ResourceLimit.RLIMIT_MEMLOCK, UNLIMITED);
            return true;
        } catch (SystemCallException denied) {
            return false;
        }
    }

    /** The verifier gives up with {@code EAGAIN} when a signal is pending. */
    private long tryToLoad(MemorySegment load) {
        long result = 0;
        for (int attempt = 0; attempt < LOAD_ATTEMPTS; attempt++) {
            result = calls.call(SystemCall.BPF, BPF_PROG_LOAD, load.address(), load.byteSize(), 0, 0, 0);
            if (result != -Errno.EAGAIN.number()) {
                break;
            }
        }
        return result;
    }

    /** Why a program is refused: loads it again, now with a log, which would only have cost time before. */
    private String verdict(Arena arena, MemorySegment load) {
        MemorySegment log = arena.allocate(LOG_BYTES);
        Memory.setInt(load, PROGRAM_LOAD.offset("log_level"), 1);
        Memory.setInt(load, PROGRAM_LOAD.offset("log_size"), LOG_BYTES);
        Memory.setLong(load, PROGRAM_LOAD.offset("log_buf"), log.address());
        long result = load(load);
        if (result >= 0) {
            Fd.of(calls, (int) result).close();
        }
        String text = Marshal.text(log, 0).strip();
        int lines = 3;
        int from = text.length();
        while (from > 0 && lines-- > 0) {
            from = text.lastIndexOf('\n', from - 1);
        }
        return text.substring(Math.max(from, 0)).strip().replace("\n", "; ");
    }
}
