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

    /** The header that zlib makes. */
    DynamicHeader likeZlib() {
        literals[Token.END_SYMBOL] = 1;
        return ZlibHeaders.of(literals, distances);
    }

    /** The header that Go makes. */
    DynamicHeader likeGo() {
        literals[Token.END_SYMBOL] = 1;
        return GoHeaders.of(literals, distances);
    }

    void clear() {
        Arrays.fill(literals, 0);
        Arrays.fill(distances, 0);
    }
}
