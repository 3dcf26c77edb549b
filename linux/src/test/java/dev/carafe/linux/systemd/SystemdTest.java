package dev.carafe.linux.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Kernel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The conversation with systemd, with one of our own making at the other end. */
@Timeout(30)
class SystemdTest {

    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String JOB = "/org/freedesktop/systemd1/job/5";
    private static final List<UnitProperty> PROPERTIES = List.of(new UnitProperty("TasksMax", BusValue.number(5)));

    private final Kernel kernel = Kernel.host();

    @TempDir
    Path folder;

    private Systemd connect(FakeSystemd fake, Duration patience) {
        return Systemd.connect(kernel, Optional.of(fake.path()), Optional.empty(), patience);
    }

    @Test
    void a_unit_is_started_and_its_job_awaited() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> {
                    systemd.answer(call, new BusValue.Text('o', JOB));
                    systemd.signal("UnitNew", BusValue.text("some.scope"), new BusValue.Text('o', "/some"));
                    systemd.end("/org/freedesktop/systemd1/job/4", "failed");
                    systemd.end(JOB, "done");
                });
                Systemd systemd = connect(fake, LONG)) {
            systemd.start("some.scope", PROPERTIES);
            assertThat(fake.calls()).containsExactly("StartTransientUnit ssa(sv)a(sa(sv))");
        }
    }

    @Test
    void a_job_that_ends_before_the_call_is_answered_is_not_missed() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> {
                    systemd.end(JOB, "done");
                    systemd.answer(call, new BusValue.Text('o', JOB));
                });
                Systemd systemd = connect(fake, LONG)) {
            systemd.start("some.scope", PROPERTIES);
        }
    }

    @Test
    void a_job_that_fails_is_said_so_and_forgotten() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> {
                    if (call.text(BusMessage.MEMBER).equals("StartTransientUnit")) {
                        systemd.answer(call, new BusValue.Text('o', JOB));
                        systemd.end(JOB, "canceled");
                    } else {
                        systemd.answer(call);
                    }
                });
                Systemd systemd = connect(fake, LONG)) {
            assertThatThrownBy(() -> systemd.start("some.scope", PROPERTIES))
                    .isInstanceOf(SystemdException.class)
                    .hasMessage("systemd did not start some.scope: \"canceled\"");
            assertThat(fake.calls()).last().isEqualTo("ResetFailedUnit s");
        }
    }

    @Test
    void a_job_that_never_ends_is_not_waited_for_any_longer_than_said() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> {
                    if (call.text(BusMessage.MEMBER).equals("StartTransientUnit")) {
                        systemd.answer(call, new BusValue.Text('o', JOB));
                    } else {
                        systemd.answer(call);
                    }
                });
                Systemd systemd = connect(fake, SHORT)) {
            assertThatThrownBy(() -> systemd.start("some.scope", PROPERTIES))
                    .hasMessage("systemd did not start some.scope within 0 s");
        }
    }

    @Test
    void a_call_that_is_never_answered_is_not_waited_for_any_longer_than_said() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> {});
                Systemd systemd = connect(fake, SHORT)) {
            assertThatThrownBy(() -> systemd.start("some.scope", PROPERTIES))
                    .isInstanceOf(SystemdException.class)
                    .hasMessageStartingWith("no answer to StartTransientUnit within");
        }
    }

    @Test
    void a_unit_that_has_failed_before_makes_way() throws IOException {
        List<String> refused = new ArrayList<>();
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> {
                    String member = call.text(BusMessage.MEMBER);
                    if (member.equals("ResetFailedUnit")) {
                        systemd.answer(call);
                    } else if (refused.isEmpty()) {
                        refused.add(member);
                        systemd.refuse(call, "org.freedesktop.systemd1.UnitExists", "Unit some.scope already exists.");
                    } else {
                        systemd.answer(call, new BusValue.Text('o', JOB));
                        systemd.end(JOB, "done");
                    }
                });
                Systemd systemd = connect(fake, LONG)) {
            systemd.start("some.scope", PROPERTIES);
            assertThat(fake.calls())
                    .containsExactly(
                            "StartTransientUnit ssa(sv)a(sa(sv))",
                            "ResetFailedUnit s",
                            "StartTransientUnit ssa(sv)a(sa(sv))");
        }
    }

    @Test
    void one_that_is_in_use_does_not() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> {
                    if (call.text(BusMessage.MEMBER).equals("ResetFailedUnit")) {
                        systemd.answer(call);
                    } else {
                        systemd.refuse(call, "org.freedesktop.systemd1.UnitExists", "Unit some.scope already exists.");
                    }
                });
                Systemd systemd = connect(fake, LONG)) {
            assertThatThrownBy(() -> systemd.start("some.scope", PROPERTIES))
                    .hasMessage("StartTransientUnit: Unit some.scope already exists.");
        }
    }

    @Test
    void a_unit_that_has_gone_is_stopped() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(
                        folder,
                        (call, systemd) -> systemd.refuse(
                                call, "org.freedesktop.systemd1.NoSuchUnit", "Unit some.scope not loaded."));
                Systemd systemd = connect(fake, LONG)) {
            systemd.stop("some.scope");
            assertThat(fake.calls()).containsExactly("StopUnit ss", "ResetFailedUnit s");
        }
    }

    @Test
    void a_unit_is_changed_and_gets_processes() throws IOException {
        try (FakeSystemd fake = new FakeSystemd(folder, (call, systemd) -> systemd.answer(call));
                Systemd systemd = connect(fake, LONG)) {
            systemd.set("some.scope", PROPERTIES);
            systemd.set("some.scope", List.of());
            systemd.attach("some.scope", 5);
            assertThat(fake.calls()).containsExactly("SetUnitProperties sba(sv)", "AttachProcessesToUnit ssau");
        }
    }

    @Test
    void it_tells_its_version_and_its_cgroup() throws IOException {
        Map<String, String> answers = Map.of("Version", "252.38-1~deb12u1", "ControlGroup", "/user.slice/x");
        try (FakeSystemd fake = new FakeSystemd(
                        folder,
                        (call, systemd) -> systemd.answer(
                                call,
                                new BusValue.Variant(BusValue.text(answers.getOrDefault(
                                        ((BusValue.Text) call.body().get(1)).value(), "")))));
                Systemd systemd = connect(fake, LONG)) {
            assertThat(systemd.version()).isEqualTo(252);
            assertThat(systemd.controlGroup()).isEqualTo("/user.slice/x");
        }
    }

    @Test
    void over_a_bus_it_is_greeted_first() throws IOException {
        try (FakeSystemd fake =
                        new FakeSystemd(folder, (call, systemd) -> systemd.answer(call, BusValue.text(":1.5")));
                Systemd systemd = Systemd.connect(
                        kernel, Optional.of(folder.resolve("not-there").toString()), Optional.of(fake.path()), LONG)) {
            assertThat(systemd).isNotNull();
            assertThat(fake.calls()).containsExactly("Hello ", "AddMatch s", "Subscribe ");
        }
    }

    @Test
    void where_nobody_listens_the_socket_is_named() {
        assertThatThrownBy(() -> Systemd.connect(kernel, Optional.empty(), Optional.of(folder + "/not-there"), LONG))
                .isInstanceOf(SystemdException.class)
                .hasMessage(
                        "systemd cannot be reached at " + folder + "/not-there: no such file or directory (ENOENT)");
        assertThatThrownBy(() -> Systemd.ofUser(kernel, name -> Optional.empty()))
                .hasMessageContaining("neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR");
    }

    @Test
    void a_queue_that_nobody_serves_is_not_waited_in_for_ever() throws IOException {
        Path path = folder.resolve("full");
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(path), 1);
            for (int i = 0; i < 2; i++) {
                waiting.add(SocketChannel.open(UnixDomainSocketAddress.of(path)));
            }
            assertThatThrownBy(() -> Systemd.connect(kernel, Optional.of(path.toString()), Optional.empty(), SHORT))
                    .isInstanceOf(SystemdException.class)
                    .hasMessageContaining("it does not answer (EAGAIN)");
        } finally {
            for (SocketChannel channel : waiting) {
                channel.close();
            }
        }
    }

    @Test
    void an_address_of_a_bus_is_taken_apart() {
        assertThat(Systemd.path("unix:path=/run/user/1000/bus")).contains("/run/user/1000/bus");
        assertThat(Systemd.path("tcp:host=a,port=5;unix:abstract=/x;unix:path=/a%20b+c,guid=5"))
                .contains("/a b+c");
        assertThat(Systemd.path("unix:abstract=/tmp/x")).isEmpty();
        assertThat(Systemd.path("")).isEmpty();
    }
}
