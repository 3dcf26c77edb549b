package dev.carafe.oci.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.Digest;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ImageConfigTest {

    private static final String LAYER = "sha256:" + "a".repeat(64);
    private static final String OTHER = "sha256:" + "b".repeat(64);

    private static ImageConfig read(String text) {
        return ImageConfig.read("config", text.getBytes(UTF_8));
    }

    @Test
    void everythingThatItSaysIsRead() {
        ImageConfig config = read("""
                {"created": "2026-01-01T00:00:00Z", "author": "somebody", "architecture": "arm", "variant": "v6", "os": "linux",
                 "config": {"User": "1000:2000", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Env": ["A=b"],
                   "Entrypoint": ["/init"], "Cmd": ["-x"], "Volumes": {"/data": {}}, "WorkingDir": "/srv",
                   "Labels": {"k": "v"}, "StopSignal": "SIGQUIT", "Shell": ["/bin/ash", "-c"], "OnBuild": ["RUN x"],
                   "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000000000, "Retries": 3}},
                 "rootfs": {"type": "layers", "diff_ids": ["%s", "%s"]},
                 "history": [{"created_by": "one"}, {"created_by": "two", "empty_layer": true}, {"comment": "three"}],
                 "container_config": {}}""".formatted(LAYER, OTHER));
        assertThat(config.platform()).hasToString("linux/arm/v6");
        ImageConfig.Execution execution = config.execution();
        assertThat(execution.user()).isEqualTo("1000:2000");
        assertThat(execution.exposedPorts()).containsExactly("80/tcp", "53/udp");
        assertThat(execution.environment()).containsExactly("A=b");
        assertThat(execution.entrypoint()).containsExactly("/init");
        assertThat(execution.command()).containsExactly("-x");
        assertThat(execution.volumes()).containsExactly("/data");
        assertThat(execution.workingDirectory()).isEqualTo("/srv");
        assertThat(execution.labels()).containsEntry("k", "v");
        assertThat(execution.stopSignal()).contains("SIGQUIT");
        assertThat(execution.shell()).containsExactly("/bin/ash", "-c");
        assertThat(execution.others()).containsOnlyKeys("OnBuild");
        assertThat(execution.healthCheck()).hasValueSatisfying(check -> {
            assertThat(check.test()).containsExactly("CMD", "true");
            assertThat(check.interval()).isEqualTo(1_000_000_000L);
            assertThat(check.retries()).isEqualTo(3);
        });
        assertThat(config.layers()).hasSize(2);
        assertThat(config.history()).extracting(ImageConfig.Step::emptyLayer).containsExactly(false, true, false);
        assertThat(config.others()).containsOnlyKeys("container_config");
    }

    @Test
    void nullIsWhatIsAbsent() {
        ImageConfig config = read("{\"config\": {\"Env\": null, \"Volumes\": null, \"Cmd\": null},"
                + " \"history\": null, \"rootfs\": {\"type\": \"layers\", \"diff_ids\": null}}");
        assertThat(config.layers()).isEmpty();
        assertThat(config.execution().volumes()).isEmpty();
    }

    /** The example of the specification's own text: hash("chain of those below, a space, the layer"). */
    @Test
    void aStackOfLayersIsCalledByTheHashOfItsNames() {
        List<Digest> chain = read("{\"rootfs\": {\"diff_ids\": [\"" + LAYER + "\", \"" + OTHER + "\"]}}")
                .chainIds();
        assertThat(chain).containsExactly(Digest.parse(LAYER), Digest.of((LAYER + " " + OTHER).getBytes(UTF_8)));
    }

    @Test
    void whatIsWrongIsSaidWithItsKey() {
        assertThatThrownBy(() -> read("{}")).hasMessageContaining("config: rootfs: is missing");
        assertThatThrownBy(() -> read("{\"rootfs\": {\"diff_ids\": [\"x\"]}}"))
                .hasMessageContaining("config: rootfs.diff_ids[0]");
        assertThatThrownBy(() -> read("{\"rootfs\": {\"type\": \"tree\"}}")).hasMessageContaining("rootfs.type");
        assertThatThrownBy(() -> read("{\"config\": {\"Env\": \"A=b\"}, \"rootfs\": {}}"))
                .hasMessageContaining("config.Env");
    }
}
