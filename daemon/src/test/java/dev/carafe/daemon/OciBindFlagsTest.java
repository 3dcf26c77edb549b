package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The flags of a bind mount: those of its source, or those that it names; and what its source may not lose. */
@SystemTest
class OciBindFlagsTest {

    private static final String USER_NAMESPACE = ".linux.namespaces += [{type: \"user\"}]"
            + " | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}]"
            + " | .linux.gidMappings = .linux.uidMappings";

    private Path source = Path.of("/");

    @BeforeEach
    void mountSource(Installation carafe) {
        source = carafe.newFolder("source");
        Commands.succeed("mount -t tmpfs none \"$0\"", source.toString());
    }

    @AfterEach
    void unmountSource() {
        Commands.succeed("umount \"$0\"", source.toString());
    }

    /** Of a source with these flags, mounted with these options. */
    private Bundle bundle(Installation carafe, String flags, String options) {
        // The flags of a mount itself, and not of its file system, are what a bind mount takes over.
        Commands.succeed("mount -o remount,bind,\"$1\" \"$0\"", source.toString(), flags);
        return carafe.bundle("awk '$5 == \"/v\" {print $6}' /proc/self/mountinfo")
                .edit(
                        ".mounts += [{destination: \"/v\", source: $text, options: (\"" + options
                                + "\" | split(\" \"))}]",
                        source.toString());
    }

    @ParameterizedTest(name = "{0} with {1}")
    @CsvSource({
        "'ro,noexec,nodiratime', bind, 'ro,noexec,nodiratime'",
        "'ro,noexec', bind rprivate, 'ro,noexec,relatime'",
        "'ro,noexec,nosymfollow,nodiratime', bind dev, 'rw,nodiratime'",
        "'ro', rbind nosuid nodev, 'rw,nosuid,nodev,relatime'",
        "'ro', bind rw nosuid, 'rw,nosuid,relatime'",
        "'nosuid,nodev,noexec,noatime', bind ro, 'ro,noatime'",
        "'noatime', bind atime, 'rw,noatime'",
        "'noatime', bind norelatime, 'rw,noatime'",
        "'noatime', bind relatime, 'rw,relatime'",
        "'noatime', bind nodiratime, 'rw,nodiratime,relatime'",
        "'nodiratime', bind strictatime, rw",
    })
    void areTheSourcesOrThoseThatAreNamed(String flags, String options, String seen, Installation carafe) {
        assertThat(carafe.runBundle(bundle(carafe, flags, options)).succeeded())
                .satisfiesAnyOf(
                        text -> assertThat(text).isEqualTo(seen + "\n"),
                        // nodiratime is shown with the mode that is the kernel's own, or without
                        text -> assertThat(text).isEqualTo(seen + ",relatime\n"));
    }

    @ParameterizedTest(name = "{0} with {1}")
    @CsvSource({
        "'ro,noexec', bind dev, 'ro,noexec,relatime'",
        "'ro', bind nosuid nodev, 'ro,nosuid,nodev,relatime'",
        "'nosuid,nodev,noexec,noatime', bind ro, 'ro,nosuid,nodev,noexec,noatime'",
        "'nodev,nosymfollow', bind ro, 'ro,nodev,relatime'",
        "'noatime', bind atime, 'rw,noatime'",
    })
    void inAUserNamespaceWhatTheSourceHasStays(String flags, String options, String seen, Installation carafe) {
        Bundle bundle = bundle(carafe, flags, options).edit(USER_NAMESPACE);
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo(seen + "\n");
    }

    @ParameterizedTest(name = "{0} with {1}")
    @CsvSource({
        "ro, bind rw",
        "'nodev,nosuid', bind suid",
        "noatime, bind relatime",
        "relatime, bind noatime",
        "strictatime, bind nodiratime"
    })
    void inAUserNamespaceItIsRefusedToLiftThem(String flags, String options, Installation carafe) {
        Bundle bundle = bundle(carafe, flags, options);
        carafe.runBundle(bundle).succeeded(); // control
        carafe.runBundle(bundle.edit(USER_NAMESPACE)).failed(1, "/v", "EPERM");
    }

    @Test
    void aRemountChangesWhatItNames(Installation carafe) {
        Bundle bundle = bundle(carafe, "nosuid,nodev", "bind")
                .edit(".mounts += [{destination: \"/v\", options: [\"bind\", \"remount\", \"ro\"]}]");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("ro,nosuid,nodev,relatime\n");
    }
}
