package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogJournalTest {

    @Test
    void a_field_is_a_line_unless_its_value_has_several() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("CONTAINER_NAME", "box");
        fields.put("A_B", "two\nlines=ü");
        fields.put("EMPTY", "");
        assertThat(new String(LogJournal.encode(fields), UTF_8))
                .isEqualTo("CONTAINER_NAME=box\nA_B\n\14\0\0\0\0\0\0\0two\nlines=ü\nEMPTY=\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "_PID", "1A", "a", "A-B", "A=B", "A\n", "Ä"})
    void what_the_journal_would_not_take_is_no_name(String name) {
        assertThat(LogJournal.isName(name)).isFalse();
        assertThatThrownBy(() -> LogJournal.encode(Map.of(name, ""))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_name_has_at_most_64_characters() {
        assertThat(LogJournal.isName("A".repeat(64))).isTrue();
        assertThat(LogJournal.isName("A".repeat(65))).isFalse();
    }

    @Test
    void the_monitor_says_the_same() throws IOException {
        Path folder = Path.of(System.getProperty("carafe.home"), "native");
        String source = Files.readString(folder.resolve("journal.c"));
        assertThat(Files.readString(folder.resolve("carafe.h")))
                .contains("#define JOURNAL_FIELDS_MOST " + LogJournal.MOST_BYTES + " ")
                .contains("#define SPAWN_JOURNAL 2048 ");
        assertThat(source)
                .contains("\"" + LogJournal.SOCKET + "\"")
                .contains("PRIORITY=" + LogJournal.OUTPUT + "\\n")
                .contains("PRIORITY=" + LogJournal.ERROR + "\\n")
                .contains(LogJournal.PARTIAL + "=true\\n")
                .contains(LogJournal.LOST + "=");
    }
}
