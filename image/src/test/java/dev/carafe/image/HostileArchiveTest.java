package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.ZstdOutputStream;
import dev.carafe.image.archive.ImageWriter;
import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images that come from archives and registries whose parts do not agree, or never end. */
@Tag("root")
class HostileArchiveTest {

    private static final int SKIPPABLE = 0x184D2A50;

    @TempDir
    private Path folder;

    /** CVE-2023-25153. */
    @ParameterizedTest
    @CsvSource({"index.json, 1000, 5000000", "oci-layout, 1000, 5000"})
    void aDocumentInAnArchiveIsReadOnlySoFar(String document, int well, int tooMuch) throws Exception {
        try (SampleImages samples = new SampleImages(folder)) {
            Path data = samples.prepare(SampleImages.Act.PULL, folder.resolve("data"));
            Path layout = folder.resolve("layout");
            try (LocalImages local = ImageDeed.open(data).local();
                    ImageWriter writer = ImageWriter.layout(Kernel.host(), layout)) {
                local.save(local.list(), writer);
            }
            Files.writeString(layout.resolve(document), " ".repeat(well), StandardOpenOption.APPEND);
            ImageDeed.load(layout).perform(folder.resolve("well"));
            assertThat(StoreContent.images(folder.resolve("well"))).hasSize(1);

            Files.writeString(layout.resolve(document), " ".repeat(tooMuch), StandardOpenOption.APPEND);
            Path refused = folder.resolve("refused");
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> ImageDeed.load(layout).perform(refused))
                    .withMessageContaining(document);
            assertThat(StoreContent.images(refused)).isEmpty();
            assertThat(StoreContent.bytesOfBlobs(refused)).isEmpty();
        }
    }

    /**
     * Some read a layer by the table that zstd:chunked has beside its archive (container-libs, storage #1888 and #2014):
     * what one of them sees another does not. Here there is one view, and it is what the configuration's digest is of.
     */
    @Test
    void aTableBesideALayersArchiveShowsNobodyAnythingElse() throws Exception {
        byte[] seen = tar("seen");
        byte[] told = tar("told");
        try (SmallRegistry registry = SmallRegistry.start()) {
            registry.manifest("seen", manifest(registry, chunked(seen, told), seen));
            registry.manifest("told", manifest(registry, chunked(seen, told), told));
            Path data = folder.resolve("data");
            ImageDeed.pull(registry.name("seen")).perform(data);
            try (var found = Files.walk(data.resolve("images/layers"))) {
                assertThat(found.map(path -> path.getFileName().toString()))
                        .contains("seen")
                        .doesNotContain("told");
            }
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> ImageDeed.pull(registry.name("told")).perform(folder.resolve("other")))
                    .withMessageContaining("unpacks to " + Digest.of(seen))
                    .withMessageContaining("not to " + Digest.of(told));
            assertThat(StoreContent.images(folder.resolve("other"))).isEmpty();
        }
    }

    private byte[] tar(String name) throws IOException, InterruptedException {
        Path root = Files.createDirectory(folder.resolve("root-" + name));
        Files.writeString(root.resolve(name), name);
        Path archive = folder.resolve(name + ".tar");
        assertThat(new ProcessBuilder("tar", "-C", root.toString(), "-cf", archive.toString(), ".")
                        .start()
                        .waitFor())
                .isZero();
        return Files.readAllBytes(archive);
    }

    /** An archive, and a table of another's files in a frame that those who know nothing of it skip. */
    private static byte[] chunked(byte[] seen, byte[] told) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var zstd = new ZstdOutputStream(packed)) {
            zstd.write(seen);
        }
        byte[] table = ("{\"version\":1,\"entries\":[{\"type\":\"reg\",\"name\":\"told\",\"size\":4,\"digest\":\""
                        + Digest.of(told) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        packed.write(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(SKIPPABLE)
                .putInt(table.length)
                .array());
        packed.write(table);
        return packed.toByteArray();
    }

    private static Manifest manifest(SmallRegistry registry, byte[] layer, byte[] archive) {
        byte[] config = ("{\"architecture\":\"" + Images.platform().architecture()
                        + "\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                        + Digest.of(archive) + "\"]}}")
                .getBytes(StandardCharsets.UTF_8);
        registry.blob(layer);
        registry.blob(config);
        return Manifest.of(
                MediaTypes.MANIFEST,
                Descriptor.of(MediaTypes.CONFIG, config),
                List.of(Descriptor.of(MediaTypes.LAYER_ZSTD, layer)
                        .with(Map.of(
                                "io.github.containers.zstd-chunked.manifest-checksum",
                                Digest.of(layer).toString(),
                                "io.github.containers.zstd-chunked.manifest-position",
                                (layer.length - 100) + ":100:100:1"))),
                Map.of());
    }
}
