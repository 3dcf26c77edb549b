package dev.carafe.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.TreeRemoval;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Layers unpacked each by itself and joined are the tree that they make one on the other, whatever is in them and in
 * whatever order. They are made at random out of few names, so that they get in each other's way.
 */
@Tag("root")
class LayersAgreeTest {

    private static final int TRIES = 200;
    private static final int LAYERS = 3;
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> TARGETS = List.of("a", "../b", "/c/a", ".", "b/c", "..", "/nowhere");

    @TempDir
    private Path base;

    private final List<String> told = new ArrayList<>();

    @Test
    void layers_joined_are_the_tree_that_they_make_one_on_the_other() throws IOException {
        int joined = 0;
        for (int seed = 0; seed < TRIES; seed++) {
            told.clear();
            joined += agree(new Random(seed), seed);
        }
        // Many are refused, as a file can have nothing in it.
        assertThat(joined).isGreaterThan(TRIES);
    }

    private int agree(Random random, int seed) throws IOException {
        Folder around = new Folder(base);
        Folder plain = around.below("plain");
        List<Fd> joined = new ArrayList<>();
        try {
            int layers = 0;
            for (int i = 0; i < LAYERS; i++) {
                told.add("-- layer " + i);
                TarBytes tar = layer(random, i == 0);
                Folder layer = around.below("layer" + i);
                Fd fd = layer.open();
                joined.addFirst(fd);
                List<Fd> lower = joined.subList(1, joined.size());
                try {
                    Unpacked unpacked = LayerUnpacker.of(Folder.KERNEL, LayerForm.OVERLAY)
                            .unpack(new ByteArrayInputStream(tar.bytes()), fd);
                    new ImpliedDirectories(Folder.KERNEL, LayerForm.OVERLAY).patch(fd, unpacked, lower);
                    if (unpacked.coversAll()) {
                        lower.forEach(Fd::close);
                        lower.clear();
                    }
                } catch (LayerException refused) {
                    assertThat(refused.kind())
                            .as("seed %d:%n%s%n%s", seed, String.join("\n", told), refused.getMessage())
                            .isEqualTo(LayerException.Kind.FORBIDDEN);
                    joined.removeFirst().close();
                    told.add("refused: " + refused.getMessage());
                    if (i == 0) {
                        return 0;
                    }
                    continue;
                }
                layers++;
                assertThat(around.names("")).allMatch(name -> name.matches("plain|layer\\d"));
                try (Fd onto = plain.open()) {
                    LayerUnpacker.of(Folder.KERNEL, LayerForm.PLAIN)
                            .unpack(new ByteArrayInputStream(tar.bytes()), onto);
                    assertThat(tree(LayerForm.OVERLAY, joined))
                            .as("seed %d:%n%s", seed, String.join("\n", told))
                            .isEqualTo(tree(LayerForm.PLAIN, List.of(onto)));
                }
            }
            return layers;
        } finally {
            joined.forEach(Fd::close);
            try (Fd fd = around.open()) {
                new TreeRemoval(Folder.KERNEL).clear(fd);
            }
        }
    }

    private TarBytes layer(Random random, boolean first) {
        var tar = new TarBytes();
        if (first || random.nextInt(4) == 0) {
            tar.directory("./", h -> h.mode(0700 + random.nextInt(0100)).time(random.nextInt(1000)));
        }
        List<String> files = new ArrayList<>();
        int entries = 1 + random.nextInt(12);
        for (int i = 0; i < entries; i++) {
            String path = path(random);
            String name = path.substring(path.lastIndexOf('/') + 1);
            String above = path.substring(0, path.length() - name.length());
            int kind = random.nextInt(first ? 8 : 14);
            told.add(kind + " " + path);
            switch (kind) {
                case 0, 1, 2 ->
                    tar.directory(
                            path + "/",
                            h -> h.mode(0700 + random.nextInt(0100))
                                    .time(random.nextInt(1000))
                                    .owner(random.nextInt(5), 0));
                case 3, 4, 5 -> {
                    tar.file(path, "text " + random.nextInt(100), h -> h.time(random.nextInt(1000)));
                    files.add(path);
                }
                case 6 -> {
                    String target = TARGETS.get(random.nextInt(TARGETS.size()));
                    told.add("  to " + target);
                    tar.link(path, target);
                }
                case 7 -> {
                    if (!files.isEmpty()) {
                        String target = files.get(random.nextInt(files.size()));
                        told.add("  hard to " + target);
                        tar.hardLink(path, target);
                    }
                }
                case 8, 9, 10, 11 -> tar.file(above + ".wh." + name, "");
                default -> tar.file(path + "/.wh..wh..opq", "");
            }
        }
        return tar.ended();
    }

    private static String path(Random random) {
        var path = new StringBuilder(NAMES.get(random.nextInt(NAMES.size())));
        while (random.nextInt(5) < 2) {
            path.append('/').append(NAMES.get(random.nextInt(NAMES.size())));
        }
        return path.toString();
    }

    private static List<String> tree(LayerForm form, List<Fd> folders) throws IOException {
        var bytes = new ByteArrayOutputStream();
        LayerWriter.of(Folder.KERNEL, form).tree(folders, bytes);
        var reader = new TarReader(Chunks.of(new ByteArrayInputStream(bytes.toByteArray())), LayerLimits.usual());
        List<String> lines = new ArrayList<>();
        for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
            TarEntry entry = next.get();
            var content = new StringBuilder();
            for (var part = reader.content(); part.hasRemaining(); part = reader.content()) {
                content.append(StandardCharsets.US_ASCII.decode(part));
            }
            lines.add(
                    entry.name() + " " + entry.type() + " " + entry.target() + " " + Integer.toOctalString(entry.mode())
                            + " " + entry.uid() + " " + entry.seconds() + "." + entry.nanos() + " " + content);
        }
        return lines;
    }
}
