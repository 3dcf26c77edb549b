package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a file is parsed, and when what it said is remembered. */
class ParsedFilesTest {

    private static final Duration OLD = Duration.ofHours(1);

    private final Kernel kernel = Kernel.host();
    private final ParsedFiles parsed = new ParsedFiles(kernel.files(), Clock.systemUTC());
    private final AtomicInteger count = new AtomicInteger();

    @TempDir
    private Path folder;

    private Optional<String> read() {
        return parsed.read(Fd.CWD, folder.resolve("file").toString(), 100, String.class, bytes -> {
            count.incrementAndGet();
            return new String(bytes, StandardCharsets.UTF_8);
        });
    }

    /** Puts a file in the place of one, written a while ago. */
    private void replace(String content, Duration age) throws IOException {
        Path written = folder.resolve("new");
        java.nio.file.Files.writeString(written, content);
        java.nio.file.Files.setLastModifiedTime(
                written, FileTime.from(Instant.now().minus(age)));
        kernel.files()
                .rename(
                        Fd.CWD,
                        written.toString(),
                        Fd.CWD,
                        folder.resolve("file").toString());
    }

    @Test
    void aFileThatIsStillTheSameIsParsedOnce() throws IOException {
        replace("one", OLD);
        assertThat(read()).contains("one");
        assertThat(read()).contains("one");
        assertThat(count).hasValue(1);
    }

    @Test
    void anotherOneInItsPlaceIsSeen() throws IOException {
        replace("one", OLD);
        read();
        replace("two", OLD.plusSeconds(1));
        assertThat(read()).contains("two");
        replace("three", OLD);
        assertThat(read()).contains("three");
    }

    @Test
    void nothingIsRememberedOfAYoungOne() throws IOException {
        replace("one", Duration.ZERO);
        read();
        assertThat(read()).contains("one");
        assertThat(count).hasValue(2);
    }

    @Test
    void nothingIsRememberedOfOneFromTheFuture() throws IOException {
        replace("one", OLD.negated());
        read();
        read();
        assertThat(count).hasValue(2);
    }

    @Test
    void oneThatIsGoneIsGone() throws IOException {
        replace("one", OLD);
        read();
        java.nio.file.Files.delete(folder.resolve("file"));
        assertThat(read()).isEmpty();
    }

    @Test
    void oneThatCannotBeParsedIsTriedAgain() throws IOException {
        replace("one", OLD);
        String path = folder.resolve("file").toString();
        assertThatThrownBy(() -> parsed.read(Fd.CWD, path, 100, String.class, bytes -> {
                    throw new IllegalStateException("damaged");
                }))
                .hasMessage("damaged");
        assertThat(read()).contains("one");
    }

    @Test
    void whatWasParsedToSomethingElseIsParsedAgain() throws IOException {
        replace("1", OLD);
        read();
        String path = folder.resolve("file").toString();
        assertThat(parsed.read(Fd.CWD, path, 100, Integer.class, bytes -> bytes.length))
                .contains(1);
    }
}
