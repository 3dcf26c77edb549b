package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.carafe.linux.Kernel;
import dev.carafe.oci.InvalidDocumentException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StandardDescriptorsTest {

    private static StandardDescriptors parse(String json) {
        return StandardDescriptors.parse("descriptors.json", json.getBytes(UTF_8));
    }

    @Test
    void those_that_runc_has_kept_are_read() {
        assertThat(parse("[\"/dev/null\",\"pipe:[12]\",\"pipe:[13]\"]").replacements())
                .containsOnly(entry("pipe:[12]", 1), entry("pipe:[13]", 2));
    }

    @Test
    void what_was_kept_is_read_again() {
        StandardDescriptors kept = new StandardDescriptors(
                List.of("/dev/null", "/log", "/log"), List.of("file[18:4]", "file[2a:ff]", "file[2a:ff]"));
        assertThat(StandardDescriptors.parse("", kept.toBytes())).isEqualTo(kept);
    }

    @Test
    void files_from_outside_are_replaced_once_and_null_devices_by_others_of_their_kind() {
        StandardDescriptors kept = new StandardDescriptors(
                List.of("/dev/null", "/log", "/log"), List.of("file[18:4]", "file[2a:ff]", "file[2a:ff]"));
        assertThat(kept.replacements())
                .containsOnly(entry("ile[18:4]", RestoreCompiler.FIRST_NULL), entry("ile[2a:ff]", 1));
    }

    @Test
    void files_in_the_mounts_of_a_process_are_not_from_outside() {
        StandardDescriptors own = StandardDescriptors.of(
                Kernel.host().files(), (int) ProcessHandle.current().pid());
        assertThat(own.links()).hasSize(3);
        assertThat(own.outside()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "[\"a\", \"b\"]"})
    void what_is_no_list_of_them_is_refused(String json) {
        assertThatThrownBy(() -> parse(json)).isInstanceOf(RuntimeFailure.class).hasMessageContaining("descriptors");
    }

    @Test
    void what_is_no_json_is_refused() {
        assertThatThrownBy(() -> parse("pipe:")).isInstanceOf(InvalidDocumentException.class);
    }
}
