package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** That what a {@code config.json} asks for is what is found inside; where that is cheap, with runC as the judge. */
@SystemTest
class OciConfigTest {

    @Test
    void aContainerLooksTheSameFromInsideAsRuncsDoes(Installation carafe) {
        String look =
                "id; pwd; umask; hostname; env | sort; ulimit -a; grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups|SigBlk)'"
                        + " /proc/self/status; cat /proc/self/oom_score_adj; ls -l /dev | awk '{print $1, $3, $4, $5, $6, $NF}' | sed 's/[A-Z][a-z][a-z] .*[0-9] //';"
                        // Where mounts are, their options, and whether they propagate; masks are made in another
                        // manner, and cgroups.
                        + " awk '{print $5, $6, ($7 == \"-\" ? \"private\" : \"shared\")}' /proc/self/mountinfo | grep -vE '^(/sys/fs/cgroup|/sys/firmware|/proc/(acpi|keys|timer_list|sched_debug|asound|scsi|kcore|latency_stats|timer_stats))' | sort;"
                        + " ls /proc/self/fd; for f in keys timer_list sched_debug; do wc -c < /proc/$f; done 2>/dev/null; ls -A /sys/firmware";
        Bundle bundle = carafe.bundle(look)
                .edit(".process.user = {uid: 1000, gid: 1000, additionalGids: [4, 24], umask: 63}"
                        + " | .process.rlimits += [{type: \"RLIMIT_CORE\", soft: 0, hard: 0}, {type: \"RLIMIT_NPROC\", soft: 100, hard: 200}]"
                        + " | .process.oomScoreAdj = 100 | .process.cwd = \"/tmp\" | .hostname = \"inside\"");
        String ours = carafe.runBundle(bundle).succeeded();
        bundle.edit(".linux.cgroupsPath = $text", "/carafe-" + carafe.newId());
        String theirs = Commands.succeed(
                "runc --root \"$0\" run --bundle \"$1\" \"$2\"",
                carafe.newPath("runc").toString(),
                bundle.folder().toString(),
                carafe.newId());
        assertThat(ours.lines().toList()).isEqualTo(theirs.lines().toList());
    }

    @Test
    void theProcessIsAsItIsAskedToBe(Installation carafe) {
        Bundle bundle = carafe.bundle(
                        "id -G; umask; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Hn; ulimit -c; pwd; echo $A; echo $HOME;"
                                + " awk '/^Cap(Prm|Eff|Bnd)/ {print $2}' /proc/self/status; hostname; cat /proc/sys/kernel/domainname;"
                                + " cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni")
                .edit(".process.user = {uid: 0, gid: 7, additionalGids: [8, 9], umask: 23} | .process.oomScoreAdj = 321"
                        + " | .process.rlimits = [{type: \"RLIMIT_NOFILE\", soft: 50, hard: 60}, {type: \"RLIMIT_CORE\", soft: 0, hard: 0}]"
                        + " | .process.cwd = \"/made/up\" | .process.env += [\"A=b c\"]"
                        + " | .process.capabilities = {bounding: [\"CAP_KILL\", \"CAP_CHOWN\"], effective: [\"CAP_CHOWN\"], permitted: [\"CAP_CHOWN\"]}"
                        + " | .hostname = \"a-name\" | .domainname = \"a.domain\""
                        + " | .linux.sysctl = {\"net.ipv4.ip_forward\": \"1\", \"kernel.shmmni\": \"77\"}");
        assertThat(carafe.runBundle(bundle).succeeded().lines())
                .containsExactly(
                        "7 8 9",
                        "0027",
                        "321",
                        "50",
                        "60",
                        "0",
                        "/made/up",
                        "b c",
                        "/root",
                        "0000000000000001",
                        "0000000000000001",
                        "0000000000000021",
                        "a-name",
                        "a.domain",
                        "1",
                        "77");
        assertThat(Installation.read(Path.of("/proc/sys/kernel/shmmni"))).isNotEqualTo("77\n");
    }

