package dev.carafe.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Map;

/** Reads a plan's binary form as {@code native/plan.c} does, and holds it to the rules that only a whole plan shows. */
public final class PlanBytes {

    private static final int CWD = 0xffff;
    private static final int LAST = 0x10000;
    private static final int MOST_SLOTS = 1024;

    private final Map<Integer, String> table = OperationTable.ofJava();
    private final BitSet open = new BitSet();
    private final ByteBuffer buffer;
    private int mostOpen;

    private PlanBytes(byte[] bytes) {
        buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    /**
     * Fails if the form is broken, if a step uses a slot that no step before it fills, or if a descriptor stays open.
     *
     * @return how many descriptors are open at a time, at most
     */
    public static int check(byte[] bytes) {
        return new PlanBytes(bytes).check();
    }

    private int check() {
        buffer.position(6);
        int slots = Short.toUnsignedInt(buffer.getShort());
        int inputs = Short.toUnsignedInt(buffer.getShort());
        buffer.getShort();
        int operations = buffer.getInt();
        buffer.getLong();
        assertThat(buffer.getLong()).isEqualTo(buffer.capacity());
        assertThat(inputs).isLessThanOrEqualTo(slots);
        assertThat(slots).isLessThanOrEqualTo(MOST_SLOTS);
        open.set(0, inputs);
        for (int i = 0; i < operations; i++) {
            operation(slots);
        }
        assertThat(buffer.hasRemaining()).isFalse();
        assertThat(open.cardinality()).as("what nobody closes").isLessThanOrEqualTo(inputs);
        return mostOpen;
    }

    private void operation(int slots) {
        int code = Short.toUnsignedInt(buffer.getShort());
        assertThat(buffer.getShort()).isZero();
        int length = buffer.getInt();
        int end = buffer.position() + length;
        BitSet last = new BitSet();
        for (char kind : table.getOrDefault(code, "?").toCharArray()) {
            long number = buffer.getLong();
            switch (kind) {
                case 'i' -> {}
                case 'o', 's' -> {
                    if (number == CWD) {
                        break;
                    }
                    int slot = (int) number & ~LAST;
                    assertThat(slot).isLessThan(slots);
                    if (kind == 'o') {
                        open.set(slot);
                    }
                    assertThat(open.get(slot))
                            .as("slot %s of operation %s", slot, code)
                            .isTrue();
                    last.set(slot, (number & LAST) != 0);
                }
                default -> buffer.position(buffer.position() + (int) ((number + 7) & ~7));
            }
        }
        mostOpen = Math.max(mostOpen, open.cardinality());
        open.andNot(last);
        assertThat(buffer.position()).isEqualTo(end);
    }
}
