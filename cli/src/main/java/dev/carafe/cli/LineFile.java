package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;

/** A file of {@code NAME=VALUE}, a line each, as {@code --env-file} and {@code --label-file} take it. */
final class LineFile {

    private static final String BYTE_ORDER_MARK = "\ufeff";

    private LineFile() {}

    /** Its lines but those that are empty or begin with {@code #}. Nothing in them is quoted. */
    static List<String> lines(String option, String path, RunOptions.Caller caller) {
        List<String> lines = new ArrayList<>();
        String text = caller.text(option, path);
        int number = 0;
        for (String raw : text.startsWith(BYTE_ORDER_MARK) ? text.substring(1).split("\n", -1) : text.split("\n", -1)) {
            number++;
            String line = (raw.endsWith("\r") ? raw.substring(0, raw.length() - 1) : raw).stripLeading();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int equals = line.indexOf('=');
            String name = equals < 0 ? line : line.substring(0, equals);
            if (name.isEmpty() || name.chars().anyMatch(Character::isWhitespace)) {
                throw new UsageException(option + " " + path + ", line " + number + ": \"" + name
                        + "\" is no name; a line is NAME=VALUE");
            }
            lines.add(line);
        }
        return lines;
    }
}
