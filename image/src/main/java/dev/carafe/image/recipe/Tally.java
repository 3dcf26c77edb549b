package dev.carafe.image.recipe;

import java.util.Arrays;

/** How often each symbol is in a block so far, by which programs make its codes. */
final class Tally {

    private final int[] literals = new int[Token.LITERALS];
    private final int[] distances = new int[Token.DISTANCES];

    /** @param token the very byte where it is a literal */
    void add(int token) {
        if (Token.isMatch(token)) {
            literals[Token.END_SYMBOL + 1 + Token.lengthSymbol(Token.length(token))]++;
            distances[Token.distanceSymbol(Token.distance(token))]++;
        } else {
            literals[token]++;
        }
    }

    /** The header that is to be expected now. Counting begins anew. */
    DynamicHeader header() {
        literals[Token.END_SYMBOL] = 1;
        DynamicHeader header = ZlibHeaders.of(literals, distances);
        clear();
        return header;
    }

    void clear() {
        Arrays.fill(literals, 0);
        Arrays.fill(distances, 0);
    }
}
