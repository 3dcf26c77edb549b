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

    private static final int ZLIB = 0;
    private static final int GO = 1;
    private static final int OTHER = 2;

    private static final DynamicHeader ANY = new DynamicHeader(
            DynamicHeader.FEWEST_LITERALS, 1, DynamicHeader.FEWEST_ORDERS, new int[DynamicHeader.SYMBOLS], new int[0]);

    final TokenModel tokens = new TokenModel();
    private final Odds kinds = new Odds(4 * 8);
    private final Odds paddings = new Odds(Coder.NUMBER);
    private final Odds stored = new Odds(Coder.NUMBER);
    private final Odds headers = new Odds(4 * 4);
    private final DynamicHeader.Model header = new DynamicHeader.Model();
    private int before;
    private int maker;

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

    /** A header, of a block whose tokens have been counted. Counting begins anew. */
    DynamicHeader header(Coder coder, Tally tally, DynamicHeader any) throws IOException {
        maker = coder.tree(headers, 4 * maker, 2, any == ANY ? 0 : maker(tally, any));
        DynamicHeader made = switch (maker) {
            case ZLIB -> tally.likeZlib();
            case GO -> tally.likeGo();
            default -> DynamicHeader.code(coder, header, any);
        };
        tally.clear();
        return made;
    }

    private static int maker(Tally tally, DynamicHeader header) {
        if (tally.likeZlib().isSame(header)) {
            return ZLIB;
        }
        return tally.likeGo().isSame(header) ? GO : OTHER;
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
