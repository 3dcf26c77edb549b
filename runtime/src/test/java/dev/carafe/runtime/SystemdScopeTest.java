package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.systemd.BusValue;
import dev.carafe.linux.systemd.UnitProperty;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SystemdScopeTest {

    private static SystemdScope scope(String path) {
        return SystemdScope.of(Optional.of(path), "id", "system.slice");
    }

    @ParameterizedTest
    @CsvSource({
        "machine.slice:libpod:1234, /machine.slice/libpod-1234.scope",
        ":libpod:1234, /system.slice/libpod-1234.scope",
        "a-b-c.slice:p:n, /a.slice/a-b.slice/a-b-c.slice/p-n.scope",
        "-.slice:p:n, /p-n.scope",
        "system.slice::n, /system.slice/-n.scope",
        "user.slice:a:b.c_d-e, /user.slice/a-b.c_d-e.scope",
    })
    void a_path_says_slice_prefix_and_name(String path, String cgroup) {
        assertThat(scope(path).path()).isEqualTo(cgroup);
    }

    @Test
    void without_one_the_container_has_a_scope_of_its_name() {
        assertThat(SystemdScope.of(Optional.empty(), "web", "user.slice").path())
                .isEqualTo("/user.slice/carafe-web.scope");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/sys/path",
                "a:b",
                "a:b:c:d",
                "system:p:n",
                ".slice:p:n",
                "a--b.slice:p:n",
                "-a.slice:p:n",
                "a-.slice:p:n",
                "a/b.slice:p:n",
                "../a.slice:p:n",
                "system.slice:p:",
                "system.slice:p:a/b",
                "system.slice:p:a b",
                "system.slice:p:n.slice"
            })
    void one_that_makes_no_sense_is_refused_by_its_key(String path) {
        assertThatThrownBy(() -> scope(path))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith("config.json: linux.cgroupsPath: ");
    }

    @Test
    void annotations_become_properties() {
        assertThat(SystemdScope.annotated(Map.of("org.systemd.property.CollectMode", "'inactive'", "other", "5")))
                .containsExactly(new UnitProperty("CollectMode", BusValue.text("inactive")));
        assertThat(SystemdScope.annotated(Map.of("org.systemd.property.TimeoutStopUSec", "uint64 5")))
                .containsExactly(new UnitProperty("TimeoutStopUSec", BusValue.number(5)));
    }

    @ParameterizedTest
    @CsvSource({"2, 2000000", "uint64 3, 3000000", "1.5, 1500000"})
    void seconds_become_microseconds(String text, long microseconds) {
        assertThat(SystemdScope.annotated(Map.of("org.systemd.property.TimeoutStopSec", text)))
                .containsExactly(new UnitProperty("TimeoutStopUSec", BusValue.number(microseconds)));
    }

    @ParameterizedTest
    @CsvSource({"Ab, 5", "Tasks1, 5", "Tasks Max, 5", "TasksMax, many", "TimeoutStopSec, 'true'", "TimeoutStopSec, ''"})
    void an_annotation_that_is_no_property_is_refused_by_its_name(String name, String text) {
        assertThatThrownBy(() -> SystemdScope.annotated(Map.of("org.systemd.property." + name, text)))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith("config.json: annotations: org.systemd.property." + name + ": ");
    }
}
