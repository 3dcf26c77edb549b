package dev.carafe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceMount.Submounts;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.JournalOptions;
import dev.carafe.engine.options.LogPolicy;
import dev.carafe.engine.options.NamespaceMode;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.SeccompChoice;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.Propagation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The options of {@code carafe run}, in all the forms that docker takes. */
final class RunFlagsTest {

    private final Map<String, String> environment = new HashMap<>(Map.of("HOME", "/home/me", "CALLERS", "ours"));
    private final Map<String, String> files = new HashMap<>();
    private boolean labels;

    private final RunOptions.Caller caller = new RunOptions.Caller() {
        @Override
        public Optional<String> variable(String name) {
            return Optional.ofNullable(environment.get(name));
        }

        @Override
        public String absolute(String path) {
            return path.startsWith("/") ? path : "/here/" + path;
        }

        @Override
        public String text(String option, String path) {
            return Optional.ofNullable(files.get(path)).orElseThrow();
        }

        @Override
        public boolean labels() {
            return labels;
        }
    };

    private RunOptions read(String... arguments) {
        return RunOptions.run(List.of(arguments), caller);
    }

    /** The options before the image {@code img}. */
    private InstanceOptions options(String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.add("img");
        return RunOptions.run(all, caller).options();
    }

    private void refused(String words, String... arguments) {
        assertThatThrownBy(() -> options(arguments))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(words)
                .hasMessageNotContaining("\n");
    }

