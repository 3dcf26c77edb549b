package dev.carafe.daemon;

import static dev.carafe.daemon.InstanceTest.detached;
import static dev.carafe.daemon.InstanceTest.field;
import static dev.carafe.daemon.InstanceTest.remove;
import static dev.carafe.daemon.InstanceTest.status;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Instances need no daemon, but for what is done to them as time goes by: each command does its work by itself. */
@SystemTest
class InstanceWithoutDaemonTest {

    @Test
    void oneLivesAndEndsWithoutADaemon(Installation carafe) {
        String box = detached(carafe, "box", "echo begun; exec sleep 1000");
        assertThat(carafe.execute("exec", box, "echo", "in it").succeeded()).isEqualTo("in it\n");
        carafe.execute("stop", "-t", "0", box).succeeded();
        assertThat(status(carafe, box)).isEqualTo("stopped");
        carafe.execute("start", box).succeeded();
        assertThat(carafe.execute("logs", box).succeeded()).isEqualTo("begun\nbegun\n");
        remove(carafe, box);
        carafe.mustHaveLeftNothing();
    }

    @Test
    void itsMonitorsDeathIsSeenByWhoeverLooks(Installation carafe) {
        String box = detached(carafe, "box", "exec sleep 1000");
        Commands.succeed("kill -9 $(cut -d' ' -f4 /proc/$0/stat)", field(carafe, box, "state.pid"));
        Conditions.await("it has stopped", () -> status(carafe, box).equals("stopped"));
        assertThat(field(carafe, box, "state.exit.status")).isEqualTo("255");
        remove(carafe, box);
    }

    @Test
    void whatRunsInTheForegroundHasItsNetwork(Installation carafe) {
        assertThat(carafe.execute("run", "--rm", "host:", "cat", "/sys/class/net/eth0/operstate")
                        .succeeded())
                .isEqualTo("up\n");
        carafe.mustHaveLeftNothing();
    }
}
