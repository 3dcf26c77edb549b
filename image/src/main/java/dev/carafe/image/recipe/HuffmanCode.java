package dev.carafe.image.recipe;

import java.io.IOException;

/** A canonical Huffman code, as RFC 1951 (3.2.2) makes it of the lengths of its words. */
final class HuffmanCode {

    private static final int LONGEST = 15;
    private static final int QUICK = 10;

    private final int[] lengths;
    /** The words, their first bit the lowest. */
    private final int[] words;

    /** A symbol and the length of its word, times 16, by the next bits; 0 where the word is longer. */
    private final int[] quick = new int[1 << QUICK];

    private final int[] counts = new int[LONGEST + 1];
    private final int[] sorted;

    /** @throws UnknownFormException if there are more words than can be told apart */
    HuffmanCode(int[] lengths) throws UnknownFormException {
        this.lengths = lengths;
        words = new int[lengths.length];
        sorted = new int[lengths.length];
        for (int length : lengths) {
            counts[length]++;
        }
        counts[0] = 0;
        int[] next = new int[LONGEST + 2];
        int[] place = new int[LONGEST + 2];
        for (int length = 1; length <= LONGEST; length++) {
            next[length + 1] = (next[length] + counts[length]) << 1;
            place[length + 1] = place[length] + counts[length];
            if (next[length] + counts[length] > 1 << length) {
                throw new UnknownFormException("a Huffman code with too many words");
            }
        }
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            int length = lengths[symbol];
            if (length > 0) {
                int word = Integer.reverse(next[length]++) >>> (32 - length);
                words[symbol] = word;
                sorted[place[length]++] = symbol;
                for (int at = word; length <= QUICK && at < 1 << QUICK; at += 1 << length) {
                    quick[at] = symbol << 4 | length;
                }
            }
        }
    }

    int length(int symbol) {
        return lengths[symbol];
    }

    void write(BitOutput output, int symbol) {
        output.put(words[symbol], lengths[symbol]);
    }

    /** Reads a symbol; the input is filled. */
    int read(BitInput input) throws IOException {
        int found = quick[(int) input.peek() & (1 << QUICK) - 1];
        if (found != 0) {
            input.skip(found & 15);
            return found >>> 4;
        }
        long bits = input.peek();
        int word = 0;
        int first = 0;
        int place = 0;
        for (int length = 1; length <= LONGEST; length++) {
            word |= (int) (bits & 1);
            bits >>>= 1;
            if (word - first < counts[length]) {
                input.skip(length);
                return sorted[place + word - first];
            }
            place += counts[length];
            first = (first + counts[length]) << 1;
            word <<= 1;
        }
        throw new UnknownFormException("bits that are no word of a Huffman code");
    }
}
