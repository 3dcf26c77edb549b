package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.engine.Volume;
import dev.carafe.image.LocalImages;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Finds what a shell can complete a word to. The scripts of {@link CompletionCommand} ask at each press of the key, so that
 * they know the names that there are now, and no list of commands and options is kept twice.
 */
final class Completion {

    private final Invocation invocation;

    Completion(Invocation invocation) {
        this.invocation = invocation;
    }

    /**
     * Prints them, a line each; nothing where files of the caller's are as good as anything.
     *
     * @param arguments {@code --}, and the words after {@code carafe}, of which the last one is to be completed
     */
    Ending print(List<String> arguments) {
        List<String> words = arguments.subList(Math.min(1, arguments.size()), arguments.size());
        String begun = words.isEmpty() ? "" : words.getLast();
        candidates(words)
                .filter(word -> word.startsWith(begun))
                .sorted()
                .distinct()
                .forEach(invocation.output()::println);
        return Ending.SUCCESS;
    }

    private Stream<String> candidates(List<String> words) {
        if (words.size() < 2) {
            return Commands.NAMES.stream();
        }
        Optional<CommandGroup> group = Commands.group(words.getFirst());
        if (group.isPresent() && words.size() == 2) {
            return group.get().names().stream();
        }
        String command = group.isPresent() ? words.get(0) + " " + words.get(1) : words.getFirst();
        if (words.getLast().startsWith("-")) {
            return options(group, words);
        }
        return names(command);
    }

    private Stream<String> options(Optional<CommandGroup> group, List<String> words) {
        return switch (words.getFirst()) {
            case "run" -> options(RunFlags.run());
            case "create" -> options(RunFlags.create());
            case "update" -> options(RunFlags.update());
            default ->
                (group.isPresent()
                                ? group.get().find(invocation, words.get(1))
                                : Commands.find(invocation, words.getFirst()))
                        .stream()
                                .flatMap(it -> CommandSpecs.of(() -> it).options().stream())
                                .map(OptionSpec::longestName);
        };
    }

    private static Stream<String> options(List<Flags.Section> sections) {
        return sections.stream()
                .flatMap(section -> section.flags().stream())
                .filter(flag -> !flag.description().isEmpty())
                .map(flag -> "--" + flag.name());
    }

    /** The names that a command is about. */
    private Stream<String> names(String command) {
        return switch (command) {
            case "start",
                    "stop",
                    "restart",
                    "kill",
                    "pause",
                    "unpause",
                    "wait",
                    "rename",
                    "rm",
                    "exec",
                    "attach",
                    "logs",
                    "inspect",
                    "port",
                    "stats",
                    "top",
                    "diff",
                    "export",
                    "commit",
                    "update" -> instances();
            case "cp" -> instances().map(name -> name + ":");
            case "run",
                    "create",
                    "push",
                    "rmi",
                    "tag",
                    "history",
                    "save",
                    "image push",
                    "image inspect",
                    "image history",
                    "image tag",
                    "image rm",
                    "image save",
                    "image export",
                    "image squash",
                    "image copy" -> images();
            case "volume inspect", "volume rm" ->
                invocation.engine().volumes().list().stream().map(Volume::name);
            case "network inspect" -> Stream.of("bridge");
            case "completion" -> Stream.of("bash", "zsh", "fish");
            case "daemon" -> Stream.of("run", "start", "status", "stop", "unit");
            default -> Stream.empty();
        };
    }

    private Stream<String> instances() {
        return invocation.engine().instances().list().stream().map(Instance.View::name);
    }

    private Stream<String> images() {
        try (LocalImages images = invocation.images().local()) {
            return images.list().stream().map(image -> image.reference().familiar()).toList().stream();
        }
    }
}
