package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Numbers as the C compiler of this machine finds them in the kernel's and the C library's headers. */
final class CompiledC {

    private final Path directory;
    private final String prologue;

    /** @param prologue includes and what must stand before them */
    CompiledC(Path directory, String prologue) {
        this.directory = directory;
        this.prologue = prologue;
    }

    /** The value of each expression. */
    Map<String, Long> values(List<String> expressions) throws IOException, InterruptedException {
        return run(expressions, false);
    }

    /** The value of each macro, alone or followed by a plus and more; macros that the headers lack are left out. */
    Map<String, Long> macros(List<String> macros) throws IOException, InterruptedException {
        return run(macros, true);
    }

    private Map<String, Long> run(List<String> expressions, boolean macros) throws IOException, InterruptedException {
        var source = new StringBuilder(
                "#define _GNU_SOURCE\n#include <stddef.h>\n#include <stdio.h>\n" + prologue + "\nint main(void) {\n");
        for (String expression : expressions) {
            String print = "printf(\"%s %lld\\n\", \"" + expression + "\", (long long) (" + expression + "));\n";
            source.append(macros ? "#ifdef " + expression.replaceAll("\\+.*", "") + "\n" + print + "#endif\n" : print);
        }
        source.append("return 0;\n}\n");
        Path file = Files.createTempFile(directory, "numbers", ".c");
        Path program = Path.of(file + ".out");
        Files.writeString(file, source);
        output("cc", "-w", "-o", program.toString(), file.toString());
        Map<String, Long> values = new LinkedHashMap<>();
        for (String line : output(program.toString()).lines().toList()) {
            int space = line.lastIndexOf(' ');
            values.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
        }
        return values;
    }

    /** What a command prints that must succeed. */
    static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
