package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints that stand ready are as good as others, and are not left behind. */
@Tag("root")
class WarmEndpointsTest {

    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path folder;

    private TestMachine machine;

    @BeforeEach
    void makeMachine() {
        machine = new TestMachine(folder);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void one_that_stood_ready_is_as_good_as_any() {
        Networks networks = machine.openWarm(2, LONG);
        attach(networks, "first").close();
        awaitReady(2);
        Set<String> ready = new HashSet<>(addresses());
        Attachment attachment = attach(networks, "web", "8080:80");
        assertThat(ready).contains(attachment.endpoint().address().toString());
        Room web = machine.open(Room.of(TestMachine.KERNEL, attachment.namespace()));
        web.serve("web", "0.0.0.0", 80);
        assertThat(machine.neighbour().ask("10.9.0.1", 8080)).isEqualTo("web 10.9.0.2");
        assertThat(networks.endpoints("web")).containsExactly(attachment.endpoint());
        assertThat(networks.find("bridge").endpoints())
                .extracting(Endpoint::owner)
                .as("those that wait are nobody's concern")
                .containsExactlyInAnyOrder("first", "web");
        awaitReady(2);
        assertThat(addresses()).doesNotHaveDuplicates();
    }

    @Test
    void one_that_could_not_be_handed_over_stays_ready() {
        Networks networks = machine.openWarm(1, LONG);
        attach(networks, "first", "8080:80").close();
        awaitReady(1);
        List<String> before = machine.owners();
        assertThatThrownBy(() -> attach(networks, "second", "8080:80")).hasMessageContaining("is taken by");
        assertThat(machine.owners()).containsAll(before);
    }

    @Test
    void none_is_kept_that_nobody_wants() {
        Networks networks = machine.openWarm(3, Duration.ofMillis(300));
        attach(networks, "only").close();
        awaitReady(3);
        awaitReady(0);
        assertThat(machine.owners()).containsExactly("only");
        await(() -> rules().split("02:42:", -1).length - 1 == 1);
    }

    @Test
    void those_of_a_process_that_was_killed_go_with_the_next_repair() {
        Networks networks = machine.open();
        attach(networks, "warm-999999999-1-0").close();
        attach(networks, "web").close();
        machine.room().in(() -> {
            networks.repair();
            return null;
        });
        assertThat(machine.owners()).containsExactly("web");
    }

    @Test
    void none_is_left_when_their_process_ends() {
        Networks networks = machine.openWarm(2, LONG);
        attach(networks, "web").close();
        awaitReady(2);
        networks.close();
        assertThat(machine.owners()).containsExactly("web");
    }

    @Test
    void they_work_on_a_switch_that_was_made_anew() {
        Networks networks = machine.openWarm(1, LONG);
        attach(networks, "first").close();
        awaitReady(1);
        machine.room().shell("ip link del " + machine.device());
        Attachment attachment = attach(networks, "second");
        Room second = machine.open(Room.of(TestMachine.KERNEL, attachment.namespace()));
        machine.room().serve("machine", "172.17.0.1", 81);
        assertThat(second.ask("172.17.0.1", 81)).startsWith("machine ");
    }

    private Attachment attach(Networks networks, String owner, String... ports) {
        return machine.room().in(() -> networks.attach(Network.BRIDGE, TestMachine.request(owner, ports)));
    }

    private List<String> addresses() {
        return machine.networks().list().getFirst().network().stream()
                .flatMap(it -> machine.owners().stream())
                .flatMap(owner -> machine.networks().endpoints(owner).stream())
                .map(endpoint -> endpoint.address().toString())
                .toList();
    }

    private void awaitReady(int count) {
        await(() -> machine.owners().stream().filter(WarmEndpoints::isWarm).count() == count);
    }

    private static void await(BooleanSupplier condition) {
        Instant end = Instant.now().plusSeconds(10);
        while (!condition.getAsBoolean()) {
            assertThat(Instant.now()).as("in time").isBefore(end);
            Thread.onSpinWait();
        }
    }

    private String rules() {
        return machine.room().shell("nft list ruleset");
    }
}
