package dev.carafe.cli;

import dev.carafe.oci.runtime.Config;
import java.util.List;
import java.util.Optional;

/**
 * {@code carafe oci}: the command line that OCI runtimes share, with runC's options and words. This is its table of
 * contents; each family of commands has a file of its own.
 */
final class OciCommands {

    private static final int EXEC_FAILURE = 255;

    private static final String USAGE = """
            The OCI runtime.

            Usage: carafe oci [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]

              create ID              make a container that waits to be started
              start ID               start it
              run ID                 make a container and start it
              exec ID PROGRAM…       run another program in it
              state ID               print its state
              ps ID                  print its processes
              events ID              print what it uses, again and again
              kill ID [SIGNAL]       send a signal to it
              pause ID               stop its processes where they stand
              resume ID              let them go on
              update ID              change its limits
              checkpoint ID          write what it is doing to images, by criu
              restore ID             go on from there
              delete ID              remove it
              list                   print all containers
              spec                   write a config.json to start from
              features               print what this runtime can do

            Global options:
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
            invocation.output().print(USAGE);
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

    private static Ending perform(OciContext context, String command, List<String> rest) {
        switch (command) {
            case "create" -> OciLifeCycle.create(context, rest);
            case "run" -> {
                return OciLifeCycle.run(context, rest);
            }
            case "start" -> OciLifeCycle.start(context, rest);
            case "kill" -> OciLifeCycle.kill(context, rest);
            case "delete" -> OciLifeCycle.delete(context, rest);
            case "pause" -> OciLifeCycle.pause(context, rest);
            case "resume" -> OciLifeCycle.resume(context, rest);
            case "exec" -> {
                return OciExec.exec(context, rest);
            }
            case "update" -> OciUpdate.update(context, rest);
            case "state" -> OciViews.state(context, rest);
            case "list" -> OciViews.list(context, rest);
            case "ps" -> OciViews.processes(context, rest);
            case "events" -> OciEvents.events(context, rest);
            case "spec" -> OciSpec.spec(context, rest);
            case "features" -> OciFeatures.features(context, rest);
            case "checkpoint" -> {
                return OciCheckpoint.checkpoint(context, rest);
            }
            case "restore" -> {
                return OciCheckpoint.restore(context, rest);
            }
            default ->
                throw new UsageException(
                        "there is no command \"oci " + command + "\"; \"carafe oci --help\" lists them");
        }
        return Ending.SUCCESS;
    }
}
