package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.content;
import static dev.carafe.image.registry.FaultyServer.cut;
import static dev.carafe.image.registry.FaultyServer.says;
import static dev.carafe.image.registry.FaultyServer.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls from a registry that is slow, broken or hostile. */
class PullFaultsTest {

    private static final Patience SHORT = new Patience(
            Duration.ofSeconds(5), Duration.ofMillis(300), 1000, 4, Duration.ofSeconds(1), Duration.ofSeconds(100));

    private static final byte[] CONTENT = bytes(7, 3_000_000);
    private static final Descriptor BLOB = Descriptor.of(MediaTypes.LAYER, CONTENT);
    private static final String BLOB_PATH = "/v2/lib/x/blobs/" + BLOB.digest();
    private static final String TAG_PATH = "/v2/lib/x/manifests/1";

    private final TestClock clock = new TestClock();
    private FaultyServer server;
    private FaultyServer other;
    private Registries registries;
    private RegistryImage image;

    @BeforeEach
    void open() throws IOException {
        server = new FaultyServer("127.0.0.1");
        other = new FaultyServer("localhost");
        registries = Registries.open(
                RegistryOptions.of(_ -> Optional.empty()).with(SHORT, clock),
                (host, _) -> host.equals(server.host())
                        ? new Credential.Password("ann", "secret")
                        : new Credential.Anonymous());
        image = registries.image(Reference.parse(server.host() + "/lib/x:1"));
    }

    @AfterEach
    void close() throws IOException {
        registries.close();
        server.close();
        other.close();
    }

    // Manifests

    @Test
    void aTagLeadsToItsManifest() {
        byte[] manifest = manifest();
        server.on("GET " + TAG_PATH, says(200, manifest, "Content-Type: " + MediaTypes.MANIFEST, digest(manifest)));

        assertThat(image.root().bytes()).isEqualTo(manifest);
        assertThat(server.asked()).hasSize(1);
        assertThat(server.asked().getFirst().header("Accept").orElseThrow())
                .contains(MediaTypes.INDEX, MediaTypes.MANIFEST, MediaTypes.DOCKER_INDEX, MediaTypes.DOCKER_MANIFEST);
        assertThat(server.asked().getFirst().header("Authorization")).isEmpty();
        assertThat(server.asked().getFirst().header("Content-Length")).isEmpty();
    }

    @Test
    void whatATagLeadsToTakesOneRequestWithoutABody() {
        byte[] manifest = manifest();
        server.on("HEAD " + TAG_PATH, says(200, manifest, "Content-Type: " + MediaTypes.MANIFEST, digest(manifest)));

        assertThat(image.head()).isEqualTo(Descriptor.of(MediaTypes.MANIFEST, manifest));
        assertThat(server.asked()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 405, 501})
    void whoDoesNotAnswerThatIsAskedForTheManifest(int status) {
        byte[] manifest = manifest();
        server.on("HEAD " + TAG_PATH, says(status, ""))
                .on("GET " + TAG_PATH, says(200, manifest, "Content-Type: " + MediaTypes.MANIFEST));

        assertThat(image.head()).isEqualTo(Descriptor.of(MediaTypes.MANIFEST, manifest));
    }

    @Test
    void aManifestThatIsNotWhatItsDigestSaysIsRefused() {
        byte[] manifest = manifest();
        Digest wrong = Digest.of(bytes(1, 10));
        server.on(
                "GET " + TAG_PATH,
                says(200, manifest, "Content-Type: " + MediaTypes.MANIFEST, "Docker-Content-Digest: " + wrong));
        server.on("GET /v2/lib/x/manifests/" + wrong, says(200, manifest, "Content-Type: " + MediaTypes.MANIFEST));

        assertFails(image::root, "is not what " + wrong + " says");
        assertFails(
                () -> registries
                        .image(Reference.parse(server.host() + "/lib/x:1@" + wrong))
                        .root(),
                "is not what " + wrong + " says");
        assertFails(
                () -> image.document(Descriptor.of(MediaTypes.MANIFEST, wrong, manifest.length)),
                "is not what its descriptor says");
    }

