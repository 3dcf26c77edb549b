package dev.carafe.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an archive makes this program hold does not grow with the archive: a JVM of 64 MB unpacks any. */
class BoundedMemoryTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"GZIP", "ZSTD"})
    void a_small_machine_unpacks_a_large_file(Compression compression) throws Exception {
        assertThat(inSmallJvm("large", compression.name())).contains("unpacked 100 MiB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"zeros", "names", "maps", "headers", "attributes"})
    void a_small_machine_refuses_bombs(String bomb) throws Exception {
        assertThat(inSmallJvm(bomb, "GZIP")).contains("refused: TOO_LARGE");
    }

    @Test
    void so_much_of_so_little_is_refused_whatever_the_limit_on_bytes() throws Exception {
        assertThat(inSmallJvm("ratio", "GZIP")).contains("refused: TOO_LARGE").contains("times as many");
    }

    private String inSmallJvm(String what, String compression) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx64m",
                        "-XX:MaxDirectMemorySize=16m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BoundedMemoryTest.class.getName(),
                        what,
                        compression,
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(said).isTrue();
            assertThat(process.exitValue()).as(said).isZero();
            return said;
        } finally {
            process.destroyForcibly();
        }
    }

    /** In the small JVM. */
    public static void main(String... arguments) throws Exception {
        Kernel kernel = Kernel.host();
        long most = arguments[0].equals("ratio") ? 1L << 40 : 150_000_000;
        LayerLimits limits = new LayerLimits(5_000, 5_000, 256, 4095, 1 << 20, 1 << 18, most, 1000);
        LayerUnpacker unpacker = LayerUnpacker.of(kernel, LayerForm.USER_OVERLAY)
                .withOwners(new Owners.Ignored())
                .withLimits(limits);
        InputStream layer = compressed(arguments[0], Compression.valueOf(arguments[1]));
        try (Fd fd = kernel.files().open(Fd.CWD, arguments[2], OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            LayerPipeline.Result result = new LayerPipeline(unpacker, true).run(layer, fd);
            say("unpacked " + (result.unpacked().bytes() >> 20) + " MiB");
        } catch (LayerException exception) {
            say("refused: " + exception.kind() + " " + exception.getMessage());
        }
    }

    @SuppressWarnings("SystemOut")
    private static void say(String text) {
        System.out.println(text);
    }

    private static InputStream compressed(String what, Compression compression) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream output = compression.compress(bytes)) {
            for (byte[] part : (Iterable<byte[]>) parts(what)::iterator) {
                output.write(part);
            }
        }
        byte[] member = bytes.toByteArray();
        // Members of gzip follow each other as if they were one.
        for (int i = 1; what.equals("ratio") && i < 18; i++) {
            bytes.writeBytes(member);
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    private static Stream<byte[]> parts(String what) {
        return switch (what) {
            case "large" -> zeros(100);
            case "zeros" -> zeros(500);
            // After the end, so that nothing is written.
            case "ratio" -> Stream.generate(() -> new byte[1 << 20]).limit(64);
            case "names" ->
                Stream.iterate(0, i -> i < 6_000, i -> i + 1)
                        .map(i -> new TarBytes()
                                .pax("path=" + "d".repeat(200) + "/" + "n".repeat(200) + "/" + i)
                                .file("x", "")
                                .bytes());
            case "maps" ->
                Stream.concat(
                        Stream.of(new TarBytes()
                                .pax(
                                        "GNU.sparse.major=1",
                                        "GNU.sparse.minor=0",
                                        "GNU.sparse.realsize=1",
                                        "size=100000256")
                                .entry('0', "f", h -> {})
                                .raw("20000000\n".getBytes(StandardCharsets.US_ASCII))
                                .bytes()),
                        Stream.generate(() -> "0\n0\n".repeat(1000).getBytes(StandardCharsets.US_ASCII))
                                .limit(25_000));
            case "headers" ->
                Stream.generate(() -> new TarBytes()
                                .pax("comment=" + "c".repeat(3000))
                                .bytes())
                        .limit(6_000);
            case "attributes" ->
                Stream.of(new TarBytes()
                        .pax(Stream.iterate(0, i -> i < 10_000, i -> i + 1)
                                .map(i -> "SCHILY.xattr.user." + i + "=" + "v".repeat(80))
                                .toArray(String[]::new))
                        .file("f", "")
                        .bytes());
            default -> throw new IllegalArgumentException(what);
        };
    }

    private static Stream<byte[]> zeros(int mebibytes) {
        byte[] part = new byte[1 << 20];
        return Stream.concat(
                Stream.of(new TarBytes()
                        .entry('0', "f", h -> h.size((long) mebibytes << 20))
                        .bytes()),
                Stream.generate(() -> part).limit(mebibytes));
    }
}
