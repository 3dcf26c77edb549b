package dev.carafe.cli;

import java.io.PrintStream;
import java.util.List;

/** Rows of text in columns. */
final class Table {

    private static final int GAP = 3;

    private Table() {}

    /** Prints rows of equal length, the first being the heads. */
    static void print(List<List<String>> rows, PrintStream output) {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder lines = new StringBuilder(); // printed at once, as each print is a call of the kernel
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                lines.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + GAP);
            }
            lines.setLength(withoutBlanks(lines));
            lines.append('\n');
        }
        output.print(lines);
    }

    private static int withoutBlanks(StringBuilder text) {
        int length = text.length();
        while (length > 0 && text.charAt(length - 1) == ' ') {
            length--;
        }
        return length;
    }
}
