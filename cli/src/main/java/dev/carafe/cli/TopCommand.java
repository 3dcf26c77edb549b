package dev.carafe.cli;

/** What {@code carafe help} says. */
final class TopCommand {

    private TopCommand() {}

    static String usage() {
        return """
                Carafe runs an image inside the boundary that you choose.

                Usage: carafe COMMAND [OPTIONS] [ARGUMENTS]

                  run       make an instance from an image and run it
                  rm        remove an instance
                  image     images: pull, push, list, inspect, tag, rm, save, load, verify …
                  network   networks: list, inspect, prune
                  volume    files that outlive instances: create, list, inspect, rm, prune
                  pull      fetch an image from a registry
                  push      send one to a registry
                  registry  what registries hold: tags, referrers, rm
                  login     tell a registry who you are; logout forgets it
                  explain   print every step that starting a bundle would make
                  oci       the OCI runtime: create, start, run, state, kill, delete, list, spec
                  daemon    answer calls quickly from one Java: run, start, status, stop
                  version   print the version

                "carafe COMMAND --help" says more of a command.

                Environment:
                  CARAFE_DATA    folder of images and instances, /var/lib/carafe unless set
                  CARAFE_STATE   folder of what runs, /run/carafe unless set
                  CARAFE_DAEMON  "no": do without a daemon where one runs
                """;
    }
}
