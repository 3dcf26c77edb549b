package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.Watcher;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pushes to a registry that wants it its own way, is broken or hostile. */
class PushFaultsTest {

    private static final Patience SHORT = new Patience(
            Duration.ofSeconds(5), Duration.ofMillis(500), 1000, 3, Duration.ofSeconds(1), Duration.ofSeconds(100));

    private static final byte[] CONTENT = bytes(3_000_000);
    private static final Descriptor BLOB = Descriptor.of(MediaTypes.LAYER, CONTENT);
    private static final String START = "POST /v2/lib/x/blobs/uploads/";
    private static final String DIGEST = "digest=" + BLOB.digest();
    private static final Manifest MANIFEST =
            Manifest.of(MediaTypes.MANIFEST, Descriptor.of(MediaTypes.CONFIG, new byte[2]), List.of(BLOB), Map.of());

    private final TestClock clock = new TestClock();
    private final AtomicLong moved = new AtomicLong();
    private final Watcher watcher = new Watcher() {
        @Override
        public void moved(Descriptor blob, long bytes) {
            moved.addAndGet(bytes);
        }
    };
    private FaultyServer server;
    private FaultyServer other;
    private Registries registries;
    private RegistryPush push;

    @BeforeEach
    void open() throws IOException {
        server = new FaultyServer("127.0.0.1");
        other = new FaultyServer("localhost");
        registries = Registries.open(
                RegistryOptions.of(_ -> Optional.empty()).with(SHORT, clock),
                (host, _) -> host.equals(server.host())
                        ? new Credential.Password("ann", "secret")
                        : new Credential.Anonymous());
        push = registries.push(Reference.parse(server.host() + "/lib/x:1"));
    }

    @AfterEach
    void close() throws IOException {
        registries.close();
        server.close();
        other.close();
    }

    @Test
    void whatIsThereIsNotSent() {
        server.on("HEAD /v2/lib/x/blobs/" + BLOB.digest(), says(200, CONTENT));

        send(Optional.empty());

        assertThat(server.asked()).hasSize(1);
        assertThat(moved).hasValue(CONTENT.length);
    }

    @Test
    void aBlobGoesInOnePiece() {
        server.on(START, says(202, "", "Location: /up?state=a")).on("PUT /up", says(201, ""));

        send(Optional.empty());

        FaultyServer.Asked put = server.asked("PUT /up").getFirst();
        assertThat(put.target()).isEqualTo("/up?state=a&" + DIGEST);
        assertThat(put.body()).isEqualTo(CONTENT);
        assertThat(put.header("Content-Length")).contains("3000000");
        assertThat(moved).hasValue(CONTENT.length);
        assertThat(server.asked()).hasSize(3);
    }

    @Test
    void anEmptyBlobGoesToo() {
        Descriptor empty = Descriptor.of(MediaTypes.LAYER, new byte[0]);
        server.on(START, says(202, "", "Location: /up")).on("PUT /up", says(201, ""));

        push.blob(empty, Optional.empty(), (_, _) -> new ByteArrayInputStream(new byte[0]), Watcher.NONE);

        assertThat(server.asked("PUT /up").getFirst().target()).isEqualTo("/up?digest=" + empty.digest());
    }

    @Test
    void aBlobOfAnotherRepositoryIsTakenFromThere() {
        server.on(START, says(201, ""));

        send(Optional.of("lib/base"));

        assertThat(server.asked(START))
                .hasSize(1)
                .allSatisfy(it -> assertThat(it.target())
                        .isEqualTo("/v2/lib/x/blobs/uploads/?mount=" + BLOB.digest() + "&from=lib%2Fbase"));
        assertThat(server.asked()).hasSize(2);
        assertThat(moved).hasValue(CONTENT.length);
    }

    @Test
    void whoDoesNotTakeItFromThereGetsIt() {
        server.on(START, says(202, "", "Location: /up")).on("PUT /up", says(201, ""));

        send(Optional.of("lib/base"));

        assertThat(server.asked(START)).hasSize(1);
        assertThat(server.asked("PUT /up").getFirst().body()).isEqualTo(CONTENT);
    }

    @Test
    void whoWantsItInChunksGetsThemAsLargeAsHeWants() {
        server.on(START, says(202, "", "Location: /up/0", "OCI-Chunk-Min-Length: 40000000"))
                .on("PATCH /up/0", says(202, "", "Location: /up/1"))
                .on("PUT /up/1", says(201, ""));

        send(Optional.empty());

        assertThat(server.asked("PATCH /up/0")).hasSize(1).allSatisfy(it -> {
            assertThat(it.header("Content-Range")).contains("0-2999999");
            assertThat(it.body()).isEqualTo(CONTENT);
        });
        assertThat(server.asked("PUT /up/1").getFirst().target()).isEqualTo("/up/1?" + DIGEST);
        assertThat(server.asked("PUT /up/1").getFirst().body()).isEmpty();
    }

