package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.content;
import static dev.carafe.image.registry.FaultyServer.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Endpoint.Right;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registries of which an administrator has said something. */
class HostFolderTest {

    private static final Patience SHORT = new Patience(
            Duration.ofSeconds(5), Duration.ofMillis(500), 1, 3, Duration.ofSeconds(1), Duration.ofSeconds(9));
    private static final byte[] CONTENT = bytes(100_000);
    private static final Descriptor BLOB = Descriptor.of(MediaTypes.LAYER, CONTENT);
    private static final byte[] MANIFEST = Manifest.of(
                    MediaTypes.MANIFEST, Descriptor.of(MediaTypes.CONFIG, new byte[2]), List.of(BLOB), Map.of())
            .bytes();
    private static final String TAG = "/v2/lib/x/manifests/1";
    private static final String BLOB_PATH = "/v2/lib/x/blobs/" + BLOB.digest();

    @TempDir
    private Path folder;

    private FaultyServer server;
    private FaultyServer mirror;

    @BeforeEach
    void open() throws IOException {
        server = new FaultyServer("127.0.0.1");
        mirror = new FaultyServer("localhost");
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        mirror.close();
    }

    @Test
    void aMirrorIsAskedFirstAndTheRegistryOnlyForWhatItHasNot() throws IOException {
        mirrored("");
        mirror.on("GET " + TAG, says(200, MANIFEST)).on("GET " + BLOB_PATH, says(404, "{}"));
        server.on("GET " + BLOB_PATH, content(CONTENT));

        try (Registries registries = registries()) {
            RegistryImage image = registries.image(Reference.parse(server.host() + "/lib/x:1"));
            assertThat(image.root().bytes()).isEqualTo(MANIFEST);
            assertThat(read(image)).isEqualTo(CONTENT);
        }
        assertThat(mirror.asked())
                .hasSize(2)
                .allSatisfy(it -> assertThat(it.target()).endsWith("?ns=" + server.host()));
        assertThat(server.asked())
                .hasSize(1)
                .allSatisfy(it -> assertThat(it.target()).isEqualTo(BLOB_PATH));
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 404, 429, 500, 503})
    void aMirrorThatDoesNotServeIsNotWaitedFor(int status) throws IOException {
        mirrored("");
        mirror.on("GET " + TAG, says(status, "{}"));
        server.on("GET " + TAG, says(200, MANIFEST));

        assertThat(root()).isEqualTo(MANIFEST);
        assertThat(mirror.asked()).hasSize(1);
    }

    @Test
    void aMirrorThatIsNotThereIsNotWaitedFor() throws IOException {
        mirrored("");
        mirror.close();
        server.on("GET " + TAG, says(200, MANIFEST));

        assertThat(root()).isEqualTo(MANIFEST);
    }

    @Test
    void aMirrorThatLiesIsNotBelieved() throws IOException {
        mirrored("");
        String path = "/v2/lib/x/manifests/" + dev.carafe.oci.Digest.of(MANIFEST);
        mirror.on("GET " + path, says(200, "{\"schemaVersion\":2}"));
        server.on("GET " + path, says(200, MANIFEST));

        try (Registries registries = registries()) {
            assertThat(registries
                            .image(Reference.parse(server.host() + "/lib/x@" + dev.carafe.oci.Digest.of(MANIFEST)))
                            .root()
                            .bytes())
                    .isEqualTo(MANIFEST);
        }
        assertThat(mirror.asked()).hasSize(1);
    }

    @Test
    void whoMayNotResolveIsNotAskedForTags() throws IOException {
        mirrored("capabilities = [\"pull\"]");
        server.on("GET " + TAG, says(200, MANIFEST));
        mirror.on("GET " + BLOB_PATH, content(CONTENT));

        try (Registries registries = registries()) {
            RegistryImage image = registries.image(Reference.parse(server.host() + "/lib/x:1"));
            assertThat(image.root().bytes()).isEqualTo(MANIFEST);
            assertThat(read(image)).isEqualTo(CONTENT);
        }
        assertThat(mirror.asked()).hasSize(1);
    }

    @Test
    void aMirrorThatStallsIsAskedOn() throws IOException {
        mirrored("");
        mirror.on("GET " + BLOB_PATH, mirror.stalls(CONTENT, 60_000));

        try (Registries registries = registries()) {
            assertThat(read(registries.image(Reference.parse(server.host() + "/lib/x:1"))))
                    .isEqualTo(CONTENT);
        }
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void whatAMirrorDoesNotGiveToItsEndComesFromTheRegistry() throws IOException {
        mirrored("");
        mirror.on("GET " + BLOB_PATH, List.of(mirror.stalls(CONTENT, 60_000), says(404, "{}")));
        server.on("GET " + BLOB_PATH, content(CONTENT));

        try (Registries registries = registries()) {
            assertThat(read(registries.image(Reference.parse(server.host() + "/lib/x:1"))))
                    .isEqualTo(CONTENT);
        }
        assertThat(server.asked())
                .hasSize(1)
                .allSatisfy(it -> assertThat(it.header("Range")).contains("bytes=60000-"));
    }

    @Test
    void aMirrorIsToldNothingOfWhoTheRegistryKnows() throws IOException {
        mirrored("");
        mirror.on("GET " + TAG, says(401, "{}", "WWW-Authenticate: Basic realm=\"x\""));
        server.on(
                "GET " + TAG,
                (it, out) -> (it.header("Authorization").isEmpty()
                                ? says(401, "{}", "WWW-Authenticate: Basic realm=\"x\"")
                                : says(200, MANIFEST))
                        .answer(it, out));

        assertThat(root()).isEqualTo(MANIFEST);
        assertThat(mirror.asked())
                .hasSize(1)
                .allSatisfy(it -> assertThat(it.header("Authorization")).isEmpty());
    }

    @Test
    void whatIsToBeSaidToAServerIsSaidToItAlone() throws IOException {
        mirrored("[host.\"http://" + mirror.host() + "\".header]\nx-team = [\"a\", \"b\"]\n[header]\nx-own = \"c\"");
        mirror.on("GET " + TAG, says(200, MANIFEST))
                .on("GET " + BLOB_PATH, says(307, "", "Location: " + server.url("/elsewhere")));
        server.on("GET /elsewhere", content(CONTENT)).on("PUT " + TAG, says(201, ""));

        try (Registries registries = registries()) {
            RegistryImage image = registries.image(Reference.parse(server.host() + "/lib/x:1"));
            assertThat(image.root().bytes()).isEqualTo(MANIFEST);
            assertThat(read(image)).isEqualTo(CONTENT);
        }
        assertThat(mirror.asked()).hasSize(2).allSatisfy(it -> {
            assertThat(it.header("x-team")).contains("b");
            assertThat(it.header("x-own")).isEmpty();
        });
        assertThat(server.asked("GET /elsewhere")).isNotEmpty().allSatisfy(it -> {
            assertThat(it.header("x-team")).isEmpty();
            assertThat(it.header("x-own")).contains("c");
        });
    }

    @Test
    void whatIsPushedGoesToTheRegistry() throws IOException {
        mirrored("");
        server.on("PUT " + TAG, says(201, ""));

        try (Registries registries = registries()) {
            registries
                    .push(Reference.parse(server.host() + "/lib/x:1"))
                    .manifest(dev.carafe.oci.image.Document.read("m", MANIFEST, ""));
        }
        assertThat(mirror.asked()).isEmpty();
    }

    @Test
    void allThatContainerdsFileSaysIsRead() throws IOException {
        write("docker.io/hosts.toml", """
                server = "https://registry-1.docker.io"  # itself

                [host."https://m.example:5000/proxy/v2"]
                  capabilities = ["pull", "resolve"]
                  override_path = true
                  ca = ["a.pem", "/etc/b.pem"]
                  client = [["c.cert", "c.key"], ["d.pem", ""]]

                [host.'http://n.example']
                  skip_verify = true
                """);
        HostFolder.Settings settings = new HostFolder(options()).read("docker.io");

        assertThat(settings.endpoints())
                .containsExactly(
                        new Endpoint(
                                "m.example:5000",
                                URI.create("https://m.example:5000/proxy/v2/"),
                                Set.of(Right.PULL, Right.RESOLVE),
                                Optional.of("docker.io")),
                        new Endpoint(
                                "n.example",
                                URI.create("http://n.example/v2/"),
                                Set.of(Right.values()),
                                Optional.of("docker.io")),
                        new Endpoint(
                                "docker.io",
                                URI.create("https://registry-1.docker.io/v2/"),
                                Set.of(Right.values()),
                                Optional.empty()));
        Path place = folder.resolve("docker.io");
        assertThat(settings.ways())
                .containsEntry(
                        "https://m.example:5000",
                        new Way(new Trust(
                                true,
                                List.of(place.resolve("a.pem"), Path.of("/etc/b.pem")),
                                List.of(
                                        new ClientCertificate(place.resolve("c.cert"), place.resolve("c.key")),
                                        new ClientCertificate(place.resolve("d.pem"), place.resolve("d.pem"))))))
                .containsEntry("http://n.example:80", new Way(new Trust(false, List.of(), List.of())));
    }

    @Test
    void certificatesAsDockerHasThemAreFound() throws IOException {
        for (String file : List.of("ca.crt", "client.cert", "client.key")) {
            write("r.example:5000/" + file, "");
        }
        Path place = folder.resolve("r.example:5000");

        assertThat(new HostFolder(options()).read("r.example:5000").ways())
                .isEqualTo(Map.of(
                        "https://r.example:5000",
                        new Way(new Trust(
                                true,
                                List.of(place.resolve("ca.crt")),
                                List.of(new ClientCertificate(
                                        place.resolve("client.cert"), place.resolve("client.key")))))));
        assertThat(new HostFolder(options()).read("other.example").ways()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "server = \"ftp://x\"",
                "server = ",
                "server = \"x",
                "servr = \"https://x\"",
                "[host.\"https://x\"\n",
                "[host.\"::\"]",
                "[host.\"https://x\"]\ncapabilities = [\"pul\"]",
                "[host.\"https://x\"]\ncapabilites = [\"pull\"]",
                "[host.\"https://x\"]\ncapabilities = [[[[[1]]]]]",
                "[host.\"https://x\".header]\nHost = \"y\"",
                "[host.\"https://x\".header]\n\"x y\" = \"y\"",
                "[host.\"https://x\".header]\nx = \"\u00e4\"",
                "[header.x]\nx = \"y\"",
                "[other]",
            })
    void aFileThatIsNoneIsNamed(String text) throws IOException {
        write("r.example/hosts.toml", text);

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> new HostFolder(options()).read("r.example"))
                .withMessageContaining("r.example/hosts.toml: ");
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new java.util.Random(6).nextBytes(bytes);
        return bytes;
    }

    private void mirrored(String more) throws IOException {
        write(
                server.host().replace(":", "_") + "_/hosts.toml",
                "server = \"http://" + server.host() + "\"\n[host.\"http://" + mirror.host() + "\"]\n" + more + "\n");
    }

    private byte[] root() {
        try (Registries registries = registries()) {
            return registries
                    .image(Reference.parse(server.host() + "/lib/x:1"))
                    .root()
                    .bytes();
        }
    }

    private static byte[] read(RegistryImage image) throws IOException {
        try (InputStream in = image.open(BLOB, 0)) {
            return in.readAllBytes();
        }
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private RegistryOptions options() {
        return RegistryOptions.of(_ -> Optional.empty())
                .with(SHORT, new TestClock())
                .withHostFolders(List.of(folder));
    }

    private Registries registries() {
        return Registries.open(
                options(),
                (host, _) -> host.equals(server.host())
                        ? new Credential.Password("ann", "secret")
                        : new Credential.Anonymous());
    }
}
