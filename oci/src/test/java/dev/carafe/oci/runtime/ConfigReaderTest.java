package dev.carafe.oci.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonNull;
import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.JsonEdit;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigReaderTest {

    private static final String BIG = "9".repeat(100);

    private static Config read(String text) {
        return new ConfigReader().config(text.getBytes(UTF_8));
    }

    private static Config read(Json json) {
        return read(json.compact());
    }

    private static Json json(String text) {
        return Json.parse("test", text.getBytes(UTF_8));
    }

    /** The smallest configuration with {@code members} added. */
    private static String minimal(String members) {
        return "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}" + (members.isEmpty() ? "" : ",") + members
                + "}";
    }

    @Test
    void everyKeyIsRead() {
        Config config = read(EveryKey.json());

        ProcessConfig process = config.process().orElseThrow();
        assertThat(process.consoleSize()).contains(new ConsoleSize(50, 132));
        assertThat(process.user()).isEqualTo(new User(1000, 1001, OptionalLong.of(18), List.of(7L, 2000000000L)));
        assertThat(process.args()).containsExactly("/bin/serve", "--motto", "naïve 🦉 \"quoted\"\n");
        assertThat(process.capabilities().orElseThrow().bounding())
                .containsExactly(Capability.CAP_CHOWN, Capability.CAP_NET_RAW, Capability.CAP_CHECKPOINT_RESTORE);
        assertThat(process.rlimits()).contains(new Rlimit(Rlimit.Resource.RLIMIT_CORE, 0, -1));
        assertThat(process.scheduler().orElseThrow().period()).isEqualTo(10_000_000);
        assertThat(process.execCpuAffinity()).contains(new CpuAffinity(Optional.of("0-3,7"), Optional.of("2")));
        assertThat(config.mounts().get(2).isIdMapped()).isTrue();
        assertThat(config.mounts().get(1).isBind()).isFalse();
        assertThat(config.hooks().poststop())
                .containsExactly(new Hook("/hooks/f", List.of(), List.of(), OptionalLong.of(30)));
        assertThat(config.annotations()).containsEntry("com.example.empty", "");

        Linux linux = config.linux();
        assertThat(linux.namespace(Namespace.Type.NETWORK).orElseThrow().path()).contains("/run/netns/aviary");
        assertThat(linux.timeOffsets()).containsEntry(TimeOffset.Clock.BOOTTIME, new TimeOffset(604800, 0));
        assertThat(linux.devices().get(3).type()).isEqualTo(Device.Type.FIFO);
        assertThat(linux.netDevices()).containsEntry("eth1", "lan0").containsEntry("eth2", "eth2");
        assertThat(linux.rootfsPropagation()).contains(Propagation.RSLAVE);
        assertThat(linux.personality()).contains(Personality.LINUX32);
        assertThat(linux.sysctl().get(1).path()).isEqualTo("net/ipv4/conf/eno2.100/rp_filter");

        Resources resources = linux.resources().orElseThrow();
        assertThat(resources.devices().get(2).minor()).isEmpty();
        assertThat(resources.devices().get(2).access()).containsExactly(DeviceRule.Access.MKNOD);
        assertThat(resources.memory().disableOomKiller()).contains(false);
        assertThat(resources.pids().limit()).hasValue(0);
        assertThat(Long.toUnsignedString(resources.hugepageLimits().getFirst().limit()))
                .isEqualTo("9223372036854775808");
        assertThat(resources.unified()).containsEntry("memory.high", "1073741824");

        Seccomp seccomp = linux.seccomp().orElseThrow();
        assertThat(seccomp.syscalls().get(2).args().getFirst().value()).isEqualTo(-1);
        assertThat(seccomp.flags()).contains(Set.of(Seccomp.Flag.SECCOMP_FILTER_FLAG_LOG));
    }

    @Test
    void almostEverythingMayBeAbsent() {
        Config config = read(minimal(""));

        assertThat(config.process()).isEmpty();
        assertThat(config.hostname()).isEmpty();
        assertThat(config.hooks()).isEqualTo(Hooks.NONE);
        assertThat(config.linux()).isEqualTo(Linux.UNSET);
    }

    @Test
    void nullAndEmptyTextCountAsAbsent() {
        assertThat(read(minimal("\"process\":null,\"hostname\":\"\",\"mounts\":null,\"hooks\":{\"prestart\":null},"
                        + "\"linux\":{\"resources\":null,\"rootfsPropagation\":\"\",\"seccomp\":null}")))
                .isEqualTo(read(minimal("")));
    }

    @Test
    void emptyIsNotAbsentWhereTheSpecificationTellsThemApart() {
        assertThat(read(minimal("\"linux\":{\"resources\":{},\"intelRdt\":{}}"))
                        .linux()
                        .resources())
                .isPresent();
        assertThat(read(minimal("\"linux\":{\"intelRdt\":{}}")).linux().intelRdt())
                .isPresent();
        assertThat(read(minimal("\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[]}}"))
                        .linux()
                        .seccomp()
                        .orElseThrow()
                        .flags())
                .contains(Set.of());
        assertThat(read(minimal("\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"capabilities\":{}}"))
                        .process()
                        .orElseThrow()
                        .capabilities())
                .isPresent();
    }

    @Test
    void unknownKeysAreIgnoredWhateverTheyHold() {
        assertThat(read(minimal("\"x\":{\"y\":[1e400,{\"z\":null}]},\"linux\":{\"penguins\":-0},\"windows\":7")))
                .isEqualTo(read(minimal("")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0.0", "1.0.2-dev", "1.2.1+dev", "1.3.0", "1.99.0", "1.0.0-rc5+x.7-z", "1.0.0-0a.b"})
    void versionsOneAreRead(String version) {
        assertThat(read(JsonEdit.at("ociVersion").set(json(minimal("")), new JsonString(version)))
                        .ociVersion())
                .isEqualTo(version);
    }

    @Test
    void unknownCapabilitiesAreSetAsideAsTheProcessHasToRunWithoutThem() {
        Capabilities read = read(minimal("\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"capabilities\":"
                        + "{\"bounding\":[\"CAP_NEW\",\"CAP_KILL\"],\"ambient\":[\"chown\",\"CAP_NEW\"]}}"))
                .process()
                .orElseThrow()
                .capabilities()
                .orElseThrow();
        assertThat(read.bounding()).containsExactly(Capability.CAP_KILL);
        assertThat(read.ambient()).isEmpty();
        assertThat(read.unknown()).containsExactly("CAP_NEW", "chown");
    }

    @Test
    void whatIsMissingInAUserOrAPriorityIsZero() {
        ProcessConfig process = read(minimal("\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"gid\":5},"
                        + "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\"}}"))
                .process()
                .orElseThrow();
        assertThat(process.user()).isEqualTo(new User(0, 5));
        assertThat(process.ioPriority().orElseThrow().priority()).isZero();
    }

    @Test
    void theHighestIdsAreFine() {
        String user = "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":2147483647,\"gid\":2147483646}}";
        assertThat(read(minimal(user)).process().orElseThrow().user()).isEqualTo(new User(2147483647, 2147483646));
    }

    @Test
    void bitsOfTheFileTypeInADevicesModeAreDropped() {
        String device =
                "\"linux\":{\"devices\":[{\"type\":\"c\",\"path\":\"/d\",\"major\":1,\"minor\":3,\"fileMode\":8630}]}";
        assertThat(read(minimal(device)).linux().devices().getFirst().fileMode())
                .hasValue(0666);
    }

    @Test
    void aDestinationThatIsNotAbsoluteStartsAtTheRoot() {
        assertThat(read(minimal("\"mounts\":[{\"destination\":\"tmp/x\",\"type\":\"tmpfs\"}]"))
                        .mounts()
                        .getFirst()
                        .destination())
                .isEqualTo("/tmp/x");
    }

    @Test
    void theLetterAIsNoAccessAndBesideOthersNoMistake() {
        String rule = "\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"%s\"}]}}";
        assertThat(read(minimal(rule.formatted("rwa")))
                        .linux()
                        .resources()
                        .orElseThrow()
                        .devices()
                        .getFirst()
                        .access())
                .containsExactly(DeviceRule.Access.READ, DeviceRule.Access.WRITE);
        assertThatThrownBy(() -> read(minimal(rule.formatted("a"))))
                .hasMessageContaining("access: must hold some of r, w and m");
    }

    @Test
    void minusOneInADeviceRuleMeansEveryDevice() {
        String rule =
                "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"major\":-1,\"minor\":-1,\"access\":\"r\"}]}}";
        assertThat(read(minimal(rule))
                        .linux()
                        .resources()
                        .orElseThrow()
                        .devices()
                        .getFirst()
                        .major())
                .isEmpty();
    }

    @Test
    void processesAndResourcesAreReadOnTheirOwn() {
        var reader = new ConfigReader();
        Config config = read(EveryKey.json());
        assertThat(reader.process("process.json", JsonEdit.at("process").get(EveryKey.json())))
                .isEqualTo(config.process().orElseThrow());
        assertThat(reader.resources("-", JsonEdit.at("linux.resources").get(EveryKey.json())))
                .isEqualTo(config.linux().resources().orElseThrow());
        assertThatThrownBy(() -> reader.process("p.json", json("{\"cwd\":\"x\",\"args\":[\"a\"]}")))
                .hasMessage("p.json: cwd: must be an absolute path, not \"x\"");
        assertThatThrownBy(() -> reader.resources("r.json", json("{\"pids\":{\"limit\":-2}}")))
                .hasMessage("r.json: pids.limit: -2 is out of range: -1 to 9223372036854775807");
    }

    @Test
    void aStreamIsReadLikeBytes() throws IOException {
        var stream = new ByteArrayInputStream(minimal("").getBytes(UTF_8));
        assertThat(new ConfigReader().config(stream)).isEqualTo(read(minimal("")));
    }

    @Test
    void theCallerSaysWhichSystemCallsThereAre() {
        assertThatThrownBy(() -> new ConfigReader(name -> !name.equals("write"))
                        .config(EveryKey.json().compact().getBytes(UTF_8)))
                .hasMessage("config.json: linux.seccomp.syscalls[0].names[1]: unknown system call \"write\"");
    }

    @Test
    void aHundredThousandElementsAreNoProblem() {
        String args = "\"process\":{\"cwd\":\"/\",\"args\":[" + "\"a\",".repeat(99_999) + "\"a\"]}";
        assertThat(read(minimal(args)).process().orElseThrow().args()).hasSize(100_000);
        String many = "\"process\":{\"cwd\":\"/\",\"args\":[" + "\"a\",".repeat(1_000_000) + "\"a\"]}";
        assertThatThrownBy(() -> read(minimal(many)))
                .hasMessageStartingWith(
                        "config.json: process.args[262131]: the document holds more than 262144 values");
    }

    @ParameterizedTest(name = "{0} = {1}")
    @MethodSource("hostile")
    void whatCannotWorkIsRefusedByKey(String path, String value, String message) {
        JsonEdit place = JsonEdit.at(path);
        Json config = value.isEmpty() ? place.remove(EveryKey.json()) : place.set(EveryKey.json(), json(value));
        assertThatThrownBy(() -> read(config))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessage("config.json: " + message);
    }

    /** A place in the configuration that has every key; what to put there, or nothing to remove it; the message. */
    static Stream<Arguments> hostile() {
        return Stream.of(
                // the whole
                arguments("ociVersion", "", "ociVersion: is missing"),
                arguments("ociVersion", "null", "ociVersion: is missing"),
                arguments("ociVersion", "1.3", "ociVersion: expected text, found the number 1.3"),
                arguments("ociVersion", "\"1.3\"", "ociVersion: expected a version such as 1.3.0, found \"1.3\""),
                arguments("ociVersion", "\"\"", "ociVersion: expected a version such as 1.3.0, found \"\""),
                arguments("ociVersion", "\"v1.3.0\"", "ociVersion: expected a version such as 1.3.0, found \"v1.3.0\""),
                arguments("ociVersion", "\"1.03.0\"", "ociVersion: expected a version such as 1.3.0, found \"1.03.0\""),
                arguments("ociVersion", "\"1.3.0-\"", "ociVersion: expected a version such as 1.3.0, found \"1.3.0-\""),
                arguments(
                        "ociVersion",
                        "\"1.0.0-01\"",
                        "ociVersion: expected a version such as 1.3.0, found \"1.0.0-01\""),
                arguments("ociVersion", "\"2.0.0\"", "ociVersion: \"2.0.0\" is not supported: expected version 1.x"),
                arguments(
                        "ociVersion",
                        "\"0.5.0-dev\"",
                        "ociVersion: \"0.5.0-dev\" is not supported: expected version 1.x"),
                arguments("root", "", "root: is missing"),
                arguments("root", "\"rootfs\"", "root: expected an object, found the text \"rootfs\""),
                arguments("root.path", "", "root.path: is missing"),
                arguments("root.path", "\"\"", "root.path: must not be empty"),
                arguments("root.path", "\"a\\u0000b\"", "root.path: must not hold a NUL character: \"a\\u0000b\""),
                arguments(
                        "root.readonly", "\"true\"", "root.readonly: expected true or false, found the text \"true\""),
                arguments("root.readonly", "1", "root.readonly: expected true or false, found the number 1"),
                arguments(
                        "hostname",
                        "\"" + "h".repeat(65) + "\"",
                        "hostname: is longer than 64 bytes, the kernel's limit"),
                arguments("hostname", "{}", "hostname: expected text, found an object"),
                arguments("domainname", "\"\\u0000\"", "domainname: must not hold a NUL character: \"\\u0000\""),
                arguments("annotations", "{\"\":\"x\"}", "annotations[\"\"]: a key must not be empty"),
                arguments("annotations", "{\"a.b\":null}", "annotations[\"a.b\"]: expected text, found null"),
                arguments("annotations", "[]", "annotations: expected an object, found an array"),

                // process
                arguments("process", "[]", "process: expected an object, found an array"),
                arguments("process.terminal", "0", "process.terminal: expected true or false, found the number 0"),
                arguments(
                        "process.consoleSize.height",
                        "65536",
                        "process.consoleSize.height: 65536 is out of range: 0 to 65535"),
                arguments("process.consoleSize.width", "", "process.consoleSize.width: is missing"),
                arguments(
                        "process.user.uid",
                        "4294967296",
                        "process.user.uid: 4294967296 is out of range: 0 to 4294967295"),
                arguments(
                        "process.user.uid",
                        "4294967295",
                        "process.user.uid: 4294967295 is out of range: 0 to 2147483647"),
                arguments("process.user.uid", "-1", "process.user.uid: -1 is out of range: 0 to 4294967295"),
                arguments(
                        "process.user.uid",
                        "18446744073709551616",
                        "process.user.uid: 18446744073709551616 is out of range: 0 to 4294967295"),
                arguments(
                        "process.user.uid",
                        BIG,
                        "process.user.uid: " + BIG.substring(60) + "… is out of range: 0 to 4294967295"),
                arguments("process.user.gid", "1e3", "process.user.gid: expected a whole number, found the number 1e3"),
                arguments("process.user.gid", "1.0", "process.user.gid: expected a whole number, found the number 1.0"),
                arguments(
                        "process.user.gid",
                        "1e400",
                        "process.user.gid: expected a whole number, found the number 1e400"),
                arguments(
                        "process.user.gid", "\"0\"", "process.user.gid: expected a whole number, found the text \"0\""),
                arguments("process.user.umask", "512", "process.user.umask: 512 is out of range: 0 to 511"),
                arguments(
                        "process.user.additionalGids[1]",
                        "4294967295",
                        "process.user.additionalGids[1]: 4294967295 is out of range: 0 to 2147483647"),
                arguments(
                        "process.user.additionalGids[0]",
                        "null",
                        "process.user.additionalGids[0]: expected a whole number, found null"),
                arguments("process.args", "", "process.args: must hold at least the program to run"),
                arguments("process.args", "[]", "process.args: must hold at least the program to run"),
                arguments("process.args", "\"sh\"", "process.args: expected an array, found the text \"sh\""),
                arguments("process.args[1]", "7", "process.args[1]: expected text, found the number 7"),
                arguments(
                        "process.args[2]",
                        "\"a\\u0000\"",
                        "process.args[2]: must not hold a NUL character: \"a\\u0000\""),
                arguments("process.env[1]", "\"NOTHING\"", "process.env[1]: expected NAME=VALUE, found \"NOTHING\""),
                arguments("process.env[0]", "\"=x\"", "process.env[0]: expected NAME=VALUE, found \"=x\""),
                arguments(
                        "process.env[0]",
                        "\"A=\\u0000\"",
                        "process.env[0]: must not hold a NUL character: \"A=\\u0000\""),
                arguments("process.cwd", "", "process.cwd: is missing"),
                arguments("process.cwd", "\"\"", "process.cwd: must be an absolute path, not \"\""),
                arguments("process.cwd", "\"srv\"", "process.cwd: must be an absolute path, not \"srv\""),
                arguments(
                        "process.capabilities.effective",
                        "\"CAP_CHOWN\"",
                        "process.capabilities.effective: expected an array, found the text \"CAP_CHOWN\""),
                arguments(
                        "process.rlimits[0].type",
                        "\"RLIMIT_NOFILES\"",
                        "process.rlimits[0].type: unknown resource limit \"RLIMIT_NOFILES\""),
                arguments(
                        "process.rlimits[1].type",
                        "\"RLIMIT_NOFILE\"",
                        "process.rlimits[1].type: RLIMIT_NOFILE is limited twice"),
                arguments("process.rlimits[0].soft", "4097", "process.rlimits[0].soft: 4097 is above hard, 4096"),
                arguments(
                        "process.rlimits[0].soft",
                        "18446744073709551615",
                        "process.rlimits[0].soft: 18446744073709551615 is above hard, 4096"),
                arguments(
                        "process.rlimits[1].hard",
                        "18446744073709551616",
                        "process.rlimits[1].hard: 18446744073709551616 is out of range: 0 to 18446744073709551615"),
                arguments(
                        "process.rlimits[1].hard",
                        "-1",
                        "process.rlimits[1].hard: -1 is out of range: 0 to 18446744073709551615"),
                arguments("process.rlimits[1].hard", "", "process.rlimits[1].hard: is missing"),
                arguments(
                        "process.apparmorProfile",
                        "\"a\\u0000b\"",
                        "process.apparmorProfile: must not hold a NUL character: \"a\\u0000b\""),
                arguments("process.oomScoreAdj", "1001", "process.oomScoreAdj: 1001 is out of range: -1000 to 1000"),
                arguments(
                        "process.scheduler.policy",
                        "\"SCHED_EXT\"",
                        "process.scheduler.policy: unknown scheduling policy \"SCHED_EXT\"; expected SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE or SCHED_DEADLINE"),
                arguments(
                        "process.scheduler.policy",
                        "\"SCHED_OTHER\"",
                        "process.scheduler.runtime: is only for SCHED_DEADLINE, not SCHED_OTHER"),
                arguments(
                        "process.scheduler",
                        "{\"policy\":\"SCHED_OTHER\",\"nice\":20}",
                        "process.scheduler.nice: 20 is out of range: -20 to 19"),
                arguments(
                        "process.scheduler",
                        "{\"policy\":\"SCHED_FIFO\"}",
                        "process.scheduler.priority: 0 is out of range: 1 to 99"),
                arguments(
                        "process.scheduler.priority",
                        "1",
                        "process.scheduler.priority: is only for SCHED_FIFO and SCHED_RR, not SCHED_DEADLINE"),
                arguments(
                        "process.scheduler.flags[0]",
                        "\"RECLAIM\"",
                        "process.scheduler.flags[0]: unknown scheduling flag \"RECLAIM\"; expected SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN or SCHED_FLAG_UTIL_CLAMP_MAX"),
                arguments(
                        "process.ioPriority.class",
                        "\"idle\"",
                        "process.ioPriority.class: unknown I/O scheduling class \"idle\"; expected IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE"),
                arguments("process.ioPriority.priority", "8", "process.ioPriority.priority: 8 is out of range: 0 to 7"),
                arguments(
                        "process.execCPUAffinity.initial",
                        "\"0-\"",
                        "process.execCPUAffinity.initial: expected a list such as 0-3,7, found \"0-\""),
                arguments(
                        "process.execCPUAffinity.final",
                        "\"3-1\"",
                        "process.execCPUAffinity.final: expected a list such as 0-3,7, found \"3-1\""),

                // mounts and hooks
                arguments("mounts", "{}", "mounts: expected an array, found an object"),
                arguments("mounts[1]", "null", "mounts[1]: expected an object, found null"),
                arguments("mounts[3].destination", "\"\"", "mounts[3].destination: must not be empty"),
                arguments("mounts[0].destination", "", "mounts[0].destination: is missing"),
                arguments(
                        "mounts[1].options[0]",
                        "\"a\\u0000\"",
                        "mounts[1].options[0]: must not hold a NUL character: \"a\\u0000\""),
                arguments("mounts[2].source", "", "mounts[2].source: is missing; a bind mount needs one"),
                arguments(
                        "mounts[2].gidMappings", "", "mounts[2].gidMappings: must be given together with uidMappings"),
                arguments(
                        "mounts[2].options[0]",
                        "\"noexec\"",
                        "mounts[2].uidMappings: only a bind mount can be id-mapped: the options need bind or rbind"),
                arguments(
                        "mounts[0].options",
                        "[\"idmap\"]",
                        "mounts[0].options: only a bind mount can be id-mapped: the options need bind or rbind"),
                arguments(
                        "mounts[2].uidMappings[0].size",
                        "0",
                        "mounts[2].uidMappings[0].size: 0 is out of range: 1 to 4294967295"),
                arguments(
                        "hooks.prestart[0].path",
                        "\"first\"",
                        "hooks.prestart[0].path: must be an absolute path, not \"first\""),
                arguments(
                        "hooks.createRuntime[0].timeout",
                        "0",
                        "hooks.createRuntime[0].timeout: 0 is out of range: 1 to 2147483647"),
                arguments("hooks.poststop[0].path", "", "hooks.poststop[0].path: is missing"),

                // namespaces and what depends on them
                arguments("linux", "[]", "linux: expected an object, found an array"),
                arguments(
                        "linux.namespaces[0].type",
                        "\"net\"",
                        "linux.namespaces[0].type: unknown namespace type \"net\"; expected pid, network, mount, ipc, uts, user, cgroup or time"),
                arguments("linux.namespaces[4].type", "\"ipc\"", "linux.namespaces[4].type: a second ipc namespace"),
                arguments(
                        "linux.namespaces[1].path",
                        "\"netns\"",
                        "linux.namespaces[1].path: must be an absolute path, not \"netns\""),
                arguments(
                        "linux.namespaces[1]",
                        "",
                        "linux.netDevices: needs a namespace of type network in linux.namespaces"),
                arguments(
                        "linux.namespaces[2]",
                        "",
                        "linux.maskedPaths: needs a namespace of type mount in linux.namespaces"),
                arguments(
                        "linux.namespaces[3]",
                        "",
                        "linux.sysctl[\"kernel.shmmax\"]: needs a namespace of type ipc in linux.namespaces"),
                arguments("linux.namespaces[4]", "", "hostname: needs a namespace of type uts in linux.namespaces"),
                arguments(
                        "linux.namespaces[5]",
                        "",
                        "linux.uidMappings: needs a namespace of type user in linux.namespaces"),
                arguments(
                        "linux.namespaces[7]",
                        "",
                        "linux.timeOffsets: needs a namespace of type time in linux.namespaces"),
                arguments(
                        "linux.namespaces[7].path",
                        "\"/t\"",
                        "linux.timeOffsets: a time namespace that is joined by path keeps its own offsets"),
                arguments("linux.uidMappings[1].containerID", "999", "linux.uidMappings[1]: overlaps uidMappings[0]"),
                arguments("linux.uidMappings[1].hostID", "100999", "linux.uidMappings[1]: overlaps uidMappings[0]"),
                arguments(
                        "linux.gidMappings[0].size",
                        "296",
                        "linux.gidMappings[0].size: 296 ids reach beyond the last one, 4294967294"),
                arguments(
                        "linux.gidMappings[0].hostID",
                        "4294967295",
                        "linux.gidMappings[0].hostID: 4294967295 is no id: the kernel takes it for \"leave unchanged\""),
                arguments(
                        "linux.timeOffsets.realtime",
                        "{}",
                        "linux.timeOffsets.realtime: unknown clock \"realtime\"; expected monotonic or boottime"),
                arguments(
                        "linux.timeOffsets.monotonic.nanosecs",
                        "1000000000",
                        "linux.timeOffsets.monotonic.nanosecs: 1000000000 is out of range: 0 to 999999999"),
                arguments(
                        "linux.timeOffsets.monotonic",
                        "5",
                        "linux.timeOffsets.monotonic: expected an object, found the number 5"),
                arguments(
                        "linux.netDevices.eth1.name",
                        "\"a/b\"",
                        "linux.netDevices.eth1.name: is no name of a network interface: \"a/b\""),
                arguments(
                        "linux.netDevices",
                        "{\"sixteen-letters-\":{}}",
                        "linux.netDevices.sixteen-letters-: is no name of a network interface: \"sixteen-letters-\""),
                arguments(
                        "linux.sysctl",
                        "{\"kernel.panic\":\"1\"}",
                        "linux.sysctl[\"kernel.panic\"]: belongs to the whole machine, not to a namespace of the container"),
                arguments(
                        "linux.sysctl",
                        "{\"kernel.hostname\":\"x\"}",
                        "linux.sysctl[\"kernel.hostname\"]: has a key of its own, hostname"),
                arguments(
                        "linux.sysctl",
                        "{\"net/../kernel/core_pattern\":\"x\"}",
                        "linux.sysctl[\"net/../kernel/core_pattern\"]: is no name of a kernel parameter"),
                arguments(
                        "linux.sysctl",
                        "{\"net..x\":\"1\"}",
                        "linux.sysctl[\"net..x\"]: is no name of a kernel parameter"),
                arguments(
                        "linux.sysctl",
                        "{\"net.ipv4.ip_forward\":1}",
                        "linux.sysctl[\"net.ipv4.ip_forward\"]: expected text, found the number 1"),

                // devices and paths
                arguments(
                        "linux.devices[0].type",
                        "\"a\"",
                        "linux.devices[0].type: unknown device type \"a\"; expected c, b, u or p"),
                arguments(
                        "linux.devices[0].path",
                        "\"dev/fuse\"",
                        "linux.devices[0].path: must be an absolute path, not \"dev/fuse\""),
                arguments("linux.devices[0].major", "", "linux.devices[0].major: is missing"),
                arguments("linux.devices[0].major", "4096", "linux.devices[0].major: 4096 is out of range: 0 to 4095"),
                arguments("linux.devices[0].minor", "-1", "linux.devices[0].minor: -1 is out of range: 0 to 1048575"),
                arguments(
                        "linux.devices[0].fileMode",
                        "65536",
                        "linux.devices[0].fileMode: 65536 is out of range: 0 to 65535"),
                arguments(
                        "linux.devices[0].fileMode",
                        "\"0666\"",
                        "linux.devices[0].fileMode: expected a whole number, found the text \"0666\""),
                arguments(
                        "linux.devices[0].uid",
                        "4294967296",
                        "linux.devices[0].uid: 4294967296 is out of range: 0 to 4294967295"),
                arguments(
                        "linux.maskedPaths[1]",
                        "\"sys\"",
                        "linux.maskedPaths[1]: must be an absolute path, not \"sys\""),
                arguments(
                        "linux.readonlyPaths[0]", "\"\"", "linux.readonlyPaths[0]: must be an absolute path, not \"\""),
                arguments(
                        "linux.cgroupsPath",
                        "\"/a/../../b\"",
                        "linux.cgroupsPath: must not hold .., as in \"/a/../../b\""),
                arguments(
                        "linux.rootfsPropagation",
                        "\"Shared\"",
                        "linux.rootfsPropagation: unknown mount propagation \"Shared\"; expected private, rprivate, slave, rslave, shared, rshared, unbindable or runbindable"),

                // resources
                arguments(
                        "linux.resources.memory.limit",
                        "\"12x\"",
                        "linux.resources.memory.limit: expected a whole number, found the text \"12x\""),
                arguments(
                        "linux.resources.memory.limit",
                        "-2",
                        "linux.resources.memory.limit: -2 is out of range: -1 to 9223372036854775807"),
                arguments(
                        "linux.resources.memory.limit",
                        "9223372036854775808",
                        "linux.resources.memory.limit: 9223372036854775808 is out of range: -9223372036854775808 to 9223372036854775807"),
                arguments(
                        "linux.resources.memory.swap",
                        "1",
                        "linux.resources.memory.swap: 1 is below limit, 536870912; it counts memory and swap together"),
                arguments(
                        "linux.resources.memory.swappiness",
                        "101",
                        "linux.resources.memory.swappiness: 101 is out of range: 0 to 100"),
                arguments(
                        "linux.resources.memory.disableOOMKiller",
                        "\"no\"",
                        "linux.resources.memory.disableOOMKiller: expected true or false, found the text \"no\""),
                arguments(
                        "linux.resources.cpu.burst", "50001", "linux.resources.cpu.burst: 50001 is above quota, 50000"),
                arguments(
                        "linux.resources.cpu.shares",
                        "-1",
                        "linux.resources.cpu.shares: -1 is out of range: 0 to 18446744073709551615"),
                arguments(
                        "linux.resources.cpu.cpus",
                        "\"all\"",
                        "linux.resources.cpu.cpus: expected a list such as 0-3,7, found \"all\""),
                arguments(
                        "linux.resources.cpu.mems",
                        "\"0,\"",
                        "linux.resources.cpu.mems: expected a list such as 0-3,7, found \"0,\""),
                arguments("linux.resources.cpu.idle", "2", "linux.resources.cpu.idle: 2 is out of range: 0 to 1"),
                arguments(
                        "linux.resources.pids",
                        "100",
                        "linux.resources.pids: expected an object, found the number 100"),
                arguments("linux.resources.devices[0].allow", "", "linux.resources.devices[0].allow: is missing"),
                arguments(
                        "linux.resources.devices[0].access",
                        "",
                        "linux.resources.devices[0].access: must hold some of r, w and m"),
                arguments(
                        "linux.resources.devices[0].access",
                        "\"rx\"",
                        "linux.resources.devices[0].access: expected some of r, w and m, found \"rx\""),
                arguments(
                        "linux.resources.devices[1].type",
                        "\"p\"",
                        "linux.resources.devices[1].type: unknown device type \"p\"; expected a, c or b"),
                arguments(
                        "linux.resources.blockIO.weight",
                        "65536",
                        "linux.resources.blockIO.weight: 65536 is out of range: 0 to 65535"),
                arguments(
                        "linux.resources.blockIO.weightDevice[0].weight",
                        "",
                        "linux.resources.blockIO.weightDevice[0].weight: is missing, and so is leafWeight; one is needed"),
                arguments(
                        "linux.resources.blockIO.throttleReadBpsDevice[0].rate",
                        "",
                        "linux.resources.blockIO.throttleReadBpsDevice[0].rate: is missing"),
                arguments(
                        "linux.resources.hugepageLimits[0].pageSize",
                        "\"64kB\"",
                        "linux.resources.hugepageLimits[0].pageSize: expected a size such as 2MB, found \"64kB\""),
                arguments(
                        "linux.resources.network.priorities[0].priority",
                        "4294967296",
                        "linux.resources.network.priorities[0].priority: 4294967296 is out of range: 0 to 4294967295"),
                arguments(
                        "linux.resources.rdma.mlx5_1",
                        "{}",
                        "linux.resources.rdma.mlx5_1.hcaHandles: is missing, and so is hcaObjects; one is needed"),
                arguments(
                        "linux.resources.unified",
                        "{\"../x\":\"1\"}",
                        "linux.resources.unified[\"../x\"]: must be a file name, not \"../x\""),

                // seccomp
                arguments("linux.seccomp.defaultAction", "", "linux.seccomp.defaultAction: is missing"),
                arguments(
                        "linux.seccomp.defaultAction",
                        "\"SCMP_ACT_NOTIFY\"",
                        "linux.seccomp.defaultAction: cannot be SCMP_ACT_NOTIFY: the container could never start"),
                arguments(
                        "linux.seccomp.defaultAction",
                        "\"ALLOW\"",
                        "linux.seccomp.defaultAction: unknown seccomp action \"ALLOW\"; expected SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_TRACE, SCMP_ACT_ALLOW, SCMP_ACT_LOG or SCMP_ACT_NOTIFY"),
                arguments(
                        "linux.seccomp.defaultErrnoRet",
                        "4096",
                        "linux.seccomp.defaultErrnoRet: 4096 is out of range: 0 to 4095"),
                arguments(
                        "linux.seccomp.syscalls[0].errnoRet",
                        "1",
                        "linux.seccomp.syscalls[0].errnoRet: is only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE, not SCMP_ACT_ALLOW"),
                arguments(
                        "linux.seccomp.architectures[0]",
                        "\"x86_64\"",
                        "linux.seccomp.architectures[0]: unknown architecture \"x86_64\""),
                arguments(
                        "linux.seccomp.flags[0]",
                        "\"LOG\"",
                        "linux.seccomp.flags[0]: unknown seccomp flag \"LOG\"; expected SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW or SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
                arguments(
                        "linux.seccomp.listenerPath",
                        "\"agent\"",
                        "linux.seccomp.listenerPath: must be an absolute path, not \"agent\""),
                arguments("linux.seccomp.listenerPath", "", "linux.seccomp.listenerMetadata: needs listenerPath"),
                arguments(
                        "linux.seccomp.syscalls[1].names",
                        "[]",
                        "linux.seccomp.syscalls[1].names: must hold at least one system call"),
                arguments(
                        "linux.seccomp.syscalls[1].names[0]",
                        "\"write\"",
                        "linux.seccomp.syscalls[1].names[0]: SCMP_ACT_NOTIFY cannot be used for the write syscall: the container could never start"),
                arguments(
                        "linux.seccomp.syscalls[0].names[1]",
                        "\"rm -rf\"",
                        "linux.seccomp.syscalls[0].names[1]: is no system call: \"rm -rf\""),
                arguments(
                        "linux.seccomp.syscalls[2].args[0].index",
                        "6",
                        "linux.seccomp.syscalls[2].args[0].index: 6 is out of range: 0 to 5"),
                arguments(
                        "linux.seccomp.syscalls[2].args[0].value",
                        "-1",
                        "linux.seccomp.syscalls[2].args[0].value: -1 is out of range: 0 to 18446744073709551615"),
                arguments(
                        "linux.seccomp.syscalls[2].args[1].op",
                        "\"==\"",
                        "linux.seccomp.syscalls[2].args[1].op: unknown seccomp operator \"==\"; expected SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT or SCMP_CMP_MASKED_EQ"),

                // the rest
                arguments(
                        "linux.intelRdt.closID",
                        "\"../x\"",
                        "linux.intelRdt.closID: must be a file name, not \"../x\""),
                arguments(
                        "linux.intelRdt.schemata[0]",
                        "\"a\\nb\"",
                        "linux.intelRdt.schemata[0]: must be one line, not \"a\\nb\""),
                arguments(
                        "linux.intelRdt.memBwSchema",
                        "\"L3:0=1\"",
                        "linux.intelRdt.memBwSchema: must begin with MB:, not \"L3:0=1\""),
                arguments(
                        "linux.memoryPolicy.nodes",
                        "",
                        "linux.memoryPolicy.nodes: is missing; MPOL_BIND needs it (invalid memory policy node)"),
                arguments(
                        "linux.memoryPolicy.mode",
                        "\"MPOL_LOCAL\"",
                        "linux.memoryPolicy.nodes: must be empty for MPOL_LOCAL: the mode requires 0 nodes but got 2 (invalid memory policy node)"),
                arguments(
                        "linux.memoryPolicy.mode",
                        "\"\"",
                        "linux.memoryPolicy.mode: unknown memory policy \"\"; expected MPOL_DEFAULT, MPOL_BIND, MPOL_INTERLEAVE, MPOL_WEIGHTED_INTERLEAVE, MPOL_PREFERRED, MPOL_PREFERRED_MANY or MPOL_LOCAL (invalid memory policy mode)"),
                arguments(
                        "linux.personality.domain",
                        "\"linux\"",
                        "linux.personality.domain: unknown execution domain \"linux\"; expected LINUX or LINUX32"),
                arguments(
                        "linux.personality.flags",
                        "[\"ADDR_NO_RANDOMIZE\"]",
                        "linux.personality.flags[0]: unknown personality flag \"ADDR_NO_RANDOMIZE\"; none is defined"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("contradictions")
    void whatContradictsItselfIsRefusedByKey(String members, String message) {
        assertThatThrownBy(() -> read(minimal(members))).hasMessage("config.json: " + message);
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(
                arguments("\"domainname\":\"d\"", "domainname: needs a namespace of type uts in linux.namespaces"),
                arguments(
                        "\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}",
                        "linux.uidMappings: is missing, and so is gidMappings; a new user namespace needs them"),
                arguments(
                        "\"linux\":{\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}",
                        "linux.gidMappings: needs a namespace of type user in linux.namespaces"),
                arguments(
                        "\"linux\":{\"readonlyPaths\":[\"/sys\"]}",
                        "linux.readonlyPaths: needs a namespace of type mount in linux.namespaces"),
                arguments(
                        "\"linux\":{\"sysctl\":{\"user.max_user_namespaces\":\"1\"}}",
                        "linux.sysctl[\"user.max_user_namespaces\"]: needs a namespace of type user in linux.namespaces"),
                arguments(
                        "\"linux\":{\"sysctl\":{\"fs.mqueue.msg_max\":\"1\"}}",
                        "linux.sysctl[\"fs.mqueue.msg_max\"]: needs a namespace of type ipc in linux.namespaces"),
                arguments(
                        "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":"
                                + "[{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}}",
                        "linux.seccomp.listenerPath: is missing; SCMP_ACT_NOTIFY needs it"),
                arguments(
                        "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"idmap\"]}]",
                        "mounts[0].options: an id-mapped mount needs uidMappings and gidMappings,"
                                + " or a user namespace that has them"));
    }

    @Test
    void aJoinedUserNamespaceNeedsNoMappings() {
        String joined = "\"linux\":{\"namespaces\":[{\"type\":\"user\",\"path\":\"/proc/1/ns/user\"}]}";
        assertThat(read(minimal(joined)).linux().uidMappings()).isEmpty();
    }

    @Test
    void theOutermostValueMustBeAnObject() {
        assertThatThrownBy(() -> read("null")).hasMessage("config.json: expected an object, found null");
        assertThatThrownBy(() -> read("[{}]")).hasMessage("config.json: expected an object, found an array");
        assertThatThrownBy(() -> read("")).hasMessage("config.json: is empty");
    }

    @Test
    void aMessageStaysOnOneLineWhateverItQuotes() {
        String name = "\\n\\u001b[2J\\u202e" + "x".repeat(5000);
        assertThatThrownBy(() -> read(minimal("\"annotations\":{\"" + name + "\":[]}")))
                .hasMessage("config.json: annotations[\"\\n\\u001b[2J\\u202e" + "x".repeat(74)
                        + "…\"]: expected text, found an array");
    }

    @Test
    void aRecordMadeByHandNamesItsComponent() {
        assertThatThrownBy(() -> new Root("", false)).hasMessage("path: must not be empty");
        assertThatThrownBy(() -> new Namespace(Namespace.Type.UTS, Optional.of("x")))
                .hasMessage("path: must be an absolute path, not \"x\"");
        assertThatThrownBy(() -> new Hook("/a", List.of("\ud800"), List.of(), OptionalLong.empty()))
                .hasMessage("args[0]: must not hold a lone surrogate: \"\\ud800\"");
    }

    @Test
    void nullIsTheSameAsNothingWhereTheSpecificationNamesTheKey() {
        Set<String> namedByTheUser = Set.of(
                "annotations",
                "linux.timeOffsets",
                "linux.netDevices",
                "linux.resources.rdma",
                "linux.resources.unified",
                "linux.sysctl");
        Json everyKey = EveryKey.json();
        for (JsonEdit place : JsonEdit.everywhere(everyKey)) {
            boolean element = place.steps().getLast() instanceof Integer
                    || namedByTheUser.contains(place.parent().path());
            String withNull = outcome(place.set(everyKey, JsonNull.NULL));
            if (element) {
                assertThat(withNull)
                        .startsWith("config.json: " + place.path() + ": expected ")
                        .contains(", found null");
            } else {
                assertThat(withNull).as(place.path()).isEqualTo(outcome(place.remove(everyKey)));
            }
        }
    }

    private static String outcome(Json config) {
        try {
            return read(config).toString();
        } catch (InvalidDocumentException e) {
            return e.getMessage();
        }
    }
}
