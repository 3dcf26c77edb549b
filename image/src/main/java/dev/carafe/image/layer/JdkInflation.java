package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** By zlib, as the JDK has it. */
final class JdkInflation implements Inflation {

    private final Inflater inflater = new Inflater(true);

    @Override
    public void reset() {
        inflater.reset();
    }

    @Override
    public boolean inflate(ByteBuffer input, ByteBuffer output) {
        try {
            // It moves the buffer's position itself, with every call.
            inflater.setInput(input);
            while (output.hasRemaining() && !inflater.finished()) {
                if (inflater.inflate(output) == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    break;
                }
            }
            if (inflater.needsDictionary()) {
                throw new LayerException(MALFORMED, "", "the gzip data need a dictionary, which gzip does not have");
            }
            return inflater.finished();
        } catch (DataFormatException exception) {
            throw new LayerException(MALFORMED, "", "damaged gzip data: " + exception.getMessage(), exception);
        }
    }

    @Override
    public byte[] unused() {
        return new byte[0];
    }

    @Override
    public void close() {
        inflater.end();
    }
}
