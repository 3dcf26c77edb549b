package dev.carafe.image.recipe;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** What was read of a compressed stream and has not been looked at yet. */
final class TokenQueue {

    /** A block begins; its kind comes next, as {@link BlockModel#kind} has it. */
    static final int BEGIN = -2;
    /** All of a block that is stored: what fills the byte before it, and how much it is, come next. */
    static final int STORED = -3;
    /** The stream ends; what fills its last byte comes next. */
    static final int FINISH = -4;

    private int[] items = new int[1 << 16];
    private int from;
    private int to;
    private final Deque<DynamicHeader> headers = new ArrayDeque<>();

    void add(int item) {
        if (to == items.length) {
            if (from > items.length / 2) {
                System.arraycopy(items, from, items, 0, to - from);
                to -= from;
                from = 0;
            } else {
                items = Arrays.copyOf(items, 2 * items.length);
            }
        }
        items[to++] = item;
    }

    void add(DynamicHeader header) {
        headers.add(header);
    }

    boolean isEmpty() {
        return from == to;
    }

    int peek() {
        return items[from];
    }

    int take() {
        int item = items[from++];
        if (from == to) {
            from = 0;
            to = 0;
        }
        return item;
    }

    /** The header of the present block. */
    DynamicHeader header() {
        return headers.getFirst();
    }

    /** The present block is at its end. */
    void dropHeader() {
        headers.removeFirst();
    }
}
