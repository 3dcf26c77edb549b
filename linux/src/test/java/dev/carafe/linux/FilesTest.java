package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
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
    void a_directory_is_empty_until_something_is_in_it() {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            assertThat(files.isEmpty(directory)).isTrue();
            for (int i = 0; i < 2000; i++) {
                files.makeDirectory(directory, "a-name-that-takes-some-room-" + i, 0700);
            }
            assertThat(files.isEmpty(directory)).isFalse();
            assertThat(files.list(directory)).hasSize(2000);
        }
    }

    @Test
    void memory_is_written_and_read_at_any_place_and_copied_by_the_kernel() {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd file = files.open(directory, "file", OpenFlags.CREAT | OpenFlags.RDWR, 0600, 0);
                Fd copy = files.open(directory, "copy", OpenFlags.CREAT | OpenFlags.RDWR, 0600, 0);
                Arena arena = Arena.ofConfined()) {
            files.writeAt(file, Memory.of(arena, (byte) 'x', (byte) 'y'), 1000);
            MemorySegment read = arena.allocate(10);
            assertThat(files.readAt(file, 999, read)).isEqualTo(3);
            assertThat(Memory.getBytes(read, 3)).containsExactly(0, 'x', 'y');
            assertThat(files.readAt(file, 1002, read)).isZero();
            assertThat(files.copyRange(file, copy, 5000)).isEqualTo(1002);
            assertThat(files.readText(directory, "copy", 2000)).hasSize(1002).endsWith("\0xy");
        }
    }

    @Test
    void times_are_set_before_the_epoch_and_on_links_themselves() {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd file = files.open(directory, "file", OpenFlags.CREAT | OpenFlags.RDWR, 0600, 0)) {
            files.setTimes(file, -2, 500_000_000);
            files.makeSymbolicLink("file", directory, "link");
            files.setTimes(directory, "link", 7, 8, Files.NOFOLLOW);
            assertThat(files.status(file).modifiedNanos()).isEqualTo(-1_500_000_000L);
            assertThat(files.status(directory, "link", Files.NOFOLLOW).modifiedNanos())
                    .isEqualTo(7_000_000_008L);
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

    @Test
    void a_path_that_the_kernel_could_not_be_sure_of_is_looked_up_again() {
        SystemCalls real = SystemCalls.ofKernel();
        AtomicInteger refusals = new AtomicInteger(3);
        Files busy = Kernel.over(
                        (call, a, b, c, d, e, f) -> call == SystemCall.OPENAT2 && refusals.getAndDecrement() > 0
                                ? -Errno.EAGAIN.number()
                                : real.call(call, a, b, c, d, e, f))
                .files();
        busy.open(Fd.CWD, ".", OpenFlags.PATH, 0, OpenFlags.RESOLVE_IN_ROOT).close();
        assertThat(refusals).hasValue(-1);
        refusals.set(1000);
        assertThatThrownBy(() -> busy.open(Fd.CWD, ".", OpenFlags.PATH, 0, OpenFlags.RESOLVE_IN_ROOT))
                .hasMessageContaining("EAGAIN");
    }
}
