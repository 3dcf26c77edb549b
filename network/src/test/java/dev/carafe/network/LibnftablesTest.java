package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.Namespaces;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LibnftablesTest {

    @Test
    void where_it_is_missing_it_is_said_what_to_install() {
        assertThatThrownBy(() -> Libnftables.load("libnosuch.so.1"))
                .isInstanceOfSatisfying(
                        NetworkException.class,
                        it -> assertThat(it.kind()).isEqualTo(NetworkException.Kind.UNAVAILABLE))
                .hasMessageContaining("libnosuch.so.1")
                .hasMessageContaining("install libnftables1")
                .hasMessageContaining("--network none");
    }

    @Test
    @Tag("root")
    void of_commands_all_count_or_none() {
        Kernel kernel = Kernel.host();
        Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.NETWORK));
            try (Libnftables.Context rules =
                    Libnftables.load(Libnftables.LIBRARY).open()) {
                assertThatThrownBy(() -> rules.run("add table inet one\ndelete table inet two\n"))
                        .isInstanceOf(NetworkException.class)
                        .hasMessageContaining("No such file or directory");
                assertThat(rules.output("list tables\n")).isEmpty();
                assertThatThrownBy(() -> rules.run("add tabel inet one\n")).hasMessageContaining("syntax error");
                rules.run("add table inet one\n");
                assertThat(rules.output("list tables\n")).contains("table inet one");
            }
            return null;
        });
    }
}
