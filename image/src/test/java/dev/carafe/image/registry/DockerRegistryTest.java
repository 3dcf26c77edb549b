package dev.carafe.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.Watcher;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With Docker's own registry, and skopeo at its other end. */
@Tag("root")
class DockerRegistryTest {

    private static final byte[] LAYER = bytes(20_000_000);
    private static final byte[] CONFIG = ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},"
                    + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" + Digest.of(LAYER) + "\"]}}")
            .getBytes(StandardCharsets.UTF_8);
    private static final Manifest MANIFEST = Manifest.of(
            MediaTypes.MANIFEST,
            Descriptor.of(MediaTypes.CONFIG, CONFIG),
            List.of(Descriptor.of(MediaTypes.LAYER, LAYER)),
            Map.of());

    @TempDir
    private Path folder;

    @Test
    void whatSkopeoPushedIsRead() throws IOException {
        try (DockerRegistry registry = DockerRegistry.plain(folder.resolve("registry"));
                Registries registries = open(Credentials.NONE)) {
            DockerRegistry.run(
                    "skopeo",
                    "copy",
                    "--preserve-digests",
                    "--dest-tls-verify=false",
                    "oci:" + layout() + ":1",
                    "docker://" + registry.host() + "/lib/x:1");

            RegistryImage image = registries.image(Reference.parse(registry.host() + "/lib/x:1"));
            Document root = image.root();

            assertThat(root.bytes()).isEqualTo(MANIFEST.bytes());
            assertThat(image.head()).isEqualTo(root.descriptor());
            assertThat(image.document(root.descriptor()).bytes()).isEqualTo(MANIFEST.bytes());
            assertThat(registries
                            .image(Reference.parse(registry.host() + "/lib/x@" + root.digest()))
                            .root()
                            .digest())
                    .isEqualTo(root.digest());
            assertThat(read(image, MANIFEST.layers().getFirst(), 0)).isEqualTo(LAYER);
            assertThat(read(image, MANIFEST.layers().getFirst(), 19_000_000))
                    .isEqualTo(Arrays.copyOfRange(LAYER, 19_000_000, LAYER.length));
            assertThat(read(image, MANIFEST.config(), 0)).isEqualTo(CONFIG);
            try (Registries striping = Registries.open(
                    RegistryOptions.of(_ -> Optional.empty()).with(new Striping(3, 1 << 20, Long.MAX_VALUE)),
                    Credentials.NONE)) {
                assertThat(read(
                                striping.image(image.reference()),
                                MANIFEST.layers().getFirst(),
                                0))
                        .isEqualTo(LAYER);
            }
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> registries
                            .image(Reference.parse(registry.host() + "/lib/x:2"))
                            .head())
                    .matches(it -> it.kind() == ImageException.Kind.NOT_FOUND)
                    .withMessageContaining("404 MANIFEST_UNKNOWN (manifest unknown)");
        }
    }

    @Test
    void whatIsPushedIsReadBySkopeo() throws IOException {
        try (DockerRegistry registry = DockerRegistry.plain(folder.resolve("registry"));
                Registries registries = open(Credentials.NONE)) {
            push(registries, registry.host() + "/lib/x:1", Optional.empty());

            assertThat(DockerRegistry.run(
                            "skopeo", "inspect", "--tls-verify=false", "docker://" + registry.host() + "/lib/x:1"))
                    .contains("\"Digest\": \"" + MANIFEST.digest() + "\"");
            DockerRegistry.run(
                    "skopeo",
                    "copy",
                    "--src-tls-verify=false",
                    "docker://" + registry.host() + "/lib/x:1",
                    "dir:" + folder.resolve("copy"));
            assertThat(Files.readAllBytes(
                            folder.resolve("copy").resolve(Digest.of(LAYER).hex())))
                    .isEqualTo(LAYER);
        }
    }

    @Test
    void anIndexIsPushedAfterWhatItLeadsTo() throws IOException {
        try (DockerRegistry registry = DockerRegistry.plain(folder.resolve("registry"));
                Registries registries = open(Credentials.NONE)) {
            push(registries, registry.host() + "/lib/x:1", Optional.empty());
            RegistryPush push = registries.push(Reference.parse(registry.host() + "/lib/x:all"));
            Index index = Index.of(
                    MediaTypes.INDEX, List.of(MANIFEST.descriptor().with(Platform.of("linux", "amd64"))), Map.of());
            push.child(MANIFEST);
            push.manifest(index);

            assertThat(DockerRegistry.run(
                            "skopeo",
                            "inspect",
                            "--raw",
                            "--tls-verify=false",
                            "docker://" + registry.host() + "/lib/x:all"))
                    .isEqualTo(new String(index.bytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void aBlobIsTakenFromAnotherRepository() throws IOException {
        try (DockerRegistry registry = DockerRegistry.plain(folder.resolve("registry"));
                Registries registries = open(Credentials.NONE)) {
            push(registries, registry.host() + "/lib/x:1", Optional.empty());
            Descriptor layer = MANIFEST.layers().getFirst();
            RegistryPush other = registries.push(Reference.parse(registry.host() + "/lib/y:1"));
            assertThat(other.has(layer)).isFalse();

            other.blob(
                    layer,
                    Optional.of("lib/x"),
                    (_, _) -> {
                        throw new IOException("is not sent");
                    },
                    Watcher.NONE);

            assertThat(other.has(layer)).isTrue();
        }
    }

    @Test
    void aBlobThatIsNotWhatItsDigestSaysIsNotTaken() throws IOException {
        try (DockerRegistry registry = DockerRegistry.plain(folder.resolve("registry"));
                Registries registries = open(Credentials.NONE)) {
            RegistryPush push = registries.push(Reference.parse(registry.host() + "/lib/x:1"));
            Descriptor wrong = Descriptor.of(MediaTypes.LAYER, Digest.of(CONFIG), LAYER.length);

            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> push.blob(wrong, Optional.empty(), DockerRegistryTest::layer, Watcher.NONE))
                    .withMessageContaining("DIGEST_INVALID");
            assertThat(push.has(wrong)).isFalse();
        }
    }

    @Test
    void anUploadThatFailsIsCancelled() throws IOException {
        try (DockerRegistry registry = DockerRegistry.plain(folder.resolve("registry"));
                Registries registries = open(Credentials.NONE)) {
            RegistryPush push = registries.push(Reference.parse(registry.host() + "/lib/x:1"));

            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> push.blob(
                            MANIFEST.config(),
                            Optional.empty(),
                            (_, _) -> {
                                throw new IOException("the disk is gone");
                            },
                            Watcher.NONE))
                    .withMessageContaining("the disk is gone");
            // It forgets what makes it an upload, and leaves folders.
            try (Stream<Path> left =
                    Files.walk(folder.resolve("registry/data/docker/registry/v2/repositories/lib/x/_uploads"))) {
                assertThat(left.map(it -> it.getFileName().toString())).doesNotContain("startedat", "data");
            }
        }
    }

    @Test
    void overTlsAPasswordOpensWhatIsShutWithout() throws IOException {
        Path certificates = folder.resolve("certificates");
        DockerRegistry.certificates(certificates);
        RegistryOptions options = RegistryOptions.of(_ -> Optional.empty()).with(Scheme.HTTPS);
        RegistryOptions trusting =
                RegistryOptions.of(_ -> Optional.empty()).withAuthorities(List.of(certificates.resolve("ca.crt")));
        try (DockerRegistry registry =
                DockerRegistry.guarded(folder.resolve("registry"), certificates, "ann", "secret", "")) {
            String name = registry.host() + "/lib/x:1";
            CredentialFiles files = CredentialFiles.of(Map.of(), folder.resolve("home"));
            files.login().keep(registry.host(), new Credential.Password("ann", "secret"));

            for (RegistryOptions good : List.of(trusting, options.unverified())) {
                try (Registries registries = Registries.open(good, files)) {
                    registries.check(registry.host());
                    push(registries, name, Optional.empty());
                    assertThat(registries.image(Reference.parse(name)).root().digest())
                            .isEqualTo(MANIFEST.digest());
                }
            }
            for (Credentials bad :
                    List.<Credentials>of(Credentials.NONE, (_, _) -> new Credential.Password("ann", "wrong"))) {
                try (Registries registries = Registries.open(trusting, bad)) {
                    assertThatExceptionOfType(ImageException.class)
                            .isThrownBy(() -> registries.check(registry.host()))
                            .matches(it -> it.kind() == ImageException.Kind.DENIED)
                            .withMessageContaining("401 UNAUTHORIZED");
                }
            }
            try (Registries registries = Registries.open(options, files)) {
                assertThatExceptionOfType(ImageException.class)
                        .isThrownBy(
                                () -> registries.image(Reference.parse(name)).root())
                        .withMessageContaining("name its authority");
            }
            // What we keep, others find.
            Path authorities = Files.createDirectories(folder.resolve("authorities"));
            Files.copy(certificates.resolve("ca.crt"), authorities.resolve("ca.crt"));
            assertThat(DockerRegistry.run(
                            "skopeo",
                            "inspect",
                            "--cert-dir",
                            authorities.toString(),
                            "--authfile",
                            files.login().file().toString(),
                            "docker://" + name))
                    .contains(MANIFEST.digest().toString());
        }
    }

    @Test
    void whoWantsACertificateOfTheClientGetsTheOneThatLiesThere() throws IOException {
        Path certificates = folder.resolve("certificates");
        DockerRegistry.certificates(certificates);
        try (DockerRegistry registry = DockerRegistry.guarded(
                folder.resolve("registry"),
                certificates,
                "ann",
                "secret",
                "    clientcas:\n      - " + certificates.resolve("ca.crt"))) {
            Path place = Files.createDirectories(folder.resolve("certs.d").resolve(registry.host()));
            Files.copy(certificates.resolve("ca.crt"), place.resolve("ca.crt"));
            RegistryOptions options =
                    RegistryOptions.of(_ -> Optional.empty()).withHostFolders(List.of(folder.resolve("certs.d")));
            Credentials ann = (_, _) -> new Credential.Password("ann", "secret");
            try (Registries registries = Registries.open(options, ann)) {
                assertThatExceptionOfType(ImageException.class)
                        .isThrownBy(() -> registries.check(registry.host()))
                        .matches(it -> it.kind() == ImageException.Kind.UNAVAILABLE);
            }
            Files.copy(certificates.resolve("client.crt"), place.resolve("client.cert"));
            Files.copy(certificates.resolve("client.key"), place.resolve("client.key"));
            try (Registries registries = Registries.open(options, ann)) {
                registries.check(registry.host());
            }
        }
    }

    @Test
    void tagsAreListedAndAnImageIsDeleted() throws IOException {
        try (DockerRegistry registry = DockerRegistry.plain(folder.resolve("registry"));
                Registries registries = open(Credentials.NONE)) {
            for (String tag : List.of("1", "2", "3")) {
                push(registries, registry.host() + "/lib/x:" + tag, Optional.empty());
            }
            Reference reference = Reference.parse(registry.host() + "/lib/x");
            assertThat(registries.repository(reference).tags()).containsExactlyInAnyOrder("1", "2", "3");
            assertThat(registries.repository(reference).referrers(MANIFEST.digest(), Optional.empty()))
                    .isEmpty();

            registries.repository(reference.withDigest(MANIFEST.digest())).delete();

            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> registries.image(reference.withTag("1")).root())
                    .matches(it -> it.kind() == ImageException.Kind.NOT_FOUND);
        }
    }

    private static void push(Registries registries, String name, Optional<String> from) {
        RegistryPush push = registries.push(Reference.parse(name));
        push.blob(MANIFEST.layers().getFirst(), from, DockerRegistryTest::layer, Watcher.NONE);
        push.blob(MANIFEST.config(), from, (_, _) -> new ByteArrayInputStream(CONFIG), Watcher.NONE);
        push.manifest(MANIFEST);
    }

    private static InputStream layer(Descriptor blob, long offset) {
        return new ByteArrayInputStream(LAYER, (int) offset, LAYER.length - (int) offset);
    }

    private static byte[] read(RegistryImage image, Descriptor blob, long offset) throws IOException {
        try (InputStream in = image.open(blob, offset)) {
            return in.readAllBytes();
        }
    }

    private static Registries open(Credentials credentials) {
        return Registries.open(RegistryOptions.of(_ -> Optional.empty()), credentials);
    }

    /** The image as a layout with the tag 1. */
    private Path layout() throws IOException {
        Path layout = folder.resolve("layout");
        Path blobs = Files.createDirectories(layout.resolve("blobs/sha256"));
        for (byte[] blob : List.of(LAYER, CONFIG, MANIFEST.bytes())) {
            Files.write(blobs.resolve(Digest.of(blob).hex()), blob);
        }
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.writeString(
                layout.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" + MediaTypes.MANIFEST + "\",\"digest\":\""
                        + MANIFEST.digest() + "\",\"size\":" + MANIFEST.bytes().length
                        + ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"1\"}}]}");
        return layout;
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(9).nextBytes(bytes);
        return bytes;
    }
}
