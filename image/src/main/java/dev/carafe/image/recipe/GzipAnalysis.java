package dev.carafe.image.recipe;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Undoes gzip and writes down what is needed to do it again in the very same way. It is a stream of the content; when
 * that is at its end, all is written.
 */
final class GzipAnalysis extends InputStream {

    /** What is neither content nor compressed content is small. */
    private static final int FRAMES_MOST = 16 << 20;

    private final InputStream packed;
    private final BitInput input;
    private final OutputStream tokens;
    private final RangeEncoder coder;
    private final DataOutputStream frames;
    private final Window window = new Window();
    private final TokenQueue queue = new TokenQueue();
    private final DeflateReader reader;
    private final Predictor predictor;
    private final BlockModel model = new BlockModel();
    private final Tally tally = new Tally();
    private final CRC32 sum = new CRC32();

    private final ByteArrayOutputStream header = new ByteArrayOutputStream();
    private boolean inMember;
    private boolean ended;
    private int kind;
    /** Where the next token is that has not been written down. */
    private int at;
    /** What comes next to be given out. */
    private int given;

    private long length;

    /**
     * @param manner in which it seems to be compressed
     * @param tokens takes what is not as foreseen
     * @param frames takes what is around the compressed streams
     */
    GzipAnalysis(InputStream input, Manner manner, OutputStream tokens, DataOutputStream frames) throws IOException {
        this.packed = input;
        this.input = new BitInput(input);
        this.tokens = tokens;
        this.coder = new RangeEncoder(tokens);
        this.frames = frames;
        reader = new DeflateReader(this.input, window, queue);
        predictor = manner.predictor(window);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int most) throws IOException {
        while (given == window.end) {
            if (!advance()) {
                return -1;
            }
        }
        int count = Math.min(most, window.end - given);
        System.arraycopy(window.bytes, given, buffer, offset, count);
        given += count;
        return count;
    }

    /** All that there is at hand has been given out. */
    private boolean advance() throws IOException {
        if (ended) {
            return false;
        }
        if (!inMember) {
            beginMember();
            return true;
        }
        if (!window.isRoomy()) {
            int by = window.slide(at);
            predictor.slide(by);
            at -= by;
            given -= by;
        }
        int before = window.end;
        reader.read();
        sum.update(window.bytes, before, window.end - before);
        length += window.end - before;
        write();
        if (reader.hasEnded()) {
            endMember();
        }
        return true;
    }

    private void beginMember() throws IOException {
        header.reset();
        if (!GzipFrame.copyHeader(input, header)) {
            finish();
            return;
        }
        window.clear();
        predictor.reset();
        reader.begin();
        sum.reset();
        at = 0;
        given = 0;
        length = 0;
        inMember = true;
    }

    private void endMember() throws IOException {
        inMember = false;
        byte[] trailer = new byte[GzipFrame.TRAILER];
        for (int i = 0; i < trailer.length; i++) {
            int value = input.read();
            if (value < 0) {
                throw new UnknownFormException("gzip data that are cut short");
            }
            trailer[i] = (byte) value;
        }
        boolean isRight = Arrays.equals(trailer, GzipFrame.trailer(sum.getValue(), length));
        new GzipFrame(header.toByteArray(), length, isRight ? new byte[0] : trailer).write(frames);
        checkFrames();
    }

    /** What follows the last member is nobody's, but there. */
    private void finish() throws IOException {
        frames.writeInt(0);
        frames.write(header.toByteArray());
        for (int value = input.read(); value >= 0; value = input.read()) {
            frames.write(value);
            checkFrames();
        }
        coder.finish();
        ended = true;
    }

    private void checkFrames() throws UnknownFormException {
        if (frames.size() > FRAMES_MOST) {
            throw new UnknownFormException("more around its content than is worth keeping");
        }
    }

    /** Writes down what is known well enough. */
    private void write() throws IOException {
        boolean isWhole = reader.hasEnded();
        while (!queue.isEmpty()) {
            int item = queue.peek();
            if (item >= 0 && !isWhole && window.end - at < Window.AHEAD) {
                return;
            }
            queue.take();
            switch (item) {
                case TokenQueue.BEGIN -> kind = model.kind(coder, queue.take());
                case TokenQueue.STORED -> writeStored();
                case TokenQueue.FINISH -> model.padding(coder, queue.take() & 0xff);
                case Token.END -> endBlock();
                default -> writeToken(item);
            }
        }
    }

    private void writeStored() throws IOException {
        model.padding(coder, queue.take() & 0xff);
        int stored = model.storedLength(coder, queue.take());
        at += stored;
        predictor.pass(at);
    }

    private void writeToken(int token) throws IOException {
        model.tokens.ends(coder, false);
        int foreseen = predictor.predict(at, Math.min(at + Window.AHEAD, window.end));
        boolean isMatch = Token.isMatch(token);
        model.tokens.token(coder, foreseen, isMatch ? token : Token.LITERAL);
        predictor.accept(at, token);
        at += isMatch ? Token.length(token) : 1;
        tally.add(token);
        if (kind >>> 1 == BlockModel.DYNAMIC && model.tokens.count() == BlockModel.MOST) {
            model.header(coder, tally, queue.header());
        }
    }

    private void endBlock() throws IOException {
        boolean isWaiting = model.tokens.count() < BlockModel.MOST;
        model.tokens.ends(coder, true);
        predictor.end(at);
        if (kind >>> 1 == BlockModel.DYNAMIC) {
            if (isWaiting) {
                model.header(coder, tally, queue.header());
            }
            queue.dropHeader();
        }
        tally.clear();
    }

    /** Closes all that it was given. */
    @Override
    public void close() throws IOException {
        try (packed;
                tokens) {
            frames.close();
        }
    }
}
