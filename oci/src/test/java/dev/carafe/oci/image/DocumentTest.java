package dev.carafe.oci.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json.JsonString;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DocumentTest {

    private static final String HASH = "sha256:" + "0123456789abcdef".repeat(4);

    private static String descriptor(String mediaType) {
        return "{\"mediaType\": \"" + mediaType + "\", \"digest\": \"" + HASH + "\", \"size\": 7}";
    }

    private static String manifest(String more) {
        return "{\"schemaVersion\": 2, " + more + "\"config\": " + descriptor(MediaTypes.CONFIG) + ", \"layers\": ["
                + descriptor(MediaTypes.LAYER_GZIP) + "]}";
    }

    private static String index(String more) {
        return "{\"schemaVersion\": 2, " + more + "\"manifests\": [" + descriptor(MediaTypes.MANIFEST) + "]}";
    }

    private static Document read(String text, String contentType) {
        return Document.read("it", text.getBytes(UTF_8), contentType);
    }

    @ParameterizedTest
    @CsvSource({
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
        "Application/VND.OCI.image.manifest.v1+json",
        "text/plain",
        "''"
    })
    void aManifestIsReadWhoeverSaysWhatItIs(String contentType) {
        Document read = read(manifest(""), contentType);
        assertThat(read).isInstanceOfSatisfying(Manifest.class, manifest -> {
            assertThat(manifest.config().size()).isEqualTo(7);
            assertThat(manifest.layers())
                    .singleElement()
                    .satisfies(layer -> assertThat(layer.digest()).hasToString(HASH));
            assertThat(manifest.isImage()).isTrue();
        });
        assertThat(read.mediaType())
                .isEqualTo(contentType.contains("docker") ? MediaTypes.DOCKER_MANIFEST : MediaTypes.MANIFEST);
    }

    @Test
    void itsBytesAreThoseThatItWasReadFrom() {
        String text = "  " + manifest("\"x-unknown\" :\t{\"a\":[1.0]}, ") + "\n";
        Document read = read(text, "");
        assertThat(read.bytes()).isEqualTo(text.getBytes(UTF_8));
        assertThat(read.digest()).isEqualTo(Digest.of(text.getBytes(UTF_8)));
    }

    /** CVE-2021-41190 and its kind. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"manifests\": [], ",
                "\"mediaType\": \"application/vnd.oci.image.index.v1+json\", ",
                "\"mediaType\": \"application/vnd.docker.distribution.manifest.list.v2+json\", ",
                "\"mediaType\": \"application/vnd.docker.distribution.manifest.v2+json\", ",
                "\"mediaType\": \"application/json\", ",
                "\"schemaVersion\": 2, ",
            })
    void whatCouldBeTakenForSomethingElseIsRefused(String more) {
        assertThatThrownBy(() -> read(manifest(more), MediaTypes.MANIFEST))
                .isInstanceOf(InvalidDocumentException.class);
        assertThat(read(manifest(""), MediaTypes.MANIFEST)).as("control").isInstanceOf(Manifest.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"config\": {}, ", "\"layers\": [], ", "\"fsLayers\": [], "})
    void anIndexIsNothingElseEither(String more) {
        assertThatThrownBy(() -> read(index(more), MediaTypes.INDEX))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessageContaining("means two things");
        assertThatThrownBy(() -> read(index(more), "")).isInstanceOf(InvalidDocumentException.class);
        assertThat(read(index(""), "")).as("control").isInstanceOf(Index.class);
    }

    @Test
    void anIndexIsNotReadAsAManifest() {
        assertThatThrownBy(() -> read(index(""), MediaTypes.MANIFEST)).isInstanceOf(InvalidDocumentException.class);
        assertThatThrownBy(() -> read(manifest(""), MediaTypes.INDEX)).isInstanceOf(InvalidDocumentException.class);
    }

    @Test
    void theFormThatDockerGaveUpIsRefusedByName() {
        assertThatThrownBy(() -> read("{\"schemaVersion\": 1, \"fsLayers\": []}", ""))
                .hasMessageContaining("it: schemaVersion")
                .hasMessageContaining("push the image again");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | it: schemaVersion: must be 2",
                "{\"schemaVersion\": 2} | it: config: is missing",
                "{\"schemaVersion\": 2, \"config\": {\"digest\": \"sha256:x\", \"size\": 1}} | it: config.mediaType",
                "{\"schemaVersion\": 2, \"config\": {\"mediaType\": \"a\", \"digest\": \"sha256:../x\", \"size\": 1}}"
                        + " | it: config.digest",
                "[] | expected an object",
                "{\"schemaVersion\": 2 | it",
            })
    void whatIsWrongIsSaidInOneLineWithItsKey(String text, String message) {
        assertThatThrownBy(() -> read(text, "")).hasMessageContaining(message).hasMessageNotContaining("\n");
    }

    @Test
    void aNegativeSizeIsRefused() {
        assertThatThrownBy(() -> read(manifest("").replace("\"size\": 7", "\"size\": -7"), ""))
                .hasMessageContaining("it: config.size");
    }

    @Test
    void fourMebibytesAreReadAndNoMore() {
        String text = manifest("");
        String padded = text + " ".repeat(Document.MAX_BYTES - text.length());
        assertThat(read(padded, "")).isInstanceOf(Manifest.class);
        assertThatThrownBy(() -> read(padded + " ", "")).hasMessageContaining("4 MiB");
    }

    @Test
    void whatIsWrittenIsReadBackWithWhatIsNotKnown() {
        Descriptor layer = new Descriptor(
                MediaTypes.LAYER_ZSTD,
                Digest.parse(HASH),
                5,
                List.of("https://example.org/x"),
                Map.of("a", "b"),
                java.util.Optional.empty(),
                java.util.Optional.of(Platform.parse("linux/arm/v6")),
                java.util.Optional.of("application/x"),
                Map.of("x-mine", new JsonString("kept")));
        Manifest manifest = Manifest.of(
                MediaTypes.MANIFEST, Descriptor.of(MediaTypes.CONFIG, new byte[2]), List.of(layer), Map.of("k", "v"));
        assertThat(Document.read("it", manifest.bytes(), MediaTypes.MANIFEST))
                .usingRecursiveComparison()
                .isEqualTo(manifest);
        Index index = Index.of(MediaTypes.INDEX, List.of(manifest.descriptor(), layer), Map.of());
        assertThat(Document.read("it", index.bytes(), MediaTypes.INDEX))
                .usingRecursiveComparison()
                .isEqualTo(index);
    }

    @Test
    void contentThatComesWithItsDescriptorIsChecked() {
        String data = "\"data\": \"e30=\", ";
        String right = "{\"mediaType\": \"" + MediaTypes.EMPTY + "\", " + data + "\"digest\": \""
                + Digest.of("{}".getBytes(UTF_8)) + "\", \"size\": 2}";
        assertThat(config(right).embedded())
                .hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo("{}".getBytes(UTF_8)));
        for (String wrong : List.of(
                right.replace("e30=", "e30K"),
                right.replace("e30=", "!"),
                right.replace("\"size\": 2", "\"size\": 3"))) {
            Descriptor config = config(wrong);
            assertThatThrownBy(config::embedded)
                    .isInstanceOf(InvalidDocumentException.class)
                    .hasMessageStartingWith("data: ");
        }
    }

    private static Descriptor config(String text) {
        return ((Manifest) read("{\"schemaVersion\": 2, \"config\": " + text + ", \"layers\": []}", "")).config();
    }
}
