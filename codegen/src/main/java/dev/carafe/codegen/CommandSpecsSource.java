package dev.carafe.codegen;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The class that finds what was generated for a command, by its name: so no other command's class is loaded. */
final class CommandSpecsSource {

    private CommandSpecsSource() {}

    static String of(String packageName, Collection<AnnotatedClass> classes) {
        List<String> lines = new ArrayList<>(List.of(
                "package " + packageName + ";",
                "",
                "import java.util.function.Supplier;",
                "import picocli.CommandLine.Model.CommandSpec;",
                "",
                "/** Generated: the options and parameters of commands. */",
                "final class CommandSpecs {",
                "",
                "    private CommandSpecs() {}",
                "",
                "    /** Sets the fields of whatever command there is then, of the class that there is now. */",
                "    static CommandSpec of(Supplier<?> commands) {",
                "        String name = commands.get().getClass().getName();",
                "        switch (name) {"));
        for (AnnotatedClass one : classes) {
            if (one.command().isPresent()) {
                lines.add("            case \"" + packageName + "." + one.name() + "\":");
                lines.add("                return " + one.generated() + ".of(commands);");
            }
        }
        lines.addAll(List.of(
                "            default:",
                "                throw new IllegalArgumentException(name + \" is no command\");",
                "        }",
                "    }",
                "}"));
        return String.join("\n", lines) + "\n";
    }
}
