package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be done is refused in one line that names the key. */
class UnsupportedTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'mounts': [{'destination': '/x', 'type': 'ext4', 'options': ['tmpcopyup']}]} | mounts[0].options",
                "{'mounts': [{'destination': '/x', 'source': '/y', 'options': ['bind', 'tmpcopyup']}]} | mounts[0].options",
                "{'mounts': [{'destination': '/x', 'type': 'tmpfs', 'options': ['remount', 'tmpcopyup']}]} | mounts[0].options",
                "{'mounts': [{'destination': '/x', 'source': '/y', 'options': ['bind', 'size=1m']}]} | mounts[0].options",
                "{'mounts': [{'destination': '/x', 'source': '/y', 'options': ['rbind', 'discard']}]} | mounts[0].options",
                "{'linux': {'memoryPolicy': {'mode': 'MPOL_BIND', 'nodes': '1000-1024'}}} | linux.memoryPolicy.nodes",
            })
    void the_key_is_named(String patch, String key) {
        assertThatThrownBy(() -> Compiler.compile(Blueprints.patched(patch.replace('\'', '"'))))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith("config.json: " + key + ": ")
                .hasMessageNotContaining("\n");
    }
}
