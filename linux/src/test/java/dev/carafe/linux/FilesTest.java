package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesTest {

    private final Files files = Kernel.host().files();

    @TempDir
    private Path temporary;

    @Test
    void a_refused_call_names_itself_its_arguments_and_the_error() {
        assertThatThrownBy(() -> files.open(Fd.CWD, "/nowhere/at/all", OpenFlags.RDONLY))
                .isInstanceOfSatisfying(SystemCallException.class, refused -> {
                    assertThat(refused.errno()).isEqualTo(Errno.ENOENT);
                    assertThat(refused.call()).isEqualTo("openat2");
                })
                .hasMessage("openat2(AT_FDCWD, \"/nowhere/at/all\", 0): no such file or directory (ENOENT)");
    }

    @Test
    void what_was_written_is_read_back() {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd file = files.open(directory, "file", OpenFlags.CREAT | OpenFlags.WRONLY, 0640, 0)) {
            files.write(file, "content".getBytes(StandardCharsets.UTF_8));
            assertThat(files.readText(directory, "file", 100)).isEqualTo("content");
            FileStatus status = files.status(directory, "file", 0);
            assertThat(status.isRegular()).isTrue();
            assertThat(status.size()).isEqualTo(7);
            assertThat(status.mode() & 0777).isEqualTo(0640);
        }
    }

    @Test
    void a_link_out_of_the_root_stays_in_the_root() {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY)) {
            files.makeSymbolicLink("../../..", directory, "out");
            try (Fd resolved = files.open(directory, "out", OpenFlags.PATH, 0, OpenFlags.RESOLVE_IN_ROOT)) {
                assertThat(files.status(resolved).inode())
                        .isEqualTo(files.status(directory).inode());
            }
        }
    }

    @Test
    void sealed_memory_cannot_be_changed() {
        try (Fd memory = files.sealedMemory("test", new byte[] {1, 2, 3})) {
            assertThat(files.status(memory).size()).isEqualTo(3);
            assertThatThrownBy(() -> files.write(memory, new byte[] {4}))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused -> assertThat(refused.errno()).isEqualTo(Errno.EPERM));
        }
    }

    @Test
    void a_test_can_stand_in_front_of_the_kernel() {
        SystemCalls real = SystemCalls.ofKernel();
        Files broken = Kernel.over((call, a, b, c, d, e, f) ->
                        call == SystemCall.FSYNC ? -Errno.EIO.number() : real.call(call, a, b, c, d, e, f))
                .files();
        try (Fd file = broken.open(Fd.CWD, temporary.resolve("x").toString(), OpenFlags.CREAT, 0600, 0)) {
            assertThatThrownBy(() -> broken.sync(file))
                    .hasMessageContaining("fsync")
                    .hasMessageContaining("EIO");
        }
    }
}
