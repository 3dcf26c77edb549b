package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;

/** One line of comma-separated values (RFC 4180), as docker's options with many fields have them. */
final class Csv {

    private Csv() {}

    /** Its fields; {@code "a,b"} is one, and a quote in it is doubled. */
    static List<String> fields(String written, String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        boolean begun = false;
        for (int at = 0; at < line.length(); at++) {
            char c = line.charAt(at);
            if (quoted && c == '"' && at + 1 < line.length() && line.charAt(at + 1) == '"') {
                field.append('"');
                at++;
            } else if (c == '"' && (quoted || !begun)) {
                quoted = !quoted;
                begun = true;
            } else if (c == ',' && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
                begun = false;
            } else {
                field.append(c);
                begun = true;
            }
        }
        if (quoted) {
            throw new UsageException(written + ": a quote is not closed");
        }
        fields.add(field.toString());
        return fields;
    }
}
