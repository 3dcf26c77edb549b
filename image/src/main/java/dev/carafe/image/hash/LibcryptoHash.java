package dev.carafe.image.hash;

import dev.carafe.oci.Digest;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** A hash that OpenSSL computes. */
final class LibcryptoHash extends MessageDigest {

    private final Libcrypto library;
    private final Digest.Algorithm algorithm;
    private final MemorySegment context;

    LibcryptoHash(Libcrypto library, Digest.Algorithm algorithm) {
        super(algorithm.toString());
        this.library = library;
        this.algorithm = algorithm;
        this.context = library.context(algorithm);
    }

    @Override
    protected void engineUpdate(byte input) {
        engineUpdate(new byte[] {input}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int length) {
        library.update(context, MemorySegment.ofArray(input).asSlice(offset, length));
    }

    @Override
    protected void engineUpdate(ByteBuffer input) {
        library.update(context, MemorySegment.ofBuffer(input));
        input.position(input.limit());
    }

    @Override
    protected byte[] engineDigest() {
        byte[] result = library.end(context, algorithm.bytes());
        engineReset();
        return result;
    }

    @Override
    protected int engineGetDigestLength() {
        return algorithm.bytes();
    }

    @Override
    protected void engineReset() {
        library.begin(context, algorithm);
    }
}
