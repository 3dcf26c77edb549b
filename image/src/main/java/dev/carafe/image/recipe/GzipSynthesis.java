package dev.carafe.image.recipe;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/** Does again what {@link GzipAnalysis} undid: a stream of gzip data, from their content and what was written down. */
final class GzipSynthesis extends InputStream {

    /** So many bytes are made at a time, and so many tokens, if the block allows. */
    private static final int PART = 32 * 1024;

    private final InputStream content;
    private final Coder coder;
    private final DataInputStream frames;
    private final Window window = new Window();
    private final Predictor predictor;
    private final BlockModel model = new BlockModel();
    private final Tally tally = new Tally();
    private final CRC32 sum = new CRC32();
    private final BitOutput output = new BitOutput();
    private final HuffmanCode fixedLiterals = BlockModel.fixedLiterals();
    private final HuffmanCode fixedDistances = BlockModel.fixedDistances();
    private HuffmanCode literals = fixedLiterals;
    private HuffmanCode distances = fixedDistances;

    /** Of the present block, as long as its codes are not known. */
    private final int[] tokens = new int[BlockModel.MOST];

    private GzipFrame frame = new GzipFrame(new byte[0], 0, new byte[0]);
    private State state = State.BETWEEN;
    private int kind;
    private int at;
    /** Of the present member's content. */
    private long left;

    private enum State {
        BETWEEN,
        IN_STREAM,
        IN_BLOCK,
        REST,
        ENDED
    }

    GzipSynthesis(InputStream content, Manner manner, InputStream tokens, DataInputStream frames) throws IOException {
        this.content = content;
        this.coder = new RangeDecoder(tokens);
        this.frames = frames;
        this.predictor = manner.predictor(window);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int most) throws IOException {
        while (output.available() == 0 && state != State.ENDED) {
            switch (state) {
                case BETWEEN -> begin();
                case IN_STREAM -> beginBlock();
                case IN_BLOCK -> makeTokens();
                case REST -> copyRest();
                case ENDED -> throw new IllegalStateException("there is nothing more");
            }
        }
        return output.available() == 0 ? -1 : output.take(buffer, offset, most);
    }

    private void begin() throws IOException {
        int length = frames.readInt();
        if (length == 0) {
            state = State.REST;
            return;
        }
        frame = GzipFrame.read(frames, length);
        output.put(frame.header(), 0, length);
        window.clear();
        predictor.reset();
        sum.reset();
        at = 0;
        left = frame.length();
        kind = 0;
        state = State.IN_STREAM;
    }

    private void copyRest() throws IOException {
        byte[] rest = frames.readNBytes(PART);
        output.put(rest, 0, rest.length);
        if (rest.length == 0) {
            state = State.ENDED;
        }
    }

    private void beginBlock() throws IOException {
        if ((kind & 1) == 1) {
            output.put(model.padding(coder, 0), output.missing());
            byte[] trailer =
                    frame.trailer().length > 0 ? frame.trailer() : GzipFrame.trailer(sum.getValue(), frame.length());
            output.put(trailer, 0, trailer.length);
            state = State.BETWEEN;
            return;
        }
        kind = model.kind(coder, 0);
        output.put(kind, 3);
        if (kind >>> 1 == BlockModel.STORED) {
            makeStored();
        } else {
            literals = fixedLiterals;
            distances = fixedDistances;
            state = State.IN_BLOCK;
        }
    }

    private void makeStored() throws IOException {
        output.put(model.padding(coder, 0), output.missing());
        int length = model.storedLength(coder, 0);
        output.put(length, 16);
        output.put(~length & 0xffff, 16);
        have(length);
        output.put(window.bytes, at, length);
        at += length;
        predictor.pass(at);
    }

    /** All tokens of a block whose header is still to come, or some. */
    private void makeTokens() throws IOException {
        boolean isWaiting = kind >>> 1 == BlockModel.DYNAMIC && model.tokens.count() < BlockModel.MOST;
        if (isWaiting) {
            int count = 0;
            boolean ends = false;
            while (count < BlockModel.MOST && !ends) {
                ends = model.tokens.ends(coder, false);
                if (!ends) {
                    tokens[count] = token();
                    tally.add(tokens[count++]);
                }
            }
            DynamicHeader header = model.header(coder, tally, BlockModel.anyHeader());
            header.write(output);
            literals = header.literalCode();
            distances = header.distanceCode();
            for (int i = 0; i < count; i++) {
                write(tokens[i]);
            }
            if (ends) {
                endBlock();
            }
            return;
        }
        while (output.available() < PART) {
            if (model.tokens.ends(coder, false)) {
                endBlock();
                return;
            }
            write(token());
        }
    }

    private void endBlock() {
        literals.write(output, Token.END_SYMBOL);
        predictor.end(at);
        tally.clear();
        state = State.IN_STREAM;
    }

    private int token() throws IOException {
        have(Window.AHEAD);
        int foreseen = predictor.predict(at, Math.min(at + Window.AHEAD, window.end));
        int token = model.tokens.token(coder, foreseen, 0);
        boolean isMatch = Token.isMatch(token);
        if (!isMatch) {
            if (at == window.end) {
                throw new EOFException("the recipe wants more content than there is");
            }
            token = window.bytes[at] & 0xff;
        }
        predictor.accept(at, token);
        at += isMatch ? Token.length(token) : 1;
        return token;
    }

    private void write(int token) {
        if (!Token.isMatch(token)) {
            literals.write(output, token);
            return;
        }
        int length = Token.length(token);
        int symbol = Token.lengthSymbol(length);
        literals.write(output, Token.END_SYMBOL + 1 + symbol);
        output.put(length - Token.lengthBase(symbol), Token.lengthExtra(symbol));
        int distance = Token.distance(token);
        int distanceSymbol = Token.distanceSymbol(distance);
        distances.write(output, distanceSymbol);
        output.put(distance - Token.distanceBase(distanceSymbol), Token.distanceExtra(distanceSymbol));
    }

    /** Has so much content at hand, or all that there is. */
    private void have(int ahead) throws IOException {
        while (window.end - at < ahead && left > 0) {
            if (!window.isRoomy()) {
                int by = window.slide(at);
                predictor.slide(by);
                at -= by;
            }
            int count = content.read(window.bytes, window.end, (int) Math.min(left, Math.min(PART, window.room())));
            if (count < 0) {
                throw new EOFException("there is less content than the recipe wants");
            }
            sum.update(window.bytes, window.end, count);
            window.end += count;
            left -= count;
        }
    }

    @Override
    public void close() throws IOException {
        content.close();
    }
}
