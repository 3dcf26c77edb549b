package dev.carafe.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where this machine gets Debian from, by its own apt: the archive and the security archive, each with the keyring that
 * it is trusted by.
 *
 * @see <a href="https://manpages.debian.org/bookworm/apt/apt-get.8.en.html">apt-get(8), indextargets</a>
 */
record DebianSources(Optional<Source> archive, Optional<Source> security) {

    private static final String SECURITY_SUITE = "-security";
    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._+/-]+");

    /**
     * A package archive.
     *
     * @param keyring a file of this machine that its signature must match; without one, the keys that apt trusts for all
     */
    record Source(String uri, Optional<String> keyring) {

        String line(String suite) {
            return "deb" + keyring.map(it -> " [signed-by=" + it + "]").orElse("") + " " + uri + " " + suite
                    + " main\n";
        }

        /** The address without user and password. */
        String published() {
            return uri.replaceFirst("^([a-z+]+://)[^/@]*@", "$1");
        }
    }

    /**
     * Reads what {@code apt-get indextargets "Created-By: Packages"} says.
     *
     * @param file gives the text of a file that apt's sources are written in, empty if there is none
     */
    static DebianSources parse(String indexTargets, Function<String, String> file) {
        List<Map<String, String>> debian = Stream.of(indexTargets.split("\n\n", -1))
                .map(DebianSources::fields)
                .filter(DebianSources::isDebian)
                .toList();
        return new DebianSources(find(debian, false, file), find(debian, true, file));
    }

    /** The lines of a {@code sources.list} for a suite; nothing if the machine has no source of Debian. */
    Optional<String> lines(String suite) {
        return archive.map(main -> {
            StringBuilder lines = new StringBuilder(main.line(suite));
            if (isReleased(suite)) {
                lines.append(main.line(suite + "-updates"));
                securityOrSibling().ifPresent(it -> lines.append(it.line(suite + SECURITY_SUITE)));
            }
            return lines.toString();
        });
    }

    /**
     * What {@code debian.sources} says in a system made from these: the same archives, without the password that this
     * machine may have for them. Nothing if they cannot be reached from anywhere else.
     *
     * @param keyring the file of that system which their signatures must match
     */
    Optional<String> stanzas(String suite, String keyring) {
        return archive.map(Source::published)
                .filter(uri -> !uri.startsWith("copy:"))
                .map(uri -> {
                    String main = stanza(uri, isReleased(suite) ? suite + " " + suite + "-updates" : suite, keyring);
                    return isReleased(suite)
                            ? main
                                    + securityOrSibling()
                                            .map(it -> "\n" + stanza(it.published(), suite + SECURITY_SUITE, keyring))
                                            .orElse("")
                            : main;
                });
    }

    private static String stanza(String uri, String suites, String keyring) {
        return """
                Types: deb
                URIs: %s
                Suites: %s
                Components: main
                Signed-By: %s
                """.formatted(uri, suites, keyring);
    }

    /** Mirrors keep the security archive beside the main one. */
    private Optional<Source> securityOrSibling() {
        return security.or(() -> archive.filter(it -> it.uri.endsWith("/debian"))
                .map(it -> new Source(it.uri + "-security", it.keyring)));
    }

    /** Whether a suite gets updates and security updates beside it. Unstable gets all in itself. */
    static boolean isReleased(String suite) {
        return !suite.equals("sid") && !suite.equals("unstable") && !suite.equals("experimental");
    }

    private static Optional<Source> find(
            List<Map<String, String>> targets, boolean security, Function<String, String> file) {
        return targets.stream()
                .filter(target -> field(target, "Release").endsWith(SECURITY_SUITE) == security)
                .map(target -> new Source(uri(target), keyring(field(target, "Sourcesentry"), file)))
                .findFirst();
    }

    /** By the origin that the archive signs for, or by its place where apt has not fetched that yet. */
    private static boolean isDebian(Map<String, String> target) {
        String uri = uri(target);
        return field(target, "Component").equals("main")
                && field(target, "Target-Of").equals("deb")
                && !uri.startsWith("cdrom:")
                && (target.containsKey("Origin")
                        ? field(target, "Origin").equals("Debian")
                        : uri.endsWith("/debian") || uri.endsWith("/debian-security"));
    }

    private static String uri(Map<String, String> target) {
        String uri = field(target, "Repo-URI");
        // apt reads a file: archive where it is, which is out of reach for the system being built.
        String reachable = uri.startsWith("file:") ? "copy:" + uri.substring("file:".length()) : uri;
        return reachable.endsWith("/") ? reachable.substring(0, reachable.length() - 1) : reachable;
    }

    /**
     * The keyring that an entry of the machine's sources asks for.
     *
     * @param entry {@code FILE:N}: the line of a {@code .list} file, the stanza of a {@code .sources} file, from 1
     */
    private static Optional<String> keyring(String entry, Function<String, String> file) {
        int colon = entry.lastIndexOf(':');
        if (colon < 0 || !entry.substring(colon + 1).matches("[0-9]{1,6}")) {
            return Optional.empty();
        }
        String name = entry.substring(0, colon);
        int number = Integer.parseInt(entry.substring(colon + 1));
        boolean stanzas = name.endsWith(".sources");
        List<String> parts =
                stanzas ? stanzas(file.apply(name)) : file.apply(name).lines().toList();
        if (number < 1 || number > parts.size()) {
            return Optional.empty();
        }
        Pattern option = stanzas
                ? Pattern.compile("(?im)^signed-by:[ \t]*(\\S+)[ \t]*$")
                : Pattern.compile("(?i)^[^#\\[]*\\[[^]]*\\bsigned-by=([^] ]+)");
        Matcher found = option.matcher(parts.get(number - 1));
        return found.find() && PATH.matcher(found.group(1)).matches() ? Optional.of(found.group(1)) : Optional.empty();
    }

    private static List<String> stanzas(String text) {
        List<String> stanzas = new ArrayList<>();
        for (String part : text.split("\n[ \t]*\n", -1)) {
            String uncommented =
                    part.lines().filter(line -> !line.startsWith("#")).collect(Collectors.joining("\n"));
            if (!uncommented.isBlank()) {
                stanzas.add(uncommented);
            }
        }
        return stanzas;
    }

    private static Map<String, String> fields(String stanza) {
        Map<String, String> fields = new TreeMap<>();
        stanza.lines().forEach(line -> {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 2).strip());
            }
        });
        return fields;
    }

    private static String field(Map<String, String> target, String name) {
        return target.getOrDefault(name, "");
    }
}
