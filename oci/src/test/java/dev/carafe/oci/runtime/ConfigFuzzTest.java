package dev.carafe.oci.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.carafe.oci.InvalidDocumentException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Throws bytes at the reader. In a build it runs over its seeds; for a long run, guided by coverage:
 *
 * <pre>JAZZER_FUZZ=1 mvn -pl oci test -Dtest=ConfigFuzzTest</pre>
 */
final class ConfigFuzzTest {

    private final ConfigReader reader = new ConfigReader();

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "30m")
    void bytesAreReadAndWrittenBackOrRefusedOnOneLine(byte[] bytes) {
        Config config;
        try {
            config = reader.config(bytes);
        } catch (InvalidDocumentException e) {
            assertThat(e).hasMessageStartingWith("config.json: ").hasMessageNotContaining("\n");
            return;
        }
        assertThat(reader.config(ConfigWriter.text(config).getBytes(UTF_8))).isEqualTo(config);
    }

    static Stream<Arguments> seeds() {
        return Stream.of(
                        EveryKey.json().indented(),
                        EveryKey.json().compact(),
                        ConfigWriter.text(DefaultConfig.rootful(true)),
                        ConfigWriter.text(DefaultConfig.rootless(1000, 1000, false)),
                        "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"annotations\":{\"\\ud83e\\udd89\":\"\\u0000\"}}",
                        "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"ociVersion\":\"1.0.0\"}",
                        "[".repeat(100),
                        "{\"a\":-0.1e+9,\"b\":[tru",
                        "\"\u00ff")
                .map(text -> Arguments.of((Object) text.getBytes(UTF_8)));
    }
}
