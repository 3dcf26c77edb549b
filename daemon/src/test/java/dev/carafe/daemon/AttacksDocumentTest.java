package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code docs/attacks.md} names is there, and what it should name it does. */
class AttacksDocumentTest {

    private static final Path HOME = Path.of(System.getProperty("carafe.home"));
    private static final Pattern ADVISORY = Pattern.compile("CVE-\\d{4}-\\d+|GHSA(?:-\\w{4}){3}");
    private static final Pattern METHOD = Pattern.compile("`([A-Z]\\w+)\\.(\\w+)`");

    private static final Pattern FILE = Pattern.compile("`([a-z]+/[\\w./-]+)`");
    private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z]\\w+)`");

    private final String document = read(HOME.resolve("docs/attacks.md"));

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Java's sources by the name of their class. */
    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> modules = Files.list(HOME)) {
            for (Path source : modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(source)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .forEach(file -> sources.put(
                                    String.valueOf(file.getFileName()).replace(".java", ""), read(file)));
                }
            }
        }
        return sources;
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    private Set<String> missing(Pattern pattern, int atLeast, Predicate<MatchResult> isThere) {
        assertThat(pattern.matcher(document).results()).hasSizeGreaterThan(atLeast);
        return pattern.matcher(document)
                .results()
                .filter(isThere.negate())
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyTestClassAndFileThatItNamesIsThere() throws IOException {
        Map<String, String> sources = sources();
        assertThat(missing(
                        METHOD,
                        50,
                        name -> sources.getOrDefault(name.group(1), "").contains(" " + name.group(2) + "(")))
                .isEmpty();
        assertThat(missing(CLASS, 20, name -> sources.containsKey(name.group(1))))
                .isEmpty();
        assertThat(missing(FILE, 20, name -> Files.exists(HOME.resolve(name.group(1)))))
                .isEmpty();
    }

    @Test
    void everyAdvisoryThatTheCodeNamesIsInIt() throws IOException {
        Set<String> named = new TreeSet<>();
        sources().values().forEach(source -> named.addAll(found(ADVISORY, source)));
        assertThat(named).hasSizeGreaterThan(30);
        assertThat(found(ADVISORY, document)).containsAll(named);
    }
}