    @Test
    void aManifestThatIsGivenAsSomethingElseIsRefused() {
        byte[] manifest = manifest();
        Descriptor target = Descriptor.of(MediaTypes.MANIFEST, manifest);
        server.on("GET " + TAG_PATH, says(200, manifest, "Content-Type: " + MediaTypes.INDEX));
        server.on(
                "GET /v2/lib/x/manifests/" + target.digest(),
                List.of(
                        says(200, manifest, "Content-Type: " + MediaTypes.INDEX),
                        says(200, manifest, "Content-Type: " + MediaTypes.MANIFEST)));

        assertFails(image::root, "is not what it was given as");
        assertFails(() -> image.document(target), "what means two things is refused");
        assertThat(image.document(target).bytes()).isEqualTo(manifest);
    }

    @Test
    void whatIsBothAnIndexAndAManifestIsRefused() {
        String both = new String(manifest(), StandardCharsets.UTF_8).replaceFirst("\\{", "{\"manifests\":[],");
        server.on("GET " + TAG_PATH, says(200, both, "Content-Type: " + MediaTypes.MANIFEST));

        assertFails(image::root, "what means two things at once is refused");
    }

    @Test
    void aManifestWithoutEndIsReadNoFurtherThanAManifestMayReach() {
        server.on("GET " + TAG_PATH, (_, out) -> {
            out.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] piece = bytes(2, 65536);
            for (int i = 0; i < 10_000; i++) {
                out.write(piece);
            }
        });

        assertFails(image::root, "has more than 4 MiB");
        assertThat(server.asked()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256:../..", "sha256:", "../../etc/passwd", "md5:00", "sha256:ABCDEF"})
    void aDigestThatIsNoneLeadsToNoRequest(String bad) {
        byte[] manifest = manifest();
        server.on("GET " + TAG_PATH, says(200, manifest, "Docker-Content-Digest: " + bad));
        server.on("HEAD " + TAG_PATH, says(200, manifest, "Docker-Content-Digest: " + bad));
        assertFails(image::root, "has a Docker-Content-Digest that is none");
        assertFails(image::head, "has a Docker-Content-Digest that is none");

        String good = "\"" + Digest.of(bytes(1, 1)) + "\"";
        String config = "\"config\":{\"mediaType\":\"" + MediaTypes.CONFIG + "\",\"size\":1,\"digest\":%s}";
        String layer = "\"layers\":[{\"mediaType\":\"" + MediaTypes.LAYER + "\",\"size\":1,\"digest\":%s}]";
        String text = "\"" + bad + "\"";
        List<String> documents = List.of(
                document(MediaTypes.MANIFEST, config.formatted(text), layer.formatted(good)),
                document(MediaTypes.MANIFEST, config.formatted(good), layer.formatted(text)),
                document(
                        MediaTypes.MANIFEST,
                        config.formatted(good),
                        layer.formatted(good),
                        "\"subject\":{\"mediaType\":\"" + MediaTypes.MANIFEST + "\",\"size\":1,\"digest\":" + text
                                + "}"),
                document(
                        MediaTypes.INDEX,
                        "\"manifests\":[{\"mediaType\":\"" + MediaTypes.MANIFEST + "\",\"size\":1,\"digest\":" + text
                                + "}]"));
        int before = server.asked().size();
        for (String document : documents) {
            server.on("GET " + TAG_PATH, says(200, document));
            assertFails(image::root, "is no digest");
        }
        assertThat(server.asked().subList(before, server.asked().size()))
                .hasSize(documents.size())
                .allSatisfy(it -> assertThat(it.target()).isEqualTo(TAG_PATH));
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> Reference.parse(server.host() + "/lib/x@" + bad));

        server.on(
                "GET " + TAG_PATH,
                says(200, document(MediaTypes.MANIFEST, config.formatted(good), layer.formatted(good))));
        assertThat(image.root()).isInstanceOf(Manifest.class);
    }

