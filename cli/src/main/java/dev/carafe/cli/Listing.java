package dev.carafe.cli;

import dev.carafe.oci.JsonWriter;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A list of things in the form that its reader asks for: {@code table}, {@code json}, or the names of columns with
 * commas between, whose values are printed with tabs between and no heads, for other programs.
 *
 * @param columns all that there are, those of the table first
 * @param inTable how many of them the table has
 */
record Listing<T>(List<Column<T>> columns, int inTable) {

    static final String FORMATS = "table, json, or names of columns with commas between: ";

    /**
     * One of them.
     *
     * @param name in lower case; the table's head is the same in upper case
     * @param text for people
     * @param exact for programs
     */
    record Column<T>(String name, Function<T, String> text, Function<T, String> exact) {

        /** One that is the same for all. */
        static <T> Column<T> of(String name, Function<T, String> value) {
            return new Column<>(name, value, value);
        }
    }

    /** The same with the exact text of some columns in the table too. */
    Listing<T> exact(String... names) {
        List<String> inFull = List.of(names);
        return new Listing<>(
                columns.stream()
                        .map(it -> inFull.contains(it.name()) ? Column.of(it.name(), it.exact()) : it)
                        .toList(),
                inTable);
    }

    void print(List<T> things, String format, PrintStream output) {
        switch (format) {
            case "table" -> {
                List<List<String>> rows = new ArrayList<>();
                List<Column<T>> shown = columns.subList(0, inTable);
                rows.add(shown.stream()
                        .map(column -> column.name().toUpperCase(Locale.ROOT))
                        .toList());
                things.forEach(thing -> rows.add(
                        shown.stream().map(column -> column.text().apply(thing)).toList()));
                Table.print(rows, output);
            }
            case "json" -> {
                JsonWriter json = new JsonWriter("").array();
                for (T thing : things) {
                    json.object();
                    columns.forEach(
                            column -> json.put(column.name(), column.exact().apply(thing)));
                    json.end();
                }
                output.println(json.end().text());
            }
            default -> {
                List<Column<T>> chosen =
                        Arrays.stream(format.split(",", -1)).map(this::column).toList();
                output.print(things.stream()
                        .map(thing -> chosen.stream()
                                .map(column -> column.exact().apply(thing))
                                .collect(Collectors.joining("\t", "", "\n")))
                        .collect(Collectors.joining()));
            }
        }
    }

    private Column<T> column(String name) {
        return columns.stream()
                .filter(it -> it.name().equals(name.strip()))
                .findFirst()
                .orElseThrow(() -> new UsageException("--format " + name + ": " + FORMATS
                        + columns.stream().map(Column::name).collect(Collectors.joining(", "))));
    }
}
