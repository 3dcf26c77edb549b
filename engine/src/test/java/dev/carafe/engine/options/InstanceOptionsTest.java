package dev.carafe.engine.options;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.InvalidDocumentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InstanceOptionsTest {

    private static InstanceOptions read(String json) {
        return InstanceOptions.parse("instance.json", json.getBytes(UTF_8));
    }

    @Test
    void whoAsksForNothingWritesNothing() {
        assertThat(InstanceOptions.DEFAULT.toJson()).isEqualTo("{\"version\":1}");
        assertThat(read("{\"version\":1}")).isEqualTo(InstanceOptions.DEFAULT);
    }

    @Test
    void whatAnOlderCarafeDidNotKnowHasItsDefault() {
        assertThat(read("{\"version\":1,\"program\":{\"command\":[\"true\"]}}"))
                .isEqualTo(InstanceOptions.DEFAULT.withProgram(Program.of("true")));
    }

    @Test
    void whatIsUnknownIsIgnored() {
        assertThat(read("{\"version\":1,\"colour\":\"red\",\"program\":{\"speed\":3},\"storage\":{\"depth\":{}}}"))
                .isEqualTo(InstanceOptions.DEFAULT);
    }

    @Test
    void aRecordOfALaterVersionIsRefused() {
        assertThatThrownBy(() -> read("{\"version\":2}"))
                .hasMessage("instance.json: version: 2 was written by a newer Carafe; this one reads 1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | version: is missing",
                "{\"version\":1,\"program\":[]} | program: expected an object",
                "{\"version\":1,\"program\":{\"environment\":[\"=x\"]}} | program.environment[0]: the variable",
                "{\"version\":1,\"program\":{\"user\":\"\\u0000\"}} | program.user: must not hold a NUL",
                "{\"version\":1,\"limits\":{\"memory\":{\"limit\":5}}} | limits.memory.limit: 5 bytes are too few",
                "{\"version\":1,\"limits\":{\"pids\":0}} | limits.pids: 0 leaves none",
                "{\"version\":1,\"namespaces\":{\"uts\":\"container:x\"}} | namespaces.uts: private or host",
                "{\"version\":1,\"namespaces\":{\"sysctls\":{\"kernel.panic\":\"1\"}}} | namespaces.sysctls[\"kernel.panic\"]: belongs to the whole machine",
                "{\"version\":1,\"storage\":{\"mounts\":[{\"kind\":\"bind\",\"source\":\"/a\",\"target\":\"/b/../..\"}]}} | storage.mounts[0].target: the root",
                "{\"version\":1,\"storage\":{\"mounts\":[{\"kind\":\"volume\",\"name\":\"../x\",\"target\":\"/b\"}]}} | storage.mounts[0].name: \"../x\" is no name",
                "{\"version\":1,\"storage\":{\"mounts\":[{\"kind\":\"disk\",\"target\":\"/b\"}]}} | storage.mounts[0].kind: expected bind",
                "{\"version\":1,\"network\":{\"ports\":[{\"hostPort\":9,\"containerPort\":0,\"protocol\":\"tcp\"}]}} | network.ports[0].containerPort: 0 is out of range",
                "{\"version\":1,\"network\":{\"hosts\":[{\"name\":\"a\\nb\",\"address\":\"1.2.3.4\"}]}} | network.hosts[0].name: must be on one line",
                "{\"version\":1,\"policies\":{\"restart\":\"often\"}} | policies.restart: expected no, always",
                "{\"version\":1,\"policies\":{\"restart\":\"always\",\"autoRemove\":true}} | policies.autoRemove: an instance that is removed",
                "{\"version\":1,\"policies\":{\"healthCheck\":{\"test\":[\"rm\"]}}} | policies.healthCheck.test: expected CMD",
            })
    void whatIsDamagedIsNamed(String json, String problem) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessageStartingWith("instance.json: " + problem);
    }

    @Test
    void partsThatDoNotFitEachOtherAreRefused() {
        InstanceOptions named = InstanceOptions.DEFAULT.withIdentity(new Identity(
                java.util.Optional.of("web"), java.util.Optional.empty(), java.util.Map.of(), java.util.Map.of()));
        Namespaces host = new Namespaces(
                NamespaceMode.Simple.PRIVATE,
                NamespaceMode.Simple.PRIVATE,
                NamespaceMode.Simple.HOST,
                NamespaceMode.Simple.PRIVATE,
                NamespaceMode.Simple.HOST,
                java.util.Map.of());
        assertThatThrownBy(() -> named.withNamespaces(host)).hasMessageStartingWith("identity.hostname: ");
        assertThatThrownBy(
                        () -> named.withNetwork(NetworkOptions.DEFAULT.withMode(new NetworkMode.OfInstance("other"))))
                .hasMessageStartingWith("identity.hostname: ");
    }
}