    @Test
    void whatARegistrySaysIsShownOnOneLineWithoutWhatSteersATerminal() {
        server.on(
                "GET " + TAG_PATH,
                says(
                        404,
                        "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"no \\u001b[31msuch\\ntag"
                                + "x".repeat(5000) + "\"}]}"));

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(image::root)
                .matches(it -> it.kind() == ImageException.Kind.NOT_FOUND)
                .withMessageContaining("cannot pull " + server.host() + "/lib/x:1: " + server.host()
                        + " says 404 MANIFEST_UNKNOWN (no  [31msuch tagxxx")
                .withMessageEndingWith("see that name and tag are right")
                .satisfies(
                        it -> assertThat(it.getMessage()).hasSizeLessThan(500).doesNotContain("\n", "\u001b"));
    }

    // Blobs

    @Test
    void aBlobComesWhole() throws IOException {
        server.on("GET " + BLOB_PATH, content(CONTENT));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(read(2_999_999)).isEqualTo(Arrays.copyOfRange(CONTENT, 2_999_999, 3_000_000));
        assertThat(server.asked()).hasSize(2);
    }

    @Test
    void whatIsCutGoesOnWhereItWasCutAndMoreOftenThanItIsTriedWhereNothingMoves() throws IOException {
        byte[] large = bytes(8, 12_000_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, large);
        server.on("GET /v2/lib/x/blobs/" + blob.digest(), cut(large, 1_500_000));

        assertThat(readWith(blob, 4096)).isEqualTo(large);
        assertThat(server.asked()).hasSizeGreaterThan(SHORT.attempts());
        assertThat(clock.pauses).hasSizeGreaterThanOrEqualTo(SHORT.attempts());
    }

    @Test
    void whatIsCutAfterAByteEachTimeIsGivenUp() {
        server.on("GET " + BLOB_PATH, cut(CONTENT, 1));

        assertFails(() -> read(0), "(tried 4 times)");
        assertThat(server.asked()).hasSize(4);
        assertThat(clock.pauses)
                .containsExactly(Duration.ofMillis(750), Duration.ofMillis(1500), Duration.ofMillis(3000));
    }

    @Test
    void whoIgnoresRangesIsReadFromTheBeginning() throws IOException {
        server.on(
                "GET " + BLOB_PATH,
                List.of(cut(CONTENT, 1_000_000), (_, out) -> write(out, 200, CONTENT, CONTENT.length)));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(server.asked().get(1).header("Range")).isPresent();
    }

    @Test
    void whoRefusesRangesIsReadFromTheBeginning() throws IOException {
        server.on(
                "GET " + BLOB_PATH,
                List.of(cut(CONTENT, 1_000_000), says(416, ""), (_, out) -> write(out, 200, CONTENT, CONTENT.length)));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(server.asked().get(2).header("Range")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes 0-2999999/3000000",
                "bytes 1000000-2999999/4000000",
                "bytes 999999-2999999/3000000",
                "nonsense",
                ""
            })
    void anotherRangeThanTheOneAskedForIsRefused(String range) {
        server.on(
                "GET " + BLOB_PATH,
                (_, out) -> write(out, 206, new byte[2_000_000], 2_000_000, "Content-Range: " + range));

        assertFails(() -> read(1_000_000), "and not that from 1000000");
        assertThat(server.asked()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2_999_999, 3_000_001, 0})
    void aBlobOfAnotherLengthThanItsDescriptorSaysIsRefusedAtOnce(int length) {
        server.on("GET " + BLOB_PATH, (_, out) -> write(out, 200, Arrays.copyOf(CONTENT, length), length));

        assertFails(() -> read(0), "has " + length + " bytes, where its descriptor says 3000000");
        assertThat(server.asked()).hasSize(1);
    }

    @Test
    void aBodyWithoutALengthIsReadNoFurtherThanItsDescriptorSays() throws IOException {
        server.on("GET " + BLOB_PATH, (_, out) -> {
            out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.write(CONTENT);
            while (true) {
                out.write(CONTENT);
            }
        });

        assertThat(read(0)).isEqualTo(CONTENT);
    }

    @Test
    void whatStallsIsGivenUpAndTriedAgain() throws IOException {
        server.on(
                "GET " + BLOB_PATH,
                List.of(
                        (_, out) -> {
                            write(out, 200, Arrays.copyOf(CONTENT, 100_000), CONTENT.length);
                            server.hang();
                        },
                        (_, _) -> server.hang(),
                        content(CONTENT)));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(server.asked()).hasSize(3);
    }

    @Test
    void whatDribblesIsGivenUp() {
        server.on("GET " + BLOB_PATH, (_, out) -> {
            write(out, 200, new byte[0], CONTENT.length);
            try {
                while (true) {
                    out.write(1);
                    out.flush();
                    Thread.sleep(20);
                }
            } catch (InterruptedException exception) {
                Thread.currentThread().interrupt();
            }
        });

        assertFails(() -> read(0), "bytes came in 300 ms (tried 4 times)");
    }

    @Test
    void aReaderWhoTakesHisTimeIsNoSlowServer() throws IOException {
        server.on("GET " + BLOB_PATH, content(CONTENT));

        try (InputStream in = image.open(BLOB, 0)) {
            byte[] first = in.readNBytes(10);
            long until = System.nanoTime() + 2 * SHORT.stall().toNanos();
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
            assertThat(first).isEqualTo(Arrays.copyOf(CONTENT, 10));
            assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(CONTENT, 10, CONTENT.length));
        }
        assertThat(server.asked()).hasSize(1);
    }