    @Test
    void optionsEndWithTheImage() {
        RunOptions read = read("--rm", "-e", "A=1", "img", "-e", "--rm=x", "--", "-t");
        assertThat(read.image()).isEqualTo("img");
        assertThat(read.options().program().command()).containsExactly("-e", "--rm=x", "--", "-t");
        assertThat(read.options().program().environment()).containsExactly("A=1");
        assertThat(read("--rm", "--", "-img", "x").image()).isEqualTo("-img");
        assertThatThrownBy(() -> read("--rm").image()).hasMessageContaining("IMAGE is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-it", "-ti", "-i -t", "--interactive --tty", "--tty=true -i=1", "-t=T -i", "-t=false -ti"})
    void switchesComeInAllForms(String text) {
        InstanceOptions options = options(text.split(" "));
        assertThat(options.program().terminal()).isTrue();
        assertThat(options.program().input()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-w /x", "-w=/x", "-w/x", "--workdir /x", "--workdir=/x", "-itw /x", "-itw=/x", "-w /y -w /x"})
    void valuesComeInAllForms(String text) {
        assertThat(options(text.split(" ")).program().directory()).contains("/x");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--bogus | there is no option --bogus",
                "-y | there is no option -y",
                "-iy | there is no option -y",
                "--rm=maybe | --rm=maybe: true or false",
                "--work | there is no option --work",
            })
    void whatIsUnknownIsNamed(String text, String words) {
        refused(words, text.split(" "));
    }

    @Test
    void aValueThatIsMissingIsNamed() {
        assertThatThrownBy(() -> read("-e")).hasMessageContaining("-e: its value is missing");
        assertThatThrownBy(() -> read("--name")).hasMessageContaining("--name: its value is missing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cgroup-parent",
                "gpus",
                "runtime",
                "storage-opt",
                "link",
                "link-local-ip",
                "kernel-memory",
                "isolation",
                "cpu-count",
                "cpu-percent",
                "io-maxbandwidth",
                "io-maxiops"
            })
    void whatDockerHasAndCarafeNotIsRefusedWithAReason(String flag) {
        assertThatThrownBy(() -> options("--" + flag, "x"))
                .isInstanceOf(UsageException.class)
                .hasMessageMatching("--" + flag + ": .{10,}");
    }

    @Test
    void theHelpListsWhatThereIs() {
        String help = RunHelp.run();
        assertThat(read("--help").wantsHelp()).isTrue();
        assertThat(help)
                .startsWith("Usage: carafe run [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]\n")
                .contains("-e, --env NAME[=VALUE]", "    --rm ", "-d, --detach")
                .doesNotContain("--gpus");
        assertThat(RunHelp.create()).doesNotContain("--detach");
        assertThat(help.lines()).allMatch(line -> line.length() <= 120);
    }

    @Test
    void variablesAreGivenTakenFromTheCallerOrTakenAway() {
        files.put("vars", "\ufeff# a comment\n  A=from file\nCALLERS\nABSENT\n\nB=x=y \r\nC=\n");
        assertThat(options("--env-file", "vars", "-e", "A=2", "-eCALLERS", "-e", "ABSENT")
                        .program()
                        .environment())
                .containsExactly("A=from file", "CALLERS=ours", "B=x=y ", "C=", "A=2", "CALLERS=ours", "ABSENT");
        files.put("bad", "ok=1\nA B=1\n");
        refused("--env-file bad, line 2: \"A B\" is no name", "--env-file", "bad");
        refused("\"=x\"", "-e", "=x");
    }

    @Test
    void labelsAndAnnotationsArePairs() {
        files.put("labels", "a=1\nb\n#c=3\n");
        var identity = options(
                        "--label-file", "labels", "-l", "a=2", "--label", "d", "--annotation", "x=y=z", "-h", "box")
                .identity();
        assertThat(identity.labels()).isEqualTo(Map.of("a", "2", "b", "", "d", ""));
        assertThat(identity.annotations()).isEqualTo(Map.of("x", "y=z"));
        assertThat(identity.hostname()).contains("box");
        refused("--label =x: must have the form", "-l", "=x");
    }

    @Test
    void anEntrypointIsOneProgramOrNone() {
        assertThat(options().program().entrypoint()).isEmpty();
        assertThat(options("--entrypoint", "/bin/sh -c").program().entrypoint()).contains(List.of("/bin/sh -c"));
        assertThat(options("--entrypoint", "").program().entrypoint()).contains(List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "64m,67108864",
        "64M,67108864",
        "64mb,67108864",
        "64MiB,67108864",
        "65536k,67108864",
        "1g,1073741824",
        "1.5g,1610612736",
        "8388608,8388608",
        "8388608b,8388608",
        "1t,1099511627776",
        "0.5 GB,536870912"
    })
    void bytesComeInAllForms(String text, long bytes) {
        assertThat(options("-m", text).limits().memory().limit()).hasValue(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "x", "1x", "m", "1 0m", "9223372036854775807g", "1e9", "1.k"})
    void whatIsNoNumberOfBytesIsRefused(String text) {
        refused("--memory " + text + ": a positive number of bytes", "--memory", text);
    }

    @Test
    void limitsAreRead() {
        var limits = options(
                        "-m",
                        "1g",
                        "--memory-swap",
                        "-1",
                        "--memory-swappiness",
                        "10",
                        "--memory-reservation",
                        "512m",
                        "--oom-kill-disable",
                        "--oom-score-adj",
                        "-5",
                        "--cpus",
                        "1.5",
                        "-c",
                        "512",
                        "--cpuset-cpus",
                        "0-3,7",
                        "--pids-limit",
                        "0",
                        "--ulimit",
                        "nofile=1024:2048",
                        "--ulimit",
                        "core=-1",
                        "--ulimit",
                        "nofile=3",
                        "--blkio-weight",
                        "500",
                        "--device-read-bps",
                        "/dev/sda:1mb",
                        "--device-write-iops",
                        "/dev/sda:100")
                .limits();
        assertThat(limits.memory().swap()).hasValue(-1);
        assertThat(limits.memory().swappiness()).hasValue(10);
        assertThat(limits.memory().oomKillDisable()).isTrue();
        assertThat(limits.memory().oomScoreAdj()).hasValue(-5);
        assertThat(limits.cpu().nanos()).hasValue(1_500_000_000L);
        assertThat(limits.cpu().shares()).hasValue(512);
        assertThat(limits.cpu().cpus()).contains("0-3,7");
        assertThat(limits.pids()).hasValue(-1);
        assertThat(limits.rlimits().toString())
                .isEqualTo("[Rlimit[type=RLIMIT_CORE, soft=-1, hard=-1], Rlimit[type=RLIMIT_NOFILE, soft=3, hard=3]]");
        assertThat(limits.blockIo().readBytes().getFirst().rate()).isEqualTo(1 << 20);
        assertThat(limits.blockIo().writeOperations().getFirst().rate()).isEqualTo(100);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-m 4m | 4194304 bytes are too few",
                "-m 64m --memory-swap 32m | is below limit",
                "--memory-swap 1g | it needs a limit of memory",
                "--oom-kill-disable | it needs a limit of memory",
                "--cpus 0 | --cpus 0: a number of processors",
                "--cpus 1 --cpu-quota 5000 | leave one of them away",
                "--cpuset-cpus 0-x | expected a list such as 0-3,7",
                "--ulimit nofile | --ulimit nofile: must have the form",
                "--ulimit files=3 | --ulimit files=3: must have the form",
                "--ulimit nofile=5:3 | 5 is above hard, 3",
                "--blkio-weight 5 | out of range: 10 to 1000",
                "--device-read-bps sda | must have the form PATH:NUMBER",
                "--oom-score-adj 1001 | out of range",
                "--pids-limit x | --pids-limit x: a whole number is wanted",
                "--stop-timeout -2 | a number of seconds",
            })
    void limitsThatCannotBeAreRefused(String text, String words) {
        refused(words, text.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "80 | tcp -:0-0>80",
                "80/udp | udp -:0-0>80",
                "8080:80 | tcp -:8080-8080>80",
                "8080:80/SCTP | sctp -:8080-8080>80",
                "127.0.0.1:8080:80 | tcp 127.0.0.1:8080-8080>80",
                "127.0.0.1::80 | tcp 127.0.0.1:0-0>80",
                ":80 | tcp -:0-0>80",
                "0:80 | tcp -:0-0>80",
                "[::1]:8080:80 | tcp 0:0:0:0:0:0:0:1:8080-8080>80",
                "[::]::80 | tcp 0:0:0:0:0:0:0:0:0-0>80",
                "8000-8002:80-82 | tcp -:8000-8000>80 tcp -:8001-8001>81 tcp -:8002-8002>82",
                "8000-8010:80 | tcp -:8000-8010>80",
                "80-81 | tcp -:0-0>80 tcp -:0-0>81",
                "127.0.0.1:8000-8001:80-81/udp | udp 127.0.0.1:8000-8000>80 udp 127.0.0.1:8001-8001>81",
            })
    void portsComeInAllForms(String text, String expected) {
        assertThat(NetworkFlags.ports(text).stream()
                        .map(it -> it.protocol() + " " + it.hostAddress().orElse("-") + ":" + it.hostPort() + "-"
                                + it.lastHostPort() + ">" + it.containerPort())
                        .collect(Collectors.joining(" ")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "80/icmp",
                "0",
                "65536",
                "80:",
                "1-2:80-82",
                "80-79",
                "::1:80:80",
                "localhost:80:80",
                "127.0.0.1:80:80:80",
                "-1:80",
                "80/",
                "8080:x",
                "1.2.3:80:80"
            })
    void portsThatCannotBeAreRefused(String text) {
        assertThatThrownBy(() -> NetworkFlags.ports(text))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith("--publish " + text);
    }

    @Test
    void publishedPortsAreExposed() {
        var network = options("-p", "8080:80", "--expose", "90-91/udp", "--expose", "80")
                .network();
        assertThat(network.exposed().toString()).isEqualTo("[90/udp, 91/udp, 80/tcp]");
    }

    @Test
    void networksAreNamedWithWhatIsWantedOfThem() {
        assertThat(options().network().mode()).isEqualTo(NetworkMode.DEFAULT);
        assertThat(options("--network", "default").network().mode()).isEqualTo(NetworkMode.DEFAULT);
        assertThat(options("--net=host").network().mode()).isEqualTo(NetworkMode.Simple.HOST);
        assertThat(options("--network=none").network().mode()).isEqualTo(NetworkMode.Simple.NONE);
        assertThat(options("--network=container:web").network().mode()).isEqualTo(new NetworkMode.OfInstance("web"));
        var networks = (NetworkMode.Networks) options(
                        "--network",
                        "name=a,alias=x,ip=10.0.0.5",
                        "--network",
                        "b",
                        "--network-alias",
                        "y",
                        "--ip6",
                        "fd00::5",
                        "--mac-address",
                        "92:D0:C6:0A:29:33")
                .network()
                .mode();
        assertThat(networks.attachments().getFirst().toString())
                .isEqualTo("NetworkAttachment[network=a, aliases=[x, y], ipv4=Optional[10.0.0.5],"
                        + " ipv6=Optional[fd00:0:0:0:0:0:0:5], mac=Optional[92:d0:c6:0a:29:33]]");
        assertThat(networks.attachments().getLast().network()).isEqualTo("b");
        refused("leaves nothing to say", "--network", "none", "--network", "b");
        refused("leaves nothing to say", "--network", "host", "--ip", "10.0.0.5");
        refused("is named twice", "--network", "b", "--network", "b");
        refused("is no address", "--network", "b", "--ip", "10.0.0.256");
        refused("is no address of one interface", "--network", "b", "--mac-address", "01:00:5e:00:00:01");
        refused("only an instance with a network of its own", "--network", "none", "-p", "80:80");
    }

    @Test
    void namesAndNameServersAreRead() {
        var network = options(
                        "--add-host",
                        "db:10.0.0.2",
                        "--add-host",
                        "me=host-gateway",
                        "--add-host",
                        "six:[fd00::1]",
                        "--add-host",
                        "six2:fd00::1",
                        "--dns",
                        "1.1.1.1",
                        "--dns-search",
                        "example.org",
                        "--dns-option",
                        "ndots:2")
                .network();
        assertThat(network.hosts().toString())
                .isEqualTo("[Host[name=db, address=10.0.0.2], Host[name=me, address=host-gateway],"
                        + " Host[name=six, address=fd00:0:0:0:0:0:0:1], Host[name=six2, address=fd00:0:0:0:0:0:0:1]]");
        assertThat(network.nameServers()).containsExactly("1.1.1.1");
        assertThat(network.resolverOptions()).containsExactly("ndots:2");
        refused("must have the form NAME:ADDRESS", "--add-host", "db");
        refused("is no address", "--add-host", "db:nowhere");
        refused("is no address", "--dns", "one");
        refused("must be one word", "--add-host", "a b:1.2.3.4");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/data | VOLUME - /data rw copy",
                "db:/data | VOLUME db /data rw copy",
                "db:/data:ro,nocopy | VOLUME db /data ro nocopy",
                "db:/data/../other/ | VOLUME db /other rw copy",
                "/src:/dst | BIND /src /dst rw rprivate make",
                "/src:/dst:ro | BIND /src /dst ro rprivate make",
                "/src:/dst:ro,rshared | BIND /src /dst ro rshared make",
                "/src:/dst:z,cached | BIND /src /dst rw rprivate make",
                "./src:/dst:slave | BIND /here/src /dst rw slave make",
            })
    void volumesComeInAllForms(String text, String expected) {
        assertThat(describe(options("-v", text).storage().mounts().getFirst())).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "type=bind,source=/src,target=/dst | BIND /src /dst rw rprivate",
                "type=bind,src=src,dst=/dst,ro | BIND /here/src /dst ro rprivate",
                "type=bind,src=/s,destination=/d,readonly=true,bind-propagation=rslave | BIND /s /d ro rslave",
                "type=bind,src=/s,dst=/d,readonly,bind-recursive=writable | BIND /s /d ro rprivate WRITABLE",
                "type=bind,src=/s,dst=/d,bind-recursive=disabled | BIND /s /d rw rprivate LEFT_OUT",
                "type=bind,src=/s,dst=/d,bind-create-src | BIND /s /d rw rprivate make",
                "type=bind,`src=/a,b`,dst=/d | BIND /a,b /d rw rprivate",
                "type=volume,src=db,target=/d,volume-nocopy | VOLUME db /d rw nocopy",
                "source=db,target=/d,volume-subpath=a/b | VOLUME db /d rw copy a/b",
                "target=/d,readonly=false | VOLUME - /d rw copy",
                "type=tmpfs,target=/d,tmpfs-size=1m,tmpfs-mode=1770 | TMPFS /d rw 1048576 1770",
            })
    void mountsComeInAllForms(String text, String expected) {
        String csv = text.replace('`', '"');
        assertThat(describe(options("--mount", csv).storage().mounts().getFirst()))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-v : | must have the form",
                "-v a:b:c:d | must have the form",
                "-v a/b:/c | a/b is no name of a volume",
                "-v a:b | must be an absolute path",
                "-v a:/b:fast | \"fast\" is no option",
                "-v a:/b:rshared | is for folders of this machine",
                "-v /a:/b:nocopy | nocopy is for volumes",
                "-v -x:/b | is no name of a volume",
                "-v /a:/ | the root of the instance",
                "-v /a:/b -v /c:/b/. | /b is mounted upon twice",
                "--mount type=bind,target=/x | source, what is to be there, is missing",
                "--mount type=bind,source=/x | target, where it is to be, is missing",
                "--mount type=image,source=x,target=/x | images are not mounted yet",
                "--mount type=disk,target=/x | the type is bind, volume or tmpfs",
                "--mount type=tmpfs,source=a,target=/x | has no source",
                "--mount type=tmpfs,target=/x,colour=red | colour is nothing that can be said of the type tmpfs",
                "--mount type=bind,source=/x,target=/x,volume-nocopy | volume-nocopy is nothing",
                "--mount type=bind,source=/x,source=/y,target=/x | source is given twice",
                "--mount source=a,target=/x,volume-subpath=../b | must lie below",
                "--mount source=a,target=/x,volume-driver=nfs | of the driver local",
                "--mount type=bind,source=/x,target=/x,readonly=maybe | true or false",
                "--tmpfs /x:mode=9 | is no octal number",
                "--tmpfs /x:upperdir=/etc | is no option of a tmpfs",
                "--volumes-from web:wo | must have the form",
            })
    void mountsThatCannotBeAreRefused(String text, String words) {
        refused(words, text.split(" "));
    }

    @Test
    void tmpfsTakesOptionsOfMount() {
        assertThat(describe(options("--tmpfs", "/x").storage().mounts().getFirst()))
                .isEqualTo("TMPFS /x rw - -");
        assertThat(describe(options("--tmpfs", "/x:ro,exec,size=64m,mode=700,uid=5,noatime")
                        .storage()
                        .mounts()
                        .getFirst()))
                .isEqualTo("TMPFS /x ro 67108864 700 exec [uid=5, noatime]");
    }

    @Test
    void labelsOfFilesAreRefusedWhereThereAreSome() {
        labels = true;
        refused("labels of SELinux", "-v", "/a:/b:Z");
        refused("labels of SELinux", "--security-opt", "label=disable");
        labels = false;
        options("-v", "/a:/b:Z", "--security-opt", "label=disable", "--security-opt", "label:disable");
        refused("labels of SELinux", "--security-opt", "label=type:x");
    }

    private static String describe(InstanceMount mount) {
        String how = mount.target() + (mount.readOnly() ? " ro" : " rw");
        return switch (mount) {
            case InstanceMount.Bind it ->
                "BIND " + it.source() + " " + how + " " + it.propagation()
                        + (it.submounts() == Submounts.INCLUDED
                                ? ""
                                : " " + it.submounts().name())
                        + (it.createSource() ? " make" : "");
            case InstanceMount.Volume it ->
                "VOLUME " + it.name().orElse("-") + " " + how + (it.copy() ? " copy" : " nocopy")
                        + it.subpath().map(sub -> " " + sub).orElse("");
            case InstanceMount.Tmpfs it ->
                "TMPFS " + how + " " + (it.size().isPresent() ? it.size().getAsLong() : "-") + " "
                        + (it.mode().isPresent() ? Long.toOctalString(it.mode().getAsLong()) : "-")
                        + (it.exec() ? " exec" : "")
                        + (it.options().isEmpty() ? "" : " " + it.options());
        };
    }

    @Test
    void devicesComeInAllForms() {
        assertThat(device("/dev/fuse")).isEqualTo("/dev/fuse /dev/fuse [r, w, m]");
        assertThat(device("/dev/fuse:/dev/x")).isEqualTo("/dev/fuse /dev/x [r, w, m]");
        assertThat(device("/dev/fuse:rw")).isEqualTo("/dev/fuse /dev/fuse [r, w]");
        assertThat(device("/dev/fuse:/dev/x:m")).isEqualTo("/dev/fuse /dev/x [m]");
        refused("some of r, w and m", "--device", "/dev/fuse:/dev/x:q");
        refused("each of r, w and m once", "--device", "/dev/fuse:/dev/x:rr");
        refused("what vendors name devices", "--device", "vendor.com/gpu=0");
        DeviceRule rule =
                options("--device-cgroup-rule", "c 10:* rw").devices().rules().getFirst();
        assertThat(rule.major()).hasValue(10);
        assertThat(rule.minor()).isEmpty();
        refused("must have the form", "--device-cgroup-rule", "c 10 rw");
        refused("must have the form", "--device-cgroup-rule", "x 1:1 rw");
    }

    private String device(String text) {
        var mapping = options("--device", text).devices().mapped().getFirst();
        return mapping.source() + " " + mapping.path() + " " + mapping.access();
    }

    @Test
    void rightsAreReadAndSafeUnlessAskedOtherwise() {
        assertThat(options().security().noNewPrivileges()).isTrue();
        assertThat(options("--privileged").security().noNewPrivileges()).isFalse();
        assertThat(options("--privileged", "--security-opt", "no-new-privileges")
                        .security()
                        .noNewPrivileges())
                .isTrue();
        for (String no : List.of("no-new-privileges=false", "no-new-privileges:false")) {
            assertThat(options("--security-opt", no).security().noNewPrivileges())
                    .isFalse();
        }
        var security = options("--cap-add", "net_admin", "--cap-add", "CAP_SYS_TIME", "--cap-drop", "all")
                .security();
        assertThat(security.added()).containsExactly(Capability.CAP_NET_ADMIN, Capability.CAP_SYS_TIME);
        assertThat(security.dropAll()).isTrue();
        files.put("p.json", "{}");
        assertThat(options("--security-opt", "seccomp=p.json").security().seccomp())
                .isEqualTo(new SeccompChoice.Profile("{}"));
        assertThat(options("--security-opt", "seccomp:unconfined").security().seccomp())
                .isEqualTo(SeccompChoice.Simple.UNCONFINED);
        assertThat(options("--security-opt", "systempaths=unconfined")
                        .security()
                        .maskedPaths())
                .contains(List.of());
        refused("no capability, such as NET_ADMIN", "--cap-add", "FLY");
        refused("unknown; there are", "--security-opt", "credentialspec=x");
        refused("true or false", "--security-opt", "no-new-privileges=perhaps");
    }

    @Test
    void namespacesAreReadAndCheckedAgainstParameters() {
        var namespaces = options("--pid", "host", "--ipc", "container:web", "--uts=host", "--cgroupns", "host")
                .namespaces();
        assertThat(namespaces.pid().isHost()).isTrue();
        assertThat(namespaces.ipc()).isEqualTo(new NamespaceMode.OfInstance("web"));
        refused("private or host", "--uts", "container:web");
        refused("expected private, host or container:NAME", "--pid", "mine");
        assertThat(options("--sysctl", "net.ipv4.ip_forward=1").namespaces().sysctls())
                .isEqualTo(Map.of("net.ipv4.ip_forward", "1"));
        refused("belongs to the whole machine", "--sysctl", "kernel.panic=1");
        refused("would change the machine", "--sysctl", "net.ipv4.ip_forward=1", "--network", "host");
        refused("would change the machine", "--sysctl", "kernel.shmmax=1", "--ipc", "host");
        refused("leave one of them away", "--uts", "host", "-h", "box");
    }

    @ParameterizedTest
    @CsvSource({"1s,1000", "1m30s,90000", "1.5h,5400000", "500ms,500", "1h0m0.25s,3600250", "2000us,2", "3000000ns,3"})
    void timesComeAsInGo(String text, long millis) {
        var check = options("--health-cmd", "x", "--health-interval", text)
                .policies()
                .healthCheck();
        assertThat(check.orElseThrow().interval()).contains(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "s", "-1s", "1s2", "1x", "1 s", "9999999999999h"})
    void whatIsNoTimeIsRefused(String text) {
        refused("--health-interval " + text + ": a time", "--health-interval", text);
    }

    @Test
    void policiesAreRead() {
        var policies = options(
                        "--restart",
                        "on-failure:3",
                        "--stop-signal",
                        "int",
                        "--stop-timeout",
                        "-1",
                        "--log-driver",
                        "json-file",
                        "--log-opt",
                        "max-size=1m",
                        "--log-opt",
                        "max-file=2",
                        "--pull",
                        "never",
                        "--platform",
                        "linux/x86_64",
                        "--health-cmd",
                        "curl x | y",
                        "--health-retries",
                        "5")
                .policies();
        assertThat(policies.restart()).hasToString("on-failure:3");
        assertThat(policies.stopSignal()).contains("SIGINT");
        assertThat(policies.stopTimeout()).contains(Duration.ofSeconds(-1));
        assertThat(policies.log()).isEqualTo(new LogPolicy(LogPolicy.Kind.FILE, 1 << 20, 2));
        assertThat(policies.pull()).hasToString("never");
        assertThat(policies.platform()).contains("linux/amd64");
        assertThat(policies.healthCheck().orElseThrow().test()).containsExactly("CMD-SHELL", "curl x | y");
        assertThat(options("--no-healthcheck")
                        .policies()
                        .healthCheck()
                        .orElseThrow()
                        .checks())
                .isFalse();
        assertThat(options("--log-opt", "max-size=-1").policies().log().maxFiles())
                .isEqualTo(1);
        assertThat(options("--log-driver=none").policies().log()).isEqualTo(LogPolicy.NONE);
    }

    @Test
    void whatTheJournalIsToldIsRead() {
        LogPolicy plain = options("--log-driver=journald").policies().log();
        assertThat(plain).isEqualTo(new LogPolicy(LogPolicy.Kind.JOURNALD, -1, 1));
        assertThat(options(
                                "--log-driver=journald",
                                "--log-opt=tag={{.Name}}",
                                "--log-opt=labels=a.b,c",
                                "--log-opt",
                                "env=PATH,",
                                "--log-opt=mode=blocking")
                        .policies()
                        .log()
                        .journal())
                .isEqualTo(new JournalOptions(Optional.of("{{.Name}}"), List.of("a.b", "c"), List.of("PATH")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--restart sometimes | expected no, always, unless-stopped or on-failure",
                "--restart always:3 | expected no, always",
                "--restart on-failure:x | expected no, always",
                "--restart always --rm | leave autoRemove or restart away",
                "--stop-signal SIGNOPE | is no signal",
                "--log-driver syslog | in a file, in the journal or nowhere",
                "--log-driver none --log-opt max-size=1m | none has no such option",
                "--log-driver journald --log-opt max-size=1m | journald has no such option; it has tag, labels and env",
                "--log-driver journald --log-opt labels-regex=^a | it has tag, labels and env",
                "--log-driver journald --log-opt tag={{.X}} | placeholder that there is not",
                "--log-driver journald --log-opt env=1X | begins with a letter",
                "--log-opt tag=x | file has no such option; it has max-size and max-file",
                "--log-opt compress=true | json-file has no such option",
                "--log-opt max-size=1k | hold no line",
                "--pull sometimes | missing, always or never",
                "--no-healthcheck --health-cmd x | one of them, not both",
                "--volume-driver nfs | as of local",
                "--disable-content-trust=false | are not looked at",
                "--platform a/b/c/d | is no platform",
            })
    void policiesThatCannotBeAreRefused(String text, String words) {
        refused(words.replace("json-file has", "file has"), text.split(" "));
    }

    @Test
    void whatIsOfTheCallIsToldApart() {
        RunOptions read =
                read("-d", "--detach-keys", "ctrl-a", "--sig-proxy=false", "--cidfile", "id", "-q", "--name", "x", "i");
        assertThat(read.detached()).isTrue();
        assertThat(read.detachKeys()).contains("ctrl-a");
        assertThat(read.passesSignals()).isFalse();
        assertThat(read.idFile()).contains("/here/id");
        assertThat(read.quiet()).isTrue();
        assertThat(read.name()).contains("x");
        assertThat(read("-a", "STDIN", "-a", "stdout", "i").attached()).containsExactly("stdin", "stdout");
        assertThatThrownBy(() -> read("-a", "x", "i").attached()).hasMessageContaining("stdin, stdout or stderr");
        assertThatThrownBy(() -> read("-d", "-a", "stdin", "i").attached()).hasMessageContaining("not both");
    }

    @Test
    void propagationIsAnEnumOfAll() {
        for (Propagation propagation : List.of(
                Propagation.PRIVATE,
                Propagation.RPRIVATE,
                Propagation.SHARED,
                Propagation.RSHARED,
                Propagation.SLAVE,
                Propagation.RSLAVE)) {
            assertThat(options("-v", "/a:/b:" + propagation).storage().mounts().getFirst())
                    .extracting("propagation")
                    .isEqualTo(propagation);
        }
        refused("private, shared, slave", "-v", "/a:/b:unbindable");
    }
}
