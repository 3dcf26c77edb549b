package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code --systemd-cgroup} where there is no systemd; where there is one, {@code suites/systemd} holds it. */
@SystemTest
class OciSystemdTest {

    /** Nothing of the machine's own {@code /run} is seen, and so no systemd. */
    private static final List<String> WITHOUT_SYSTEMD =
            List.of("unshare", "--mount", "/bin/sh", "-c", "mount -t tmpfs tmpfs /run && exec \"$@\"", "sh");

    private static Outcome run(Installation carafe, Bundle bundle, String... options) {
        Call call = options.length == 0
                ? carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId())
                : carafe.call(
                        "oci", options[0], "run", "--bundle", bundle.folder().toString(), carafe.newId());
        return call.through(WITHOUT_SYSTEMD.toArray(String[]::new)).execute();
    }

    @Test
    void withoutSystemdItIsRefusedInALineAndNothingIsLeft(Installation carafe) {
        Bundle bundle = carafe.bundle("echo ran");
        run(carafe, bundle, "--systemd-cgroup").failed(1, "--systemd-cgroup", "systemd not running on this host");
        assertThat(run(carafe, bundle).succeeded()).isEqualTo("ran\n");
    }
}
