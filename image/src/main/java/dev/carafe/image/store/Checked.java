package dev.carafe.image.store;

import dev.carafe.image.hash.Hashes;
import dev.carafe.oci.Digest;
import java.io.FilterInputStream;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;

/** Content that is hashed while it is read. */
final class Checked extends FilterInputStream {

    private final Digest digest;
    private final MessageDigest hash;

    Checked(InputStream content, Digest digest) {
        this(content, digest, Hashes.begin(digest.algorithm()));
    }

    private Checked(InputStream content, Digest digest, MessageDigest hash) {
        super(new DigestInputStream(content, hash));
        this.digest = digest;
        this.hash = hash;
    }

    /** Whether all that was read is what it should be; only asked once, at the end. */
    boolean isRight() {
        return digest.algorithm().end(hash).equals(digest);
    }
}
