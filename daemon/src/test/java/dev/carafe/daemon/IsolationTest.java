package dev.carafe.daemon;

import static dev.carafe.daemon.Installation.DEBIAN;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What an application container cannot do. Each refusal has a control: on the machine itself, where nothing confines it,
 * the same deed succeeds, so that it is Carafe who refused.
 */
@SystemTest
class IsolationTest {

    @Test
    void thisMachineAsAnImageHidesItsSecretsAndStaysAsItIs(Installation carafe) throws IOException {
        Path shadow = Path.of("/etc/shadow");
        assertThat(Files.readString(shadow)).as("control").contains("root:");
        String script =
                "cat /etc/os-release; cat /etc/shadow; ls -A \"$0\"; echo x > /etc/carafe-canary; echo x >> /etc/hostname;"
                        + " rm -rf /usr/bin/sort; chmod 777 /etc; exit 0";
        Outcome outcome = carafe.run("host:", "sh", "-c", script, carafe.data().toString());
        outcome.ended(0);
        assertThat(outcome.output()).startsWith(Files.readString(Path.of("/etc/os-release")));
        assertThat(outcome.output().lines())
                .as("the accounts without their passwords")
                .contains("root:*:::::::")
                .doesNotContainAnyElementsOf(Files.readAllLines(shadow));
        assertThat(Path.of("/etc/carafe-canary")).doesNotExist();
        assertThat(Files.readString(Path.of("/etc/hostname"))).doesNotEndWith("x\n");
        assertThat(Path.of("/usr/bin/sort")).exists();
        assertThat(Files.getPosixFilePermissions(Path.of("/etc"))).hasSize(7);
        assertThat(Installation.list(carafe.data().resolve("images/host")))
                .as("the layer that hides")
                .isNotEmpty();
    }

    @Test
    void theOnlyNetworkIsALoopbackThatIsUp(Installation carafe) {
        assertThat(Commands.succeed("ls /sys/class/net").lines().count())
                .as("control")
                .isGreaterThan(1);
        assertThat(carafe.debian("ls /sys/class/net; ip -o addr show lo; ip route; ip -6 route show default")
                        .succeeded())
                .startsWith("lo\n")
                .contains("127.0.0.1/8")
                .contains("::1/128")
                .doesNotContain("default");
        assertThat(carafe.debian(
                                "perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_LOOPBACK))"
                                        + " or die $!; listen(S, 1); socket(C, PF_INET, SOCK_STREAM, 0);"
                                        + " connect(C, sockaddr_in(80, INADDR_LOOPBACK)) or die $!; print \"met\\n\"'")
                        .succeeded())
                .isEqualTo("met\n");
    }

    @Test
    void mountingIsRefused(Installation carafe) {
        String mount = "mount -t tmpfs none /mnt 2>&1";
        Commands.succeed("unshare -m sh -c '" + mount + "'");
        assertThat(carafe.debian(mount).output()).contains("permission denied");
        assertThat(carafe.debian("unshare -m true 2>&1").output()).contains("Operation not permitted");
        assertThat(carafe.debian("mount -o remount,rw /proc/sys 2>&1").output()).contains("permission denied");
        assertThat(carafe.debian("umount /proc/kcore 2>&1 || umount -l /proc 2>&1")
                        .status())
                .isNotZero();
    }

    @Test
    void aDiskIsNotToBeHad(Installation carafe) {
        String name = carafe.newPath("disk").toString();
        String node = "mknod \"$0\" b "
                + Commands.succeed("grep -m1 -E ' (vda|sda|nvme0n1|loop0)$' /proc/partitions | awk '{print $1, $2}'")
                        .strip();
        Commands.succeed(node + " && rm \"$0\"", name);
        Outcome outcome = carafe.run(DEBIAN, "sh", "-c", node, "/disk");
        assertThat(outcome.status()).isNotZero();
        assertThat(outcome.error()).contains("Operation not permitted");
    }

