package dev.carafe.engine.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Reading a part of a log gives that part of what reading all of it gives. */
class LogProperties {

    private static final Instant START = Instant.parse("2024-02-28T23:59:58Z");

    private final Kernel kernel = Kernel.host();

    /** A piece of a log: a record, or something else. */
    record Piece(boolean error, boolean whole, String text, boolean damaged, boolean newFile) {}

    @Provide
    Arbitrary<List<Piece>> pieces() {
        Arbitrary<String> texts = Arbitraries.strings().withCharRange('a', 'f').ofMaxLength(8);
        Arbitrary<Piece> piece = Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.frequencyOf(
                                net.jqwik.api.Tuple.of(3, Arbitraries.just(true)),
                                net.jqwik.api.Tuple.of(1, Arbitraries.just(false))),
                        texts,
                        Arbitraries.integers().between(0, 19).map(it -> it == 0),
                        Arbitraries.integers().between(0, 9).map(it -> it == 0))
                .as(Piece::new);
        return piece.list().ofMaxSize(60);
    }

    private List<LogEntry> read(Path folder, LogQuery query) {
        List<LogEntry> read = new ArrayList<>();
        new InstanceLog(kernel, folder).read(query, read::add);
        return read;
    }

    private static List<String> lines(List<LogEntry> entries) {
        return entries.stream()
                .filter(LogEntry.Line.class::isInstance)
                .map(InstanceLogTest::shown)
                .toList();
    }

    private static Path write(List<Piece> pieces) throws IOException {
        Path folder = Files.createTempDirectory("carafe-log");
        List<StringBuilder> contents = new ArrayList<>(List.of(new StringBuilder()));
        boolean[] inLine = {false, false};
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            // As monitors do it, between two lines.
            if (piece.newFile && !contents.getLast().isEmpty() && !inLine[0] && !inLine[1]) {
                contents.add(new StringBuilder());
            }
            inLine[piece.error ? 1 : 0] = piece.damaged ? inLine[piece.error ? 1 : 0] : !piece.whole;
            String time = START.plusSeconds(i).toString().replace("Z", ".000000001Z");
            contents.getLast()
                    .append(
                            piece.damaged
                                    ? "\0\0" + piece.text + "\n"
                                    : time + (piece.error ? " stderr " : " stdout ") + (piece.whole ? "F " : "P ")
                                            + piece.text + "\n");
        }
        for (int i = 0; i < contents.size(); i++) {
            int number = contents.size() - 1 - i;
            Files.write(
                    folder.resolve(number == 0 ? "log" : "log." + number),
                    contents.get(i).toString().getBytes(ISO_8859_1));
        }
        return folder;
    }

    /** The same, without lines that are not finished: of all lines those come last, and it is not far from their end. */
    private static List<Piece> finished(List<Piece> pieces) {
        List<Piece> finished = new ArrayList<>(pieces);
        finished.add(new Piece(false, true, "", false, false));
        finished.add(new Piece(true, true, "", false, false));
        return finished;
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Property(tries = 300)
    void the_last_lines_are_the_end_of_all_lines(
            @ForAll("pieces") List<Piece> pieces, @ForAll @IntRange(max = 70) int count) throws IOException {
        Path folder = write(finished(pieces));
        try {
            List<String> all = lines(read(folder, LogQuery.ALL));
            List<String> last = lines(read(folder, LogQuery.ALL.tail(count)));
            assertThat(last).isEqualTo(all.subList(Math.max(0, all.size() - count), all.size()));
        } finally {
            remove(folder);
        }
    }

    @Property(tries = 300)
    void what_is_since_a_time_is_what_of_all_is_not_before_it(
            @ForAll("pieces") List<Piece> pieces, @ForAll @IntRange(max = 61) int second) throws IOException {
        Path folder = write(pieces);
        try {
            Instant time = START.plusSeconds(second);
            List<String> expected = read(folder, LogQuery.ALL).stream()
                    .filter(entry ->
                            entry instanceof LogEntry.Line line && !line.time().isBefore(time))
                    .map(InstanceLogTest::shown)
                    .toList();
            assertThat(lines(read(folder, LogQuery.ALL.since(time)))).isEqualTo(expected);
        } finally {
            remove(folder);
        }
    }

    @Property(tries = 300)
    void every_text_is_read_as_it_was_written(@ForAll("pieces") List<Piece> pieces) throws IOException {
        Path folder = write(pieces);
        try {
            StringBuilder[] expected = {new StringBuilder(), new StringBuilder()};
            for (Piece piece : pieces) {
                if (!piece.damaged) {
                    expected[piece.error ? 1 : 0].append(piece.text).append(piece.whole ? "\n" : "");
                }
            }
            StringBuilder[] found = {new StringBuilder(), new StringBuilder()};
            for (LogEntry entry : read(folder, LogQuery.ALL)) {
                if (entry instanceof LogEntry.Line line) {
                    found[line.stream() == LogEntry.Stream.ERROR ? 1 : 0]
                            .append(new String(line.text(), ISO_8859_1))
                            .append(line.ends() ? "\n" : "");
                }
            }
            assertThat(found[0]).hasToString(expected[0].toString());
            assertThat(found[1]).hasToString(expected[1].toString());
        } finally {
            remove(folder);
        }
    }
}
