package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.OperationTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the two languages to the same tables: a number that only one side knows would be found at run time only. */
class NativeTablesTest {

    private static final Path NATIVE = Path.of(System.getProperty("carafe.home"), "native");

    @Test
    void operations_have_the_same_numbers_and_arguments_on_both_sides() throws IOException {
        assertThat(OperationTable.ofJava()).isEqualTo(table("plan.h", "X\\((\\d+), \\w+, \"([a-z]*)\"\\)"));
    }

    @Test
    void every_kind_of_operation_is_in_the_table() {
        assertThat(OperationTable.ofJava()).hasSameSizeAs(OperationTable.records(Operation.class));
    }

    @Test
    void messages_have_the_same_numbers_on_both_sides() throws IOException {
        Map<Integer, String> java = new TreeMap<>();
        for (Message.Type type : Message.Type.values()) {
            java.put(type.number(), type.name());
        }
        assertThat(java).isEqualTo(names("MSG_"));
    }

    @Test
    void packets_have_the_same_numbers_on_both_sides() throws IOException {
        Map<Integer, String> java = new TreeMap<>();
        for (Packet.Type type : Packet.Type.values()) {
            java.put(type.number(), type.name());
        }
        assertThat(java).isEqualTo(names("PACKET_"));
    }

    @Test
    void parents_have_the_same_numbers_on_both_sides() throws IOException {
        Map<Integer, String> modes = names("SPAWN_");
        assertThat(modes)
                .containsEntry(Starter.Parent.CALLER.number(), "CHILD")
                .containsEntry(Starter.Parent.ATTACHED_MONITOR.number(), "ATTACHED")
                .containsEntry(Starter.Parent.MONITOR.number(), "DETACHED")
                .hasSize(Starter.Parent.values().length);
    }

    private static Map<Integer, String> table(String file, String line) throws IOException {
        Map<Integer, String> table = new TreeMap<>();
        Matcher matcher = Pattern.compile(line).matcher(Files.readString(NATIVE.resolve(file)));
        while (matcher.find()) {
            table.put(Integer.parseInt(matcher.group(1)), matcher.group(2));
        }
        return table;
    }

    /** The constants of an enumeration in carafe.h, without their prefix. */
    private static Map<Integer, String> names(String prefix) throws IOException {
        Map<Integer, String> names = new TreeMap<>();
        Matcher matcher = Pattern.compile("\\b" + prefix + "(\\w+) = (\\d+),")
                .matcher(Files.readString(NATIVE.resolve("carafe.h")));
        while (matcher.find()) {
            names.put(Integer.parseInt(matcher.group(2)), matcher.group(1));
        }
        return names;
    }
}
