package dev.carafe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe manual}. */
@Command(
        name = "carafe manual",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Writes a page for man(1) of each command to a folder, which is made. An installation has them:",
            "  man -M share/man carafe-run"
        })
final class ManualCommand implements Callable<Ending> {

    /** A command in the help of all of them, or of a group. */
    private static final Pattern LISTED = Pattern.compile("^ {2}([a-z]+) +(.*)$", Pattern.MULTILINE);

    private final Invocation invocation;

    @Parameters(paramLabel = "FOLDER", arity = "1", description = "Where they go, such as /usr/local/share/man/man1.")
    String folder = "";

    ManualCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() throws IOException {
        Path target = invocation.absolute(folder);
        Files.createDirectories(target);
        for (Map.Entry<String, String> page : pages(invocation).entrySet()) {
            Files.writeString(target.resolve(page.getKey() + ".1"), page.getValue());
        }
        return Ending.SUCCESS;
    }

    /** The pages by their names. */
    static Map<String, String> pages(Invocation invocation) {
        Map<String, String> pages = new LinkedHashMap<>();
        add(pages, "carafe", "containers and machines from images", TopCommand.usage());
        for (String name : Commands.NAMES) {
            String command = "carafe " + name;
            Optional<CommandGroup> group = Commands.group(name);
            if (group.isPresent()) {
                String usage = group.get().usage().get();
                add(pages, command, listed(TopCommand.usage(), name), usage);
                for (String below : group.get().names()) {
                    group.get()
                            .find(invocation, below)
                            .ifPresent(it -> add(pages, command + " " + below, listed(usage, below), help(it)));
                }
            } else {
                help(invocation, name).ifPresent(help -> add(pages, command, summary(name, help), help));
            }
        }
        return pages;
    }

    private static void add(Map<String, String> pages, String command, String summary, String help) {
        pages.put(ManPage.name(command), ManPage.of(command, summary, help));
    }

    /** What a command prints when it is asked for help; empty for those that have none. */
    private static Optional<String> help(Invocation invocation, String name) {
        return switch (name) {
            case "run" -> Optional.of(RunHelp.run());
            case "create" -> Optional.of(RunHelp.create());
            case "update" -> Optional.of(RunHelp.update());
            case "oci" -> Optional.of(OciCommands.help());
            case "daemon" -> Optional.of(DaemonUsage.TEXT);
            default -> Commands.find(invocation, name).map(ManualCommand::help);
        };
    }

    private static String help(Callable<Ending> command) {
        return new CommandLine(CommandSpecs.of(() -> command)).getUsageMessage(CommandLine.Help.Ansi.OFF);
    }

    /** The first sentence of the help's own, or the line of the help of all. */
    private static String summary(String name, String help) {
        return help.lines()
                .filter(line -> line.matches("\\p{Upper}.*[.:]") && !line.startsWith("Usage:"))
                .findFirst()
                .map(line -> line.substring(0, line.length() - 1))
                .orElseGet(() -> listed(TopCommand.usage(), name));
    }

    private static String listed(String usage, String name) {
        for (Matcher line = LISTED.matcher(usage); line.find(); ) {
            if (line.group(1).equals(name)) {
                return line.group(2);
            }
        }
        return name;
    }
}
