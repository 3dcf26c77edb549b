package dev.carafe.linux.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs a seccomp filter as the kernel would. */
final class ClassicBpf {

    private static final int KILL = 0;

    private ClassicBpf() {}

    /** What the filter returns for a call: an action, with its data in the lower half. Arguments not given are 0. */
    static int run(Filter filter, Machine machine, long number, long... arguments) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
        data.putInt((int) number).putInt(machine.audit()).putLong(0);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        ByteBuffer program = ByteBuffer.wrap(filter.program()).order(ByteOrder.nativeOrder());
        int accumulator = 0;
        for (int at = 0; ; at++) {
            int code = Short.toUnsignedInt(program.getShort(at * 8));
            int jumpTrue = Byte.toUnsignedInt(program.get(at * 8 + 2));
            int jumpFalse = Byte.toUnsignedInt(program.get(at * 8 + 3));
            int operand = program.getInt(at * 8 + 4);
            switch (code) {
                case 0x20 -> accumulator = data.getInt(operand);
                case 0x54 -> accumulator &= operand;
                case 0x05 -> at += operand;
                case 0x15 -> at += accumulator == operand ? jumpTrue : jumpFalse;
                case 0x25 -> at += Integer.compareUnsigned(accumulator, operand) > 0 ? jumpTrue : jumpFalse;
                case 0x35 -> at += Integer.compareUnsigned(accumulator, operand) >= 0 ? jumpTrue : jumpFalse;
                case 0x45 -> at += (accumulator & operand) != 0 ? jumpTrue : jumpFalse;
                case 0x06 -> {
                    return operand;
                }
                default -> {
                    return KILL; // no filter has any other
                }
            }
        }
    }
}
