package dev.carafe.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.engine.options.BlockIoLimits;
import dev.carafe.engine.options.CpuLimits;
import dev.carafe.engine.options.Devices;
import dev.carafe.engine.options.Identity;
import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.Limits;
import dev.carafe.engine.options.MemoryLimits;
import dev.carafe.engine.options.NamespaceMode;
import dev.carafe.engine.options.Namespaces;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.NetworkOptions;
import dev.carafe.engine.options.Program;
import dev.carafe.engine.options.Security;
import dev.carafe.engine.options.Storage;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.accounts.Account;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Propagation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What options come to in a configuration; what that comes to in a container is the system tests' to say. */
final class AppConfigTest {

    private static final InstanceOptions TRUE = InstanceOptions.DEFAULT.withProgram(Program.of("true"));
    private static final Account ROOT = new Account(0, 0, List.of(4L), "/root");

    @TempDir
    private Path folder = Path.of("");

    private static Surroundings around(Account account, Surroundings.Names... names) {
        return new Surroundings(
                account,
                "0123456789ab",
                "carafe-x",
                names.length == 0 ? Optional.empty() : Optional.of(names[0]),
                Optional.of("/proc/1/ns/net"),
                volume -> Path.of("/volumes/" + volume.name().orElseThrow() + "/data"),
                instance -> Math.toIntExact(ProcessHandle.current().pid()),
                Optional.of(Path.of("/lib/init")));
    }

    private static Config config(InstanceOptions options, Surroundings around) {
        try (HeldConfig held = AppConfig.of(Kernel.host(), options, around)) {
            return held.config();
        }
    }

    private static Config config(InstanceOptions options) {
        return config(options, around(ROOT));
    }

    private static List<String> mounts(Config config) {
        return config.mounts().stream().map(Mount::destination).toList();
    }

