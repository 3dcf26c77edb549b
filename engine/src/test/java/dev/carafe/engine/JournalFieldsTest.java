package dev.carafe.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.JournalOptions;
import dev.carafe.engine.options.LogPolicy;
import dev.carafe.engine.options.Policies;
import dev.carafe.linux.Kernel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JournalFieldsTest {

    private static final String ID = "0123456789abcdef".repeat(4);
    private static final String IDENTITY = "sha256:" + "fedcba9876543210".repeat(4);
    private static final String PLAIN = "{\"version\": 1}";

    private static InstanceRecord record(String json, JournalOptions options) {
        InstanceOptions read = InstanceOptions.parse("instance.json", json.getBytes(UTF_8));
        return InstanceRecord.of(
                ID,
                "box",
                "alpine:3",
                IDENTITY,
                read.withPolicies(Policies.DEFAULT.withLog(new LogPolicy(LogPolicy.Kind.JOURNALD, -1, 1, options))));
    }

    @Test
    void they_are_dockers() {
        assertThat(JournalFields.of(record(PLAIN, JournalOptions.NONE)))
                .isEqualTo(Map.of(
                        "CONTAINER_ID",
                        "0123456789ab",
                        "CONTAINER_ID_FULL",
                        ID,
                        "CONTAINER_NAME",
                        "box",
                        "CONTAINER_TAG",
                        "0123456789ab",
                        "SYSLOG_IDENTIFIER",
                        "0123456789ab",
                        "IMAGE_NAME",
                        "alpine:3"));
    }

    @Test
    void a_tag_is_told_twice() {
        JournalOptions options = new JournalOptions(
                Optional.of("{{.Name}} {{.ImageName}} {{.ImageID}} {{.ImageFullID}} {{.DaemonName}}"),
                List.of(),
                List.of());
        String tag = "box alpine:3 fedcba987654 " + IDENTITY + " carafe";
        assertThat(JournalFields.of(record(PLAIN, options)))
                .containsEntry("CONTAINER_TAG", tag)
                .containsEntry("SYSLOG_IDENTIFIER", tag);
    }

    @Test
    void labels_and_variables_that_are_asked_for_are_told_as_far_as_there_are_any() {
        String json = """
                {"version": 1, "identity": {"labels": {"team.name": "one", "BOTH": "label", "other": "x"}},
                 "program": {"environment": ["BOTH=variable=2", "SECRET=x", "FALLS"]}}""";
        JournalOptions options =
                new JournalOptions(Optional.empty(), List.of("team.name", "BOTH", "none"), List.of("BOTH", "FALLS"));
        assertThat(JournalFields.of(record(json, options)))
                .containsEntry("TEAM_NAME", "one")
                .containsEntry("BOTH", "variable=2")
                .doesNotContainKeys("OTHER", "NONE", "SECRET", "FALLS");
    }

    @Test
    void more_than_can_go_with_each_line_is_refused() {
        String json = "{\"version\": 1, \"identity\": {\"labels\": {\"big\": \"" + "x".repeat(256 << 10) + "\"}}}";
        InstanceRecord record = record(json, new JournalOptions(Optional.empty(), List.of("big"), List.of()));
        assertThatThrownBy(() -> JournalFields.memory(Kernel.host(), record))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("ask for fewer");
    }
}
