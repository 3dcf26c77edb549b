package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointImagesTest {

    @TempDir
    private Path folder;

    private void image(String name, CriuMessage entry) throws IOException {
        byte[] bytes = entry.toBytes();
        ByteBuffer image = ByteBuffer.allocate(12 + bytes.length).order(ByteOrder.nativeOrder());
        Files.write(
                folder.resolve(name),
                image.putInt(0x54564319)
                        .putInt(0x50273030)
                        .putInt(bytes.length)
                        .put(bytes)
                        .array());
    }

    private boolean dieWithParent() {
        dev.carafe.linux.Files files = Kernel.host().files();
        try (Fd open = files.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            return new CheckpointImages(files, open, "/images").dieWithParent();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 9, true", "1, 0, false", "4711, 15, true"})
    void the_first_process_has_asked_to_die_with_its_parent(int pid, int signal, boolean dies) throws IOException {
        image("pstree.img", new CriuMessage().number(1, pid).number(2, 0));
        image(
                "core-" + pid + ".img",
                new CriuMessage()
                        .number(1, 1)
                        .message(5, new CriuMessage().number(1, 1L << 40).number(8, signal)));
        assertThat(dieWithParent()).isEqualTo(dies);
    }

    @Test
    void what_is_missing_is_named() throws IOException {
        assertThatThrownBy(this::dieWithParent)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessage("--image-path: there is no checkpoint: /images/pstree.img: no such file or directory");
        image("pstree.img", new CriuMessage().number(1, 7));
        assertThatThrownBy(this::dieWithParent).hasMessageContaining("/images/core-7.img");
    }

    @Test
    void what_is_cut_off_is_refused_by_name() throws IOException {
        Files.write(folder.resolve("pstree.img"), new byte[5]);
        assertThatThrownBy(this::dieWithParent)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("/images/pstree.img is no image");
        image("pstree.img", new CriuMessage().number(1, 7));
        byte[] whole = Files.readAllBytes(folder.resolve("pstree.img"));
        Files.write(folder.resolve("pstree.img"), java.util.Arrays.copyOf(whole, whole.length - 1));
        assertThatThrownBy(this::dieWithParent).hasMessageContaining("/images/pstree.img is no image");
    }
}
