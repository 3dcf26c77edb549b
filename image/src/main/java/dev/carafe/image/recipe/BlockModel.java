package dev.carafe.image.recipe;

import java.io.IOException;
import java.util.Arrays;

/** How blocks are written in a recipe: their kinds and headers, and the odds for all that is in them. */
final class BlockModel {

    static final int STORED = 0;
    static final int FIXED = 1;
    static final int DYNAMIC = 2;

    /** The header of a block comes after so many of its tokens at the latest, so that they can be waited for. */
    static final int MOST = 1 << 18;

    private static final DynamicHeader ANY = new DynamicHeader(
            DynamicHeader.FEWEST_LITERALS, 1, DynamicHeader.FEWEST_ORDERS, new int[DynamicHeader.SYMBOLS], new int[0]);

    final TokenModel tokens = new TokenModel();
    private final Odds kinds = new Odds(4 * 8);
    private final Odds paddings = new Odds(Coder.NUMBER);
    private final Odds stored = new Odds(Coder.NUMBER);
    private final Odds headers = new Odds(1);
    private final DynamicHeader.Model header = new DynamicHeader.Model();
    private int before;

    /** Whether a block is the last one, and 2 times its kind. */
    int kind(Coder coder, int any) throws IOException {
        before = coder.tree(kinds, before / 2 * 8, 3, any);
        return before;
    }

    /** The bits that fill a byte. */
    int padding(Coder coder, int any) throws IOException {
        return coder.number(paddings, 0, any);
    }

    int storedLength(Coder coder, int any) throws IOException {
        return coder.number(stored, 0, any);
    }

    /** A header, where the one that is to be expected is known. */
    DynamicHeader header(Coder coder, DynamicHeader expected, DynamicHeader any) throws IOException {
        return coder.bit(headers, 0, expected.isSame(any) ? 0 : 1) == 0
                ? expected
                : DynamicHeader.code(coder, header, any);
    }

    /** What is passed where a header is read. */
    static DynamicHeader anyHeader() {
        return ANY;
    }

    /** The codes that need no header. */
    static HuffmanCode fixedLiterals() throws UnknownFormException {
        int[] lengths = new int[288];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
        }
        return new HuffmanCode(lengths);
    }

    static HuffmanCode fixedDistances() throws UnknownFormException {
        int[] lengths = new int[Token.DISTANCES];
        Arrays.fill(lengths, 5);
        return new HuffmanCode(lengths);
    }
}
