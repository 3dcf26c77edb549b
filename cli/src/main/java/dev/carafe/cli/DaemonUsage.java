package dev.carafe.cli;

/** What {@code carafe daemon help} says, here beside what the other commands say. */
public final class DaemonUsage {

    public static final String TEXT = """
            The daemon: answers calls of the command line from a Java that stays, and so quickly. Without one everything
            works as well, more slowly.

            Usage: carafe daemon COMMAND

              run                      be it, until SIGTERM or SIGINT
              start [--idle SECONDS]   start it in the background; returns when it listens. It ends by itself when
                                       there was no call and no instance for so long
              status [--format json]   which process it is, for how long it has run, its memory
              stop                     end it, calls that have begun first; returns when it has ended
              unit                     print a unit of systemd's for one that is always there

            It serves the state folder CARAFE_STATE. Root's commands start one where there is none, which ends when it has
            been idle for five minutes. With CARAFE_DAEMON=no in its environment a call does without a daemon, with
            CARAFE_DAEMON=running it takes one that runs and starts none.
            """;

    private DaemonUsage() {}
}
