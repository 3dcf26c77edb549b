package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KeyringTest {

    private final Keyring keyring = Kernel.host().keyring();

    @Test
    void a_thread_joins_a_session_of_its_own_and_others_stay_where_they_are() {
        int before = keyring.serial(Keyring.SESSION);
        Namespaces.onOwnThread(() -> {
            int joined =
                    keyring.joinSession("carafe-test-" + ProcessHandle.current().pid());
            assertThat(joined).isNotEqualTo(before).isEqualTo(keyring.serial(Keyring.SESSION));
            assertThat(keyring.describe(joined))
                    .startsWith("keyring;")
                    .endsWith(";carafe-test-" + ProcessHandle.current().pid());
            keyring.setPermissions(joined, 0x3f3f0000);
            assertThat(keyring.describe(joined)).contains(";3f3f0000;");
            keyring.revoke(joined);
            assertThatThrownBy(() -> keyring.describe(joined))
                    .hasMessageContaining("KEYCTL_DESCRIBE")
                    .hasMessageContaining("EKEYREVOKED");
            return null;
        });
        assertThat(keyring.serial(Keyring.SESSION)).isEqualTo(before);
    }

    @Test
    void a_session_without_a_name_is_a_new_one_each_time() {
        assertThat(Namespaces.onOwnThread(() -> keyring.joinSession("")))
                .isNotEqualTo(Namespaces.onOwnThread(() -> keyring.joinSession("")));
    }
}
