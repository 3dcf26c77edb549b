package dev.carafe.image.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.layer.Compression;
import dev.carafe.image.layer.LayerFiles;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerUnpacker;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {

    private final Kernel kernel = Kernel.host();

    @TempDir
    private Path base;

    private Path layer;
    private Path recipe;

    @BeforeEach
    void makeFolder() throws IOException {
        layer = Files.createDirectory(base.resolve("layer"));
        recipe = base.resolve("recipe");
    }

    /** A tree with all that archives have: among it what is not to be found in the folder under its name, or at all. */
    private static final String TREE = """
            mkdir tree && cd tree
            mkdir -p etc usr/bin usr/lib long/%s
            cp /bin/bash usr/bin/bash && head -c 1000000 /usr/bin/perl > usr/lib/perl && ln usr/bin/bash usr/bin/rbash
            ln -s usr/lib lib && echo short > etc/short && : > etc/empty && head -c 100000 /dev/urandom > etc/random
            head -c 300000 /bin/bash > long/%s/name && setfattr -n user.note -v kept etc/short
            truncate -s 900K etc/sparse && printf end >> etc/sparse
            printf x | dd of=etc/sparse bs=1 seek=700000 conv=notrunc status=none
            mkfifo etc/pipe && mknod etc/null c 1 3 && printf '\\303\\050' > "etc/$(printf '\\303\\050')"
            cd ..
            """.formatted("d".repeat(120), "d".repeat(120));

    @ParameterizedTest
    @CsvSource({
        "cat, 1",
        "gzip -1, 1",
        "gzip -n -6, 1",
        "gzip -9, 1",
    })
    void aBlobIsMadeOfItsFolder(String program, int percent) throws Exception {
        shell(TREE + "tar --xattrs -C tree -c . | " + program + " > blob");
        unpack();
        write();
        assertThat(again()).isEqualTo(Files.readAllBytes(base.resolve("blob")));
        // 100,000 bytes of it are random, and found in the folder.
        assertThat(Files.size(recipe)).isLessThan(Files.size(base.resolve("blob")) * percent / 100);
    }

    /** The library is to be of the same version, which programs on this machine need not have. */
    @ParameterizedTest
    @CsvSource({"3, 0, false, false", "3, 1, true, false", "7, 0, true, true"})
    void aBlobThatZstdHasCompressedIsMadeOfItsFolder(int level, int workers, boolean hasSum, boolean hasSize)
            throws Exception {
        shell(TREE + "tar --xattrs -C tree -c . > tar");
        Path tar = base.resolve("tar");
        try (OutputStream blob = Files.newOutputStream(base.resolve("blob"));
                ZstdSynthesis packed = new ZstdSynthesis(
                        Files.newInputStream(tar),
                        new ZstdForm(level, workers, hasSum, hasSize ? Files.size(tar) : -1))) {
            packed.transferTo(blob);
        }
        unpack();
        write();
        assertThat(again()).isEqualTo(Files.readAllBytes(base.resolve("blob")));
        assertThat(Files.size(recipe)).isLessThan(10_000);
    }

    @ParameterizedTest
    @CsvSource({
        "--format=gnu",
        "--format=pax",
        "--format=gnu -S",
        "--format=pax -S",
        "--format=pax -S --sparse-version=0.1"
    })
    void anyFormOfAnArchiveWillDo(String options) throws Exception {
        shell(TREE + "tar " + options + " -C tree -c . > blob; printf 'and more' >> blob");
        unpack();
        write();
        assertThat(again()).isEqualTo(Files.readAllBytes(base.resolve("blob")));
        assertThat(Files.size(recipe)).isLessThan(10_000);
    }

    @Test
    void whatTheFolderHasNotIsKept() throws Exception {
        shell("""
                mkdir -p one/etc two/etc three/etc && cp /bin/bash one/etc/twice && cp /usr/bin/perl two/etc/twice
                head -c 200000 /bin/bash > one/etc/link && touch three/etc/.wh.gone && ln -s twice two/etc/link
                head -c 50000 /bin/bash > one/x && ln one/x one/y
                tar -C one -cf blob . && tar -C two -rf blob . && tar -C three -rf blob .
                rm one/y && head -c 60000 /usr/bin/perl > one/x && tar -C one -rf blob ./x
                """);
        unpack();
        write();
        assertThat(again()).isEqualTo(Files.readAllBytes(base.resolve("blob")));
    }

    @Test
    void whatHasChangedInTheFolderIsFoundOut() throws Exception {
        shell(TREE + "tar -C tree -c . | gzip > blob");
        unpack();
        write();
        shell("printf x | dd of=layer/usr/lib/perl bs=1 seek=70000 conv=notrunc status=none");
        assertThatThrownBy(this::again)
                .isInstanceOfSatisfying(
                        DamageException.class, damage -> assertThat(damage.of()).isEqualTo(DamageException.Of.FOLDER))
                .hasMessageContaining("\"./usr/lib/perl\" in the layer's folder has changed");
        shell("rm layer/usr/lib/perl");
        assertThatThrownBy(this::again).hasMessageContaining("is not there any more");
        shell("mkfifo layer/usr/lib/perl");
        assertThatThrownBy(this::again).hasMessageContaining("is not there any more");
        shell("rm layer/usr/lib/perl; ln -s /usr/bin/perl layer/usr/lib/perl");
        assertThatThrownBy(this::again).as("a link out of it").hasMessageContaining("is not there any more");
        shell("rm layer/usr/lib/perl; head -c 5000 /usr/bin/perl > layer/usr/lib/perl");
        assertThatThrownBy(this::again).hasMessageContaining("is shorter than it was");
        shell("head -c 1000000 /usr/bin/perl > layer/usr/lib/perl");
        assertThat(again()).isEqualTo(Files.readAllBytes(base.resolve("blob")));
    }

    @Test
    void whatHasChangedInTheRecipeIsFoundOut() throws Exception {
        shell(TREE + "tar -C tree -c . | gzip > blob");
        unpack();
        write();
        byte[] whole = Files.readAllBytes(recipe);
        for (int at : new int[] {0, 9, whole.length / 2, whole.length - 1}) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            Files.write(recipe, changed);
            assertThatThrownBy(this::again)
                    .isInstanceOfSatisfying(
                            DamageException.class,
                            damage -> assertThat(damage.of()).isEqualTo(DamageException.Of.RECIPE));
        }
        Files.write(recipe, new byte[3]);
        assertThatThrownBy(this::again).isInstanceOf(DamageException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"xz -0 | it has xz data", "cat | more than a third of it"})
    void whatIsNotWorthItIsRefused(String program, String reason) throws Exception {
        // The folder is empty, as if another layer had been unpacked.
        shell("head -c 300000 /dev/urandom > file && tar -c file | " + program + " > blob");
        assertThatThrownBy(this::write).isInstanceOf(NoRecipeException.class).hasMessageContaining(reason);
    }

    private void unpack() throws IOException {
        try (InputStream tar = Compression.decompressAny(Files.newInputStream(base.resolve("blob")));
                Fd folder = folder()) {
            LayerUnpacker.of(kernel, LayerForm.OVERLAY).unpack(tar, folder);
        }
    }

    private Fd folder() {
        return kernel.files().open(Fd.CWD, layer.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    private void write() throws IOException, NoRecipeException {
        Path blob = base.resolve("blob");
        try (Fd folder = folder();
                LayerFiles files = new LayerFiles(kernel, folder);
                OutputStream output = Files.newOutputStream(recipe)) {
            Recipe.write(() -> Files.newInputStream(blob), Files.size(blob), files, output);
        }
    }

    private byte[] again() throws IOException {
        try (Fd folder = folder();
                LayerFiles files = new LayerFiles(kernel, folder);
                FileChannel file = FileChannel.open(recipe, StandardOpenOption.READ);
                InputStream made = Recipe.open(file, files)) {
            return made.readAllBytes();
        }
    }

    private void shell(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-euc", script)
                .directory(base.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }
}
