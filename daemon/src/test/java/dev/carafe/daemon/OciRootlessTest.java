package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers that somebody without privileges makes, in user namespaces. */
@SystemTest
class OciRootlessTest {

    private static final String WAITS = "touch /ready; trap 'exit 0' TERM; while :; do sleep 0.05; done";

    private static String create(Installation carafe, OtherUser user, Bundle bundle) {
        String id = carafe.newId();
        user.oci("create", "--bundle", bundle.folder().toString(), id).succeeded();
        return id;
    }

    @Test
    void aUserHasContainersInWhichHeIsRoot(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle =
                user.bundle("id -u; id -g; cat /proc/self/setgroups; touch /made; echo x > /dev/null && hostname");
        assertThat(user.runBundle(bundle).succeeded()).isEqualTo("0\n0\ndeny\nrunc\n");
        assertThat(Commands.succeed(
                        "stat -c %u:%g \"$0\"", bundle.rootfs().resolve("made").toString()))
                .isEqualTo(OtherUser.ID + ":" + OtherUser.ID + "\n");
        assertThat(Installation.list(user.state())).isEmpty();
    }

    @Test
    void whatSpecWritesForHimIsWhatRuncWrites(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle = user.bundle("true");
        Commands.succeed("rm \"$0\"", bundle.config().toString());
        user.oci("spec", "--rootless", "--bundle", bundle.folder().toString()).succeeded();
        String ours = Installation.read(bundle.config());
        Commands.succeed(
                "cd \"$0\" && rm config.json && setpriv --reuid $1 --regid $1 --clear-groups runc spec --rootless",
                bundle.folder().toString(),
                Integer.toString(OtherUser.ID));
        String filter = "del(.hostname, .ociVersion, .process.capabilities)";
        assertThat(Json.read(ours, filter)).isEqualTo(Json.read(Installation.read(bundle.config()), filter));
        bundle.replaceConfig(ours).edit(".process.terminal = false | .process.args = [\"id\", \"-u\"]");
        assertThat(user.runBundle(bundle).succeeded()).isEqualTo("0\n");
    }

    @Test
    void aContainerOfHisGoesThroughItsLife(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle = user.bundle(WAITS);
        String id = create(carafe, user, bundle);
        String state = user.oci("state", id).succeeded();
        assertThat(Json.read(state, ".status, .owner")).isEqualTo("created\n#" + OtherUser.ID);
        user.oci("exec", id, "true").failed(255, "cannot exec in a created container", "start it first");

        user.oci("start", id).succeeded();
        Conditions.await("it has begun", () -> Files.exists(bundle.rootfs().resolve("ready")));
        assertThat(user.oci("list", "--quiet").succeeded()).isEqualTo(id + "\n");
        assertThat(user.oci("exec", id, "sh", "-c", "id -u; ls /ready").succeeded())
                .isEqualTo("0\n/ready\n");
        user.oci("kill", id, "TERM").succeeded();
        Conditions.await(
                "it has stopped",
                () -> Json.read(user.oci("state", id).succeeded(), ".status").equals("stopped"));
        user.oci("delete", id).succeeded();
        assertThat(Installation.list(user.state())).isEmpty();
    }

    @Test
    void aRunningContainerIsKilledByForce(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        String id = create(carafe, user, user.bundle(WAITS));
        user.oci("start", id).succeeded();
        user.oci("delete", id).failed(1, "not stopped: running");
        user.oci("delete", "--force", id).succeeded();
        assertThat(Installation.list(user.state())).isEmpty();
    }

    @Test
    void filesOfOthersStayOutOfReach(Installation carafe) throws Exception {
        OtherUser user = OtherUser.of(carafe);
        Path secret = Files.writeString(carafe.newPath("secret"), "secret");
        Path open = Files.writeString(carafe.newPath("open"), "open");
        Commands.succeed("chmod 600 \"$0\"; chmod 644 \"$1\"", secret.toString(), open.toString());
        Bundle bundle = user.bundle("cat /open; cat /secret")
                .edit(".mounts += [{destination: \"/open\", source: \"" + open
                        + "\", options: [\"bind\"]}, {destination: \"/secret\", source: \"" + secret
                        + "\", options: [\"bind\"]}] | .process.capabilities.effective += [\"CAP_DAC_OVERRIDE\"]"
                        + " | .process.capabilities.permitted = .process.capabilities.effective"
                        + " | .process.capabilities.bounding = .process.capabilities.effective");
        Outcome outcome = user.runBundle(bundle).ended(1);
        assertThat(outcome.output()).isEqualTo("open");
        assertThat(outcome.error()).contains("Permission denied");
    }

