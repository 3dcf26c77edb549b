package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the options of {@code carafe run} come to in an instance. */
@SystemTest
class RunOptionsTest {

    /** Imports busybox as {@code img}; a daemon does what follows, quickly. */
    private static void image(Installation carafe, String... instructions) {
        carafe.startDaemon();
        Path archive = carafe.newPath("image.tar");
        Commands.succeed(
                "tar -C \"$1\" -cf \"$0\" .", archive.toString(), carafe.root().toString());
        List<String> words = new ArrayList<>(List.of("image", "import", "-c", "ENV PATH=/bin"));
        for (String instruction : instructions) {
            words.add("-c");
            words.add(instruction);
        }
        words.add(archive.toString());
        words.add("img");
        carafe.execute(words.toArray(String[]::new)).succeeded();
    }

    private static Outcome run(Installation carafe, String script, String... options) {
        List<String> words = new ArrayList<>(Arrays.asList(options));
        words.addAll(List.of("img", "sh", "-c", script));
        return carafe.run(words.toArray(String[]::new));
    }

    private static String sh(Installation carafe, String script, String... options) {
        return run(carafe, script, options).succeeded();
    }

    @Test
    void theImageIsHeardUnlessSomethingElseIsAskedFor(Installation carafe) {
        image(
                carafe,
                "ENTRYPOINT [\"/bin/echo\", \"from\"]",
                "CMD [\"the\", \"image\"]",
                "ENV COLOUR=red",
                "ENV SIZE=9",
                "WORKDIR /srv",
                "USER 1000");
        assertThat(carafe.run("img").succeeded()).isEqualTo("from the image\n");
        assertThat(carafe.run("img", "me").succeeded()).isEqualTo("from me\n");
        assertThat(carafe.run("--entrypoint", "/bin/pwd", "img").succeeded()).isEqualTo("/srv\n");
        assertThat(carafe.run("--entrypoint", "", "-e", "COLOUR=blue", "-e", "SIZE", "-u", "root", "img", "env")
                        .succeeded()
                        .lines())
                .contains("COLOUR=blue", "HOME=/root")
                .noneMatch(line -> line.startsWith("SIZE"));
        carafe.run("--entrypoint", "", "img").failed(125, "there has to be a command");
        assertThat(carafe.run("--entrypoint", "/bin/id", "--group-add", "5", "--group-add", "root", "img")
                        .succeeded())
                .isEqualTo("uid=1000(one) gid=1000 groups=0(root),5\n".replace("1000 groups", "1000 groups"));
        carafe.run("--group-add", "nosuch", "img").failed(125, "nosuch");
    }

    @Test
    void namesAreWhatIsAskedForAndFoundInFiles(Installation carafe) {
        image(carafe);
        String names = "hostname; cat /etc/hostname; cat /proc/sys/kernel/domainname; grep -v : /etc/hosts";
        assertThat(sh(carafe, names, "-h", "box", "--domainname", "lan", "--add-host", "db:10.0.0.2"))
                .isEqualTo("box\nbox\nlan\n127.0.0.1\tlocalhost\n10.0.0.2\tdb\n127.0.1.1\tbox.lan box\n");
        assertThat(sh(
                        carafe,
                        "cat /etc/resolv.conf; stat -c %a /etc/resolv.conf",
                        "--dns",
                        "10.0.0.1",
                        "--dns-search",
                        "example.org",
                        "--dns-option",
                        "ndots:3",
                        "-u",
                        "1000"))
                .isEqualTo("nameserver 10.0.0.1\nsearch example.org\noptions ndots:3\n644\n");
        assertThat(sh(carafe, "hostname", "--uts", "host")).isEqualTo(Commands.succeed("hostname"));
        run(carafe, "true", "--add-host", "me:host-gateway").failed(125, "does not reach this machine");
    }

    @Test
    void limitsHold(Installation carafe) {
        image(carafe);
        String cgroup = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.soft_limit_in_bytes"
                + " memory/memory.swappiness cpu/cpu.shares cpu/cpu.cfs_quota_us cpuset/cpuset.cpus pids/pids.max";
        assertThat(sh(
                        carafe,
                        cgroup,
                        "-m",
                        "64m",
                        "--memory-reservation",
                        "32m",
                        "--memory-swappiness",
                        "7",
                        "-c",
                        "333",
                        "--cpu-quota",
                        "20000",
                        "--cpuset-cpus",
                        "0",
                        "--pids-limit",
                        "77"))
                .isEqualTo("67108864\n33554432\n7\n333\n20000\n0\n77\n");
        assertThat(sh(carafe, "cat /sys/fs/cgroup/pids/pids.max", "--pids-limit", "-1"))
                .isEqualTo("max\n");
        assertThat(sh(
                        carafe,
                        "ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj",
                        "--ulimit",
                        "nofile=50:60",
                        "--ulimit",
                        "core=0",
                        "--oom-score-adj",
                        "321"))
                .isEqualTo("50\n60\n0\n321\n");
        run(carafe, "true", "--device-read-bps", "/dev/null:1m").failed(125, "/dev/null: is no block device");
        run(carafe, "true", "--blkio-weight-device", "/dev/nope:100").failed(125, "there is none on this machine");
    }