    @Test
    void whatFailedGoesOnFailing() throws IOException {
        server.on(
                "GET " + BLOB_PATH,
                List.of(
                        (_, out) -> {
                            write(out, 200, Arrays.copyOf(CONTENT, 10), CONTENT.length);
                            server.hang();
                        },
                        says(404, "{}"),
                        content(CONTENT)));

        try (InputStream in = image.open(BLOB, 0)) {
            assertFails(in::readAllBytes, "says 404");
            assertFails(in::read, "says 404");
        }
        assertThat(server.asked()).hasSize(2);
    }

    // Later

    @Test
    void whoSaysWhenToComeBackIsBelieved() {
        byte[] manifest = manifest();
        server.on(
                "GET " + TAG_PATH,
                List.of(
                        says(429, "{}", "Retry-After: 17"),
                        says(503, "{}", "Retry-After: Thu, 01 Jan 2026 00:00:40 GMT"),
                        says(500, "{}", "Retry-After: -1"),
                        says(200, manifest)));

        assertThat(image.root().bytes()).isEqualTo(manifest);
        assertThat(clock.pauses).containsExactly(Duration.ofSeconds(17), Duration.ofSeconds(23), Duration.ofSeconds(3));
    }

    @Test
    void whoSaysToComeBackMuchLaterIsToldOn() {
        server.on("GET " + TAG_PATH, says(429, "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\"}]}", "Retry-After: 3600"));

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(image::root)
                .matches(it -> it.kind() == ImageException.Kind.UNAVAILABLE)
                .withMessageContaining("429 TOOMANYREQUESTS");
        assertThat(server.asked()).hasSize(1);
        assertThat(clock.pauses).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void whoFailsForEverIsGivenUp(int status) {
        server.on("GET " + TAG_PATH, says(status, "{}"));

        assertFails(image::root, "says " + status + " (tried 4 times)");
        assertThat(server.asked()).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 410, 418, 501})
    void whatMoreAskingDoesNotChangeIsAskedOnce(int status) {
        server.on("GET " + TAG_PATH, says(status, "{}"));

        assertFails(image::root, "says " + status);
        assertThat(server.asked()).hasSize(1);
    }

    @Test
    void whoIsNotThereIsNotWaitedForLong() throws IOException {
        server.close();

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(image::root)
                .matches(it -> it.kind() == ImageException.Kind.UNAVAILABLE)
                .withMessageContaining("see that the name is right");
        assertThat(clock.pauses).hasSize(1);
    }

