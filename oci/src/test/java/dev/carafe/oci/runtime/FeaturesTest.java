package dev.carafe.oci.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonObject;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FeaturesTest {

    private static final Features NONE = new Features(List.of("rw", "ro"), false, List.of(), Map.of(), List.of());

    private static Set<String> members(@Nullable Json json) {
        return json instanceof JsonObject object ? object.members().keySet() : Set.of();
    }

    @Test
    void its_json_has_the_members_of_the_specification() {
        String text = NONE.text();
        Json json = Json.parse("features", text.getBytes(UTF_8));
        assertThat(members(json))
                .containsExactly(
                        "ociVersionMin",
                        "ociVersionMax",
                        "hooks",
                        "mountOptions",
                        "linux",
                        "potentiallyUnsafeConfigAnnotations");
        assertThat(members(((JsonObject) json).members().get("linux")))
                .containsExactly(
                        "namespaces",
                        "capabilities",
                        "cgroup",
                        "seccomp",
                        "apparmor",
                        "selinux",
                        "intelRdt",
                        "memoryPolicy",
                        "mountExtensions",
                        "netDevices");
        assertThat(text)
                .contains("\"ociVersionMin\": \"1.0.0\"", "\"ociVersionMax\": \"1.3.0\"", "\"supportedFlags\": []")
                .contains("\"systemd\": false", "\"CAP_CHECKPOINT_RESTORE\"", "\"SCMP_CMP_MASKED_EQ\"", "\"time\"");
    }

    @Test
    void what_is_empty_is_said_to_be_so() {
        assertThat(NONE.text()).contains("\"potentiallyUnsafeConfigAnnotations\": []");
        assertThat(new Features(List.of(), true, List.of(Seccomp.Flag.values()), Map.of("a", "b"), List.of("c."))
                        .text())
                .contains("\"annotations\"", "\"c.\"", "\"systemd\": true", "\"systemdUser\": true");
    }

    @Test
    void the_points_of_hooks_are_those_that_are_read() {
        assertThat(Arrays.stream(Hooks.class.getRecordComponents()).map(RecordComponent::getName))
                .containsExactlyElementsOf(Hooks.POINTS);
    }
}