    @Test
    void aFilterOfSystemCallsIsInForce(Installation carafe) {
        Bundle bundle = carafe.bundle("mkdir /tmp/made; chmod 700 /tmp; echo went on; grep Seccomp: /proc/self/status");
        assertThat(carafe.runBundle(bundle).succeeded()).as("control").isEqualTo("went on\nSeccomp:\t0\n");
        bundle.edit(
                ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"SCMP_ARCH_X86_64\"], syscalls:"
                        + " [{names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 28},"
                        + " {names: [\"chmod\", \"fchmodat\"], action: \"SCMP_ACT_ERRNO\"}]}");
        for (String privileges : List.of("true", "false")) {
            Outcome outcome = carafe.runBundle(bundle.edit(".process.noNewPrivileges = " + privileges));
            assertThat(outcome.output()).isEqualTo("went on\nSeccomp:\t2\n");
            assertThat(outcome.error()).contains("No space left on device", "Operation not permitted");
        }
    }

    @Test
    void pathsAreMaskedAndReadOnly(Installation carafe) {
        String script = "echo x > /ro/file; echo y > /rw; cat /masked; ls -A /masked-dir; cat /ro/file";
        Bundle bundle = carafe.bundle(script);
        Commands.succeed(
                "cd \"$0\"; mkdir ro masked-dir; echo old > ro/file; echo secret > masked; echo s > masked-dir/secret",
                bundle.rootfs().toString());
        bundle.edit(
                ".linux.readonlyPaths += [\"/ro\", \"/nowhere\"] | .linux.maskedPaths += [\"/masked\", \"/masked-dir\", \"/nowhere\"]");
        Outcome outcome = carafe.runBundle(bundle);
        assertThat(outcome.output()).isEqualTo("old\n");
        assertThat(outcome.error()).contains("/ro/file: Read-only file system");
        bundle.edit(".linux.readonlyPaths = [] | .linux.maskedPaths = []");
        assertThat(carafe.runBundle(bundle).succeeded()).as("control").isEqualTo("secret\nsecret\nx\n");
        bundle.edit(".root.readonly = true");
        assertThat(carafe.runBundle(bundle).error()).contains("/rw: Read-only file system");
    }