    @Test
    void rightsAreTheElevenPlusAndMinusWhatIsAskedFor(Installation carafe) {
        image(carafe);
        String effective = "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t\\n' '  '";
        String eleven = "00000000800405fb";
        assertThat(sh(carafe, effective))
                .isEqualTo("CapEff: " + eleven + " CapBnd: " + eleven + " NoNewPrivs: 1 Seccomp: 2 ");
        assertThat(sh(carafe, effective, "--cap-drop", "ALL", "--cap-add", "CHOWN"))
                .startsWith("CapEff: 0000000000000001 CapBnd: 0000000000000001 ");
        assertThat(sh(carafe, effective, "--cap-drop", "chown", "--cap-add", "NET_RAW"))
                .startsWith("CapEff: 00000000800425fa ");
        assertThat(sh(
                        carafe,
                        effective,
                        "--security-opt",
                        "no-new-privileges=false",
                        "--security-opt",
                        "seccomp=unconfined"))
                .contains("NoNewPrivs: 0 Seccomp: 0");
        assertThat(sh(carafe, "cp /bin/busybox /bin/su2; chmod 4755 /bin/su2; stat -c %a /bin/su2"))
                .isEqualTo("4755\n");
    }

    @Test
    void newPrivilegesAreGainedOnlyWhereThatIsAskedFor(Installation carafe) {
        image(carafe);
        Path tools = carafe.newFolder("tools");
        Commands.succeed(
                "echo '#include <unistd.h>\nint main(void) { return geteuid() ? 7 : 0; }' > \"$0/a.c\""
                        + " && musl-gcc -static \"$0/a.c\" -o \"$0/a\" && chmod 4755 \"$0/a\"",
                tools.toString());
        String[] somebody = {"-u", "1000", "-v", tools + ":/tools"};
        run(carafe, "/tools/a", somebody).ended(7);
        List<String> freely = new ArrayList<>(List.of("--security-opt", "no-new-privileges=false"));
        freely.addAll(List.of(somebody));
        run(carafe, "/tools/a", freely.toArray(String[]::new)).ended(0);
    }

    @Test
    void whoeverIsPrivilegedSeesAndMayDoAll(Installation carafe) {
        image(carafe);
        String deeds = "mount -t tmpfs none /mnt && echo mounted; [ -e /dev/kmsg ] && echo kmsg;"
                + " cat /proc/sysrq-trigger > /dev/null 2>&1; mkdir /sys/fs/cgroup/pids/x && rmdir /sys/fs/cgroup/pids/x"
                + " && echo cgroups; grep -c . /proc/interrupts | sed 's/^[1-9].*/interrupts/'";
        Commands.succeed("mkdir -p \"$0/mnt\"", carafe.root().toString());
        Outcome privileged = run(carafe, "mkdir -p /mnt; " + deeds, "--privileged");
        assertThat(privileged.output()).isEqualTo("mounted\nkmsg\ncgroups\ninterrupts\n");
        Outcome usual = run(carafe, "mkdir -p /mnt; " + deeds);
        assertThat(usual.output()).isEqualTo("0\n");
        assertThat(sh(carafe, "cat /proc/interrupts | grep -c .", "--security-opt", "systempaths=unconfined"))
                .isNotEqualTo("0\n");
    }

    @Test
    void devicesAreThoseThatAreAskedFor(Installation carafe) {
        image(carafe);
        String read = "head -c 0 /dev/x && echo opened; stat -c %t:%T /dev/x";
        assertThat(sh(carafe, read, "--device", "/dev/fuse:/dev/x:r")).isEqualTo("opened\na:e5\n");
        assertThat(run(carafe, "echo > /dev/x", "--device", "/dev/fuse:/dev/x:r")
                        .error())
                .contains("Operation not permitted");
        assertThat(run(carafe, "mknod /dev/x c 10 229 && head -c 0 /dev/x", "--cap-add", "MKNOD")
                        .error())
                .contains("Operation not permitted");
        assertThat(sh(
                        carafe,
                        "mknod /dev/x c 10 229 && head -c 0 /dev/x && echo opened",
                        "--cap-add",
                        "MKNOD",
                        "--device-cgroup-rule",
                        "c 10:229 rwm"))
                .isEqualTo("opened\n");
        run(carafe, "true", "--device", "/dev/nope").failed(125, "the device /dev/nope: there is none");
        run(carafe, "true", "--device", "/etc/passwd").failed(125, "is no device");
    }

