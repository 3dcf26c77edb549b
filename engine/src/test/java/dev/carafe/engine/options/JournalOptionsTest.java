package dev.carafe.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.InvalidDocumentException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JournalOptionsTest {

    private static JournalOptions tagged(String tag) {
        return new JournalOptions(Optional.of(tag), List.of(), List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "{{.ID}}, <ID>",
        "a-{{ .Name }}/{{.FullID}}, a-<NAME>/<FULL_ID>",
        "{{.ImageID}}{{.ImageFullID}}{{.ImageName}}, <IMAGE_ID><FULL_IMAGE_ID><IMAGE_NAME>",
        "{{.DaemonName}} $1 \\, <DAEMON_NAME> $1 \\",
        "plain, plain",
        "'', <ID>",
    })
    void a_tag_has_dockers_placeholders(String tag, String expanded) {
        assertThat(tagged(tag).tag(placeholder -> "<" + placeholder + ">")).isEqualTo(expanded);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{{.Nam}}", "{{json .}}", "{{.ID", "x{{"})
    void a_placeholder_that_there_is_not_is_refused(String tag) {
        assertThatThrownBy(() -> tagged(tag))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessageContaining("placeholder that there is not");
    }

    @ParameterizedTest
    @CsvSource({"com.example.Team-1, COM_EXAMPLE_TEAM_1", "__x, X", "PATH, PATH", "straße, STRA_E"})
    void a_label_becomes_a_field_as_dockers_does(String label, String field) {
        assertThat(JournalOptions.field(label)).isEqualTo(field);
    }

    @ParameterizedTest
    @CsvSource({
        "1st, begins with a letter",
        "__, begins with a letter",
        "container.id.full, is Carafe's own",
        "Message, is Carafe's own",
    })
    void a_label_that_cannot_be_a_field_is_refused(String label, String words) {
        assertThatThrownBy(() -> new JournalOptions(Optional.empty(), List.of(label), List.of()))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessageContaining(words);
    }

    @Test
    void only_the_journal_has_them() {
        assertThatThrownBy(() -> new LogPolicy(LogPolicy.Kind.FILE, -1, 1, tagged("x")))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessageContaining("only in the journal");
    }
}
