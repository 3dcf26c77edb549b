package dev.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both ways to the kernel, which nothing may tell apart. */
class SystemCallsTest {

    @TempDir
    private static Path folder;

    private static SystemCalls throughTheLibrary;

    @BeforeAll
    static void compileTheLibrary() throws Exception {
        Path source = Path.of(System.getProperty("carafe.home", ".."), "native/library.c");
        Path library = folder.resolve("libcarafe.so");
        CompiledC.output("cc", "-shared", "-fPIC", "-nostdlib", "-o", library.toString(), source.toString());
        throughTheLibrary = new JniSystemCalls(library);
    }

    static List<SystemCalls> both() {
        return List.of(NativeSystemCalls.INSTANCE, throughTheLibrary);
    }

    @ParameterizedTest
    @MethodSource("both")
    void aResultIsTheKernels(SystemCalls calls) {
        assertThat(calls.call(SystemCall.GETPID, 0, 0, 0, 0, 0, 0))
                .isEqualTo(ProcessHandle.current().pid());
    }

    @ParameterizedTest
    @MethodSource("both")
    void anErrorIsItsNumberNegated(SystemCalls calls) {
        assertThat(calls.call(SystemCall.CLOSE, 1_000_000, 0, 0, 0, 0, 0)).isEqualTo(-Errno.EBADF.number());
        assertThat(calls.call(SystemCall.KILL, 1 << 30, 0, 0, 0, 0, 0)).isEqualTo(-Errno.ESRCH.number());
    }

    /** {@code copy_file_range(2)} has six, and does something else if any two change places. */
    @ParameterizedTest
    @MethodSource("both")
    void everyArgumentHasItsPlace(SystemCalls calls) {
        Files files = new Files(calls);
        try (Arena arena = Arena.ofConfined();
                Fd from = empty(files, "from");
                Fd to = empty(files, "to")) {
            files.write(from, "0123456789".getBytes(US_ASCII));
            MemorySegment offsets = arena.allocate(JAVA_LONG, 2);
            offsets.setAtIndex(JAVA_LONG, 0, 3);
            offsets.setAtIndex(JAVA_LONG, 1, 2);
            long in = offsets.address();
            long out = in + JAVA_LONG.byteSize();
            long noFlags = 0;
            assertThat(calls.call(SystemCall.COPY_FILE_RANGE, from.number(), in, to.number(), out, 4, noFlags))
                    .isEqualTo(4);
            assertThat(files.readAt(to, 0, 100)).isEqualTo("\0\0003456".getBytes(US_ASCII));
            assertThat(calls.call(SystemCall.COPY_FILE_RANGE, from.number(), in, to.number(), out, 4, 1))
                    .isEqualTo(-Errno.EINVAL.number());
        }
    }

    private static Fd empty(Files files, String name) {
        int flags = OpenFlags.RDWR | OpenFlags.CREAT | OpenFlags.TRUNC;
        return files.open(Fd.CWD, folder.resolve(name).toString(), flags, 0600, 0);
    }

    @ParameterizedTest
    @MethodSource("both")
    void memoryIsReadAndWritten(SystemCalls calls) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment random = arena.allocate(64);
            assertThat(calls.call(SystemCall.GETRANDOM, random.address(), random.byteSize(), 0, 0, 0, 0))
                    .isEqualTo(random.byteSize());
            assertThat(random.toArray(JAVA_BYTE)).isNotEqualTo(new byte[64]);
        }
    }
}
