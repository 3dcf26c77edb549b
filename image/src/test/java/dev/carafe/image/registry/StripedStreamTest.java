package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.content;
import static dev.carafe.image.registry.FaultyServer.says;
import static dev.carafe.image.registry.FaultyServer.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Large blobs, over several connections. */
class StripedStreamTest {

    private static final int STRIPE = 100_000;
    private static final Patience SHORT = new Patience(
            Duration.ofSeconds(5), Duration.ofMillis(500), 1, 3, Duration.ofSeconds(1), Duration.ofSeconds(9));
    private static final byte[] CONTENT = bytes(1_050_001);
    private static final Descriptor BLOB = Descriptor.of(MediaTypes.LAYER, CONTENT);
    private static final String PATH = "/v2/lib/x/blobs/" + BLOB.digest();

    private FaultyServer server;
    private Registries registries;
    private RegistryImage image;

    @BeforeEach
    void open() throws IOException {
        server = new FaultyServer("127.0.0.1");
        registries = Registries.open(
                RegistryOptions.of(_ -> Optional.empty())
                        .with(SHORT, new TestClock())
                        .with(new Striping(3, STRIPE, Long.MAX_VALUE)),
                Credentials.NONE);
        image = registries.image(Reference.parse(server.host() + "/lib/x:1"));
    }

    @AfterEach
    void close() throws IOException {
        registries.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 99_999, 100_000, 750_000, 750_001, 1_050_000})
    void itComesInOrderFromWhereItIsAskedFor(int offset) throws IOException {
        server.on("GET " + PATH, content(CONTENT));

        assertThat(read(offset)).isEqualTo(Arrays.copyOfRange(CONTENT, offset, CONTENT.length));
        int rest = CONTENT.length - offset;
        assertThat(server.asked()).hasSize(rest > 3 * STRIPE ? Math.ceilDiv(rest, STRIPE) : 1);
    }

    @Test
    void severalComeAtOnceAndNoMoreThanThereIsRoomFor() throws Exception {
        CountDownLatch three = new CountDownLatch(3);
        server.on("GET " + PATH, (it, out) -> {
            if (FaultyServer.from(it) > 0) {
                three.countDown();
                try {
                    assertThat(three.await(10, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException exception) {
                    Thread.currentThread().interrupt();
                }
            }
            content(CONTENT).answer(it, out);
        });

        try (InputStream in = image.open(BLOB, 0)) {
            assertThat(in.readNBytes(STRIPE - 1)).hasSize(STRIPE - 1);
            assertThat(server.asked()).as("the first shows how fast one is").hasSize(1);
            assertThat(in.readNBytes(1)).hasSize(1);
            awaitAsked(4);
            assertThat(in.readNBytes(STRIPE)).hasSize(STRIPE);
            awaitAsked(5);
        }
    }

    private void awaitAsked(int count) {
        long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (server.asked().size() < count && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(server.asked()).hasSize(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 750_000, 1_050_000})
    void whoIsFastEnoughIsReadOverOneConnection(int offset) throws IOException {
        server.on("GET " + PATH, content(CONTENT));
        registries.close();
        registries = Registries.open(
                RegistryOptions.of(_ -> Optional.empty())
                        .with(SHORT, new TestClock())
                        .with(new Striping(3, STRIPE, 1)),
                Credentials.NONE);
        image = registries.image(Reference.parse(server.host() + "/lib/x:1"));

        assertThat(read(offset)).isEqualTo(Arrays.copyOfRange(CONTENT, offset, CONTENT.length));
        assertThat(server.asked()).hasSize(CONTENT.length - offset > 3 * STRIPE ? 2 : 1);
    }

    @Test
    void aFirstStripeThatFailsIsGoneOnWith() throws IOException {
        server.on("GET " + PATH, (it, out) -> {
            if (it.header("Range").orElse("").equals("bytes=0-" + (STRIPE - 1))) {
                write(out, 206, Arrays.copyOf(CONTENT, 500), STRIPE, "Content-Range: bytes 0-99999/" + CONTENT.length);
                throw new IOException("it ends");
            }
            content(CONTENT).answer(it, out);
        });

        assertThat(read(0)).isEqualTo(CONTENT);
    }

    @Test
    void whoIgnoresRangesIsAskedOnce() throws IOException {
        server.on("GET " + PATH, (_, out) -> write(out, 200, CONTENT, CONTENT.length));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(read(10)).isEqualTo(Arrays.copyOfRange(CONTENT, 10, CONTENT.length));
        assertThat(server.asked()).hasSize(2);
    }

    @Test
    void whoRefusesRangesIsAskedForAllOfIt() throws IOException {
        server.on(
                "GET " + PATH,
                (it, out) -> (it.header("Range").isPresent() ? says(416, "") : content(CONTENT)).answer(it, out));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(server.asked()).hasSize(2);
    }

    @Test
    void whoStopsGivingPartsIsReadOverOneConnection() throws IOException {
        server.on("GET " + PATH, (it, out) -> {
            if (FaultyServer.from(it) < 5 * STRIPE) {
                content(CONTENT).answer(it, out);
            } else {
                write(out, 200, CONTENT, CONTENT.length);
            }
        });

        assertThat(read(0)).isEqualTo(CONTENT);
    }

    @Test
    void aStripeThatStallsGoesOn() throws IOException {
        server.on("GET " + PATH, (it, out) -> {
            int from = FaultyServer.from(it);
            if (from % STRIPE != 0) {
                content(CONTENT).answer(it, out);
                return;
            }
            int to = Math.min(CONTENT.length, from + STRIPE);
            write(
                    out,
                    206,
                    Arrays.copyOfRange(CONTENT, from, Math.min(to, from + 60_000)),
                    to - from,
                    "Content-Range: bytes " + from + "-" + (to - 1) + "/" + CONTENT.length);
            server.hang();
        });

        assertThat(read(0)).isEqualTo(CONTENT);
    }

    @Test
    void whatIsGoneIsSaid() throws IOException {
        server.on(
                "GET " + PATH,
                (it, out) -> (FaultyServer.from(it) < 5 * STRIPE ? content(CONTENT) : says(404, "{}")).answer(it, out));

        try (InputStream in = image.open(BLOB, 0)) {
            assertThat(in.readNBytes(5 * STRIPE)).isEqualTo(Arrays.copyOf(CONTENT, 5 * STRIPE));
            assertThatExceptionOfType(ImageException.class).isThrownBy(in::read).withMessageContaining("says 404");
            assertThatExceptionOfType(ImageException.class).isThrownBy(in::read);
        }
    }

    private byte[] read(int offset) throws IOException {
        try (InputStream in = image.open(BLOB, offset)) {
            byte[] all = in.readAllBytes();
            assertThat(in.read()).isEqualTo(-1);
            return all;
        }
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(4).nextBytes(bytes);
        return bytes;
    }
}
