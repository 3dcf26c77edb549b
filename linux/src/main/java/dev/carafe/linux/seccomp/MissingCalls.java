package dev.carafe.linux.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The head of a filter that answers {@code ENOSYS} to system calls younger than the profile.
 *
 * <p>A C library tries a new call first and falls back on the old one, but only when told that the new one does not
 * exist. A profile that answers {@code EPERM} to whatever it does not name breaks that as soon as a new call comes. What
 * it cannot have meant is taken to be every number above the highest that it names.
 */
final class MissingCalls {

    private static final int LOAD = 0x20;
    private static final int JUMP = 0x05;
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_ABOVE = 0x25;
    private static final int JUMP_SET = 0x45;
    private static final int RETURN = 0x06;

    /** {@code struct seccomp_data}. */
    private static final int NUMBER = 0;

    private static final int ARCHITECTURE = 4;

    private static final int X32_BIT = 0x4000_0000;
    private static final int ENOSYS = Action.ERRNO.code(38);

    /** The most instructions for one architecture. */
    private static final int SECTION = 8;

    /** The highest number that a profile names, on a machine. */
    private record Newest(Machine machine, int number) {}

    private final ByteBuffer code;
    private final List<Integer> leaving = new ArrayList<>();

    private MissingCalls(int machines) {
        code = ByteBuffer.allocate((1 + machines * SECTION) * Filter.INSTRUCTION)
                .order(ByteOrder.nativeOrder());
    }

    /** The instructions to put before the filter itself. */
    static byte[] before(Libseccomp library, Profile profile, List<Machine> machines) {
        List<Newest> newest = new ArrayList<>();
        for (Machine machine : machines) {
            int number = newest(library, profile, machine);
            if (number > 0) {
                newest.add(new Newest(machine, number));
            }
        }
        if (newest.isEmpty()) {
            return new byte[0];
        }
        var head = new MissingCalls(newest.size());
        head.emit(LOAD, 0, 0, ARCHITECTURE);
        for (int i = 0; i < newest.size(); i++) {
            head.section(newest, i);
        }
        return head.finish();
    }

    private static int newest(Libseccomp library, Profile profile, Machine machine) {
        int newest = 0;
        for (Profile.Rule rule : profile.rules()) {
            for (String name : rule.names()) {
                newest = Math.max(newest, library.number(machine.token(), name));
            }
        }
        return newest;
    }

    /** What one architecture's calls go through; x32's are told from x86_64's by a bit of their number. */
    private void section(List<Newest> all, int index) {
        Newest newest = all.get(index);
        switch (newest.machine()) {
            case X86_64 -> {
                int x32 = indexOf(all, Machine.X32);
                if (x32 < 0) {
                    open(newest.machine(), 5);
                    emit(JUMP_SET, 2, 0, X32_BIT);
                    emit(JUMP_ABOVE, 0, 1, newest.number());
                } else {
                    open(newest.machine(), 6);
                    emit(JUMP_SET, 1, 0, X32_BIT);
                    emit(JUMP_ABOVE, 1, 2, newest.number());
                    emit(JUMP_ABOVE, 0, 1, all.get(x32).number());
                }
            }
            case X32 -> {
                if (indexOf(all, Machine.X86_64) >= 0) {
                    return; // Done with it.
                }
                open(newest.machine(), 5);
                emit(JUMP_SET, 0, 2, X32_BIT);
                emit(JUMP_ABOVE, 0, 1, newest.number());
            }
            case S390, S390X -> {
                // Numbers that the kernel does not know arrive as 0.
                open(newest.machine(), 5);
                emit(JUMP_EQUAL, 1, 0, 0);
                emit(JUMP_ABOVE, 0, 1, newest.number());
            }
            default -> {
                open(newest.machine(), 4);
                emit(JUMP_ABOVE, 0, 1, newest.number());
            }
        }
        emit(RETURN, 0, 0, ENOSYS);
        leaving.add(code.position());
        emit(JUMP, 0, 0, 0);
    }

    private void open(Machine machine, int length) {
        emit(JUMP_EQUAL, 0, length, machine.audit());
        emit(LOAD, 0, 0, NUMBER);
    }

    private static int indexOf(List<Newest> all, Machine machine) {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).machine() == machine) {
                return i;
            }
        }
        return -1;
    }

    private void emit(int operation, int jumpTrue, int jumpFalse, int operand) {
        code.putShort((short) operation)
                .put((byte) jumpTrue)
                .put((byte) jumpFalse)
                .putInt(operand);
    }

    /** Makes every jump out lead to where the filter itself begins. */
    private byte[] finish() {
        int end = code.position();
        for (int at : leaving) {
            code.putInt(at + 4, (end - at) / Filter.INSTRUCTION - 1);
        }
        byte[] bytes = new byte[end];
        code.flip().get(bytes);
        return bytes;
    }
}