    private static Mount mountAt(Config config, String place) {
        return config.mounts().stream()
                .filter(it -> it.destination().equals(place))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whoAsksForNothingGetsWhatIsSafe() {
        Config config = config(TRUE);
        assertThat(config.process().orElseThrow().noNewPrivileges()).isTrue();
        assertThat(config.process().orElseThrow().capabilities().orElseThrow().bounding())
                .hasSize(11);
        assertThat(config.process().orElseThrow().env())
                .containsExactly(
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "HOSTNAME=0123456789ab",
                        "HOME=/root");
        assertThat(config.linux().seccomp()).isPresent();
        assertThat(config.linux().maskedPaths()).contains("/proc/kcore", "/sys/firmware");
        assertThat(config.linux().readonlyPaths()).contains("/proc/sys");
        assertThat(config.linux().resources().orElseThrow().pids().limit()).hasValue(2048);
        assertThat(config.linux().resources().orElseThrow().devices()).hasSize(1);
        assertThat(config.linux().namespaces().stream().map(Namespace::type))
                .containsExactlyInAnyOrder(
                        Namespace.Type.PID,
                        Namespace.Type.NETWORK,
                        Namespace.Type.IPC,
                        Namespace.Type.UTS,
                        Namespace.Type.MOUNT,
                        Namespace.Type.CGROUP);
        assertThat(config.linux()
                        .namespace(Namespace.Type.NETWORK)
                        .orElseThrow()
                        .path())
                .contains("/proc/1/ns/net");
        assertThat(mounts(config))
                .containsExactly("/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup");
    }

    @Test
    void whoIsNotRootHasNoCapabilities() {
        Config config = config(TRUE, around(new Account(1000, 1000, List.of(), "/")));
        assertThat(config.process().orElseThrow().capabilities().orElseThrow().permitted())
                .isEmpty();
    }

    @Test
    void privilegedGivesAllOfThatUp() {
        Config config = config(TRUE.withSecurity(Security.PRIVILEGED));
        assertThat(config.linux().seccomp()).isEmpty();
        assertThat(config.linux().maskedPaths()).isEmpty();
        assertThat(config.linux().readonlyPaths()).isEmpty();
        assertThat(config.process().orElseThrow().capabilities().orElseThrow().bounding())
                .hasSize(41);
        assertThat(config.linux().devices()).isNotEmpty();
        assertThat(config.linux().resources().orElseThrow().devices().getLast().allow())
                .isTrue();
        assertThat(mountAt(config, "/sys").options()).doesNotContain("ro");
    }

    @Test
    void aVariableOfTheEnginesCanBeTakenAway() {
        Program program = new Program(
                Optional.of(List.of("/bin/env")),
                List.of(),
                List.of("HOME", "PATH=/x", "A=1"),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                true,
                false,
                true);
        Config config = config(TRUE.withProgram(program));
        assertThat(config.process().orElseThrow().env())
                .containsExactly("PATH=/x", "HOSTNAME=0123456789ab", "TERM=xterm", "A=1");
        assertThat(config.process().orElseThrow().args()).containsExactly("/dev/carafe-init", "/bin/env");
        assertThat(mountAt(config, "/dev/carafe-init").options()).contains("bind", "ro");
    }

    @Test
    void outerMountsComeFirstAndThoseAskedForTakeThePlaceOfUsualOnes() throws Exception {
        Path source = Files.createDirectory(folder.resolve("source"));
        Surroundings.Names names =
                new Surroundings.Names(Path.of("/i/hosts"), Path.of("/i/hostname"), Optional.empty());
        Config config = config(
                TRUE.withMounts(List.of(
                        InstanceMount.Volume.named("deep", "/data/a/b"),
                        new InstanceMount.Bind(
                                source.toString(),
                                "/data",
                                true,
                                InstanceMount.Submounts.INCLUDED,
                                Propagation.RSLAVE,
                                false),
                        InstanceMount.Tmpfs.of("/dev/shm"),
                        InstanceMount.Bind.of(source.toString(), "/etc/hosts", false))),
                around(ROOT, names));
        assertThat(mounts(config))
                .containsExactly(
                        "/proc",
                        "/dev",
                        "/dev/pts",
                        "/dev/mqueue",
                        "/sys",
                        "/sys/fs/cgroup",
                        "/data",
                        "/etc/hostname",
                        "/dev/shm",
                        "/etc/hosts",
                        "/data/a/b");
        assertThat(mountAt(config, "/data").options()).containsExactly("rbind", "rslave", "rro");
        assertThat(mountAt(config, "/data/a/b").source()).contains("/volumes/deep/data");
        assertThat(mountAt(config, "/etc/hosts").source()).contains(source.toString());
    }

    @Test
    void aSourceThatIsMissingIsMissedOrMade() {
        InstanceMount.Bind missing = InstanceMount.Bind.of(folder.resolve("nope") + "", "/x", false);
        assertThatThrownBy(() -> config(TRUE.withMounts(List.of(missing))))
                .hasMessageContaining("there is no " + folder.resolve("nope"));
        InstanceMount.Bind made = new InstanceMount.Bind(
                folder.resolve("made/deep") + "",
                "/x",
                false,
                InstanceMount.Submounts.INCLUDED,
                Propagation.RPRIVATE,
                true);
        config(TRUE.withMounts(List.of(made)));
        assertThat(folder.resolve("made/deep")).isDirectory();
    }

    @Test
    void namespacesAreJoinedByDescriptorsThatAreHeld() {
        Namespaces shared = new Namespaces(
                new NamespaceMode.OfInstance("web"),
                NamespaceMode.Simple.HOST,
                NamespaceMode.Simple.HOST,
                NamespaceMode.Simple.HOST,
                NamespaceMode.Simple.HOST,
                Map.of());
        InstanceOptions options = TRUE.withNamespaces(shared)
                .withNetwork(NetworkOptions.DEFAULT.withMode(new NetworkMode.OfInstance("web")));
        try (HeldConfig held = AppConfig.of(Kernel.host(), options, around(ROOT))) {
            String fds = "/proc/" + ProcessHandle.current().pid() + "/fd/";
            assertThat(held.held()).hasSize(2);
            for (Namespace.Type type : List.of(Namespace.Type.PID, Namespace.Type.NETWORK)) {
                String path = held.config()
                        .linux()
                        .namespace(type)
                        .orElseThrow()
                        .path()
                        .orElseThrow();
                assertThat(path).startsWith(fds);
                assertThat(Path.of(path)).exists();
            }
            for (Namespace.Type type : List.of(Namespace.Type.IPC, Namespace.Type.UTS, Namespace.Type.CGROUP)) {
                assertThat(held.config().linux().namespace(type)).isEmpty();
            }
            assertThat(held.config().hostname()).isEmpty();
        }
    }

    @Test
    void limitsAreThoseOfTheCgroup() {
        Limits limits = new Limits(
                new MemoryLimits(
                        OptionalLong.of(64 << 20),
                        OptionalLong.of(1 << 20),
                        OptionalLong.of(-1),
                        OptionalLong.of(5),
                        true,
                        OptionalLong.of(-7)),
                CpuLimits.of(1_500_000_000L),
                BlockIoLimits.NONE,
                OptionalLong.of(-1),
                List.of());
        Config config = config(TRUE.withLimits(limits));
        var resources = config.linux().resources().orElseThrow();
        assertThat(resources.memory().limit()).hasValue(64 << 20);
        assertThat(resources.memory().swap()).hasValue(-1);
        assertThat(resources.memory().disableOomKiller()).contains(true);
        assertThat(resources.cpu().quota()).hasValue(150_000);
        assertThat(resources.cpu().period()).hasValue(100_000);
        assertThat(resources.pids().limit()).hasValue(-1);
        assertThat(config.process().orElseThrow().oomScoreAdj()).hasValue(-7);
    }

    @Test
    void devicesHaveTheMachinesNumbers() {
        Devices devices = new Devices(List.of(Devices.Mapping.of("/dev/null")), List.of());
        Config config = config(TRUE.withDevices(devices));
        assertThat(config.linux().devices().getFirst().major()).isEqualTo(1);
        assertThat(config.linux().devices().getFirst().minor()).isEqualTo(3);
        assertThat(config.linux().resources().orElseThrow().devices()).hasSize(2);
    }

    @Test
    void whatCannotBeHadIsRefusedByName() {
        Namespaces user = new Namespaces(
                NamespaceMode.Simple.PRIVATE,
                NamespaceMode.Simple.PRIVATE,
                NamespaceMode.Simple.PRIVATE,
                NamespaceMode.Simple.PRIVATE,
                NamespaceMode.Simple.PRIVATE,
                Map.of());
        assertThatThrownBy(() -> config(TRUE.withNamespaces(user))).hasMessageContaining("--userns");
        assertThatThrownBy(() -> config(TRUE.withMounts(List.of(InstanceMount.Tmpfs.of("/proc/sys")))))
                .hasMessageContaining("nothing may cover");
        Storage from =
                new Storage(false, OptionalLong.empty(), List.of(), List.of(new Storage.VolumesFrom("web", true)));
        assertThatThrownBy(() -> config(TRUE.withStorage(from))).hasMessageContaining("--volumes-from web");
        Storage others = Storage.DEFAULT.withMounts(
                List.of(InstanceMount.Volume.named("db", "/db"), InstanceMount.Tmpfs.of("/t")));
        assertThat(from.resolved(name -> others).mounts())
                .containsExactly(InstanceMount.Volume.named("db", "/db").asReadOnly());
        assertThat(config(TRUE.withIdentity(new Identity(Optional.of("box"), Optional.of("lan"), Map.of(), Map.of())))
                        .hostname())
                .contains("box");
    }
}
