package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCalls;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BridgeRightsTest {

    @TempDir
    private Path folder;

    @Test
    void who_may_not_make_networks_is_told_what_he_can_have() {
        SystemCalls real = SystemCalls.ofKernel();
        Kernel kernel = Kernel.over((call, a, b, c, d, e, f) ->
                call == SystemCall.UNSHARE ? -Errno.EPERM.number() : real.call(call, a, b, c, d, e, f));
        Networks networks = Networks.open(kernel, folder.resolve("data"), folder.resolve("state"), notice -> {});
        assertThatThrownBy(() -> networks.attach(Network.BRIDGE, EndpointRequest.of("one", "one")))
                .isInstanceOfSatisfying(
                        NetworkException.class, it -> assertThat(it.kind()).isEqualTo(NetworkException.Kind.DENIED))
                .hasMessageContaining("--network none or host");
        assertThatThrownBy(() -> networks.attach("mine", EndpointRequest.of("one", "one")))
                .hasMessage("there is no network \"mine\"; there are bridge, host and none");
    }
}
