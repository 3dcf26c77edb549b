package dev.carafe.image.recipe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Makes codes as Go's {@code compress/flate} does: by merging packages, which never makes words that are too long, and
 * lengths of both codes packed as if they were one.
 *
 * @see <a href="https://en.wikipedia.org/wiki/Package-merge_algorithm">package-merge</a>
 */
final class GoHeaders {

    private static final int LONGEST = 15;
    private static final int LONGEST_OF_SYMBOLS = 7;

    private GoHeaders() {}

    /** The header for a block, as {@link ZlibHeaders#of} has it. */
    static DynamicHeader of(int[] literals, int[] distances) {
        int[] distanceCounts = distances.clone();
        if (IntStream.of(distances).allMatch(it -> it == 0)) {
            distanceCounts[0] = 1;
        }
        int[] literalLengths = used(lengths(literals, LONGEST));
        int[] distanceLengths = used(lengths(distanceCounts, LONGEST));
        int[] all = Arrays.copyOf(literalLengths, literalLengths.length + distanceLengths.length);
        System.arraycopy(distanceLengths, 0, all, literalLengths.length, distanceLengths.length);
        List<Integer> packed = pack(all);
        int[] counts = new int[DynamicHeader.SYMBOLS];
        packed.forEach(it -> counts[it & 31]++);
        int[] orderLengths = lengths(counts, LONGEST_OF_SYMBOLS);
        int orders = DynamicHeader.SYMBOLS;
        while (orders > DynamicHeader.FEWEST_ORDERS && counts[DynamicHeader.ordered(orders - 1)] == 0) {
            orders--;
        }
        return new DynamicHeader(
                literalLengths.length,
                distanceLengths.length,
                orders,
                orderLengths,
                packed.stream().mapToInt(it -> it).toArray());
    }

    private static int[] used(int[] lengths) {
        int count = lengths.length;
        while (count > 0 && lengths[count - 1] == 0) {
            count--;
        }
        return Arrays.copyOf(lengths, count);
    }

    private static List<Integer> pack(int[] lengths) {
        List<Integer> packed = new ArrayList<>();
        for (int at = 0; at < lengths.length; ) {
            int length = lengths[at];
            int count = 1;
            while (at + count < lengths.length && lengths[at + count] == length) {
                count++;
            }
            at += count;
            if (length != 0) {
                packed.add(length);
                count--;
                while (count >= 3) {
                    int some = Math.min(count, 6);
                    packed.add(DynamicHeader.AGAIN | (some - 3) << 5);
                    count -= some;
                }
            } else {
                while (count >= 11) {
                    int some = Math.min(count, 138);
                    packed.add(DynamicHeader.MANY_ZEROS | (some - 11) << 5);
                    count -= some;
                }
                if (count >= 3) {
                    packed.add(DynamicHeader.FEW_ZEROS | (count - 3) << 5);
                    count = 0;
                }
            }
            for (; count > 0; count--) {
                packed.add(length);
            }
        }
        return packed;
    }

    /** The lengths of words, none longer than what is allowed. */
    private static int[] lengths(int[] counts, int longest) {
        int[] lengths = new int[counts.length];
        List<Integer> symbols = IntStream.range(0, counts.length)
                .filter(symbol -> counts[symbol] > 0)
                .boxed()
                .sorted(Comparator.comparingInt(symbol -> counts[symbol]))
                .toList();
        if (symbols.size() <= 2) {
            symbols.forEach(symbol -> lengths[symbol] = 1);
            return lengths;
        }
        int[] leaves = symbols.stream().mapToInt(symbol -> counts[symbol]).toArray();
        for (int taken : taken(leaves, Math.min(longest, leaves.length - 1))) {
            for (int i = 0; i < taken; i++) {
                lengths[symbols.get(i)]++;
            }
        }
        return lengths;
    }

    /** How many of the leaves, the rarest first, are taken in each row. */
    private static int[] taken(int[] leaves, int rows) {
        // Which items of each row are leaves; in the first all are.
        boolean[][] isLeaf = new boolean[rows][];
        long[] below = new long[0];
        for (int row = 0; row < rows; row++) {
            int pairs = below.length / 2;
            long[] items = new long[leaves.length + pairs];
            isLeaf[row] = new boolean[items.length];
            int leaf = 0;
            int pair = 0;
            for (int i = 0; i < items.length; i++) {
                long pairCount = pair < pairs ? below[2 * pair] + below[2 * pair + 1] : Long.MAX_VALUE;
                isLeaf[row][i] = leaf < leaves.length && leaves[leaf] < pairCount;
                items[i] = isLeaf[row][i] ? leaves[leaf++] : pairCount;
                if (!isLeaf[row][i]) {
                    pair++;
                }
            }
            below = items;
        }
        int[] taken = new int[rows];
        int items = 2 * leaves.length - 2;
        for (int row = rows - 1; row >= 0; row--) {
            int pairs = 0;
            for (int i = 0; i < items; i++) {
                if (isLeaf[row][i]) {
                    taken[row]++;
                } else {
                    pairs++;
                }
            }
            items = 2 * pairs;
        }
        return taken;
    }
}
