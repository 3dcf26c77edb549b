package dev.carafe.runtime.plan;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Writes the binary form of a plan, which {@code native/plan.h} describes.
 *
 * <p>There a slot's number is free again after the slot's last use, so that what counts against the limit is how many
 * descriptors are open at a time.
 */
public final class PlanWriter {

    private static final int MAGIC = 0x50465243;
    private static final short VERSION = 2;
    private static final int HEADER = 32;
    private static final int ALIGNMENT = 8;
    private static final long LAST_USE = 0x10000;
    private static final int MOST_SLOTS = 1024;
    private static final int MOST_BYTES = 16 << 20;

    private ByteBuffer buffer = ByteBuffer.allocate(8 * 1024).order(ByteOrder.nativeOrder());

    /** Where slots are named, in order. */
    private int[] uses = new int[256];

    private int useCount;

    private PlanWriter() {}

    static byte[] write(Plan plan) {
        PlanWriter writer = new PlanWriter();
        writer.buffer.position(HEADER);
        for (Step step : plan.steps()) {
            writer.step(step.operation());
        }
        ByteBuffer buffer = writer.buffer;
        limit("bytes", buffer.position(), MOST_BYTES);
        buffer.putInt(0, MAGIC);
        buffer.putShort(4, VERSION);
        buffer.putShort(6, (short) writer.numberSlots(plan.slots(), plan.inputs()));
        buffer.putShort(8, (short) plan.inputs());
        buffer.putShort(10, (short) plan.cgroup().number());
        buffer.putInt(12, plan.steps().size());
        buffer.putLong(16, plan.cloneFlags());
        buffer.putLong(24, buffer.position());
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        return bytes;
    }

    /** Gives every slot the lowest number that is free from its first use to its last. How many numbers that takes. */
    private int numberSlots(int slots, int inputs) {
        int[] last = new int[slots];
        for (int i = 0; i < useCount; i++) {
            last[(int) buffer.getLong(uses[i])] = i;
        }
        int[] numbers = new int[slots];
        Arrays.fill(numbers, -1);
        BitSet taken = new BitSet();
        for (int input = 0; input < inputs; input++) {
            numbers[input] = input;
            taken.set(input);
        }
        int most = inputs;
        for (int i = 0; i < useCount; i++) {
            int slot = (int) buffer.getLong(uses[i]);
            if (numbers[slot] < 0) {
                numbers[slot] = taken.nextClearBit(0);
                taken.set(numbers[slot]);
                most = Math.max(most, numbers[slot] + 1);
            }
            buffer.putLong(uses[i], numbers[slot] | (last[slot] == i ? LAST_USE : 0));
            taken.set(numbers[slot], last[slot] != i);
        }
        limit("open files", most, MOST_SLOTS);
        return most;
    }

    private static void limit(String what, long size, long most) {
        if (size > most) {
            throw new OversizedPlanException(what, size, most);
        }
    }

    private void step(Operation operation) {
        int start = buffer.position();
        operation.encode(this);
        buffer.putInt(start + 4, buffer.position() - start - ALIGNMENT);
    }

    /** Starts an operation; its arguments follow. */
    @CanIgnoreReturnValue
    PlanWriter operation(int code) {
        room(ALIGNMENT);
        buffer.putShort((short) code).putShort((short) 0).putInt(0);
        return this;
    }

    @CanIgnoreReturnValue
    PlanWriter number(long number) {
        room(ALIGNMENT);
        buffer.putLong(number);
        return this;
    }

    @CanIgnoreReturnValue
    PlanWriter flag(boolean set) {
        return number(set ? 1 : 0);
    }

    @CanIgnoreReturnValue
    PlanWriter slot(Slot slot) {
        if (!slot.isNone()) {
            if (useCount == uses.length) {
                uses = Arrays.copyOf(uses, useCount * 2);
            }
            uses[useCount++] = buffer.position();
        }
        return number(slot.number());
    }

    @CanIgnoreReturnValue
    PlanWriter bytes(byte[] bytes) {
        number(bytes.length);
        room(bytes.length + ALIGNMENT);
        buffer.put(bytes);
        return align();
    }

    @CanIgnoreReturnValue
    PlanWriter text(String text) {
        byte[] bytes = encoded(text);
        number(bytes.length + 1L);
        room(bytes.length + 1 + ALIGNMENT);
        buffer.put(bytes).put((byte) 0);
        return align();
    }

    @CanIgnoreReturnValue
    PlanWriter texts(List<String> texts) {
        number(0);
        int start = buffer.position();
        for (String text : texts) {
            byte[] bytes = encoded(text);
            room(bytes.length + 1 + ALIGNMENT);
            buffer.put(bytes).put((byte) 0);
        }
        buffer.putLong(start - Long.BYTES, buffer.position() - start);
        return align();
    }

    @CanIgnoreReturnValue
    PlanWriter ids(List<Integer> ids) {
        number((long) ids.size() * Integer.BYTES);
        room(ids.size() * Integer.BYTES + ALIGNMENT);
        for (int id : ids) {
            buffer.putInt(id);
        }
        return align();
    }

    @CanIgnoreReturnValue
    private PlanWriter align() {
        while (buffer.position() % ALIGNMENT != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }

    private void room(int bytes) {
        if (buffer.remaining() < bytes) {
            ByteBuffer larger = ByteBuffer.allocate(Math.addExact(buffer.capacity() * 2, bytes))
                    .order(ByteOrder.nativeOrder());
            buffer = larger.put(buffer.flip());
        }
    }

    private static byte[] encoded(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in \"" + text.replace("\0", "\\0") + "\"");
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
