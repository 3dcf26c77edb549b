package dev.carafe.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.engine.options.Identity;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.NetworkOptions;
import dev.carafe.linux.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NameFilesTest {

    private static final NameFiles.Known KNOWN =
            new NameFiles.Known(List.of("172.17.0.5", "fd00::5"), Optional.of("172.17.0.1"));

    @TempDir
    private Path folder = Path.of("");

    private final NameFiles names = new NameFiles(Kernel.host());

    private static InstanceOptions network(List<String> servers, List<String> domains, NetworkOptions.Host... hosts) {
        return InstanceOptions.DEFAULT.withNetwork(new NetworkOptions(
                NetworkMode.DEFAULT,
                List.of(),
                false,
                List.of(),
                servers,
                domains,
                List.of("ndots:2"),
                List.of(hosts)));
    }

    private String text(Path path) throws IOException {
        return Files.readString(path);
    }

    @Test
    void theyTellTheInstancesOwnNameAndThoseAskedFor() throws IOException {
        InstanceOptions options = network(
                        List.of(),
                        List.of("."),
                        new NetworkOptions.Host("db", "10.0.0.2"),
                        new NetworkOptions.Host("me", "host-gateway"))
                .withIdentity(new Identity(Optional.empty(), Optional.of("lan"), Map.of(), Map.of()));
        Surroundings.Names written = names.write(folder, options, "box", KNOWN);
        assertThat(text(written.hosts()))
                .startsWith("127.0.0.1\tlocalhost\n::1\tlocalhost")
                .endsWith("10.0.0.2\tdb\n172.17.0.1\tme\n172.17.0.5\tbox.lan box\nfd00::5\tbox.lan box\n");
        assertThat(text(written.hostname())).isEqualTo("box\n");
        assertThat(text(written.resolver().orElseThrow())).matches("(nameserver \\S+\n)+options ndots:2\n");
        assertThat(Files.getPosixFilePermissions(written.hosts()))
                .hasToString(Files.getPosixFilePermissions(written.hostname()).toString());
    }

    @Test
    void nameServersAskedForTakeThePlaceOfAllOthers() throws IOException {
        Surroundings.Names written =
                names.write(folder, network(List.of("1.1.1.1"), List.of("example.org")), "box", KNOWN);
        assertThat(text(written.resolver().orElseThrow()))
                .isEqualTo("nameserver 1.1.1.1\nsearch example.org\noptions ndots:2\n");
    }

    @Test
    void theyAreWrittenOverThoseThatAreThere() throws IOException {
        names.write(folder, network(List.of("1.1.1.1", "1.1.1.2"), List.of()), "a-long-name", KNOWN);
        Surroundings.Names written = names.write(folder, network(List.of("1.1.1.1"), List.of(".")), "b", KNOWN);
        assertThat(text(written.hostname())).isEqualTo("b\n");
        assertThat(text(written.resolver().orElseThrow())).isEqualTo("nameserver 1.1.1.1\noptions ndots:2\n");
    }

    @Test
    void withoutANetworkNobodyIsAsked() throws IOException {
        InstanceOptions none =
                InstanceOptions.DEFAULT.withNetwork(NetworkOptions.DEFAULT.withMode(NetworkMode.Simple.NONE));
        Surroundings.Names written = names.write(folder, none, "box", NameFiles.Known.NOTHING);
        assertThat(written.resolver()).isEmpty();
        assertThat(text(written.hosts())).endsWith("127.0.1.1\tbox\n");
        assertThat(NameFiles.areWanted(none, NameFiles.Known.NOTHING)).isFalse();
        assertThat(NameFiles.areWanted(none, KNOWN)).isTrue();
        assertThatThrownBy(() -> names.write(
                        folder,
                        network(List.of(), List.of(), new NetworkOptions.Host("me", "host-gateway")),
                        "box",
                        NameFiles.Known.NOTHING))
                .hasMessageContaining("does not reach this machine");
    }
}
