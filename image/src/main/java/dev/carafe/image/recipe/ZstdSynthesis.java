package dev.carafe.image.recipe;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A frame of zstd, made again. */
final class ZstdSynthesis extends InputStream {

    private static final int PART = 128 * 1024;

    private final InputStream content;
    private final ZstdCompressCtx context;
    private final byte[] part = new byte[PART];
    private final ByteBuffer input = ByteBuffer.allocateDirect(PART).flip();
    private final ByteBuffer output = ByteBuffer.allocateDirect(PART).flip();
    private boolean contentEnded;
    private boolean ended;

    ZstdSynthesis(InputStream content, ZstdForm form) {
        this.content = content;
        this.context = form.open();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        while (!output.hasRemaining()) {
            if (ended) {
                return -1;
            }
            fill();
            output.clear();
            try {
                boolean isDone = context.compressDirectByteBufferStream(
                        output, input, contentEnded ? EndDirective.END : EndDirective.CONTINUE);
                ended = contentEnded && isDone;
            } catch (ZstdException exception) {
                throw new IOException("cannot compress again: " + exception.getMessage(), exception);
            } finally {
                output.flip();
            }
        }
        int count = Math.min(length, output.remaining());
        output.get(bytes, offset, count);
        return count;
    }

    private void fill() throws IOException {
        if (!input.hasRemaining() && !contentEnded) {
            int count = content.read(part, 0, PART);
            input.clear();
            if (count < 0) {
                contentEnded = true;
            } else {
                input.put(part, 0, count);
            }
            input.flip();
        }
    }

    @Override
    public void close() throws IOException {
        context.close();
        content.close();
    }
}
