package dev.carafe.cli;

/** What {@code carafe help} says. */
final class TopCommand {

    private TopCommand() {}

    static String usage() {
        return """
                Carafe runs an image inside the boundary that you choose.

                Usage: carafe COMMAND [OPTIONS] [ARGUMENTS]

                  run       make an instance from an image and run it
                  create    make one, to be started later
                  start     start instances; stop, restart, kill, pause, unpause are likewise
                  exec      run another program in one
                  attach    see and say what one reads and writes; logs, what it has written
                  cp        copy files between one and this machine
                  ps        list instances; inspect, port, top and stats say more of one
                  wait      wait until instances have ended; events, print what happens
                  rename    give one another name; update, other limits
                  diff      list what one has changed of its image's files
                  commit    make an image of one; export, an archive of its files
                  rm        remove instances; prune, all that do not run
                  image     images: pull, push, list, inspect, tag, rm, save, load, verify …
                  network   networks: list, inspect, prune
                  volume    files that outlive instances: create, list, inspect, rm, prune
                  pull      fetch an image from a registry; push, send one to it
                  images    list them; rmi, tag, history, save, load and import as of docker
                  registry  what registries hold: tags, referrers, rm
                  login     tell a registry who you are; logout forgets it
                  system    df, info, prune: of all that there is
                  explain   print every step that starting a bundle would make
                  oci       the OCI runtime: create, start, run, state, kill, delete, list, spec
                  daemon    answer calls quickly from one Java: run, start, status, stop
                  completion  what makes bash, zsh or fish complete all this; manual, pages for man
                  version   print the version

                "carafe COMMAND --help" says more of a command.

                Environment:
                  CARAFE_DATA    folder of images and instances, /var/lib/carafe unless set
                  CARAFE_STATE   folder of what runs, /run/carafe unless set
                  CARAFE_DAEMON  "no": do without a daemon; "running": start none
                  CARAFE_REGISTRY_PATIENCE  seconds that a registry may say nothing, 60 unless set
                """;
    }
}
