package dev.carafe.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The commands of {@code carafe oci}, each with what it takes and does: what {@code --help} tells. */
enum OciCommand {
    CREATE("ID", "make a container that waits to be started", OciLifeCycle.CREATING),
    START("ID", "start it"),
    RUN("ID", "make a container and start it", OciLifeCycle.RUNNING),
    EXEC("ID PROGRAM…", "run another program in it", OciExec.OPTIONS),
    STATE("ID", "print its state"),
    PS("ID", "print its processes", OciViews.PROCESSES),
    EVENTS("ID", "print what it uses, again and again", OciEvents.OPTIONS),
    KILL("ID [SIGNAL]", "send a signal to it", OciLifeCycle.KILLING),
    PAUSE("ID", "stop its processes where they stand"),
    RESUME("ID", "let them go on"),
    UPDATE("ID", "change its limits", OciUpdate.OPTIONS),
    CHECKPOINT("ID", "write what it is doing to images, by criu", OciCheckpoint.CHECKPOINTING),
    RESTORE("ID", "go on from there", OciCheckpoint.RESTORING),
    DELETE("ID", "remove it", OciLifeCycle.DELETING),
    LIST("", "print all containers", OciViews.LISTING),
    SPEC("", "write a config.json to start from", OciSpec.OPTIONS),
    FEATURES("", "print what this runtime can do");

    private final String words;
    private final String purpose;
    private final String options;

    /** @param options as {@link Arguments} has them */
    OciCommand(String words, String purpose, String... options) {
        this.words = words;
        this.purpose = purpose;
        this.options = Arrays.stream(options).map(OciCommand::line).collect(Collectors.joining());
    }

    private static String line(String option) {
        String value = option.endsWith("=") ? " VALUE" : "";
        String[] names = option.replace("=", "").split(",", 2);
        return "   --" + names[0] + value + (names.length < 2 ? "" : ", -" + names[1] + value) + "\n";
    }

    static Optional<OciCommand> of(String word) {
        return Arrays.stream(values())
                .filter(command -> command.word().equals(word))
                .findFirst();
    }

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** All of them, a line each. */
    static String list() {
        StringBuilder list = new StringBuilder();
        for (OciCommand command : values()) {
            list.append("  %-22s %s\n".formatted((command.word() + " " + command.words).strip(), command.purpose));
        }
        return list.toString();
    }

    /** In the form that runC's callers know. */
    String help() {
        String name = "carafe-oci " + word();
        boolean any = !options.isEmpty();
        return "NAME:\n   " + name + " - " + purpose + "\n\nUSAGE:\n   "
                + (name + (any ? " [OPTIONS] " : " ") + words).strip() + "\n"
                + (any ? "\nOPTIONS:\n" + options : "");
    }
}
