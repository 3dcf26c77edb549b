package dev.carafe.image.hash;

import dev.carafe.oci.Digest;
import java.security.MessageDigest;

/** Begins hashes: with OpenSSL's libcrypto where this machine has it, with the JDK otherwise. */
public final class Hashes {

    private Hashes() {}

    /** Begins a hash, for one thread at a time; {@link Digest.Algorithm#end} ends it. */
    public static MessageDigest begin(Digest.Algorithm algorithm) {
        return Libcrypto.loaded()
                .<MessageDigest>map(library -> new LibcryptoHash(library, algorithm))
                .orElseGet(algorithm::begin);
    }
}
