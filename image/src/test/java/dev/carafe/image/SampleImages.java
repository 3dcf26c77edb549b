package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.image.archive.ImageWriter;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * Two images in a registry, of which the second has two layers more, and archives: for tests that disturb what is done
 * with them.
 */
final class SampleImages implements AutoCloseable {

    private static final String LOADED = "example.org/loaded:1";
    private static final String IMPORTED = "example.org/imported:1";

    /** What is done with them. */
    enum Act {
        /** A second image, of which the first has a layer. */
        PULL,
        /** Likewise into a folder where nothing is. */
        FIRST_PULL,
        LOAD,
        IMPORT,
        TAG,
        REMOVE,
        VERIFY,
        /** The packed layers of two images. */
        DROP
    }

    private final SmallRegistry registry = SmallRegistry.start();
    private final Path folder;
    private final Path rootArchive;
    private final Path savedArchive;

    /** @param folder for archives */
    SampleImages(Path folder) throws IOException, InterruptedException {
        this.folder = folder;
        this.rootArchive = folder.resolve("large.tar");
        this.savedArchive = folder.resolve("saved.tar.gz");
        byte[] base = layer("base", tree -> {
            for (int i = 0; i < 30; i++) {
                tree.file("etc/" + i, "file " + i);
            }
            tree.file("srv/old", "old").folder("tmp").mode("tmp", 01777);
        });
        byte[] large = layer("large", tree -> {
            tree.file("usr/noise", noise(400_000)).file("usr/gone", "to be removed");
            for (int i = 0; i < 30; i++) {
                tree.file("usr/lib/" + i, "library " + i);
            }
        });
        byte[] small = layer(
                "small",
                tree -> tree.file("usr/.wh.gone", "")
                        .file("srv/.wh..wh..opq", "")
                        .file("srv/new", "new")
                        .file("tmp/file", "in a folder that the base has"));
        registry.manifest("1", manifest(List.of(base)));
        registry.manifest("2", manifest(List.of(base, large, small)));
        save();
    }

    private void save() throws IOException {
        Path data = folder.resolve("to-be-saved");
        ImageDeed.pull(two()).perform(data);
        ImageDeed.tag(two(), LOADED).perform(data);
        try (LocalImages local = ImageDeed.open(data).local();
                OutputStream out = new GZIPOutputStream(Files.newOutputStream(savedArchive));
                ImageWriter writer = ImageWriter.archive(out, "saved")) {
            local.save(List.of(local.find(LOADED)), writer);
        }
    }

    SmallRegistry registry() {
        return registry;
    }

    Reference one() {
        return registry.name("1");
    }

    Reference two() {
        return registry.name("2");
    }

    private interface Filling {
        void fill(Tree tree);
    }

    private byte[] layer(String name, Filling filling) throws IOException, InterruptedException {
        Path root = Files.createDirectory(folder.resolve(name));
        filling.fill(new Tree(root));
        Path archive = folder.resolve(name + ".tar");
        Process tar = new ProcessBuilder("tar", "-C", root.toString(), "-cf", archive.toString(), ".")
                .inheritIO()
                .start();
        assertThat(tar.waitFor()).isZero();
        return Files.readAllBytes(archive);
    }

    private static String noise(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private Manifest manifest(List<byte[]> layers) throws IOException {
        List<Descriptor> packed = new ArrayList<>();
        List<String> diffs = new ArrayList<>();
        for (byte[] layer : layers) {
            var bytes = new ByteArrayOutputStream();
            try (var gzip = new GZIPOutputStream(bytes)) {
                gzip.write(layer);
            }
            registry.blob(bytes.toByteArray());
            packed.add(Descriptor.of(MediaTypes.LAYER_GZIP, bytes.toByteArray()));
            diffs.add("\"" + Digest.of(layer) + "\"");
        }
        byte[] config = ("{\"architecture\":\"" + Images.platform().architecture()
                        + "\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":"
                        + diffs + "}}")
                .getBytes(StandardCharsets.UTF_8);
        registry.blob(config);
        return Manifest.of(MediaTypes.MANIFEST, Descriptor.of(MediaTypes.CONFIG, config), packed, Map.of());
    }

    /** Does what has to be done before. */
    Path prepare(Act act, Path data) {
        if (act != Act.FIRST_PULL) {
            ImageDeed.pull(one()).perform(data);
        }
        if (act == Act.REMOVE || act == Act.VERIFY || act == Act.DROP) {
            ImageDeed.pull(two()).perform(data);
        }
        return data;
    }

    ImageDeed deed(Act act) {
        return switch (act) {
            case PULL, FIRST_PULL -> ImageDeed.pull(two());
            case LOAD -> ImageDeed.load(savedArchive);
            case IMPORT -> ImageDeed.importing(rootArchive, IMPORTED);
            case TAG -> ImageDeed.tag(one(), "example.org/further:1");
            case REMOVE -> ImageDeed.remove(two());
            case VERIFY -> ImageDeed.verify();
            case DROP -> ImageDeed.drop();
        };
    }

    @Override
    public void close() {
        registry.close();
    }
}
