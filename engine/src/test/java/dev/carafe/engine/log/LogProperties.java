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
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Reading a part of a log gives that part of what reading all of it gives. */
class LogProperties {

    private final Kernel kernel = Kernel.host();

    /** What is written at once, behind a mark that makes no sense if it is damaged. */
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
        WrittenLog log = new WrittenLog(folder);
        boolean[] inLine = {false, false};
        for (Piece piece : pieces) {
            // As monitors do it, between two lines.
            if (piece.newFile && log.size() > 0 && !inLine[0] && !inLine[1]) {
                log.rotate(pieces.size());
            }
            String text = piece.text + (piece.whole ? "\n" : "");
            if (piece.damaged) {
                log.marks(new byte[LogPart.MARK]);
            }
            if (!text.isEmpty()) {
                inLine[piece.error ? 1 : 0] = !piece.whole;
                if (piece.error) {
                    log.error(text);
                } else {
                    log.output(text);
                }
            }
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

    @Property(tries = 300)
    void the_last_lines_are_the_end_of_all_lines(
            @ForAll("pieces") List<Piece> pieces, @ForAll @IntRange(max = 70) int count) throws IOException {
        Path folder = write(finished(pieces));
        try {
            List<String> all = lines(read(folder, LogQuery.ALL));
            List<String> last = lines(read(folder, LogQuery.ALL.tail(count)));
            assertThat(last).isEqualTo(all.subList(Math.max(0, all.size() - count), all.size()));
        } finally {
            WrittenLog.remove(folder);
        }
    }

    @Property(tries = 300)
    void what_is_since_a_time_is_what_of_all_is_not_before_it(
            @ForAll("pieces") List<Piece> pieces, @ForAll @IntRange(max = 61) int second) throws IOException {
        Path folder = write(pieces);
        try {
            Instant time = WrittenLog.START.plusSeconds(second);
            List<String> expected = read(folder, LogQuery.ALL).stream()
                    .filter(entry ->
                            entry instanceof LogEntry.Line line && !line.time().isBefore(time))
                    .map(InstanceLogTest::shown)
                    .toList();
            assertThat(lines(read(folder, LogQuery.ALL.since(time)))).isEqualTo(expected);
        } finally {
            WrittenLog.remove(folder);
        }
    }

    @Property(tries = 300)
    void every_text_is_read_as_it_was_written(@ForAll("pieces") List<Piece> pieces) throws IOException {
        Path folder = write(pieces);
        try {
            StringBuilder[] expected = {new StringBuilder(), new StringBuilder()};
            for (Piece piece : pieces) {
                expected[piece.error ? 1 : 0].append(piece.text).append(piece.whole ? "\n" : "");
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
            WrittenLog.remove(folder);
        }
    }
}
