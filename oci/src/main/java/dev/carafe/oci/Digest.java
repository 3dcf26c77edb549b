package dev.carafe.oci;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What content is called by its hash: {@code sha256:9f86d0…}. One that exists is well-formed, so that its text can be
 * part of a path or an address.
 *
 * @param hex the hash in lower-case hexadecimal digits
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests">image-spec, digests</a>
 */
public record Digest(Algorithm algorithm, String hex) {

    /** The hashes that the specification registers. */
    public enum Algorithm {
        SHA256("SHA-256", 32),
        SHA512("SHA-512", 64);

        private final String javaName;
        private final int bytes;

        Algorithm(String javaName, int bytes) {
            this.javaName = javaName;
            this.bytes = bytes;
        }

        /** How many bytes a hash has. */
        public int bytes() {
            return bytes;
        }

        /** Begins to hash. */
        public MessageDigest begin() {
            try {
                return MessageDigest.getInstance(javaName);
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException("every Java has " + javaName, impossible);
            }
        }

        /** The digest of content that has been hashed with what {@link #begin} gave. */
        public Digest end(MessageDigest hash) {
            return new Digest(this, HexFormat.of().formatHex(hash.digest()));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Digest {
        if (hex.length() != 2 * algorithm.bytes || !isLowerHex(hex)) {
            throw new InvalidDocumentException(
                    "",
                    JsonPath.quoted(algorithm + ":" + hex) + " is no digest: after " + algorithm + ": come "
                            + 2 * algorithm.bytes + " lower-case hexadecimal digits");
        }
    }

    /**
     * Reads a digest.
     *
     * @throws InvalidDocumentException if it is none, or one of a hash that is not known here
     */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? "" : text.substring(0, colon);
        for (Algorithm algorithm : Algorithm.values()) {
            if (algorithm.toString().equals(name)) {
                return new Digest(algorithm, text.substring(colon + 1));
            }
        }
        throw new InvalidDocumentException(
                "", JsonPath.quoted(text) + " is no digest that is known here: sha256: or sha512: and the hash");
    }

    /** The digest of some content. */
    public static Digest of(Algorithm algorithm, byte[] content) {
        MessageDigest hash = algorithm.begin();
        hash.update(content);
        return algorithm.end(hash);
    }

    /** The SHA-256 of some content. */
    public static Digest of(byte[] content) {
        return of(Algorithm.SHA256, content);
    }

    /** Whether this is the digest of some content. */
    public boolean matches(byte[] content) {
        return of(algorithm, content).equals(this);
    }

    private static boolean isLowerHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }
}
