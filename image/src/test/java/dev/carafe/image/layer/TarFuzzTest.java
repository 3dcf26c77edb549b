package dev.carafe.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Throws bytes at the reader of archives. In a build it runs over its seeds; for a long run, guided by coverage:
 *
 * <pre>JAZZER_FUZZ=1 mvn -pl image -am test -Dtest=TarFuzzTest -Dsurefire.failIfNoSpecifiedTests=false</pre>
 */
final class TarFuzzTest {

    private static final LayerLimits LIMITS = new LayerLimits(100, 100, 50, 4095, 16 * 1024, 4096, 1 << 20, 1000);

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "30m")
    void bytes_are_an_archive_within_the_limits_or_refused_on_one_line(byte[] bytes) throws IOException {
        List<String> whole = new ArrayList<>();
        read(Chunks.of(new ByteArrayInputStream(bytes)), whole);
        List<String> byBytes = new ArrayList<>();
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        int[] at = {0};
        read(
                () -> at[0] < bytes.length
                        ? one.clear().put(bytes[at[0]++]).flip()
                        : one.clear().flip(),
                byBytes);
        // Where a limit on bytes is met depends on how they come.
        if (whole.stream().noneMatch(line -> line.contains("bytes or more"))) {
            assertThat(byBytes).isEqualTo(whole);
        }
    }

    private static void read(Chunks chunks, List<String> told) throws IOException {
        var reader = new TarReader(chunks, LIMITS);
        try {
            for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
                TarEntry entry = next.get();
                assertThat(entry.size()).isBetween(0L, LIMITS.bytes());
                assertThat(entry.nanos()).isBetween(0, 999_999_999);
                assertThat(entry.name().length() + entry.target().length()).isLessThanOrEqualTo(2 * LIMITS.pathBytes());
                long end = 0;
                long sum = 0;
                for (ByteBuffer part = reader.content(); part.hasRemaining(); part = reader.content()) {
                    assertThat(reader.offset()).isGreaterThanOrEqualTo(end);
                    end = reader.offset() + part.remaining();
                    sum += part.remaining();
                }
                assertThat(end).isLessThanOrEqualTo(entry.size());
                assertThat(entry.isSparse() || sum == entry.size()).isTrue();
                told.add(entry.name() + " " + entry.type() + " " + entry.size() + " " + sum + " " + entry.data());
            }
            reader.drain();
        } catch (LayerException refused) {
            assertThat(refused.getMessage()).isNotBlank().doesNotContain("\n").hasSizeLessThan(5000);
            told.add(refused.getMessage());
        }
    }

    static Stream<Arguments> seeds() {
        Stream<byte[]> whole = Stream.of(
                new byte[0],
                new byte[1024],
                new TarBytes()
                        .directory("./")
                        .pax("path=d/f", "mtime=-1.5", "size=1", "uid=5", "SCHILY.xattr.user.x=y")
                        .file("f", "x")
                        .extended('L', "d/long\0".getBytes(ISO_8859_1))
                        .extended('K', "target\0".getBytes(ISO_8859_1))
                        .link("l", "t")
                        .hardLink("h", "d/f")
                        .entry('3', "c", h -> h.device(1, 3))
                        .extended('g', TarBytes.record("comment=x"))
                        .end(),
                new TarBytes()
                        .pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=9", "size=513")
                        .entry('0', "f", header -> {})
                        .content(Arrays.copyOf("1\n5\n1\n".getBytes(ISO_8859_1), 513))
                        .pax("GNU.sparse.size=9", "GNU.sparse.map=3,1")
                        .file("g", "x")
                        .entry(
                                'S',
                                "s",
                                header -> header.gnu()
                                        .size(1)
                                        .octal(386, 12, 3)
                                        .octal(398, 12, 1)
                                        .octal(483, 12, 9)
                                        .text(482, "\1"))
                        .raw(new byte[512])
                        .content(new byte[] {'x'})
                        .end());
        return Stream.concat(
                        whole, LayerAttackTest.all().map(attack -> attack.tar().bytes()))
                .filter(bytes -> bytes.length < 100_000)
                .map(bytes -> Arguments.of((Object) bytes));
    }
}
