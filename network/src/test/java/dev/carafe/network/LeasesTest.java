package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.Prefix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeasesTest {

    private static final Network NETWORK = new Network("bridge", "carafe0", Prefix.parse("172.17.0.1/16"), 1500);
    private static final Port WEB = new Port(Protocol.TCP, Ipv4.address(0), 8080, 80);

    @TempDir
    private Path folder;

    private Leases leases;

    @BeforeEach
    void open() {
        leases = new Leases(Kernel.host(), "bridge", folder.resolve("bridge"));
    }

    @Test
    void what_was_leased_is_found_again() {
        Endpoint one = endpoint("one", 2, "carafe0-000001", WEB);
        add(one);
        assertThat(leases.find("one")).contains(one);
        assertThat(leases.list()).containsExactly(one);
        assertThat(leases.entries())
                .extracting(Leases.Entry::address)
                .containsExactly(one.address().address());
        assertThat(leases.portEntries())
                .extracting(Leases.PortEntry::owner, entry -> entry.port().hostPort())
                .containsExactly(org.assertj.core.groups.Tuple.tuple("one", 8080));
        try (Leases.Lock lock = leases.lock()) {
            assertThat(leases.last(lock)).contains(one.address().address());
        }
        assertThat(leases.find("two")).isEmpty();
    }

    @Test
    void a_lease_ends_with_its_file_and_what_is_left_says_what_has_to_go() throws Exception {
        Endpoint one = endpoint("one", 2, "carafe0-000001", WEB);
        add(one);
        add(endpoint("two", 3, "carafe0-000002"));
        assertThat(leases.hasEnded()).isFalse();
        Files.delete(leases.file("one"));
        assertThat(leases.hasEnded()).isTrue();
        List<Endpoint> ended = leases.ended(NETWORK);
        assertThat(ended).singleElement().satisfies(it -> {
            assertThat(it.device()).isEqualTo(one.device());
            assertThat(it.mac()).isEqualTo(one.mac());
            assertThat(it.address()).isEqualTo(one.address());
            assertThat(it.ports()).extracting(Port::hostPort).containsExactly(8080);
        });
        leases.forget(ended);
        assertThat(leases.ended(NETWORK)).isEmpty();
        assertThat(leases.hasEnded()).isFalse();
        assertThat(leases.owners()).containsExactly("two");
        assertThat(files()).noneMatch(name -> name.contains("one"));
    }

    @Test
    void of_an_owner_who_was_here_before_only_what_he_has_now_lasts() throws Exception {
        add(endpoint("one", 2, "carafe0-000001", WEB));
        Files.delete(leases.file("one"));
        add(endpoint("one", 3, "carafe0-000002"));
        assertThat(leases.ended(NETWORK)).extracting(Endpoint::device).containsExactly("carafe0-000001");
    }

    @Test
    void who_is_killed_before_his_lease_is_made_leaves_what_the_next_takes_away() throws Exception {
        Files.createDirectories(folder.resolve("bridge/endpoints"));
        Files.createDirectories(folder.resolve("bridge/ports"));
        Files.createDirectories(folder.resolve("bridge/addresses"));
        Files.createFile(folder.resolve("bridge/addresses/172.17.0.2,one,carafe0-000001,02:42:ac:11:00:02"));
        Files.createFile(folder.resolve("bridge/ports/tcp,0.0.0.0,8080,one,carafe0-000001"));
        leases.forget(leases.ended(NETWORK));
        assertThat(files()).isEmpty();
    }

    @Test
    void what_is_handed_over_has_one_owner() {
        Endpoint warm = endpoint("warm-1-2-3", 2, "carafe0-000001");
        add(warm);
        Endpoint one = warm.of("one", "web", List.of(WEB));
        leases.handOver(warm, one);
        assertThat(leases.list()).containsExactly(one);
        assertThat(leases.entries()).extracting(Leases.Entry::owner).containsExactly("one");
        assertThat(leases.ended(NETWORK)).isEmpty();
    }

    @Test
    void a_damaged_lease_is_named_and_keeps_nobody_from_the_others() throws Exception {
        add(endpoint("one", 2, "carafe0-000001"));
        add(endpoint("two", 3, "carafe0-000002"));
        Files.writeString(leases.file("one"), "{\"address\":");
        assertThatThrownBy(() -> leases.find("one"))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining(leases.file("one").toString())
                .hasMessageContaining("remove the file");
        assertThat(leases.list()).extracting(Endpoint::owner).containsExactly("two");
    }

    @Test
    void what_is_not_ours_is_left_alone() throws Exception {
        add(endpoint("one", 2, "carafe0-000001"));
        for (String name : List.of("addresses/notes", "addresses/x,y,z,w", "ports/notes", "ports/tcp,a,b,c,d")) {
            Files.createFile(folder.resolve("bridge").resolve(name));
        }
        assertThat(leases.entries()).hasSize(1);
        assertThat(leases.portEntries()).isEmpty();
        assertThat(leases.ended(NETWORK)).isEmpty();
    }

    private void add(Endpoint endpoint) {
        try (Leases.Lock lock = leases.lock()) {
            leases.add(lock, endpoint);
        }
    }

    private List<String> files() throws Exception {
        try (var walk = Files.walk(folder.resolve("bridge"))) {
            return walk.filter(Files::isRegularFile)
                    .map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> !name.equals("lock"))
                    .toList();
        }
    }

    private static Endpoint endpoint(String owner, int last, String device, Port... ports) {
        var address = Ipv4.address(0xac110000 + last);
        return new Endpoint(
                owner,
                "bridge",
                "",
                new Prefix(address, 16),
                NETWORK.gateway().address(),
                Ipv4.mac(address),
                device,
                List.of(ports));
    }
}
