package dev.carafe.image.recipe;

import java.io.IOException;

/** Undoes DEFLATE and keeps how it was done. */
final class DeflateReader {

    private static final int MOST = 32 * 1024;

    private final BitInput input;
    private final Window window;
    private final TokenQueue queue;
    private final HuffmanCode fixedLiterals;
    private final HuffmanCode fixedDistances;
    private HuffmanCode literals;
    private HuffmanCode distances;
    private boolean inBlock;
    private boolean isLast;
    private boolean ended;

    DeflateReader(BitInput input, Window window, TokenQueue queue) throws IOException {
        this.input = input;
        this.window = window;
        this.queue = queue;
        fixedLiterals = BlockModel.fixedLiterals();
        fixedDistances = BlockModel.fixedDistances();
        literals = fixedLiterals;
        distances = fixedDistances;
    }

    /** Begins with another stream. */
    void begin() {
        inBlock = false;
        isLast = false;
        ended = false;
    }

    boolean hasEnded() {
        return ended;
    }

    /** Goes on, by as much as there is room for in a {@linkplain Window#isRoomy window that is roomy}. */
    void read() throws IOException {
        int enough = window.end + MOST;
        while (!ended && window.end < enough) {
            if (inBlock) {
                readTokens(enough);
            } else if (isLast) {
                queue.add(TokenQueue.FINISH);
                queue.add(input.align());
                ended = true;
            } else {
                beginBlock();
            }
        }
    }

    private void beginBlock() throws IOException {
        int kind = input.take(3);
        isLast = (kind & 1) == 1;
        queue.add(TokenQueue.BEGIN);
        queue.add(kind);
        switch (kind >>> 1) {
            case BlockModel.STORED -> readStored();
            case BlockModel.FIXED -> {
                literals = fixedLiterals;
                distances = fixedDistances;
                inBlock = true;
            }
            case BlockModel.DYNAMIC -> {
                DynamicHeader header = DynamicHeader.read(input);
                queue.add(header);
                literals = header.literalCode();
                distances = header.distanceCode();
                inBlock = true;
            }
            default -> throw new UnknownFormException("a block of no known kind");
        }
    }

    private void readStored() throws IOException {
        int padding = input.align();
        int length = input.take(16);
        if (input.take(16) != (~length & 0xffff)) {
            throw new UnknownFormException("a stored block whose length contradicts itself");
        }
        queue.add(TokenQueue.STORED);
        queue.add(padding);
        queue.add(length);
        for (int i = 0; i < length; i++) {
            window.bytes[window.end++] = (byte) input.take(8);
        }
    }

    private void readTokens(int enough) throws IOException {
        byte[] bytes = window.bytes;
        int end = window.end;
        while (end < enough) {
            input.fill();
            int symbol = literals.read(input);
            if (symbol < Token.END_SYMBOL) {
                bytes[end++] = (byte) symbol;
                queue.add(symbol);
                continue;
            }
            if (symbol == Token.END_SYMBOL) {
                queue.add(Token.END);
                inBlock = false;
                break;
            }
            int match = match(symbol - Token.END_SYMBOL - 1);
            int length = Token.length(match);
            int from = end - Token.distance(match);
            if (from < 0) {
                throw new UnknownFormException("a match from before the beginning");
            }
            for (int i = 0; i < length; i++) {
                bytes[end++] = bytes[from++];
            }
            queue.add(match);
        }
        window.end = end;
    }

    private int match(int lengthSymbol) throws IOException {
        if (lengthSymbol > 28) {
            throw new UnknownFormException("a length that there is not");
        }
        int length = Token.lengthBase(lengthSymbol) + input.take(Token.lengthExtra(lengthSymbol));
        if (lengthSymbol < 28 && length == Token.LONGEST) {
            throw new UnknownFormException("a length that is written the longer way");
        }
        input.fill();
        int symbol = distances.read(input);
        if (symbol >= Token.DISTANCES) {
            throw new UnknownFormException("a distance that there is not");
        }
        return Token.match(length, Token.distanceBase(symbol) + input.take(Token.distanceExtra(symbol)));
    }
}
