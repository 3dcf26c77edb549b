package dev.carafe.linux;

import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the calling thread may do. Threads that it starts and programs that they execute inherit from it; other threads
 * of the process keep what they have, so that a change belongs on a thread that ends soon.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/capabilities.7.html">capabilities(7)</a>
 */
public final class Privileges {

    /**
     * The capability sets that {@code capset(2)} changes.
     *
     * @param effective those that the kernel looks at, within the permitted
     * @param permitted those that the thread may make effective
     * @param inheritable those that a program with the file capability keeps
     */
    public record CapabilitySets(Set<Capability> effective, Set<Capability> permitted, Set<Capability> inheritable) {}

    static final Struct CAP_HEADER = Struct.of("__user_cap_header_struct", u32("version"), u32("pid"));

    /** The kernel takes two of these: the low 32 capabilities, then the high. */
    static final Struct CAP_DATA =
            Struct.of("__user_cap_data_struct", u32("effective"), u32("permitted"), u32("inheritable"));

    private static final int LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    private static final int PR_GET_DUMPABLE = 3;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_CAPBSET_READ = 23;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_GET_NO_NEW_PRIVS = 39;

    private final SystemCalls calls;

    Privileges(SystemCalls calls) {
        this.calls = calls;
    }

    /** The calling thread's capability sets. */
    public CapabilitySets capabilities() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = CAP_DATA.allocate(arena, 2);
            check(
                    calls.call(SystemCall.CAPGET, header(arena).address(), data.address(), 0, 0, 0, 0),
                    SystemCall.CAPGET);
            return new CapabilitySets(get(data, "effective"), get(data, "permitted"), get(data, "inheritable"));
        }
    }

    /** {@code capset(2)}: changes the calling thread's capability sets. */
    public void setCapabilities(CapabilitySets sets) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = CAP_DATA.allocate(arena, 2);
            set(data, "effective", sets.effective());
            set(data, "permitted", sets.permitted());
            set(data, "inheritable", sets.inheritable());
            check(
                    calls.call(SystemCall.CAPSET, header(arena).address(), data.address(), 0, 0, 0, 0),
                    SystemCall.CAPSET,
                    sets);
        }
    }

    /** The capabilities that the calling thread, and what it executes, can ever gain. */
    public Set<Capability> boundingSet() {
        Set<Capability> bounding = EnumSet.noneOf(Capability.class);
        for (Capability capability : Capability.values()) {
            // A kernel that does not know the capability refuses with EINVAL: nobody can have it there.
            if (calls.call(SystemCall.PRCTL, PR_CAPBSET_READ, capability.bit(), 0, 0, 0, 0) == 1) {
                bounding.add(capability);
            }
        }
        return bounding;
    }

    /** Takes a capability out of the calling thread's bounding set, for good. */
    public void dropFromBoundingSet(Capability capability) {
        prctl(PR_CAPBSET_DROP, capability.bit(), "PR_CAPBSET_DROP");
    }

    /** From now on no program that this thread executes gains privileges by set-user-id bits or file capabilities. */
    public void setNoNewPrivileges() {
        prctl(PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS");
    }

    public boolean hasNoNewPrivileges() {
        return prctl(PR_GET_NO_NEW_PRIVS, 0, "PR_GET_NO_NEW_PRIVS") == 1;
    }

    /**
     * Whether others of the same user may trace this process and read its memory through {@code /proc}. For the whole
     * process; {@code false} also gives its files under {@code /proc} to root.
     */
    public void setDumpable(boolean dumpable) {
        prctl(PR_SET_DUMPABLE, dumpable ? 1 : 0, "PR_SET_DUMPABLE");
    }

    public boolean isDumpable() {
        return prctl(PR_GET_DUMPABLE, 0, "PR_GET_DUMPABLE") == 1;
    }

    private static MemorySegment header(Arena arena) {
        MemorySegment header = CAP_HEADER.allocate(arena);
        Memory.setInt(header, CAP_HEADER.offset("version"), LINUX_CAPABILITY_VERSION_3);
        return header;
    }

    private static Set<Capability> get(MemorySegment data, String member) {
        long at = CAP_DATA.offset(member);
        return Capability.fromBits(Integer.toUnsignedLong(Memory.getInt(data, at))
                | (long) Memory.getInt(data, CAP_DATA.size() + at) << 32);
    }

    private static void set(MemorySegment data, String member, Set<Capability> capabilities) {
        long at = CAP_DATA.offset(member);
        long bits = Capability.toBits(capabilities);
        Memory.setInt(data, at, (int) bits);
        Memory.setInt(data, CAP_DATA.size() + at, (int) (bits >>> 32));
    }

    private long prctl(int option, long value, String name) {
        return check(calls.call(SystemCall.PRCTL, option, value, 0, 0, 0, 0), SystemCall.PRCTL, name, value);
    }
}
