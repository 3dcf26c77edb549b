package dev.carafe.image.recipe;

import java.io.IOException;
import java.util.Arrays;

/**
 * The beginning of a block with codes of its own: the lengths of their words, packed once more by symbols that have a
 * code themselves.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1951">RFC 1951, 3.2.7</a>
 */
final class DynamicHeader {

    static final int SYMBOLS = 19;
    /** Again what was there last. */
    static final int AGAIN = 16;

    static final int FEW_ZEROS = 17;
    static final int MANY_ZEROS = 18;

    static final int FEWEST_LITERALS = 257;
    static final int FEWEST_ORDERS = 4;

    private static final int[] ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

    /** How many lengths there are for bytes, the end and lengths of matches. */
    private final int literals;
    /** And for distances. */
    private final int distances;
    /** How many of the lengths for the symbols are written. */
    private final int orders;
    /** Those, by symbol. */
    private final int[] orderLengths;
    /** The packed lengths: each a symbol, and 32 times what comes after it. */
    private final int[] symbols;

    DynamicHeader(int literals, int distances, int orders, int[] orderLengths, int[] symbols) {
        this.literals = literals;
        this.distances = distances;
        this.orders = orders;
        this.orderLengths = orderLengths;
        this.symbols = symbols;
    }

    /** What symbols have odds by, wherever they are written. */
    static final class Model {
        private final Odds counts = new Odds(3 * 64);
        private final Odds orders = new Odds(SYMBOLS * 8);
        private final Odds symbols = new Odds(32 * 32);
        private final Odds extras = new Odds(3 * 128);
    }

    /** Which symbol comes as the so many-th in the order in which their lengths are written. */
    static int ordered(int index) {
        return ORDER[index];
    }

    /** The bits that come after a symbol. */
    static int extra(int symbol) {
        return switch (symbol) {
            case AGAIN -> 2;
            case FEW_ZEROS -> 3;
            case MANY_ZEROS -> 7;
            default -> 0;
        };
    }

    private static int repeats(int packed) {
        int more = packed >>> 5;
        return switch (packed & 31) {
            case AGAIN, FEW_ZEROS -> 3 + more;
            case MANY_ZEROS -> 11 + more;
            default -> 1;
        };
    }

    static DynamicHeader read(BitInput input) throws IOException {
        int literals = FEWEST_LITERALS + input.take(5);
        int distances = 1 + input.take(5);
        int orders = FEWEST_ORDERS + input.take(4);
        int[] orderLengths = new int[SYMBOLS];
        for (int i = 0; i < orders; i++) {
            orderLengths[ORDER[i]] = input.take(3);
        }
        HuffmanCode code = new HuffmanCode(orderLengths);
        int[] symbols = new int[literals + distances];
        int count = 0;
        for (int lengths = 0; lengths < literals + distances; count++) {
            input.fill();
            int symbol = code.read(input);
            symbols[count] = symbol | input.take(extra(symbol)) << 5;
            lengths += repeats(symbols[count]);
        }
        return new DynamicHeader(literals, distances, orders, orderLengths, Arrays.copyOf(symbols, count));
    }

    void write(BitOutput output) throws UnknownFormException {
        output.put(literals - FEWEST_LITERALS, 5);
        output.put(distances - 1, 5);
        output.put(orders - FEWEST_ORDERS, 4);
        for (int i = 0; i < orders; i++) {
            output.put(orderLengths[ORDER[i]], 3);
        }
        HuffmanCode code = new HuffmanCode(orderLengths);
        for (int packed : symbols) {
            code.write(output, packed & 31);
            output.put(packed >>> 5, extra(packed & 31));
        }
    }

    /** Writes one to a recipe, or reads it. */
    static DynamicHeader code(Coder coder, Model model, DynamicHeader any) throws IOException {
        int literals = FEWEST_LITERALS + coder.tree(model.counts, 0, 5, any.literals - FEWEST_LITERALS);
        int distances = 1 + coder.tree(model.counts, 64, 5, any.distances - 1);
        int orders = FEWEST_ORDERS + coder.tree(model.counts, 128, 4, any.orders - FEWEST_ORDERS);
        int[] orderLengths = new int[SYMBOLS];
        for (int i = 0; i < orders; i++) {
            orderLengths[ORDER[i]] = coder.tree(model.orders, i * 8, 3, any.orderLengths[ORDER[i]]);
        }
        int[] symbols = new int[literals + distances];
        int count = 0;
        int before = 0;
        for (int lengths = 0; lengths < literals + distances; count++) {
            int known = count < any.symbols.length ? any.symbols[count] : 0;
            int symbol = coder.tree(model.symbols, before * 32, 5, known & 31);
            int extra = extra(symbol);
            int more = extra == 0 ? 0 : coder.tree(model.extras, (symbol - AGAIN) * 128, extra, known >>> 5);
            symbols[count] = symbol | more << 5;
            lengths += repeats(symbols[count]);
            before = symbol;
        }
        return new DynamicHeader(literals, distances, orders, orderLengths, Arrays.copyOf(symbols, count));
    }

    private int[] lengths() throws UnknownFormException {
        int[] lengths = new int[literals + distances];
        int at = 0;
        for (int packed : symbols) {
            int symbol = packed & 31;
            int repeats = repeats(packed);
            if (at + repeats > lengths.length || (at == 0 && symbol == AGAIN)) {
                throw new UnknownFormException("lengths of words that do not fit");
            }
            int length = symbol < AGAIN ? symbol : symbol == AGAIN ? lengths[at - 1] : 0;
            Arrays.fill(lengths, at, at + repeats, length);
            at += repeats;
        }
        return lengths;
    }

    HuffmanCode literalCode() throws UnknownFormException {
        return new HuffmanCode(Arrays.copyOf(lengths(), literals));
    }

    HuffmanCode distanceCode() throws UnknownFormException {
        return new HuffmanCode(Arrays.copyOfRange(lengths(), literals, literals + distances));
    }

    boolean isSame(DynamicHeader other) {
        return literals == other.literals
                && distances == other.distances
                && orders == other.orders
                && Arrays.equals(orderLengths, other.orderLengths)
                && Arrays.equals(symbols, other.symbols);
    }
}
