package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Spawn.Child;
import dev.carafe.linux.Spawn.Program;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NamespacesTest {

    private final Kernel kernel = Kernel.host();
    private final Namespaces namespaces = kernel.namespaces();

    @ParameterizedTest
    @Tag("root")
    @EnumSource(names = {"CGROUP", "IPC", "MOUNT", "NETWORK", "UTS"})
    void a_thread_moves_to_a_new_namespace_and_another_can_follow_it(Namespace kind) {
        long before = own(kind);
        Fd created = Namespaces.onOwnThread(() -> {
            namespaces.unshare(Set.of(kind));
            return namespaces.openOwn(kind);
        });
        try (created) {
            long inode = kernel.files().status(created).inode();
            assertThat(inode).isNotEqualTo(before);
            assertThat(Namespaces.onOwnThread(() -> {
                        namespaces.enter(created, kind);
                        return own(kind);
                    }))
                    .isEqualTo(inode);
        }
        assertThat(own(kind)).isEqualTo(before);
    }

    @Test
    @Tag("root")
    void a_namespace_is_not_mistaken_for_one_of_another_kind() {
        try (Fd network = namespaces.openOwn(Namespace.NETWORK)) {
            assertThatThrownBy(() -> Namespaces.onOwnThread(() -> {
                        namespaces.enter(network, Namespace.UTS);
                        return null;
                    }))
                    .hasMessageContaining("setns")
                    .hasMessageContaining("EINVAL");
        }
    }

    @Test
    @Tag("root")
    void a_program_spawned_from_a_new_pid_namespace_is_its_first_and_is_entered_by_its_pidfd() {
        Child child = Namespaces.onOwnThread(() -> {
            namespaces.unshare(EnumSet.of(Namespace.PID, Namespace.NETWORK, Namespace.UTS));
            return kernel.spawn().start(new Program("/bin/sleep", List.of("sleep", "60"), List.of(), Map.of(), false));
        });
        try (child) {
            String status = kernel.files().readText(Fd.CWD, "/proc/" + child.pid() + "/status", 16384);
            assertThat(status).containsPattern("NSpid:\\t" + child.pid() + "\\t1\\n");
            try (Fd network = namespaces.open(child.pid(), Namespace.NETWORK)) {
                long inside = kernel.files().status(network).inode();
                assertThat(inside).isNotEqualTo(own(Namespace.NETWORK));
                assertThat(Namespaces.onOwnThread(() -> {
                            namespaces.enter(
                                    child.process(), EnumSet.of(Namespace.NETWORK, Namespace.UTS, Namespace.MOUNT));
                            return own(Namespace.NETWORK);
                        }))
                        .isEqualTo(inside);
            }
            kernel.processes().signal(child.process(), Signal.SIGKILL);
            kernel.processes().await(child.process());
        }
    }

    @Test
    void a_user_namespace_is_refused_with_the_reason() {
        assertThatThrownBy(() -> namespaces.unshare(EnumSet.of(Namespace.UTS, Namespace.USER)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("JVM");
        try (Fd user = namespaces.openOwn(Namespace.USER)) {
            assertThatThrownBy(() -> namespaces.enter(user, Namespace.USER))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void what_goes_wrong_on_the_other_thread_comes_back_to_the_caller() {
        assertThatThrownBy(() -> Namespaces.onOwnThread(() -> {
                    throw new IllegalStateException("inside");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("inside");
    }

    @Test
    void an_interrupted_caller_still_gets_the_result_and_stays_interrupted() {
        Thread.currentThread().interrupt();
        assertThat(Namespaces.onOwnThread(() -> "done")).isEqualTo("done");
        assertThat(Thread.interrupted()).isTrue();
    }

    private long own(Namespace kind) {
        try (Fd namespace = namespaces.openOwn(kind)) {
            return kernel.files().status(namespace).inode();
        }
    }
}
