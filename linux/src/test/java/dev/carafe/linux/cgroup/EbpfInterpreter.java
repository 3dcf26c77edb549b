package dev.carafe.linux.cgroup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs a device program as the kernel would, as far as such programs go. */
final class EbpfInterpreter {

    private EbpfInterpreter() {}

    static boolean allows(byte[] code, DeviceRule.Type type, long major, long minor, int access) {
        ByteBuffer program = ByteBuffer.wrap(code).order(ByteOrder.nativeOrder());
        ByteBuffer context = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
        context.putInt((access << 16) | (type == DeviceRule.Type.BLOCK ? 1 : 2));
        context.putInt((int) major).putInt((int) minor);
        long[] registers = new long[11];
        for (int at = 0; ; at++) {
            int operation = Byte.toUnsignedInt(program.get(at * 8));
            int destination = program.get(at * 8 + 1) & 0xf;
            int source = (program.get(at * 8 + 1) >> 4) & 0xf;
            int offset = program.getShort(at * 8 + 2);
            int immediate = program.getInt(at * 8 + 4);
            int word = (int) registers[destination];
            switch (operation) {
                case 0x61 -> registers[destination] = Integer.toUnsignedLong(context.getInt(offset));
                case 0x54 -> registers[destination] = Integer.toUnsignedLong(word & immediate);
                case 0x74 -> registers[destination] = Integer.toUnsignedLong(word >>> immediate);
                case 0xbc -> registers[destination] = Integer.toUnsignedLong((int) registers[source]);
                case 0xb7 -> registers[destination] = immediate;
                case 0x56 -> at += word != immediate ? offset : 0;
                case 0x5e -> at += word != (int) registers[source] ? offset : 0;
                case 0x95 -> {
                    return registers[0] != 0;
                }
                default -> throw new AssertionError("no such operation: 0x" + Integer.toHexString(operation));
            }
        }
    }
}
