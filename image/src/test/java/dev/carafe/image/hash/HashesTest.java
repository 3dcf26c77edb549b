package dev.carafe.image.hash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.oci.Digest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HashesTest {

    @ParameterizedTest
    @EnumSource
    void theyAreThoseOfTheJdkHoweverTheContentComes(Digest.Algorithm algorithm) {
        byte[] content = new byte[100_000];
        new Random(1).nextBytes(content);
        MessageDigest hash = Hashes.begin(algorithm);
        for (int round = 0; round < 2; round++) { // The second one shows that the first has left nothing.
            hash.update(content[0]);
            hash.update(content, 1, 999);
            hash.update(ByteBuffer.wrap(content, 1000, 49_000));
            hash.update(ByteBuffer.allocateDirect(50_000)
                    .put(content, 50_000, 50_000)
                    .flip());
            assertThat(algorithm.end(hash)).isEqualTo(Digest.of(algorithm, content));
        }
        hash.update(content);
        hash.reset();
        assertThat(algorithm.end(hash)).isEqualTo(Digest.of(algorithm, new byte[0]));
    }

    @Test
    void opensslDoesThemWhereItIs() {
        boolean here = Libcrypto.loaded().isPresent();
        assertThat(Hashes.begin(Digest.Algorithm.SHA256) instanceof LibcryptoHash)
                .isEqualTo(here);
        assertThat(Libcrypto.load("libcrypto.so.0")).isEmpty();
    }
}