    @Test
    void theMachinesSysfsStandsInForANewOneAndIsReadOnlyThroughout(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle = user.bundle(
                "test -d /sys/kernel && grep -c ' /sys[/ ]' /proc/mounts > /count; grep ' /sys[/ ]' /proc/mounts"
                        + " | grep -v ' ro,' | grep -v '^[^ ]* /sys/firmware '");
        // Beside the network namespace, nothing of what would hide the question.
        bundle.edit(".mounts |= map(select(.destination != \"/sys/fs/cgroup\"))");
        assertThat(user.runBundle(bundle).ended(1).output()).isEmpty();
        assertThat(Integer.parseInt(
                        Installation.read(bundle.rootfs().resolve("count")).strip()))
                .isGreaterThan(1);
    }

    @Test
    void noCgroupIsToBeSeenWhereThereIsNone(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        assertThat(user.runBundle(user.bundle("ls -A /sys/fs/cgroup; mkdir /sys/fs/cgroup/x"))
                        .ended(1)
                        .output())
                .isEmpty();
    }

    /** CVE-2023-25809: cgroups that are his could be written to from inside. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCgroupOfHisIsNotWrittenToFromInside(boolean namespace, Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        String name = "carafe-" + carafe.newId();
        String mine = Commands.succeed(
                        "for c in /sys/fs/cgroup/*/ /sys/fs/cgroup/; do [ -e $c/cgroup.procs ] || continue;"
                                + " mkdir -p $c$0 && chown -R " + OtherUser.ID + " $c$0 && echo $c$0; done",
                        name)
                .strip()
                .replace('\n', ' ');
        String write = "for c in " + mine + "; do (mkdir $c/evil && echo wrote $c) 2>/dev/null; done; echo tried";
        try {
            Bundle bundle = user.bundle("find /sys/fs/cgroup -name " + name + " > /found; " + write)
                    .edit(".linux.cgroupsPath = \"/" + name + "/in\"");
            if (!namespace) {
                bundle.edit(".linux.namespaces |= map(select(.type != \"cgroup\"))"
                        + " | .mounts |= map(select(.type != \"cgroup\"))");
            }
            assertThat(user.runBundle(bundle).succeeded()).isEqualTo("tried\n");
            if (!namespace) {
                assertThat(Installation.read(bundle.rootfs().resolve("found")))
                        .as("they can be seen")
                        .contains(name);
            }
            assertThat(Commands.succeed("setpriv --reuid " + OtherUser.ID + " --clear-groups sh -c \"$0\"", write))
                    .as("control: outside he may")
                    .contains("wrote ");
        } finally {
            Commands.run("find /sys/fs/cgroup -depth -type d -path \"*/$0*\" -exec rmdir {} +", name);
        }
    }

    @Test
    void limitsAndPathsThatHeHasNoPermissionForAreNotLeftOutInSilence(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        user.runBundle(user.bundle("true").edit(".linux.resources.pids.limit = 5"))
                .failed(1, "rootless needs no limits + no cgrouppath", "pids");
        user.runBundle(user.bundle("true").edit(".linux.cgroupsPath = \"/carafe-not-mine\""))
                .failed(1, "permission denied");
        // Which devices can be used, no user may say, nor does he need to.
        user.runBundle(user.bundle("true").edit(".linux.resources.devices = [{allow: false, access: \"rwm\"}]"))
                .succeeded();
        String id = carafe.newId();
        user.oci(
                        "--rootless",
                        "false",
                        "run",
                        "--bundle",
                        user.bundle("true").folder().toString(),
                        id)
                .failed(1, "permission denied");
        user.oci(
                        "--rootless=true",
                        "run",
                        "--bundle",
                        user.bundle("true").folder().toString(),
                        id)
                .succeeded();
        user.oci("--rootless", "perhaps", "list").failed(1, "--rootless perhaps", "true, false or auto");
        assertThat(Installation.list(user.state())).isEmpty();
    }

    @Test
    void whatTakesACgroupIsRefusedInALine(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        String id = create(carafe, user, user.bundle(WAITS));
        for (String command : List.of("pause", "ps")) {
            user.oci(command, id).failed(1, id, "permission to make a cgroup");
        }
        user.oci("update", "--pids-limit", "5", id).failed(1, id, "permission to make a cgroup");
        user.oci("kill", "--all", id, "KILL").succeeded();
        user.oci("delete", "--force", id).succeeded();
    }

    @Test
    void aCgroupThatHeWasGivenHoldsHisContainerAndItsLimits(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        String name = "carafe-" + carafe.newId();
        String given = Commands.succeed(
                "for c in /sys/fs/cgroup/pids /sys/fs/cgroup/memory /sys/fs/cgroup/cpu /sys/fs/cgroup/cpuset"
                        + " /sys/fs/cgroup/unified /sys/fs/cgroup; do [ -e $c/cgroup.procs ] && echo $c; done;"
                        + " for c in /sys/fs/cgroup/*/ /sys/fs/cgroup/; do [ -e $c/cgroup.procs ] || continue;"
                        + " mkdir -p $c/$0; chown -R " + OtherUser.ID + " $c/$0; done >/dev/null",
                name);
        try {
            Bundle bundle = user.bundle("grep -c " + name + "/in /proc/self/cgroup; echo done")
                    .edit(".linux.cgroupsPath = \"/" + name + "/in\" | .linux.resources.pids.limit = 7");
            String seen = user.runBundle(bundle).succeeded();
            assertThat(seen).endsWith("done\n");
            assertThat(Integer.parseInt(seen.lines().findFirst().orElseThrow()))
                    .as(given)
                    .isPositive();
        } finally {
            Commands.run("find /sys/fs/cgroup -depth -type d -path \"*$0*\" -exec rmdir {} +", name);
        }
    }

    @Test
    void severalIdsAreMappedByThoseWhoMay(Installation carafe) {
        OtherUser user = OtherUser.withIds(carafe);
        Bundle bundle = user.bundle("id -u; id -G; touch /tmp/of-one; chown 7:9 /tmp/of-one; cat /proc/self/setgroups")
                .edit(".process.user = {uid: 0, gid: 0, additionalGids: [3, 4]}"
                        + " | .process.capabilities |= map_values([\"CAP_CHOWN\"])")
                .edit(mapped(1, 1000));
        assertThat(user.runBundle(bundle).succeeded()).isEqualTo("0\n0 3 4\nallow\n");
        assertThat(Commands.succeed(
                        "stat -c %u:%g \"$0\"",
                        bundle.rootfs().resolve("tmp/of-one").toString()))
                .isEqualTo((OtherUser.FIRST_USER + 6) + ":" + (OtherUser.FIRST_GROUP + 8) + "\n");

        bundle.edit(".process.user = {uid: 5, gid: 6} | .process.args = [\"sh\", \"-c\", \"id -u; id -G\"]");
        assertThat(user.runBundle(bundle).succeeded()).isEqualTo("5\n6\n");
    }

    @Test
    void idsThatAreNotHisAreRefused(Installation carafe) {
        OtherUser user = OtherUser.withIds(carafe);
        Bundle bundle = user.bundle("true").edit(mapped(1, 1001));
        Outcome outcome = user.runBundle(bundle).ended(1);
        assertThat(outcome.error())
                .contains("linux.uidMappings")
                .contains("newgidmap: gid range")
                .contains("not allowed");
    }

    private static String mapped(int first, int size) {
        return ".linux.uidMappings += [{containerID: " + first + ", hostID: " + OtherUser.FIRST_USER + ", size: " + size
                + "}] | .linux.gidMappings += [{containerID: " + first + ", hostID: " + OtherUser.FIRST_GROUP
                + ", size: "
                + size + "}]";
    }

    @Test
    void hooksRunAsHe(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Path seen = user.home().resolve("seen");
        String hook = "{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"id -u >> " + seen + "\"]}";
        Bundle bundle = user.bundle("true")
                .edit(".hooks = {createRuntime: [" + hook + "], poststart: [" + hook + "], poststop: [" + hook + "],"
                        + " startContainer: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"id -u > /in\"]}]}");
        user.runBundle(bundle).succeeded();
        assertThat(Installation.read(seen)).isEqualTo((OtherUser.ID + "\n").repeat(3));
        assertThat(Installation.read(bundle.rootfs().resolve("in"))).isEqualTo("0\n");
    }

    @Test
    void withoutAUserNamespaceThereIsNoContainer(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        user.runBundle(user.bundle("true")
                        .edit("del(.linux.uidMappings, .linux.gidMappings)"
                                + " | .linux.namespaces |= map(select(.type != \"user\"))"))
                .failed(1, "linux.namespaces: rootless container requires user namespaces");
    }

    @Test
    void aUserNamespaceIsJoined(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle first = user.bundle(WAITS).edit(".linux.namespaces += [{type: \"network\"}]");
        String id = create(carafe, user, first);
        user.oci("start", id).succeeded();
        Conditions.await("it has begun", () -> Files.exists(first.rootfs().resolve("ready")));
        String pid = Json.read(user.oci("state", id).succeeded(), ".pid");
        Bundle second = user.bundle("readlink /proc/self/ns/user; readlink /proc/self/ns/net; id -u")
                .edit(".linux.namespaces |= map(select(.type != \"user\" and .type != \"network\"))"
                        + " | .linux.namespaces += [{type: \"user\", path: \"/proc/" + pid + "/ns/user\"},"
                        + " {type: \"network\", path: \"/proc/" + pid + "/ns/net\"}]");
        assertThat(user.runBundle(second).succeeded())
                .isEqualTo(Commands.succeed("readlink /proc/$0/ns/user; readlink /proc/$0/ns/net; echo 0", pid));
        user.oci("delete", "--force", id).succeeded();
    }

    @Test
    void whoHasFewPagesLeftIsAnybodysChoiceButOnlyUpwards(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle = user.bundle("cat /proc/self/oom_score_adj").edit(".process.oomScoreAdj = 300");
        assertThat(user.runBundle(bundle).succeeded()).isEqualTo("300\n");
        user.runBundle(bundle.edit(".process.oomScoreAdj = -300"))
                .failed(1, "process.oomScoreAdj, which only root may lower");
    }

    @Test
    void clocksAreSetBack(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle = user.bundle("cut -d. -f1 /proc/uptime")
                .edit(".linux.namespaces += [{type: \"time\"}] | .linux.timeOffsets.boottime.secs = 1000000");
        assertThat(Long.parseLong(user.runBundle(bundle).succeeded().strip())).isGreaterThan(1_000_000);
    }

    @Test
    void aFilterIsLoadedAndKeptForTheNextTime(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle = user.bundle("umask 0; mkdir /tmp/x")
                .edit(
                        ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\", \"mkdirat\"],"
                                + " action: \"SCMP_ACT_ERRNO\"}]} | .process.noNewPrivileges = false");
        assertThat(user.runBundle(bundle).ended(1).error()).contains("Operation not permitted");
        assertThat(Installation.list(user.home().resolve(".local/share/carafe/cache/seccomp")))
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"state", "delete"})
    void aHomeIsNotNeeded(String command, Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        String id = create(carafe, user, user.bundle("true"));
        carafe.call("oci", command, id)
                .through(
                        "/bin/sh",
                        "-c",
                        "exec setpriv --reuid " + OtherUser.ID + " --regid " + OtherUser.ID
                                + " --clear-groups env -i XDG_RUNTIME_DIR=\"$0\" \"$@\"",
                        user.runtimeFolder().toString())
                .execute()
                .succeeded();
        user.oci("delete", "--force", id).succeeded();
    }

    @Test
    void withoutAFolderForStateHeIsToldToGiveOne(Installation carafe) {
        carafe.call("oci", "list")
                .through("setpriv", "--reuid", Integer.toString(OtherUser.ID), "--clear-groups", "env", "-i")
                .execute()
                .failed(1, "XDG_RUNTIME_DIR is not set");
    }

    @Test
    void rootOfAUserNamespaceHasContainersToo(Installation carafe) {
        OtherUser user = OtherUser.of(carafe);
        Bundle bundle = user.bundle("id -u; echo in")
                .edit(
                        "del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != \"user\"))"
                                + " | .mounts |= map(select(.type != \"sysfs\" and .type != \"cgroup\"))");
        Commands.succeed("chmod 755 \"$0\"", bundle.folder().toString());
        assertThat(carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId())
                        .through(
                                "/bin/sh",
                                "-c",
                                "exec setpriv --reuid " + OtherUser.ID + " --regid " + OtherUser.ID + " --clear-groups"
                                        + " env -i XDG_RUNTIME_DIR=\"$0\" PATH=\"$PATH\" unshare --user"
                                        + " --map-root-user --mount \"$@\"",
                                user.runtimeFolder().toString())
                        .execute()
                        .succeeded())
                .isEqualTo("0\nin\n");
        assertThat(Installation.list(user.state())).isEmpty();
    }
}
