package dev.carafe.runtime.plan;

import static dev.carafe.runtime.plan.Flags.octal;
import static dev.carafe.runtime.plan.Flags.quoted;

import java.util.List;

/** Namespaces and attributes of the process itself: what it may do, and as whom. */
public sealed interface ProcessOperation extends Operation {

    /** {@code clone3(2)}: what follows happens in a child, as the sibling of this process, which ends. */
    record CloneProcess(long flags) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(24).number(flags);
        }

        @Override
        public String toString() {
            return "clone(" + Flags.namespaces(flags) + "), go on in the child";
        }
    }

    /** {@code unshare(2)}. */
    record Unshare(long flags) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(25).number(flags);
        }

        @Override
        public String toString() {
            return "unshare(" + Flags.namespaces(flags) + ")";
        }
    }

    /**
     * {@code setns(2)}, once: the slot is empty when it has been entered.
     *
     * @param mayWait whether a namespace that needs other rights is left for a later step of this kind
     */
    record Setns(Slot namespace, long type, boolean mayWait) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(26).slot(namespace).number(type).flag(mayWait);
        }

        @Override
        public String toString() {
            return "setns(" + namespace + ", " + Flags.namespaces(type) + ")"
                    + (mayWait ? " if that is allowed yet" : "");
        }
    }

    /** Makes a user namespace with these maps, in the form of {@code /proc/PID/uid_map}. */
    record UserNamespace(
            Slot slot, String uidMap, String gidMap, boolean denySetgroups, String uidMapper, String gidMapper)
            implements ProcessOperation {

        /** One whose maps the caller may write himself. */
        public UserNamespace(Slot slot, String uidMap, String gidMap) {
            this(slot, uidMap, gidMap, false, "", "");
        }

        @Override
        public void encode(PlanWriter writer) {
            writer.operation(27)
                    .slot(slot)
                    .text(uidMap)
                    .text(gidMap)
                    .flag(denySetgroups)
                    .text(uidMapper)
                    .text(gidMapper);
        }

        @Override
        public String toString() {
            return slot + " = new user namespace, uids " + quoted(uidMap) + by(uidMapper) + ", gids " + quoted(gidMap)
                    + by(gidMapper) + (denySetgroups ? ", no setgroups" : "");
        }

        private static String by(String mapper) {
            return mapper.isEmpty() ? "" : " by " + quoted(mapper);
        }
    }

    /** Sets {@code IFF_UP} on the loopback interface. */
    record LoopbackUp() implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(28);
        }

        @Override
        public String toString() {
            return "bring up lo";
        }
    }

    /** {@code setrlimit(2)}; -1 is no limit. */
    record SetResourceLimit(int resource, long soft, long hard) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(30).number(resource).number(soft).number(hard);
        }

        @Override
        public String toString() {
            return "setrlimit(" + Flags.resource(resource) + ", " + Flags.limit(soft) + ", " + Flags.limit(hard) + ")";
        }
    }

    /** {@code setsid(2)}. */
    record Setsid() implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(31);
        }

        @Override
        public String toString() {
            return "setsid()";
        }
    }

    /** {@code keyctl(2)}: a session keyring of its own. */
    record JoinKeyring(String name) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(32).text(name);
        }

        @Override
        public String toString() {
            return "keyctl(JOIN_SESSION_KEYRING, " + quoted(name) + ")";
        }
    }

    /** {@code sethostname(2)}. */
    record SetHostname(String name) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(33).text(name);
        }

        @Override
        public String toString() {
            return "sethostname(" + quoted(name) + ")";
        }
    }

    /** {@code setdomainname(2)}. */
    record SetDomainname(String name) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(34).text(name);
        }

        @Override
        public String toString() {
            return "setdomainname(" + quoted(name) + ")";
        }
    }

    /** {@code umask(2)}. */
    record Umask(int mask) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(35).number(mask);
        }

        @Override
        public String toString() {
            return "umask(" + octal(mask) + ")";
        }
    }

    /** {@code personality(2)}. */
    record Personality(long persona) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(36).number(persona);
        }

        @Override
        public String toString() {
            return "personality(0x" + Long.toHexString(persona) + ")";
        }
    }

    /** {@code prctl(2)}. */
    record Prctl(ProcessOption option, long value) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(37)
                    .number(option.number())
                    .number(value)
                    .number(0)
                    .number(0)
                    .number(0);
        }

        @Override
        public String toString() {
            return "prctl(" + option + ", " + value + ")";
        }
    }

    /** {@code PR_CAPBSET_DROP} of every capability that is not kept. */
    record BoundCapabilities(long kept) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(38).number(kept);
        }

        @Override
        public String toString() {
            return "drop from the bounding set all but " + Flags.capabilities(kept);
        }
    }

    /** {@code capset(2)}. */
    record Capset(long effective, long permitted, long inheritable) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(39).number(effective).number(permitted).number(inheritable);
        }

        @Override
        public String toString() {
            return "capset(effective " + Flags.capabilities(effective) + ", permitted " + Flags.capabilities(permitted)
                    + ", inheritable " + Flags.capabilities(inheritable) + ")";
        }
    }

    /** {@code PR_CAP_AMBIENT}: exactly these. */
    record RaiseAmbient(long raised) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(40).number(raised);
        }

        @Override
        public String toString() {
            return "raise in the ambient set " + Flags.capabilities(raised);
        }
    }

    /** {@code setgroups(2)}. */
    record Setgroups(List<Integer> gids, boolean mayBeDenied) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(41).ids(gids).flag(mayBeDenied);
        }

        @Override
        public String toString() {
            return "setgroups(" + Flags.ids(gids) + ")" + (mayBeDenied ? ", unless denied" : "");
        }
    }

    /** {@code setresgid(2)}, all three alike. */
    record Setgid(int gid) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(42).number(Integer.toUnsignedLong(gid));
        }

        @Override
        public String toString() {
            return "setresgid(" + Integer.toUnsignedLong(gid) + ")";
        }
    }

    /** {@code setresuid(2)}, all three alike. */
    record Setuid(int uid) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(43).number(Integer.toUnsignedLong(uid));
        }

        @Override
        public String toString() {
            return "setresuid(" + Integer.toUnsignedLong(uid) + ")";
        }
    }

    /** {@code seccomp(2)}. */
    @SuppressWarnings("ArrayRecordComponent")
    record LoadSeccomp(long flags, byte[] program) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(44).number(flags).bytes(program);
        }

        @Override
        public String toString() {
            return "seccomp(SET_MODE_FILTER, 0x" + Long.toHexString(flags) + ", " + program.length / 8
                    + " instructions)";
        }
    }

    /**
     * {@code seccomp(2)} with {@code SECCOMP_FILTER_FLAG_NEW_LISTENER}: reports a point with the number of the listener,
     * and waits to be told to go on. Nothing may come between, as nobody else can answer for a call that is held up.
     */
    @SuppressWarnings("ArrayRecordComponent")
    record ListenSeccomp(long flags, byte[] program, int point) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(83).number(flags).bytes(program).number(point);
        }

        @Override
        public String toString() {
            return "seccomp(SET_MODE_FILTER, 0x" + Long.toHexString(flags) + ", " + program.length / 8
                    + " instructions), its listener to the parent, wait for its word";
        }
    }

    /** {@code sched_setattr(2)}. */
    @SuppressWarnings("ArrayRecordComponent")
    record SetScheduler(byte[] attributes) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(45).bytes(attributes);
        }

        @Override
        public String toString() {
            return "sched_setattr(" + Flags.scheduler(attributes) + ")";
        }
    }

    /** {@code ioprio_set(2)}. */
    record SetIoPriority(int priority) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(46).number(priority);
        }

        @Override
        public String toString() {
            return "ioprio_set(class " + (priority >>> 13) + ", level " + (priority & 0x1fff) + ")";
        }
    }

    /** {@code sched_setaffinity(2)}: a bit for each processor, the first one lowest in the first byte. */
    @SuppressWarnings("ArrayRecordComponent")
    record SetAffinity(byte[] processors) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(47).bytes(processors);
        }

        @Override
        public String toString() {
            return "sched_setaffinity(" + Flags.processors(processors) + ")";
        }
    }

    /** {@code set_mempolicy(2)}: mode with its flags, and a bit for each node, or no nodes at all. */
    @SuppressWarnings("ArrayRecordComponent")
    record SetMemoryPolicy(int mode, byte[] nodes) implements ProcessOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(82).number(mode).bytes(nodes);
        }

        @Override
        public String toString() {
            return "set_mempolicy(0x" + Integer.toHexString(mode) + ", "
                    + (nodes.length == 0 ? "no nodes" : "nodes " + Flags.processors(nodes)) + ")";
        }
    }

    /** The options of {@code prctl(2)} that plans use. */
    enum ProcessOption {
        PDEATHSIG(1),
        DUMPABLE(4),
        KEEPCAPS(8),
        NO_NEW_PRIVS(38);

        private final int number;

        ProcessOption(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }
    }
}