    @Test
    void theKernelsMemoryIsHidden(Installation carafe) {
        assertThat(carafe.debian("! [ -e /proc/kcore ] || head -c 4 /proc/kcore")
                        .succeeded())
                .isEmpty();
        assertThat(carafe.debian("cat /proc/keys /proc/timer_list /proc/interrupts; ls -A /sys/firmware")
                        .succeeded())
                .isEmpty();
        assertThat(Commands.succeed("cat /proc/interrupts")).as("control").isNotEmpty();
    }

    @Test
    void theKernelsSwitchesStayAsTheyAre(Installation carafe) {
        // On the machine a value can be replaced by itself.
        for (String file : List.of("/proc/sys/kernel/core_pattern", "/proc/irq/default_smp_affinity")) {
            Commands.succeed("cat \"$0\" > \"$0\"", file);
            Outcome outcome = carafe.run(DEBIAN, "sh", "-c", "cat \"$0\" > \"$0\"", file);
            assertThat(outcome.status()).isNotZero();
            assertThat(outcome.error()).contains("Read-only file system");
        }
        assertThat(carafe.debian("! [ -e /proc/sysrq-trigger ] || ! echo h > /proc/sysrq-trigger")
                        .status())
                .isZero();
        assertThat(carafe.debian("echo 1 > /sys/kernel/mm/transparent_hugepage/enabled")
                        .error())
                .containsAnyOf("Read-only file system", "nonexistent");
        assertThat(carafe.debian("mkdir /sys/fs/cgroup/memory/mine").error()).contains("Read-only file system");
    }

    @Test
    void theHostsProcessesAreOutOfSight(Installation carafe) {
        assertThat(carafe.debian("set -- /proc/[0-9]*; echo $#; cat /proc/1/comm")
                        .succeeded())
                .isEqualTo("1\nsh\n");
        assertThat(carafe.debian("kill -0 " + ProcessHandle.current().pid()).error())
                .contains("No such process");
        Commands.succeed("kill -0 " + ProcessHandle.current().pid());
    }

    @Test
    void elevenCapabilitiesAndNoWayToMore(Installation carafe) {
        // chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, sys_chroot, setfcap
        String eleven = "00000000800405fb";
        assertThat(carafe.debian("grep -E '^(Cap|NoNewPrivs)' /proc/self/status")
                        .succeeded())
                .isEqualToNormalizingWhitespace("CapInh: 0000000000000000 CapPrm: " + eleven + " CapEff: " + eleven
                        + " CapBnd: " + eleven + " CapAmb: 0000000000000000 NoNewPrivs: 1");
        assertThat(carafe.run("-u", "1000", DEBIAN, "grep", "-E", "^Cap(Prm|Eff|Amb|Inh)", "/proc/self/status")
                        .succeeded())
                .doesNotContain(eleven)
                .contains("CapEff:\t0000000000000000");
        assertThat(carafe.run("-u", "1000", DEBIAN, "su", "-c", "id").status()).isNotZero();
    }

    @Test
    void processesAreCounted(Installation carafe) {
        assertThat(carafe.debian("cat /sys/fs/cgroup/pids/pids.max").succeeded())
                .isEqualTo("2048\n");
        // Forks until it is refused, and tells how far it got.
        String forks = "use POSIX; $| = 1; my $n = 1; while ($n < 3000) { my $p = fork; last unless defined $p;"
                + " if ($p == 0) { POSIX::pause; exit } $n++ } print \"$n\\n\"; POSIX::_exit(0)";
        assertThat(carafe.run(DEBIAN, "perl", "-e", forks).succeeded()).isEqualTo("2048\n");
    }

    @Test
    void openFilesAndKeysAreItsOwn(Installation carafe) {
        assertThat(carafe.debian("ulimit -n; ulimit -Hn; ls /proc/self/fd").succeeded())
                .isEqualTo("1024\n1024\n0\n1\n2\n3\n");
        assertThat(carafe.debian("readlink /proc/self/ns/pid").succeeded())
                .isNotEqualTo(Commands.succeed("readlink /proc/self/ns/pid"));
        for (String namespace : new String[] {"net", "ipc", "uts", "mnt", "cgroup"}) {
            assertThat(carafe.debian("readlink /proc/self/ns/" + namespace).succeeded())
                    .isNotEqualTo(Commands.succeed("readlink /proc/self/ns/" + namespace));
        }
    }
}
