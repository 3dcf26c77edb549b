package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RepositoryTest {

    private static final Digest SUBJECT = Digest.of(new byte[] {1});
    private static final String REFERRERS = "/v2/lib/x/referrers/" + SUBJECT;
    private static final String TAG = "/v2/lib/x/manifests/sha256-" + SUBJECT.hex();
    private static final Patience SHORT = new Patience(
            Duration.ofSeconds(5), Duration.ofSeconds(2), 1, 2, Duration.ofSeconds(1), Duration.ofSeconds(9));

    private FaultyServer server;
    private FaultyServer other;
    private Registries registries;
    private RegistryRepository repository;

    @BeforeEach
    void open() throws IOException {
        server = new FaultyServer("127.0.0.1");
        other = new FaultyServer("localhost");
        registries = Registries.open(
                RegistryOptions.of(_ -> Optional.empty()).with(SHORT, new TestClock()),
                (_, _) -> new Credential.Password("ann", "secret"));
        repository = registries.repository(Reference.parse(server.host() + "/lib/x:1"));
    }

    @AfterEach
    void close() throws IOException {
        registries.close();
        server.close();
        other.close();
    }

    @Test
    void tagsComeFromAllPages() {
        server.on(
                "GET /v2/lib/x/tags/list",
                List.of(
                        says(
                                200,
                                "{\"name\":\"lib/x\",\"tags\":[\"1\",\"../evil\",\"2\"]}",
                                "Link: </v2/lib/x/tags/list?last=2&n=1000>; rel=\"next\""),
                        says(200, "{\"name\":\"lib/x\",\"tags\":[\"3\"]}"),
                        says(200, "{\"name\":\"lib/x\"}")));

        assertThat(repository.tags()).containsExactly("1", "2", "3");
        assertThat(server.asked().get(1).target()).isEqualTo("/v2/lib/x/tags/list?last=2&n=1000");
        assertThat(repository.tags()).isEmpty();
    }

    @Test
    void pagesThatLeadInACircleAreLeft() {
        server.on("GET /v2/lib/x/tags/list", says(200, "{\"tags\":[]}", "Link: </v2/lib/x/tags/list>; rel=next"));

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(repository::tags)
                .withMessageContaining("more than 1000 pages");
    }

    @Test
    void aPageOfAnotherHostLearnsNothingOfWhoAsks() {
        server.on(
                "GET /v2/lib/x/tags/list",
                (it, out) -> (it.header("Authorization").isEmpty()
                                ? says(401, "{}", "WWW-Authenticate: Basic realm=\"x\"")
                                : says(200, "{\"tags\":[]}", "Link: <" + other.url("/more") + ">; rel=\"next\""))
                        .answer(it, out));
        other.on("GET /more", says(401, "{}", "WWW-Authenticate: Basic realm=\"x\""));

        assertThatExceptionOfType(ImageException.class).isThrownBy(repository::tags);
        assertThat(server.asked().getLast().header("Authorization")).isPresent();
        assertThat(other.asked())
                .hasSize(1)
                .allSatisfy(it -> assertThat(it.header("Authorization")).isEmpty());
    }

    @Test
    void whatIsAboutAnImageComesFromAllPagesAndOfTheTypeAskedFor() {
        Descriptor one = referrer("a/b", 2);
        Descriptor two = referrer("c/d", 3);
        server.on(
                "GET " + REFERRERS,
                List.of(
                        says(200, index(one), "Link: <" + REFERRERS + "?p=2>; rel=\"next\""),
                        says(200, index(two)),
                        says(200, index(one, two))));

        assertThat(repository.referrers(SUBJECT, Optional.empty())).containsExactly(one, two);
        assertThat(repository.referrers(SUBJECT, Optional.of("c/d"))).containsExactly(two);
    }

    @Test
    void whoKeepsNoAccountOfItHasItUnderATag() {
        Descriptor one = referrer("a/b", 2);
        server.on("GET " + TAG, says(200, index(one)));

        assertThat(repository.referrers(SUBJECT, Optional.empty())).containsExactly(one);
        server.on("GET " + TAG, says(404, "{}"));
        assertThat(repository.referrers(SUBJECT, Optional.empty())).isEmpty();
    }

    @Test
    void whoPushesToOneThatKeepsNoAccountKeepsTheTag() {
        Descriptor one = referrer("a/b", 2);
        byte[] bytes = ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.MANIFEST
                        + "\",\"artifactType\":\"c/d\",\"config\":{\"mediaType\":\"" + MediaTypes.EMPTY
                        + "\",\"size\":2,\"digest\":\"" + SUBJECT + "\"},\"layers\":[],\"subject\":{\"mediaType\":\""
                        + MediaTypes.MANIFEST + "\",\"size\":1,\"digest\":\"" + SUBJECT + "\"}}")
                .getBytes(StandardCharsets.UTF_8);
        Document signature = Document.read("signature", bytes, MediaTypes.MANIFEST);
        RegistryPush push = registries.push(Reference.parse(server.host() + "/lib/x:s"));
        server.on("GET " + TAG, says(200, index(one))).on("PUT " + TAG, says(201, ""));

        server.on("PUT /v2/lib/x/manifests/s", says(201, "", "OCI-Subject: " + SUBJECT));
        push.manifest(signature);
        assertThat(server.asked("PUT " + TAG)).isEmpty();

        server.on("PUT /v2/lib/x/manifests/s", says(201, ""));
        push.manifest(signature);
        Index written = (Index)
                Document.read("index", server.asked("PUT " + TAG).getFirst().body(), MediaTypes.INDEX);
        assertThat(written.manifests()).hasSize(2).contains(one).anySatisfy(it -> {
            assertThat(it.digest()).isEqualTo(signature.digest());
            assertThat(it.artifactType()).contains("c/d");
        });

        server.on("GET " + TAG, says(200, written.bytes()));
        push.manifest(signature);
        assertThat(server.asked("PUT " + TAG)).hasSize(1);
    }

    @Test
    void anImageIsDeletedOrItIsSaidWhyNot() {
        server.on(
                "DELETE /v2/lib/x/manifests/1",
                List.of(says(202, ""), says(405, "{\"errors\":[{\"code\":\"UNSUPPORTED\"}]}")));

        repository.delete();
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(repository::delete)
                .withMessageContaining(
                        "cannot delete " + server.host() + "/lib/x:1: " + server.host() + " says 405 UNSUPPORTED");
    }

    private static byte[] index(Descriptor... entries) {
        return Index.of(MediaTypes.INDEX, List.of(entries), Map.of()).bytes();
    }

    private static Descriptor referrer(String type, int content) {
        Descriptor plain = Descriptor.of(MediaTypes.MANIFEST, new byte[content]);
        return new Descriptor(
                plain.mediaType(),
                plain.digest(),
                plain.size(),
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(type),
                Map.of());
    }
}
