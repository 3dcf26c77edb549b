package dev.carafe.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageConfig.Execution;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an image says of itself counts where nothing else is asked for, and loosens nothing. */
final class ImageWishesTest {

    private static final InstanceOptions NOTHING = InstanceOptions.DEFAULT;

    private static Execution image(
            Set<String> ports, Set<String> volumes, String signal, ImageConfig.HealthCheck... health) {
        return new Execution(
                "app:grp",
                ports,
                List.of("PATH=/x", "A=image", "B=image"),
                List.of("/entry", "point"),
                List.of("the", "command"),
                volumes,
                "/data/../srv/",
                Map.of("a", "image", "b", "image"),
                Optional.of(signal).filter(it -> !it.isEmpty()),
                health.length == 0 ? Optional.empty() : Optional.of(health[0]),
                List.of(),
                Map.of());
    }

    private static Execution image() {
        return image(Set.of(), Set.of(), "");
    }

    private static Program program(String... command) {
        return NOTHING.withProgram(Program.of(command)).over(image()).program();
    }

    private static Program entering(List<String> entrypoint, String... command) {
        Program asked = new Program(
                Optional.of(entrypoint),
                List.of(command),
                List.of("B=mine", "A", "C=mine"),
                Optional.of("/"),
                Optional.of("1000"),
                List.of(),
                false,
                false,
                false);
        return NOTHING.withProgram(asked).over(image()).program();
    }

    @Test
    void itsProgramIsTakenTogetherWithACommandAndNotWithAnEntrypoint() {
        assertThat(program().entrypoint()).contains(List.of("/entry", "point"));
        assertThat(program().command()).containsExactly("the", "command");
        assertThat(program("mine").entrypoint()).contains(List.of("/entry", "point"));
        assertThat(program("mine").command()).containsExactly("mine");
        assertThat(entering(List.of("/mine")).command()).isEmpty();
        assertThat(entering(List.of(), "mine").entrypoint()).contains(List.of());
        assertThatThrownBy(() -> entering(List.of())).hasMessageContaining("there has to be a command");
        assertThatThrownBy(() -> NOTHING.over(Execution.NONE)).hasMessageContaining("has no command of its own");
    }

    @Test
    void itsVariablesLieUnderThoseThatAreAskedFor() {
        assertThat(program().environment()).containsExactly("PATH=/x", "A=image", "B=image");
        assertThat(entering(List.of("/x")).environment()).containsExactly("PATH=/x", "A", "B=mine", "C=mine");
    }

    @Test
    void itsUserAndFolderAreTaken() {
        assertThat(program().user()).contains("app:grp");
        assertThat(program().directory()).contains("/srv");
        assertThat(entering(List.of("/x")).user()).contains("1000");
        assertThat(entering(List.of("/x")).directory()).contains("/");
    }

    @Test
    void itsLabelsPortsAndSignalAreTaken() {
        Identity asked = new Identity(Optional.empty(), Optional.empty(), Map.of("b", "mine"), Map.of());
        InstanceOptions whole = NOTHING.withIdentity(asked).over(image(Set.of("80", "90-91/udp"), Set.of(), "SIGQUIT"));
        assertThat(whole.identity().labels()).isEqualTo(Map.of("a", "image", "b", "mine"));
        assertThat(whole.network().exposed().stream().map(Object::toString))
                .containsExactlyInAnyOrder("80/tcp", "90/udp", "91/udp");
        assertThat(whole.policies().stopSignal()).contains("SIGQUIT");
    }

    @Test
    void itsVolumesBecomeOnesOfTheInstancesOwnWhereNothingElseIs() {
        InstanceMount.Tmpfs mine = InstanceMount.Tmpfs.of("/data");
        InstanceOptions whole =
                NOTHING.withMounts(List.of(mine)).over(image(Set.of(), Set.of("/data/", "/other", "relative"), ""));
        assertThat(whole.storage().mounts().getFirst()).isEqualTo(mine);
        assertThat(whole.storage().mounts().stream().skip(1))
                .containsExactlyInAnyOrder(
                        InstanceMount.Volume.anonymous("/other"), InstanceMount.Volume.anonymous("/relative"));
    }

    @Test
    void itsHealthCheckFillsWhatIsNotSaid() {
        var images = new ImageConfig.HealthCheck(List.of("CMD", "/check"), 5_000_000_000L, 0, 0, 0, 7);
        Execution image = image(Set.of(), Set.of(), "", images);
        HealthCheck whole = NOTHING.over(image).policies().healthCheck().orElseThrow();
        assertThat(whole.test()).containsExactly("CMD", "/check");
        assertThat(whole.interval()).contains(Duration.ofSeconds(5));
        assertThat(whole.timeout()).contains(Duration.ofSeconds(30));
        assertThat(whole.retries()).isEqualTo(OptionalLong.of(7));
        HealthCheck none = NOTHING.withPolicies(Policies.DEFAULT.withHealthCheck(HealthCheck.NONE))
                .over(image)
                .policies()
                .healthCheck()
                .orElseThrow();
        assertThat(none.checks()).isFalse();
        assertThat(NOTHING.over(image()).policies().healthCheck()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/, the root of the instance",
        "/proc/sys, the kernel's own files",
        "/dev, the kernel's own files",
        "/x/../sys/firmware, the kernel's own files",
    })
    void itsVolumesAreNotPutJustAnywhere(String volume, String words) {
        assertThatThrownBy(() -> NOTHING.over(image(Set.of(), Set.of(volume), "")))
                .hasMessageStartingWith("the image's configuration: ")
                .hasMessageContaining(words);
    }

    @Test
    void whatMakesNoSenseIsRefusedInItsName() {
        assertThatThrownBy(() -> NOTHING.over(image(Set.of("1-65535"), Set.of(), "")))
                .hasMessageContaining("ExposedPorts");
        assertThatThrownBy(() -> NOTHING.over(image(Set.of("80/x"), Set.of(), "")))
                .hasMessageContaining("the image's configuration");
        assertThatThrownBy(() -> NOTHING.over(image(Set.of(), Set.of(), "SIGNOPE")))
                .hasMessage("the image's configuration: stopSignal: \"SIGNOPE\" is no signal, such as SIGTERM");
    }

    @Test
    void whatIsWholeStaysAsItIs() {
        InstanceOptions whole = NOTHING.over(image(Set.of("80"), Set.of("/data"), "SIGQUIT"));
        assertThat(whole.over(image(Set.of("80"), Set.of("/data"), "SIGQUIT"))).isEqualTo(whole);
        assertThat(whole.security()).isEqualTo(Security.DEFAULT);
        assertThat(whole.namespaces()).isEqualTo(Namespaces.DEFAULT);
    }
}