    @Test
    void limitsAreFoundInTheCgroup(Installation carafe) {
        Bundle bundle = carafe.bundle("while :; do sleep 0.05; done")
                .edit(".linux.resources += {memory: {limit: 67108864, reservation: 33554432, swappiness: 10},"
                        + " cpu: {shares: 512, quota: 50000, period: 100000, cpus: \"0\"}, pids: {limit: 17}}");
        String id = carafe.newId();
        carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id).succeeded();
        String cgroups = Commands.succeed("find /sys/fs/cgroup -type d -name \"$0\" | sort", id);
        assertThat(cgroups.lines())
                .as("one in each hierarchy")
                .hasSize(Integer.parseInt(
                        Commands.succeed("grep -c '^cgroup' /proc/mounts").strip()));
        String values = Commands.succeed(
                "cd /sys/fs/cgroup; for f in memory.limit_in_bytes memory.soft_limit_in_bytes memory.swappiness cpu.shares"
                        + " cpu.cfs_quota_us cpu.cfs_period_us cpuset.cpus pids.max devices.list; do cat $(find . -path \"*/$0/$f\"); done",
                id);
        assertThat(values)
                .startsWith("67108864\n33554432\n10\n512\n50000\n100000\n0\n17\n")
                .contains("c 1:3 rwm");
        assertThat(values.lines()).as("devices").doesNotContain("a *:* rwm");
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(Commands.succeed("find /sys/fs/cgroup -name \"$0\"", id)).isEmpty();
    }

    @Test
    void mountsAreMadeAsAsked(Installation carafe) throws IOException {
        Path host = carafe.newFolder("host");
        Files.writeString(host.resolve("file"), "of the host\n");
        Files.createDirectories(host.resolve("below"));
        Commands.succeed("mount -t tmpfs none \"$0\"/below && echo deep > \"$0\"/below/file", host.toString());
        try {
            Bundle bundle = carafe.bundle(
                            "cat /rw/file /one/path/file; echo new > /rw/written; echo x > /ro/file;"
                                    + " ls /rw/below; cat /deep/below/file; echo x > /deep/below/file; echo ok > /deep-rec/below/made;"
                                    + " df -k /small | awk 'NR==2 {print $2}'; stat -c %a /small; mount -t tmpfs none /tmp; echo done")
                    .edit(
                            ".mounts += [{destination: \"/rw\", source: $text, options: [\"bind\"]},"
                                    + " {destination: \"/ro\", source: $text, type: \"bind\", options: [\"bind\", \"ro\"]},"
                                    + " {destination: \"/one/path/file\", source: ($text + \"/file\"), options: [\"bind\", \"ro\"]},"
                                    + " {destination: \"/deep\", source: $text, options: [\"rbind\", \"rro\"]},"
                                    + " {destination: \"/deep-rec\", source: $text, options: [\"rbind\", \"rw\"]},"
                                    + " {destination: \"/small\", type: \"tmpfs\", source: \"tmpfs\", options: [\"size=64k\", \"mode=1750\", \"noexec\"]}]",
                            host.toString());
            Outcome outcome = carafe.runBundle(bundle);
            assertThat(outcome.output()).isEqualTo("of the host\nof the host\ndeep\n64\n1750\ndone\n");
            assertThat(outcome.error())
                    .contains("/ro/file: Read-only file system", "/deep/below/file: Read-only file system", "mount");
            assertThat(host.resolve("written")).hasContent("new");
            assertThat(host.resolve("below/made")).hasContent("ok");
        } finally {
            Commands.succeed("umount \"$0\"/below", host.toString());
        }
    }

    @Test
    void mountsOfTheHostArriveOnlyWhereAsked(Installation carafe) {
        Path host = carafe.newFolder("host");
        Commands.succeed(
                "mount -t tmpfs none \"$0\" && mount --make-shared \"$0\" && mkdir \"$0\"/late", host.toString());
        try {
            Bundle bundle = carafe.bundle(
                            "touch /ready; while ! [ -e /go ]; do sleep 0.02; done; ls /private/late /slave/late > /seen")
                    .edit(
                            ".linux.rootfsPropagation = \"rslave\" | .mounts += [{destination: \"/private\", source: $text, options: [\"rbind\", \"rprivate\"]},"
                                    + " {destination: \"/slave\", source: $text, options: [\"rbind\", \"rslave\"]}]",
                            host.toString());
            String id = carafe.newId();
            carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id).succeeded();
            Conditions.await("it is ready", () -> Files.exists(bundle.rootfs().resolve("ready")));
            Commands.succeed("mount -t tmpfs none \"$0\"/late && touch \"$0\"/late/arrived", host.toString());
            Commands.succeed("touch \"$0\"", bundle.rootfs().resolve("go").toString());
            Conditions.await("it has looked", () -> carafe.status(id).equals("stopped"));
            assertThat(Installation.read(bundle.rootfs().resolve("seen")))
                    .isEqualTo("/private/late:\n\n/slave/late:\narrived\n");
            carafe.oci("delete", id).succeeded();
        } finally {
            Commands.run("umount \"$0\"/late; umount \"$0\"", host.toString());
        }
    }

    @Test
    void devicesAreMadeAndNoOthersAreToBeHad(Installation carafe) {
        Bundle bundle = carafe.bundle(
                        "stat -c '%F %a %u %t,%T' /dev/mine /dev/null /dev/tty; head -c 3 /dev/mine | od -An -tx1;"
                                + " for l in fd stdin ptmx; do readlink /dev/$l; done; mknod /tmp/kmsg c 1 11; cat /tmp/kmsg | head -c 1")
                .edit(
                        ".linux.devices = [{path: \"/dev/mine\", type: \"c\", major: 1, minor: 5, fileMode: 384, uid: 5}]"
                                + " | .process.capabilities.bounding += [\"CAP_MKNOD\", \"CAP_DAC_OVERRIDE\"] | .process.capabilities.permitted += [\"CAP_MKNOD\"]"
                                + " | .process.capabilities.effective += [\"CAP_MKNOD\", \"CAP_DAC_OVERRIDE\"] | .process.capabilities.permitted += [\"CAP_DAC_OVERRIDE\"]");
        Outcome outcome = carafe.runBundle(bundle);
        assertThat(outcome.output()).isEqualTo("""
                        character special file 600 5 1,5
                        character special file 666 0 1,3
                        character special file 666 0 5,0
                         00 00 00
                        /proc/self/fd
                        /proc/self/fd/0
                        pts/ptmx
                        """);
        assertThat(outcome.error())
                .as("a node can be made, and not be opened")
                .contains("/tmp/kmsg': Operation not permitted");
        assertThat(Commands.run("head -c 0 /dev/kmsg").status()).as("control").isZero();
    }

    @Test
    void aUserNamespaceMapsItsIds(Installation carafe) {
        Bundle bundle = carafe.bundle(
                        "id -u; cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; touch /tmp/made; echo x > /proc/sys/kernel/hostname; cat /dev/null; stat -c %u /")
                .edit(
                        ".linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                                + " | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 1000}]");
        Commands.succeed("chown -R 100000:200000 \"$0\"", bundle.rootfs().toString());
        Commands.succeed("chmod 711 \"$0\"", bundle.folder().toString());
        Outcome outcome = carafe.runBundle(bundle);
        assertThat(outcome.output()).isEqualTo("0\n 0 100000 65536\n 0 200000 1000\n0\n");
        assertThat(outcome.error()).contains("Read-only file system");
        assertThat(Commands.succeed(
                        "stat -c %u:%g \"$0\"",
                        bundle.rootfs().resolve("tmp/made").toString()))
                .isEqualTo("100000:200000\n");
    }

    @Test
    void aContainerJoinsAnothersNamespaces(Installation carafe) {
        Bundle first = carafe.bundle("hostname shared 2>/dev/null; while :; do sleep 0.05; done")
                .edit(".hostname = \"first\"");
        String id = carafe.newId();
        Path pidFile = carafe.newPath("pid");
        carafe.oci("run", "-d", "--bundle", first.folder().toString(), "--pid-file", pidFile.toString(), id)
                .succeeded();
        String pid = Installation.read(pidFile);
        String namespaces = "for n in net ipc uts pid; do readlink /proc/$0/ns/$n; done";
        String theirs = Commands.succeed(namespaces, pid);
        Bundle second = carafe.bundle(
                        "for n in net ipc uts pid; do readlink /proc/self/ns/$n; done; hostname; cat /proc/1/cmdline | tr '\\0' ' '")
                .edit("del(.hostname) | .linux.namespaces |= map(if .type == \"mount\" then . else .path = \"/proc/"
                        + pid + "/ns/\" + (if .type == \"network\" then \"net\" else .type end) end)");
        Outcome outcome = carafe.runBundle(second);
        assertThat(outcome.output()).startsWith(theirs + "first\nsh -c hostname shared");
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** As the containers of a pod with a user namespace join what the host has made for it. */
    @Test
    void aNewUserNamespaceAndANetworkOfTheHostsGoTogether(Installation carafe) {
        Path network = carafe.newPath("net");
        Commands.succeed("touch \"$0\" && unshare --net=\"$0\" true", network.toString());
        try {
            Bundle bundle = carafe.bundle("readlink /proc/self/ns/net; tr -s ' ' < /proc/self/uid_map")
                    .edit(
                            ".linux.namespaces |= map(if .type == \"network\" then .path = $text else . end) + [{type: \"user\"}]"
                                    + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                                    + " | .linux.gidMappings = .linux.uidMappings"
                                    // sysfs belongs to whom its network belongs to.
                                    + " | .mounts |= map(select(.type != \"sysfs\")) + [{destination: \"/sys\", source: \"/sys\", options: [\"rbind\", \"ro\"]}]",
                            network.toString());
            Commands.succeed(
                    "chown -R 100000:100000 \"$0\"; chmod 711 \"$1\"",
                    bundle.rootfs().toString(),
                    bundle.folder().toString());
            String number = Commands.succeed("stat -L -c %i \"$0\"", network.toString());
            assertThat(carafe.runBundle(bundle).succeeded())
                    .isEqualTo("net:[" + number.strip() + "]\n 0 100000 65536\n");
        } finally {
            Commands.succeed("umount \"$0\"", network.toString());
        }
    }

    @Test
    void theCallersAffinityAndSignalsAreNotTheContainers(Installation carafe) {
        Bundle bundle = carafe.bundle("")
                .edit(
                        ".process.args = [\"grep\", \"-E\", \"^(Cpus_allowed_list|SigIgn|SigBlk)\", \"/proc/self/status\"]");
        String inside = Commands.succeed(
                "CARAFE_DATA=\"$3\" CARAFE_STATE=\"$4\" env --ignore-signal --block-signal taskset 1 \"$0\" oci run --bundle \"$1\" \"$2\"",
                Installation.program().toString(),
                bundle.folder().toString(),
                carafe.newId(),
                carafe.data().toString(),
                carafe.state().toString());
        String here = Commands.succeed("grep '^Cpus_allowed_list' /proc/1/status");
        assertThat(inside).isEqualTo("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" + here);
    }

    @Test
    void aFilterMayDenyWhatOnlyThePreparationNeeds(Installation carafe) {
        Bundle bundle = carafe.bundle("")
                .edit(
                        ".process.noNewPrivileges = true | .process.capabilities = ([\"bounding\", \"effective\", \"inheritable\","
                                + " \"permitted\", \"ambient\"] | map({key: ., value: [\"CAP_KILL\"]}) | from_entries)"
                                + " | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"SCMP_ARCH_X86_64\"], syscalls:"
                                + " [{names: [\"prctl\", \"capset\", \"chdir\", \"getcwd\"], action: \"SCMP_ACT_ERRNO\"}]}"
                                + " | .process.args = [\"grep\", \"-E\", \"^(CapAmb|Seccomp:|NoNewPrivs)\", \"/proc/self/status\"]");
        assertThat(carafe.runBundle(bundle).succeeded())
                .isEqualTo("CapAmb:\t0000000000000020\nNoNewPrivs:\t1\nSeccomp:\t2\n");
    }

    @Test
    void memoryComesFromTheNodesThatAreAskedFor(Installation carafe) {
        Bundle bundle = carafe.bundle("head -n 1 /proc/self/numa_maps | cut -d ' ' -f 2");
        assertThat(carafe.runBundle(bundle).succeeded()).as("control").isEqualTo("default\n");
        bundle.edit(".linux.memoryPolicy = {mode: \"MPOL_BIND\", nodes: \"0\", flags: [\"MPOL_F_STATIC_NODES\"]}");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("bind=static:0\n");
        bundle.edit(".linux.memoryPolicy = {mode: \"MPOL_LOCAL\"}");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("local\n");
        bundle.edit(".linux.memoryPolicy = {mode: \"MPOL_BIND\", nodes: \"1000\"}");
        carafe.runBundle(bundle).failed(1, "linux.memoryPolicy", "set_mempolicy");
    }

    @Test
    void aClassOfCacheIsGivenWhereTheMachineHasSuch(Installation carafe) {
        Bundle bundle = carafe.bundle("echo ran").edit(".linux.intelRdt = {}");
        if (Installation.read(Path.of("/proc/self/mountinfo")).contains(" - resctrl ")) {
            assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("ran\n");
        } else {
            carafe.runBundle(bundle).failed(1, "linux.intelRdt", "no resctrl file system is mounted");
        }
    }

    @Test
    void ofSeveralVariablesOfOneNameTheLastHoldsAndAnEmptyHomeIsNone(Installation carafe) {
        Bundle bundle = carafe.bundle("")
                .edit(
                        ".process.args = [\"env\"] | .process.env = [\"ONE=1\", \"HOME=/first\", \"HOME=\", \"ONE=2\", \"PATH=/bin\"]");
        Commands.succeed(
                "mkdir -p \"$0/etc\"; echo root:x:0:0::/here:/bin/sh > \"$0/etc/passwd\"",
                bundle.rootfs().toString());
        assertThat(carafe.runBundle(bundle).succeeded().lines())
                .containsExactlyInAnyOrder("ONE=2", "PATH=/bin", "HOME=/here");
    }

    @Test
    void whereRootMayGoTheProgramBeginsThoughItsUserMayNot(Installation carafe) {
        Bundle bundle = carafe.bundle("pwd").edit(".process.cwd = \"/locked\" | .process.user = {uid: 7}");
        Commands.succeed("mkdir -m 700 \"$0/locked\"", bundle.rootfs().toString());
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("/locked\n");
        bundle.edit(".process.capabilities = {} | .process.user = {uid: 0, gid: 0}");
        Commands.succeed("chown 8:8 \"$0/locked\"", bundle.rootfs().toString());
        assertThat(carafe.runBundle(bundle).succeeded())
                .as("a superuser without any capability")
                .isEqualTo("/locked\n");
    }

    @Test
    void aPathIsHiddenOnceHoweverOftenItIsNamed(Installation carafe) {
        Bundle bundle = carafe.bundle("grep -c ' /hidden ' /proc/self/mountinfo")
                .edit(".linux.maskedPaths = [\"/hidden\", \"/hidden\"]");
        Commands.succeed("mkdir \"$0/hidden\"", bundle.rootfs().toString());
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("1\n");
    }

    @Test
    void linesFromATerminalThatNobodySitsAtEndAsTheyWereWritten(Installation carafe) {
        Bundle bundle =
                carafe.bundle("tty > /dev/null && printf 'one\\ntwo\\n'").edit(".process.terminal = true");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("one\ntwo\n");
    }

    @Test
    void aProfileIsAppliedWhereTheKernelHasAppArmor(Installation carafe) {
        Bundle bundle =
                carafe.bundle("cat /proc/self/attr/apparmor/current").edit(".process.apparmorProfile = \"unconfined\"");
        String id = carafe.newId();
        if (Installation.read(Path.of("/sys/module/apparmor/parameters/enabled"))
                .startsWith("Y")) {
            assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("unconfined\n");
            carafe.runBundle(bundle.edit(".process.apparmorProfile = \"no-such-profile\""))
                    .failed(1, "no-such-profile");
        } else {
            carafe.runBundle(bundle).failed(1, "process.apparmorProfile", "AppArmor is not enabled");
            bundle.edit("del(.process.apparmorProfile) | .process.args[2] = \"while :; do sleep 0.05; done\"");
            carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id).succeeded();
            Path process = carafe.newPath("process");
            Commands.succeed(
                    "jq '.process | .apparmorProfile = \"unconfined\" | .args = [\"true\"]' \"$0\" > \"$1\"",
                    bundle.config().toString(),
                    process.toString());
            assertThat(carafe.oci("exec", "--process", process.toString(), id).error())
                    .contains("process.apparmorProfile", "AppArmor is not enabled");
            carafe.oci("delete", "--force", id).succeeded();
        }
    }

    @Test
    void labelsAreRefusedWhereTheKernelHasNoSelinux(Installation carafe) {
        Assumptions.assumeFalse(
                Files.exists(Path.of("/sys/fs/selinux/enforce")),
                "what a label does is for the machine's policy to say");
        carafe.runBundle(carafe.bundle("echo ran").edit(".process.selinuxLabel = \"a:b:c:s0\""))
                .failed(1, "process.selinuxLabel", "SELinux is not enabled");
        carafe.runBundle(carafe.bundle("echo ran").edit(".linux.mountLabel = \"a:b:c:s0\""))
                .failed(1, "linux.mountLabel", "SELinux is not enabled");
    }
}
