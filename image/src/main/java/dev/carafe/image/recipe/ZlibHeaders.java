package dev.carafe.image.recipe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes codes as zlib does. There are many codes that are as good as another; which one zlib takes depends on the order
 * in which its heap gives out what is equally frequent.
 */
final class ZlibHeaders {

    private static final int LONGEST = 15;
    private static final int LONGEST_OF_SYMBOLS = 7;

    private ZlibHeaders() {}

    /**
     * The header for a block.
     *
     * @param literals how often each symbol is in it for bytes, the end and lengths
     * @param distances and each for distances
     */
    static DynamicHeader of(int[] literals, int[] distances) {
        Tree literal = new Tree(Token.LITERALS, LONGEST, literals);
        Tree distance = new Tree(Token.DISTANCES, LONGEST, distances);
        List<Integer> packed = new ArrayList<>();
        pack(literal, packed);
        pack(distance, packed);
        int[] counts = new int[DynamicHeader.SYMBOLS];
        packed.forEach(it -> counts[it & 31]++);
        Tree symbol = new Tree(DynamicHeader.SYMBOLS, LONGEST_OF_SYMBOLS, counts);
        int orders = DynamicHeader.SYMBOLS;
        while (orders > DynamicHeader.FEWEST_ORDERS && symbol.length[DynamicHeader.ordered(orders - 1)] == 0) {
            orders--;
        }
        return new DynamicHeader(
                literal.last + 1,
                distance.last + 1,
                orders,
                Arrays.copyOf(symbol.length, DynamicHeader.SYMBOLS),
                packed.stream().mapToInt(it -> it).toArray());
    }

    private static void pack(Tree tree, List<Integer> packed) {
        int before = -1;
        int at = 0;
        while (at <= tree.last) {
            int length = tree.length[at];
            int most = length == 0 ? 138 : length == before ? 6 : 7;
            int count = 1;
            while (count < most && at + count <= tree.last && tree.length[at + count] == length) {
                count++;
            }
            at += count;
            int fewest = length == 0 || length == before ? 3 : 4;
            if (count < fewest) {
                for (int i = 0; i < count; i++) {
                    packed.add(length);
                }
            } else if (length != 0) {
                if (length != before) {
                    packed.add(length);
                    count--;
                }
                packed.add(DynamicHeader.AGAIN | (count - 3) << 5);
            } else {
                packed.add(
                        count <= 10
                                ? DynamicHeader.FEW_ZEROS | (count - 3) << 5
                                : DynamicHeader.MANY_ZEROS | (count - 11) << 5);
            }
            before = length;
        }
    }

    /** A tree that is built from its leaves: always the two that are rarest, and of those the flattest, become one. */
    private static final class Tree {
        private final int[] frequency;
        private final int[] depth;
        private final int[] above;
        private final int[] length;
        /** A heap from 1 on, and from the end those that were taken out, the last one first. */
        private final int[] heap;

        private int heaped;
        /** The last symbol that has a word. */
        private int last = -1;

        Tree(int symbols, int longest, int[] counts) {
            int size = 2 * symbols + 1;
            frequency = Arrays.copyOf(counts, size);
            depth = new int[size];
            above = new int[size];
            length = new int[size];
            heap = new int[size];
            for (int symbol = 0; symbol < symbols; symbol++) {
                if (frequency[symbol] > 0) {
                    last = symbol;
                    heap[++heaped] = symbol;
                }
            }
            while (heaped < 2) {
                int forced = last < 2 ? ++last : 0;
                heap[++heaped] = forced;
                frequency[forced] = 1;
            }
            measure(join(symbols), longest);
        }

        /** @return where in the heap those begin that were taken out */
        private int join(int symbols) {
            for (int i = heaped / 2; i > 0; i--) {
                sink(i);
            }
            int out = heap.length;
            int node = symbols;
            while (heaped > 1) {
                int one = heap[1];
                heap[1] = heap[heaped--];
                sink(1);
                int other = heap[1];
                heap[--out] = one;
                heap[--out] = other;
                frequency[node] = frequency[one] + frequency[other];
                depth[node] = Math.max(depth[one], depth[other]) + 1;
                above[one] = node;
                above[other] = node;
                heap[1] = node++;
                sink(1);
            }
            heap[--out] = heap[1];
            return out;
        }

        private void sink(int from) {
            int at = from;
            int sinking = heap[at];
            for (int below = 2 * at; below <= heaped; below = 2 * at) {
                if (below < heaped && isBefore(heap[below + 1], heap[below])) {
                    below++;
                }
                if (isBefore(sinking, heap[below])) {
                    break;
                }
                heap[at] = heap[below];
                at = below;
            }
            heap[at] = sinking;
        }

        private boolean isBefore(int one, int other) {
            return frequency[one] < frequency[other]
                    || (frequency[one] == frequency[other] && depth[one] <= depth[other]);
        }

        private void measure(int root, int longest) {
            int[] counts = new int[longest + 1];
            int over = 0;
            for (int i = root + 1; i < heap.length; i++) {
                int node = heap[i];
                int bits = length[above[node]] + 1;
                if (bits > longest) {
                    bits = longest;
                    over++;
                }
                length[node] = bits;
                if (node <= last) {
                    counts[bits]++;
                }
            }
            if (over > 0) {
                shorten(counts, over, longest);
            }
        }

        /** Words that are too long are hung below others, and the lengths given out anew, the longest to the rarest. */
        private void shorten(int[] counts, int over, int longest) {
            for (int left = over; left > 0; left -= 2) {
                int bits = longest - 1;
                while (counts[bits] == 0) {
                    bits--;
                }
                counts[bits]--;
                counts[bits + 1] += 2;
                counts[longest]--;
            }
            int at = heap.length;
            for (int bits = longest; bits > 0; bits--) {
                for (int left = counts[bits]; left > 0; ) {
                    int node = heap[--at];
                    if (node <= last) {
                        length[node] = bits;
                        left--;
                    }
                }
            }
        }
    }
}