    @Test
    void aPortThatIsNoneIsNotTriedAgain() {
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> registries
                        .image(Reference.parse("127.0.0.1:99999/lib/x:1"))
                        .root())
                .withMessageContaining("cannot pull 127.0.0.1:99999/lib/x:1: ");
        assertThat(clock.pauses).isEmpty();
    }

    // Elsewhere

    @Test
    void whoAsksIsSaidToTheSameHostAndToNoOther() throws IOException {
        server.on(
                        "GET " + BLOB_PATH,
                        (it, out) -> (it.header("Authorization").isEmpty()
                                        ? says(401, "{}", "WWW-Authenticate: Basic realm=\"x\"")
                                        : says(307, "", "Location: /here"))
                                .answer(it, out))
                .on("GET /here", says(302, "", "Location: " + other.url("/there")))
                .on("GET /there-again", content(CONTENT));
        other.on("GET /there", says(302, "", "Location: " + server.url("/there-again")));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(server.asked("GET /here").getFirst().header("Authorization")).isPresent();
        assertThat(other.asked("GET /there").getFirst().header("Authorization")).isEmpty();
        assertThat(server.asked("GET /there-again").getFirst().header("Authorization"))
                .isEmpty();
    }

    @Test
    void aHostThatIsLedToLearnsNothingEvenIfItAsks() {
        server.on("GET " + BLOB_PATH, says(307, "", "Location: " + other.url("/there")));
        other.on(
                "GET /there",
                says(
                        401,
                        "{}",
                        "WWW-Authenticate: Basic realm=\"x\"",
                        "WWW-Authenticate: Bearer realm=\"" + other.url("/token") + "\""));

        assertFails(() -> read(0), "says 401");
        assertThat(other.asked())
                .hasSize(1)
                .allSatisfy(it -> assertThat(it.header("Authorization")).isEmpty());
    }

    @Test
    void aRangeIsAskedForWhereItLeads() throws IOException {
        server.on("GET " + BLOB_PATH, says(307, "", "Location: " + other.url("/there")));
        other.on("GET /there", cut(CONTENT, 2_000_000));

        assertThat(read(0)).isEqualTo(CONTENT);
        assertThat(server.asked()).hasSize(2);
        assertThat(other.asked().get(1).header("Range")).contains("bytes=2000000-");
    }

    @Test
    void whatLeadsInACircleIsLeft() {
        server.on("GET " + BLOB_PATH, says(307, "", "Location: " + BLOB_PATH));

        assertFails(() -> read(0), "leads on and on");
        assertThat(server.asked()).hasSize(11);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"file:///etc/passwd", "ftp://127.0.0.1/x", "jar:file:///x!/y", "http://", "::", "http://[/"})
    void whatLeadsToNoAddressOfHttpIsRefused(String location) {
        server.on("GET " + BLOB_PATH, says(307, "", "Location: " + location));

        assertFails(() -> read(0), "leads to no address");
    }

    @Test
    void aForeignLayerComesFromItsOwnerWhoLearnsNothing() throws IOException {
        Descriptor foreign = new Descriptor(
                MediaTypes.DOCKER_FOREIGN_LAYER_GZIP,
                BLOB.digest(),
                BLOB.size(),
                List.of("file:///etc/passwd", other.url("/guarded"), other.url("/layer")),
                java.util.Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                java.util.Map.of());
        server.on(
                "GET " + BLOB_PATH,
                (it, out) -> (it.header("Authorization").isEmpty()
                                ? says(401, "{}", "WWW-Authenticate: Basic realm=\"x\"")
                                : says(404, "{}"))
                        .answer(it, out));
        other.on("GET /guarded", says(401, "{}", "WWW-Authenticate: Bearer realm=\"" + server.url("/token") + "\""))
                .on("GET /layer", content(CONTENT));

        assertThat(readWith(foreign, 1 << 17)).isEqualTo(CONTENT);
        assertThat(server.asked("GET " + BLOB_PATH).getLast().header("Authorization"))
                .isPresent();
        assertThat(server.asked("GET /token")).isEmpty();
        assertThat(other.asked())
                .hasSize(2)
                .allSatisfy(it -> assertThat(it.header("Authorization")).isEmpty());
    }

    // Words

    private static byte[] manifest() {
        return Manifest.of(
                        MediaTypes.MANIFEST,
                        Descriptor.of(MediaTypes.CONFIG, bytes(3, 10)),
                        List.of(BLOB),
                        java.util.Map.of())
                .bytes();
    }

    private static String document(String mediaType, String... members) {
        return "{\"schemaVersion\":2,\"mediaType\":\"" + mediaType + "\"," + String.join(",", members) + "}";
    }

    private static String digest(byte[] content) {
        return "Docker-Content-Digest: " + Digest.of(content);
    }

    private byte[] read(long offset) throws IOException {
        try (InputStream in = image.open(BLOB, offset)) {
            return in.readAllBytes();
        }
    }

    /** Reads in pieces, as many readers do. */
    private byte[] readWith(Descriptor blob, int piece) throws IOException {
        try (InputStream in = image.open(blob, 0)) {
            byte[] content = new byte[(int) blob.size()];
            int at = 0;
            for (int count = 0; count >= 0 && at < content.length; at += Math.max(0, count)) {
                count = in.read(content, at, Math.min(piece, content.length - at));
            }
            assertThat(in.read()).isEqualTo(-1);
            return content;
        }
    }

    private static void assertFails(ThrowingCallable call, String message) {
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(call)
                .withMessageContaining(message)
                .satisfies(it -> assertThat(it.getMessage()).doesNotContain("secret"));
    }

    private static byte[] bytes(int seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
