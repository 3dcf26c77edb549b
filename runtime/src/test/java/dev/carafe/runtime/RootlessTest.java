package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What user 1000 of group 100, without privileges and programs that map ids, is refused, and what not. */
class RootlessTest {

    private static final String FITS = """
            {'blueprint': {'caller': 'user'}, 'process': {'user': {'uid': 0, 'gid': 0}},
             'mounts': [{'destination': '/m', 'type': 'tmpfs', 'source': 'none', 'options': ['uid=0', 'gid=0']}],
             'linux': {'namespaces': [{'type': 'mount'}, {'type': 'user'}, {'type': 'network'}],
               'uidMappings': [{'containerID': 0, 'hostID': 1000, 'size': 1}],
               'gidMappings': [{'containerID': 0, 'hostID': 100, 'size': 1}]}}
            """;

    private static Blueprint blueprint(String patch) {
        return Blueprints.patched(patch.replace('\'', '"'));
    }

    @Test
    void a_container_of_ones_own_id_is_not_refused() {
        assertThat(Compiler.compile(blueprint(FITS)).describe()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'gid=0'                              | 'gid=5'                            | mounts[0].options: cannot specify gid=5 mount option for rootless container",
                "'uid=0'                              | 'uid=1000'                         | mounts[0].options: cannot specify uid=1000 mount option for rootless container",
                "'type': 'tmpfs', 'source': 'none', 'options': ['uid=0', 'gid=0'] | 'source': '/srv', 'options': ['bind', 'idmap'] | mounts[0]: id-mapped mounts are not supported for rootless containers",
                "'uidMappings'                        | 'netDevices': {'eth0': {}}, 'uidMappings' | linux.netDevices: network devices are not supported for rootless containers",
                "'uid': 0                             | 'uid': 7                           | process.user.uid: cannot setuid to unmapped uid 7 in user namespace",
                "'gid': 0                             | 'gid': 7                           | process.user.gid: cannot setgid to unmapped gid 7 in user namespace",
                "'gid': 0                             | 'gid': 0, 'additionalGids': [5]    | process.user.additionalGids: cannot set any additional groups in a rootless container",
                "'hostID': 1000                       | 'hostID': 1001                     | linux.uidMappings: only root maps other ids than the caller's own, or the program newuidmap",
                "'hostID': 100, 'size': 1             | 'hostID': 100, 'size': 2           | linux.gidMappings: only root maps other ids than the caller's own, or the program newgidmap",
            })
    void anything_else_is_refused_by_its_key(String fits, String instead, String refusal) {
        String patch = FITS.replace(fits, instead == null ? "" : instead);
        assertThat(patch).isNotEqualTo(FITS);
        assertThatThrownBy(() -> Compiler.compile(blueprint(patch)))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith("config.json: " + refusal)
                .hasMessageNotContaining("\n");
    }

    @Test
    void a_container_without_a_user_namespace_is_refused() {
        assertThatThrownBy(() -> Compiler.compile(blueprint("{'blueprint': {'caller': 'user'}}")))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith("config.json: linux.namespaces: rootless container requires user namespaces");
    }

    @Test
    void who_is_privileged_needs_no_user_namespace_and_may_map_any_id() {
        String root = FITS.replace("'caller': 'user'", "'caller': 'root'");
        assertThat(Compiler.compile(blueprint("{}")).describe()).isNotEmpty();
        assertThat(Compiler.compile(blueprint(root.replace("'hostID': 1000", "'hostID': 1001")))
                        .describe())
                .isNotEmpty();
    }

    @Test
    void whoever_makes_a_user_namespace_nobody_in_it_can_be_a_user_that_is_not_mapped() {
        String root = FITS.replace("'caller': 'user'", "'caller': 'root'").replace("'uid': 0", "'uid': 7");
        assertThatThrownBy(() -> Compiler.compile(blueprint(root))).hasMessageContaining("unmapped uid 7");
    }
}
