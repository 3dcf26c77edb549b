package dev.carafe.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of trusted attributes, which every file system has that a container's files live on. */
@Tag("root")
class AttributesTest {

    private final Kernel kernel = Kernel.host();
    private final Files files = kernel.files();
    private final Attributes attributes = kernel.attributes();

    @TempDir
    private Path temporary;

    private Fd directory = Fd.CWD;

    @BeforeEach
    void makeFiles() {
        directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
        files.open(directory, "file", OpenFlags.CREAT | OpenFlags.WRONLY, 0600, 0)
                .close();
        files.makeSymbolicLink("file", directory, "link");
    }

    @AfterEach
    void closeFiles() {
        directory.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {OpenFlags.RDONLY, OpenFlags.PATH})
    void an_attribute_is_set_found_and_removed_however_the_file_is_open(int flags) {
        try (Fd file = files.open(directory, "file", flags)) {
            assertThat(attributes.get(file, "trusted.a")).isEmpty();
            attributes.set(file, "trusted.a", "value".getBytes(UTF_8), 0);
            attributes.set(file, "trusted.empty", new byte[0], Attributes.CREATE);
            assertThat(attributes.get(file, "trusted.a").orElseThrow())
                    .asString(UTF_8)
                    .isEqualTo("value");
            assertThat(attributes.get(file, "trusted.empty").orElseThrow()).isEmpty();
            assertThat(attributes.list(file)).containsExactlyInAnyOrder("trusted.a", "trusted.empty");
            attributes.remove(file, "trusted.a");
            assertThat(attributes.list(file)).containsExactly("trusted.empty");
            assertThatThrownBy(() -> attributes.remove(file, "trusted.a"))
                    .hasMessageContaining("\"trusted.a\"")
                    .hasMessageContaining("ENODATA");
        }
    }

    @Test
    void a_symbolic_link_has_attributes_of_its_own() {
        try (Fd link = files.open(directory, "link", OpenFlags.PATH | OpenFlags.NOFOLLOW);
                Fd file = files.open(directory, "file", OpenFlags.RDONLY)) {
            assertThat(files.status(link).type()).isEqualTo(FileStatus.TYPE_SYMLINK);
            attributes.set(link, "trusted.of", "link".getBytes(UTF_8), 0);
            assertThat(attributes.list(link)).containsExactly("trusted.of");
            assertThat(attributes.list(file)).isEmpty();
        }
    }

    @Test
    void an_attribute_may_have_to_be_new_or_to_be_there() {
        try (Fd file = files.open(directory, "file", OpenFlags.RDONLY)) {
            assertThatThrownBy(() -> attributes.set(file, "trusted.a", new byte[1], Attributes.REPLACE))
                    .hasMessageContaining("ENODATA");
            attributes.set(file, "trusted.a", new byte[1], Attributes.CREATE);
            assertThatThrownBy(() -> attributes.set(file, "trusted.a", new byte[2], Attributes.CREATE))
                    .hasMessageContaining("EEXIST");
            attributes.set(file, "trusted.a", new byte[2], Attributes.REPLACE);
            assertThat(attributes.get(file, "trusted.a").orElseThrow()).hasSize(2);
        }
    }

    @Test
    void long_values_and_many_names_are_read_whole() {
        // A tmpfs, as its attributes are not bounded by a block of the disk.
        Mounts mounts = kernel.mounts();
        try (Fd tmpfs = mounts.openFileSystem("tmpfs");
                Fd root = mounts.create(tmpfs, 0);
                Fd file = files.open(root, "file", OpenFlags.CREAT | OpenFlags.WRONLY, 0600, 0)) {
            attributes.set(file, "trusted.long", new byte[60_000], 0);
            assertThat(attributes.get(file, "trusted.long").orElseThrow()).hasSize(60_000);
            assertThatThrownBy(() -> attributes.set(file, "trusted.long", new byte[65_537], 0))
                    .hasMessageContaining("E2BIG");
            for (int i = 0; i < 50; i++) {
                attributes.set(file, "trusted.name" + i, new byte[0], 0);
            }
            assertThat(attributes.list(file)).hasSize(51).contains("trusted.name49");
        }
    }

    @Test
    void a_descriptor_that_is_not_open_is_an_error() {
        try (Fd never = Fd.of(SystemCalls.ofKernel(), 1_000_000)) {
            assertThatThrownBy(() -> attributes.list(never)).isInstanceOf(SystemCallException.class);
        }
    }
}
