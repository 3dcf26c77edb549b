package dev.carafe.cli;

import dev.carafe.oci.runtime.Config;
import java.util.List;
import java.util.Optional;

/**
 * {@code carafe oci}: the command line that OCI runtimes share, with runC's options and words. {@link OciCommand} is its table
 * of contents; each family of commands has a file of its own.
 */
final class OciCommands {

    private static final int EXEC_FAILURE = 255;
    private static final List<String> HELP = List.of("-h", "--help", "-help");

    private static final String USAGE = """
            NAME:
               carafe-oci - Open Container Initiative runtime

            USAGE:
               carafe oci [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]

            COMMANDS:
            """;

    private static final String GLOBAL_OPTIONS = """

            GLOBAL OPTIONS:
              --root FOLDER          where the state of the containers is kept
              --log FILE             where failures are written as well
              --log-format FORMAT    text or json
              --debug                write more to it
              --systemd-cgroup       have systemd make the cgroups; linux.cgroupsPath is slice:prefix:name
              --rootless WHETHER     whether to do without cgroups for want of permission: true, false or auto
              --criu PROGRAM         what checkpoints and restores, instead of criu
              --version              print the version
            """;

    private OciCommands() {}

    /** What there is. */
    static String help() {
        return USAGE + OciCommand.list() + GLOBAL_OPTIONS;
    }

    static Ending execute(Invocation invocation, List<String> arguments) {
        return CommandLineDoor.guarded(
                invocation,
                () -> {
                    Arguments global = Arguments.readLeading(
                            arguments,
                            "root=",
                            "log=",
                            "log-format=",
                            "debug",
                            "systemd-cgroup",
                            "rootless=",
                            "criu=",
                            "help,h",
                            "version,v");
                    return global(invocation, global);
                },
                1);
    }

    private static Ending global(Invocation invocation, Arguments global) {
        if (global.has("version")) {
            invocation.output().println("carafe version " + Version.current());
            invocation.output().println("spec: " + Config.OCI_VERSION);
            return Ending.SUCCESS;
        }
        if (global.has("help") || global.words().isEmpty()) {
            invocation.output().print(help());
            return Ending.SUCCESS;
        }
        OciLog log = OciLog.of(invocation, global);
        OciContext context = new OciContext(
                invocation,
                log,
                global.value("root"),
                rootless(global),
                global.has("systemd-cgroup"),
                global.value("criu").filter(name -> !name.isEmpty()).orElse("criu"));
        String command = global.words().getFirst();
        List<String> rest = global.words().subList(1, global.words().size());
        log.debug("carafe oci " + String.join(" ", global.words()));
        return log.guarded(() -> perform(context, command, rest), command.equals("exec") ? EXEC_FAILURE : 1);
    }

    /** Empty for what is found out by itself. */
    private static Optional<Boolean> rootless(Arguments global) {
        String said = global.value("rootless").orElse("auto");
        return switch (said) {
            case "", "auto" -> Optional.empty();
            case "true" -> Optional.of(true);
            case "false" -> Optional.of(false);
            default -> throw new UsageException("--rootless " + said + ": true, false or auto");
        };
    }

    private static Ending perform(OciContext context, String word, List<String> rest) {
        boolean asks = !rest.isEmpty() && HELP.contains(rest.getFirst());
        OciCommand command = OciCommand.of(word)
                .orElseThrow(() -> new UsageException((asks ? "No help topic for '" + word + "': " : "")
                        + "there is no command \"oci " + word + "\"; \"carafe oci --help\" lists them"));
        return asks ? help(context, command) : perform(context, command, rest);
    }

    private static Ending help(OciContext context, OciCommand command) {
        if (command == OciCommand.CHECKPOINT || command == OciCommand.RESTORE) {
            OciCheckpoint.criu(context); // whoever asks wants to know whether there are checkpoints
        }
        context.invocation().output().print(command.help());
        return Ending.SUCCESS;
    }

    private static Ending perform(OciContext context, OciCommand command, List<String> rest) {
        switch (command) {
            case CREATE -> OciLifeCycle.create(context, rest);
            case RUN -> {
                return OciLifeCycle.run(context, rest);
            }
            case START -> OciLifeCycle.start(context, rest);
            case KILL -> OciLifeCycle.kill(context, rest);
            case DELETE -> OciLifeCycle.delete(context, rest);
            case PAUSE -> OciLifeCycle.pause(context, rest);
            case RESUME -> OciLifeCycle.resume(context, rest);
            case EXEC -> {
                return OciExec.exec(context, rest);
            }
            case UPDATE -> OciUpdate.update(context, rest);
            case STATE -> OciViews.state(context, rest);
            case LIST -> OciViews.list(context, rest);
            case PS -> OciViews.processes(context, rest);
            case EVENTS -> OciEvents.events(context, rest);
            case SPEC -> OciSpec.spec(context, rest);
            case FEATURES -> OciFeatures.features(context, rest);
            case CHECKPOINT -> {
                return OciCheckpoint.checkpoint(context, rest);
            }
            case RESTORE -> {
                return OciCheckpoint.restore(context, rest);
            }
        }
        return Ending.SUCCESS;
    }
}
