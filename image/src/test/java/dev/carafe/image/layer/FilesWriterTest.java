package dev.carafe.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.OpenFlags;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class FilesWriterTest {

    private static final int PLACE = OpenFlags.PATH | OpenFlags.NOFOLLOW;

    @TempDir
    private Path base;

    private static List<String> write(Path path, String name, OutputStream output) throws IOException {
        try (Fd file = Folder.KERNEL.files().open(Fd.CWD, path.toString(), PLACE)) {
            return FilesWriter.write(Folder.KERNEL, file, name, output);
        }
    }

    private static List<TarEntry> entries(byte[] archive) throws IOException {
        TarReader reader = new TarReader(Chunks.of(new ByteArrayInputStream(archive)), LayerLimits.usual());
        List<TarEntry> entries = new ArrayList<>();
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            entries.add(entry.get());
        }
        return entries;
    }

    private static List<TarEntry> written(Path path, String name) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        assertThat(write(path, name, output)).isEmpty();
        return entries(output.toByteArray());
    }

    @Test
    void what_comes_back_is_what_there_was() throws IOException {
        Folder from = new Folder(base).below("from");
        from.file("f", "text").below("d").file("g", "x".repeat(300_000));
        var files = Folder.KERNEL.files();
        Fd there = files.open(Fd.CWD, base.resolve("from").toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
        try (there) {
            files.changeOwner(there, "f", 7, 8, 0);
            files.changeMode(there, "f", 04751);
            files.link(there, "f", there, "d/hard", false);
            files.makeSymbolicLink("/nowhere", there, "l");
            files.makeNode(there, "fifo", FileStatus.TYPE_FIFO | 0640, 0);
            files.makeNode(there, "null", FileStatus.TYPE_CHARACTER | 0600, FileStatus.device(1, 3));
        }
        from.setAttribute("f", "user.colour", "red".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        write(base.resolve("from"), "to", output);
        Folder around = new Folder(base);
        try (Fd folder = around.open()) {
            FilesUnpacker.unpack(
                    Folder.KERNEL,
                    new ByteArrayInputStream(output.toByteArray()),
                    folder,
                    new FilesUnpacker.Keeping(true, true),
                    LayerLimits.usual());
        }
        assertThat(new Folder(base.resolve("to")).description()).isEqualTo(from.description());
    }

    @Test
    void a_link_is_itself_and_the_folder_without_a_name_is_what_is_in_it() throws IOException {
        new Folder(base).below("d").file("f", "x");
        Files.createSymbolicLink(base.resolve("l"), Path.of("d"));
        assertThat(written(base.resolve("l"), "l")).singleElement().satisfies(entry -> {
            assertThat(entry.type()).isEqualTo(TarEntry.Type.SYMBOLIC_LINK);
            assertThat(entry.target()).isEqualTo("d");
        });
        assertThat(written(base.resolve("d"), "")).extracting(TarEntry::name).containsExactly("./", "f");
    }

    @Test
    void a_file_that_is_cut_short_while_it_is_read_does_not_spoil_what_follows() throws IOException {
        Folder folder = new Folder(base).below("d");
        folder.file("a", "x".repeat(3_000_000)).file("b", "y");
        ByteArrayOutputStream output = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                super.write(bytes, offset, length);
                if (size() > 1_000_000) {
                    new Folder(base.resolve("d")).file("a", "short");
                }
            }
        };
        assertThat(write(base.resolve("d"), "d", output))
                .singleElement()
                .asString()
                .contains("\"d/a\": became shorter");
        assertThat(entries(output.toByteArray())).extracting(TarEntry::name).containsExactly("d/", "d/a", "d/b");
    }

    @Test
    void what_the_kernel_makes_up_is_nobodys_file() {
        for (String path : List.of("/proc/self/status", "/proc", "/sys/kernel")) {
            assertThatThrownBy(() -> write(Path.of(path), "x", OutputStream.nullOutputStream()))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("is what the kernel tells of itself");
        }
    }

    @Test
    void a_folder_that_lies_too_deep_is_refused() {
        Path deep = base;
        for (int i = 0; i < 258; i++) {
            deep = deep.resolve("d");
        }
        Path lowest = deep;
        assertThatThrownBy(() -> {
                    Files.createDirectories(lowest);
                    write(base, "d", OutputStream.nullOutputStream());
                })
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("lies deeper than 256 folders");
    }
}