    @Test
    void namespacesAreItsOwnOrTheMachinesAsAskedFor(Installation carafe) {
        image(carafe);
        for (List<String> pair : List.of(
                List.of("pid", "--pid=host"),
                List.of("ipc", "--ipc=host"),
                List.of("uts", "--uts=host"),
                List.of("net", "--network=host"),
                List.of("cgroup", "--cgroupns=host"))) {
            String link = "readlink /proc/self/ns/" + pair.getFirst();
            String machines = Commands.succeed(link);
            assertThat(sh(carafe, link)).as(pair.toString()).isNotEqualTo(machines);
            assertThat(sh(carafe, link, pair.getLast())).as(pair.toString()).isEqualTo(machines);
        }
        assertThat(sh(carafe, "[ -e /dev/shm ] || echo none", "--ipc", "none")).isEqualTo("none\n");
        assertThat(sh(
                        carafe,
                        "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax",
                        "--sysctl",
                        "net.ipv4.ip_forward=1",
                        "--sysctl",
                        "kernel.msgmax=1234"))
                .isEqualTo("1\n1234\n");
        run(carafe, "true", "--userns", "private").failed(125, "user namespace of its own");
    }

    @Test
    void aFirstProcessOfItsOwnReapsOrphansAndPassesSignalsOn(Installation carafe) {
        image(carafe);
        String orphan = "(sleep 0.1 &); while [ \"$(pgrep -f 'sleep 0.[1]')\" ]; do sleep 0.05; done;"
                + " grep -c '^State:.Z' /proc/[0-9]*/status | grep -c :1";
        assertThat(run(carafe, orphan, "--init").output()).isEqualTo("0\n");
        assertThat(sh(carafe, "echo $$; tr '\\0' ' ' < /proc/1/cmdline", "--init"))
                .startsWith("2\n/dev/carafe-init sh -c ");
        run(carafe, "exit 9", "--init").ended(9);
        // As the first process it would get no signal that it has not asked for.
        run(carafe, "kill -TERM $$; exit 5", "--init").ended(143);
        run(carafe, "kill -TERM $$; exit 5").ended(5);
        carafe.run("--init", "img", "nope").ended(127);
        carafe.run("--init", "img", "/etc/passwd").ended(126);
        assertThat(run(carafe, ": > /proc/1/exe", "--init").error()).contains("Read-only file system");
        Call.Running running = carafe.call(
                        "run",
                        "--rm",
                        "--init",
                        "img",
                        "sh",
                        "-c",
                        "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.05; done")
                .start();
        Conditions.await("the trap is set", () -> running.output().equals("ready\n"));
        Commands.succeed("kill -TERM \"$0\"", Long.toString(running.process().pid()));
        assertThat(running.await().ended(3).output()).isEqualTo("ready\ngot it\n");
    }

    @Test
    void namespacesAreSharedWithAnotherInstanceAsAskedFor(Installation carafe) throws IOException {
        image(carafe);
        Call.Running donor = carafe.call(
                        "run",
                        "--rm",
                        "-i",
                        "--name",
                        "donor",
                        "--ipc",
                        "shareable",
                        "img",
                        "sh",
                        "-c",
                        "echo shared > /dev/shm/file; ln -s / /dev/shm/top; echo ready; cat")
                .input(ProcessBuilder.Redirect.PIPE)
                .start();
        Conditions.await("it runs", () -> donor.output().equals("ready\n"));
        String look = "cat /dev/shm/file; readlink /proc/self/ns/ipc; readlink /proc/self/ns/net";
        String alone = run(carafe, look).output();
        String shared = sh(
                carafe,
                look + "; echo back > /dev/shm/back",
                "--ipc",
                "container:donor",
                "--network",
                "container:donor");
        assertThat(shared).startsWith("shared\n");
        assertThat(alone.lines()).doesNotContainAnyElementsOf(shared.lines().toList());
        assertThat(sh(carafe, "cat /dev/shm/back", "--ipc", "container:donor")).isEqualTo("back\n");
        assertThat(sh(carafe, "tr '\\0' ' ' < /proc/1/cmdline", "--pid", "container:donor"))
                .isEqualTo("cat ");
        run(carafe, "true", "--pid", "container:nobody").failed(125, "there is no instance \"nobody\"");
        donor.process().outputWriter().close();
        donor.await().ended(0);
        run(carafe, "true", "--ipc", "container:donor").failed(125, "donor");
    }

    @Test
    void variablesComeFromFiles(Installation carafe) throws IOException {
        image(carafe);
        Path file = Files.writeString(carafe.newPath("env"), "A=1\n# no\nCALLERS\nB=two words\n");
        assertThat(carafe.call("run", "--rm", "--env-file", file.toString(), "img", "env")
                        .variable("CALLERS", "ours")
                        .execute()
                        .succeeded()
                        .lines())
                .contains("A=1", "CALLERS=ours", "B=two words");
        carafe.run("--env-file", "/nope", "img", "true").failed(125, "--env-file /nope: cannot be read");
    }
}