    @Test
    void aPieceThatWasCutGoesOnWhereTheRegistrySaysItWasCut() throws IOException {
        server.on(START, says(202, "", "Location: /up"))
                .cutsNext("PUT /up", 1_500_000)
                .on("GET /up", says(204, "", "Range: 0-1399999", "Location: /up/more"))
                .on("PATCH /up/more", says(202, "", "Location: /up/end"))
                .on("PUT /up/end", says(201, ""));

        send(Optional.empty());

        FaultyServer.Asked patch = server.asked("PATCH /up/more").getFirst();
        assertThat(patch.header("Content-Range")).contains("1400000-2999999");
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(server.asked("PUT /up").getFirst().body(), 0, 1_400_000);
        joined.write(patch.body());
        assertThat(joined.toByteArray()).isEqualTo(CONTENT);
        assertThat(moved).hasValue(CONTENT.length);
    }

    @Test
    void whatTheRegistryHasForgottenBeginsAnew() {
        server.on(START, List.of(says(202, "", "Location: /up"), says(202, "", "Location: /again")))
                .cutsNext("PUT /up", 1_500_000)
                .on("GET /up", says(404, "{}"))
                .on("PUT /again", says(201, ""));

        send(Optional.empty());

        assertThat(server.asked("PUT /again").getFirst().body()).isEqualTo(CONTENT);
    }

    @Test
    void aChunkThatDoesNotFitIsSentFromWhereTheRegistryIs() {
        server.on(START, says(202, "", "Location: /up", "OCI-Chunk-Min-Length: 1"))
                .on("PATCH /up", List.of(says(416, ""), says(202, "", "Location: /end")))
                .on("GET /up", says(204, "", "Range: 0-99"))
                .on("PUT /end", says(201, ""));

        send(Optional.empty());

        assertThat(server.asked("PATCH /up").getLast().header("Content-Range")).contains("100-2999999");
    }

    @Test
    void whatIsRefusedIsCancelledAndSaid() {
        server.on(START, says(202, "", "Location: /up"))
                .on("PUT /up", says(400, "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"no\"}]}"))
                .on("DELETE /up", says(204, ""));

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> send(Optional.empty()))
                .withMessageContaining("cannot push " + BLOB.digest() + " to " + server.host() + "/lib/x: "
                        + server.host() + " says 400 DIGEST_INVALID (no)");
        assertThat(server.asked("DELETE /up")).hasSize(1);
    }

    @Test
    void whatFailsForEverIsGivenUpAndCancelled() {
        server.on(START, says(202, "", "Location: /up")).on("PUT /up", says(503, "{}"));

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> send(Optional.empty()))
                .withMessageContaining("503");
        assertThat(server.asked("DELETE /up")).isNotEmpty();
        assertThat(clock.pauses).hasSizeLessThan(10);
    }

    @Test
    void whoHasGotSomethingElseIsNotBelieved() {
        server.on(START, says(202, "", "Location: /up"))
                .on("PUT /up", says(201, "", "Docker-Content-Digest: sha256:../.."))
                .on("PUT /v2/lib/x/manifests/1", says(201, "", "Docker-Content-Digest: sha256:../.."));

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> send(Optional.empty()))
                .withMessageContaining("says that what it has got is sha256:../..");
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> push.manifest(MANIFEST))
                .withMessageContaining("says that what it has got is sha256:../..");
    }

    @Test
    void whereABlobGoesToAnotherHostNothingIsSaidAboutWhoSendsIt() {
        guard(START, says(202, "", "Location: " + other.url("/up")));
        other.on("PUT /up", List.of(says(401, "{}", "WWW-Authenticate: Basic realm=\"x\"")));

        assertThatExceptionOfType(ImageException.class).isThrownBy(() -> send(Optional.empty()));
        assertThat(server.asked(START).getLast().header("Authorization")).isPresent();
        assertThat(other.asked("PUT /up")).isNotEmpty();
        assertThat(other.asked())
                .allSatisfy(it -> assertThat(it.header("Authorization")).isEmpty());

        guard(START, says(202, "", "Location: " + server.url("/up")));
        guard("PUT /up", says(201, ""));
        send(Optional.empty());
        assertThat(server.asked("PUT /up").getLast().header("Authorization")).isPresent();
    }

    @Test
    void aSourceThatCannotBeReadIsNamed() {
        server.on(START, says(202, "", "Location: /up"));

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> push.blob(
                        BLOB,
                        Optional.empty(),
                        (_, _) -> {
                            throw new IOException("the disk is gone");
                        },
                        watcher))
                .withMessageContaining("the disk is gone");
    }

    @Test
    void aManifestIsPutUnderItsTagAndItsDigest() {
        server.on("PUT /v2/lib/x/manifests/1", List.of(says(500, "{}"), says(201, "")))
                .on("PUT /v2/lib/x/manifests/" + MANIFEST.digest(), says(201, ""));

        push.child(MANIFEST);
        push.manifest(MANIFEST);

        assertThat(server.asked()).hasSize(3).allSatisfy(it -> {
            assertThat(it.body()).isEqualTo(MANIFEST.bytes());
            assertThat(it.header("Content-Type")).contains(MediaTypes.MANIFEST);
        });
    }

    private void guard(String request, FaultyServer.Answering answering) {
        server.on(
                request,
                (it, out) -> (it.header("Authorization").isPresent()
                                ? answering
                                : says(401, "{}", "WWW-Authenticate: Basic realm=\"x\""))
                        .answer(it, out));
    }

    private void send(Optional<String> from) {
        push.blob(
                BLOB,
                from,
                (_, offset) -> new ByteArrayInputStream(CONTENT, (int) offset, CONTENT.length - (int) offset),
                watcher);
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(5).nextBytes(bytes);
        return bytes;
    }
}
