package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Privileges.CapabilitySets;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PrivilegesTest {

    private final Kernel kernel = Kernel.host();
    private final Privileges privileges = kernel.privileges();

    @Test
    void the_sets_are_those_that_proc_shows() {
        String status = kernel.files().readText(Fd.CWD, "/proc/thread-self/status", 16384);
        CapabilitySets sets = privileges.capabilities();
        assertThat(sets.effective()).isEqualTo(shown(status, "CapEff"));
        assertThat(sets.permitted()).isEqualTo(shown(status, "CapPrm"));
        assertThat(sets.inheritable()).isEqualTo(shown(status, "CapInh"));
        assertThat(privileges.boundingSet()).isEqualTo(shown(status, "CapBnd"));
    }

    @Test
    @Tag("root")
    void a_capability_given_up_is_missed_on_that_thread_alone() {
        Set<Capability> before = privileges.capabilities().effective();
        Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.UTS));
            CapabilitySets sets = privileges.capabilities();
            Set<Capability> fewer = EnumSet.copyOf(sets.effective());
            fewer.remove(Capability.CAP_SYS_ADMIN);
            // One of the high half, too.
            fewer.remove(Capability.CAP_CHECKPOINT_RESTORE);
            privileges.setCapabilities(new CapabilitySets(fewer, sets.permitted(), sets.inheritable()));
            assertThat(privileges.capabilities().effective()).isEqualTo(fewer);
            assertThatThrownBy(() -> kernel.namespaces().unshare(Set.of(Namespace.UTS)))
                    .hasMessageContaining("EPERM");
            return null;
        });
        assertThat(privileges.capabilities().effective()).isEqualTo(before);
    }

    @Test
    @Tag("root")
    void a_capability_leaves_the_bounding_set_for_good_and_of_that_thread_alone() {
        assertThat(privileges.boundingSet()).contains(Capability.CAP_SYS_BOOT);
        Namespaces.onOwnThread(() -> {
            privileges.dropFromBoundingSet(Capability.CAP_SYS_BOOT);
            assertThat(privileges.boundingSet())
                    .doesNotContain(Capability.CAP_SYS_BOOT)
                    .contains(Capability.CAP_KILL);
            return null;
        });
        assertThat(privileges.boundingSet()).contains(Capability.CAP_SYS_BOOT);
    }

    @Test
    void no_new_privileges_hold_for_the_thread_that_set_them() {
        Namespaces.onOwnThread(() -> {
            assertThat(privileges.hasNoNewPrivileges()).isFalse();
            privileges.setNoNewPrivileges();
            assertThat(privileges.hasNoNewPrivileges()).isTrue();
            return null;
        });
        assertThat(privileges.hasNoNewPrivileges()).isFalse();
    }

    @Test
    void a_process_can_be_hidden_from_tracing_and_shown_again() {
        assertThat(privileges.isDumpable()).isTrue();
        privileges.setDumpable(false);
        assertThat(privileges.isDumpable()).isFalse();
        privileges.setDumpable(true);
        assertThat(privileges.isDumpable()).isTrue();
    }

    private static Set<Capability> shown(String status, String field) {
        String line = status.lines()
                .filter(candidate -> candidate.startsWith(field + ":"))
                .findFirst()
                .orElseThrow();
        return Capability.fromBits(
                Long.parseUnsignedLong(line.substring(field.length() + 1).strip(), 16));
    }
}
