package dev.carafe.cli;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command's help as a page for {@code man(1)}, in the macros of {@code man(7)}. The help is laid out: the page says
 * the same in the same words, so that there is one text to keep right.
 */
final class ManPage {

    private static final String USAGE = "Usage: ";
    /** An option, a command or a variable, and what it is for. */
    private static final Pattern ENTRY = Pattern.compile("^ {2,}(\\S.*?) {2,}(\\S.*)$");
    /** What an entry goes on with in the next line, or an entry too long for its column. */
    private static final Pattern INDENTED = Pattern.compile("^ {2,}(\\S.*)$");

    private static final Pattern HEADING = Pattern.compile("^(\\p{Upper}[^.]*):$");

    private final StringBuilder out = new StringBuilder();
    /** Whether an entry was begun that may go on. */
    private boolean entry;

    private ManPage() {}

    /**
     * A page.
     *
     * @param command such as {@code carafe image pull}
     * @param summary what it is for, in a line
     * @param help as it is printed
     */
    static String of(String command, String summary, String help) {
        ManPage page = new ManPage();
        page.begin(command, summary);
        List<String> lines = help.lines().toList();
        int at = page.synopsis(command, lines);
        page.section("DESCRIPTION");
        for (String line : lines.subList(at, lines.size())) {
            page.line(line);
        }
        return page.out.toString();
    }

    private void begin(String command, String summary) {
        out.append(".TH \"").append(name(command).toUpperCase(Locale.ROOT)).append("\" \"1\" \"\" \"Carafe\"\n");
        out.append(".nh\n");
        section("NAME");
        out.append(name(command)).append(" \\- ").append(escaped(summary)).append('\n');
    }

    /** The name of a command's page. */
    static String name(String command) {
        return command.replace(' ', '-');
    }

    private int synopsis(String command, List<String> lines) {
        section("SYNOPSIS");
        int at = 0;
        while (at < lines.size() && !lines.get(at).startsWith(USAGE)) {
            at++;
        }
        if (at == lines.size()) {
            out.append(escaped(command)).append('\n');
            return 0;
        }
        List<String> before = lines.subList(0, at);
        out.append(".nf\n")
                .append(escaped(lines.get(at).substring(USAGE.length())))
                .append('\n');
        for (at++; at < lines.size() && lines.get(at).startsWith(" ".repeat(USAGE.length())); at++) {
            out.append(escaped(lines.get(at).substring(USAGE.length()))).append('\n');
        }
        out.append(".fi\n");
        if (!before.isEmpty()) {
            section("SUMMARY");
            before.forEach(this::line);
        }
        return at;
    }

    private void section(String title) {
        out.append(".SH ").append(title).append('\n');
        entry = false;
    }

    private void line(String line) {
        Matcher heading = HEADING.matcher(line);
        Matcher found = ENTRY.matcher(line);
        Matcher indented = INDENTED.matcher(line);
        if (line.isBlank()) {
            out.append(".PP\n");
            entry = false;
        } else if (heading.matches()) {
            out.append(".SS \"").append(escaped(heading.group(1))).append("\"\n");
            entry = false;
        } else if (found.matches()) {
            entry(found.group(1));
            out.append(escaped(found.group(2))).append('\n');
        } else if (indented.matches() && entry && !indented.group(1).startsWith("-")) {
            out.append(escaped(indented.group(1))).append('\n');
        } else if (indented.matches()) {
            entry(indented.group(1));
        } else {
            out.append(escaped(line)).append('\n');
            entry = false;
        }
    }

    private void entry(String head) {
        out.append(".TP\n\\fB").append(escaped(head)).append("\\fR\n");
        entry = true;
    }

    /** What roff would take for something else than text. */
    private static String escaped(String text) {
        String plain = text.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq");
        return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + plain : plain;
    }
}
