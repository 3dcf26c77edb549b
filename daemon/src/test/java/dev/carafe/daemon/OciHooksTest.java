package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The six kinds of hooks: when, where and with what they are run, and what comes of their failure. */
@SystemTest
class OciHooksTest {

    private static final List<String> KINDS =
            List.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");
    private static final String RUNS = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
    private static final String NAMESPACES = "for n in cgroup ipc mnt net pid uts; do readlink /proc/self/ns/$n; done";

    /** Adds a hook that is a shell script; in the container it is busybox that runs it. */
    private static Bundle hook(Bundle bundle, String kind, String script) {
        return bundle.edit(".hooks." + kind + " += [{path: \"/bin/sh\", args: [\"sh\", \"-c\", $text]}]", script);
    }

    /** Where scripts write to, as they see it: the container's root is all that those inside have. */
    private static String log(Bundle bundle, String kind) {
        return kind.equals("startContainer") ? "/log" : logFile(bundle, kind).toString();
    }

    private static Path logFile(Bundle bundle, String kind) {
        return kind.equals("startContainer")
                ? bundle.rootfs().resolve("log")
                : bundle.folder().resolve("log-" + kind);
    }

    private static String logged(Bundle bundle, String kind) {
        return Installation.read(logFile(bundle, kind)).strip();
    }

    /** Every kind of hook writes what this script does to a log of its own. */
    private static Bundle watched(Bundle bundle, String script) {
        for (String kind : KINDS) {
            hook(bundle, kind, "{ " + script + "; } >> " + log(bundle, kind));
        }
        return bundle;
    }

    private static Outcome create(Installation carafe, Bundle bundle, String id) {
        return carafe.oci("create", "--bundle", bundle.folder().toString(), id);
    }

    private static Outcome run(Installation carafe, Bundle bundle, String id) {
        return carafe.oci("run", "--bundle", bundle.folder().toString(), id);
    }

    private static void mustBeGone(Installation carafe, String id) {
        carafe.oci("state", id).failed(1, "container " + id + " does not exist");
    }

    @Test
    void theyAreRunInTheirOrderAtTheirTimes(Installation carafe) {
        Bundle bundle = carafe.bundle("cat /log; echo program");
        Path order = bundle.folder().resolve("order");
        for (String kind : KINDS) {
            for (int i = 0; i < 2; i++) {
                hook(bundle, kind, "echo " + kind + i + " >> " + (kind.equals("startContainer") ? "/log" : order));
            }
        }
        String id = carafe.newId();
        create(carafe, bundle, id).succeeded();
        List<String> expected = new ArrayList<>(List.of(
                "prestart0", "prestart1", "createRuntime0", "createRuntime1", "createContainer0", "createContainer1"));
        assertThat(Installation.read(order).lines()).containsExactlyElementsOf(expected);
        assertThat(logged(bundle, "startContainer")).isEmpty();

        carafe.oci("start", id).succeeded();
        expected.addAll(List.of("poststart0", "poststart1"));
        assertThat(Installation.read(order).lines()).containsExactlyElementsOf(expected);
        assertThat(logged(bundle, "startContainer").lines()).containsExactly("startContainer0", "startContainer1");
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        assertThat(Installation.read(order).lines()).containsExactlyElementsOf(expected);

        carafe.oci("delete", id).succeeded();
        expected.addAll(List.of("poststop0", "poststop1"));
        assertThat(Installation.read(order).lines()).containsExactlyElementsOf(expected);

        Commands.succeed("rm \"$0\" \"$1\"", order.toString(), bundle.rootfs() + "/log");
        assertThat(run(carafe, bundle, carafe.newId()).succeeded())
                .isEqualTo("startContainer0\nstartContainer1\nprogram\n");
        assertThat(Installation.read(order).lines()).containsExactlyElementsOf(expected);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theyAreToldTheState(boolean atOnce, Installation carafe) {
        Bundle bundle = watched(carafe.bundle(RUNS).edit(".annotations = {\"a.b\": \"c \\\"d\\\"\\n\"}"), "cat");
        String id = carafe.newId();
        Path pidFile = carafe.newPath("pid");
        String folder = bundle.folder().toString();
        if (atOnce) {
            carafe.oci("run", "-d", "--bundle", folder, "--pid-file", pidFile.toString(), id)
                    .succeeded();
        } else {
            carafe.oci("create", "--bundle", folder, "--pid-file", pidFile.toString(), id)
                    .succeeded();
            carafe.oci("start", id).succeeded();
        }
        carafe.oci("delete", "--force", id).succeeded();
        String pid = Installation.read(pidFile);
        List<String> statuses = List.of("creating", "creating", "creating", "created", "running", "stopped");
        List<String> pids = List.of(pid, pid, "1", "1", pid, "0");
        for (int i = 0; i < KINDS.size(); i++) {
            String state = logged(bundle, KINDS.get(i));
            assertThat(Json.read(state, ".id, .status, .pid, .bundle, .ociVersion, (.annotations[\"a.b\"] | @json)"))
                    .as(KINDS.get(i))
                    .isEqualTo(
                            String.join("\n", id, statuses.get(i), pids.get(i), folder, "1.3.0", "\"c \\\"d\\\"\\n\""));
        }
    }

    @Test
    void eachIsInItsNamespacesAndFolderWithTheUsualModes(Installation carafe) {
        Bundle bundle = watched(
                carafe.bundle(NAMESPACES).edit(".process.cwd = \"/tmp\" | .process.user.umask = 63"),
                NAMESPACES
                        + "; pwd; umask; grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t'; ls /proc/self/fd | wc -l");
        String ours = Commands.succeed(NAMESPACES + "; true");
        // A caller who has much open and ignores signals.
        String inside = Commands.succeed(
                "trap '' INT TERM USR1; umask 22; exec 7< /etc/passwd 8< /; CARAFE_DATA=\"$1\" CARAFE_STATE=\"$2\" \"$0\" oci run --bundle \"$3\" \"$4\"",
                Installation.program().toString(),
                carafe.data().toString(),
                carafe.state().toString(),
                bundle.folder().toString(),
                carafe.newId());
        assertThat(inside.lines())
                .hasSize(6)
                .doesNotContainAnyElementsOf(
                        ours.lines().filter(line -> !line.startsWith("cgroup")).toList());
        for (String kind : KINDS) {
            boolean within = kind.endsWith("Container");
            String folder = kind.equals("startContainer")
                    ? "/tmp"
                    : within ? bundle.rootfs().toString() : bundle.folder().toString();
            // Busybox' ls has three standard descriptors and the folder that it lists; the shell's redirections are its
            // own.
            assertThat(logged(bundle, kind))
                    .as(kind)
                    .isEqualTo((within ? inside : ours) + folder + "\n"
                            + (kind.equals("startContainer") ? "0077" : "0022")
                            + "\nSigBlk:0000000000000000\nSigIgn:0000000000000000\n4");
        }
    }

    @Test
    void eachHasTheEnvironmentThatItIsGiven(Installation carafe) {
        Bundle bundle = carafe.bundle("true").edit(".process.env = [\"PATH=/bin\", \"PROGRAM=1\"]");
        for (String kind : KINDS) {
            String script =
                    "tr '\\0' ' ' < /proc/$$/environ >> " + log(bundle, kind) + "; echo >> " + log(bundle, kind);
            hook(bundle, kind, script);
            bundle.edit(".hooks." + kind + " += [.hooks." + kind + "[0] + {env: [\"A=1\", \"B=two words\"]}]");
            if (kind.equals("createContainer")) {
                // The host's proc knows no process of another pid namespace, and so the shell is asked.
                bundle.edit(
                        ".hooks.createContainer[].args[2] = $text",
                        "{ env | grep -vE '^(PWD|OLDPWD|SHLVL|_)='" + " | tr '\\n' ' '; echo; } >> "
                                + log(bundle, kind));
            }
        }
        carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId())
                .variable("OF_THE_CALLER", "yes")
                .variable("JAVA_TOOL_OPTIONS", "-Dnothing=1")
                .execute()
                .succeeded();
        for (String kind : KINDS) {
            List<String> lines = logged(bundle, kind).lines().toList();
            if (kind.equals("createContainer")) {
                assertThat(logFile(bundle, kind)).hasContent("\nA=1 B=two words \n");
                continue;
            }
            assertThat(lines).as(kind).hasSize(2);
            assertThat(lines.get(1).strip()).as(kind).isEqualTo("A=1 B=two words");
            if (kind.equals("startContainer")) {
                assertThat(lines.getFirst()).isEqualTo("PATH=/bin PROGRAM=1 HOME=/root ");
            } else {
                assertThat(lines.getFirst())
                        .as(kind)
                        .contains("OF_THE_CALLER=yes ")
                        .doesNotContain("PROGRAM");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheyMountIsSeenInTheContainer(boolean userNamespace, Installation carafe) {
        Bundle bundle = carafe.bundle("cat /runtime /container /tmpfs/file");
        if (userNamespace) {
            bundle.edit(".linux.namespaces += [{type: \"user\"}]"
                    + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                    + " | .linux.gidMappings = .linux.uidMappings");
            // Somebody from the user namespace has no way to the bundle, and needs none.
            Commands.succeed(
                    "chown -R 100000:100000 \"$0\"; chmod 700 \"$1\"",
                    bundle.rootfs().toString(),
                    bundle.folder().toString());
        }
        bundle.edit(".mounts += [{destination: \"/tmpfs\", type: \"tmpfs\", source: \"tmpfs\"}]");
        String root = bundle.rootfs().toString();
        Commands.succeed(
                "echo from the runtime > \"$0\"/1; touch \"$1\"/runtime \"$1\"/container; chmod 644 \"$1\"/runtime",
                bundle.folder().toString(),
                root);
        String pid = "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); ";
        hook(
                bundle,
                "createRuntime",
                pid + "nsenter -m -t $pid mount --bind " + bundle.folder() + "/1 " + root
                        + "/runtime && nsenter -m -t $pid test -d " + root + "/proc/1");
        hook(
                bundle,
                "createContainer",
                "echo in the tmpfs > ./tmpfs/file; mkdir -p ./tmp && mount -t tmpfs none ./tmp && echo from the container > ./tmp/2 && mount --bind ./tmp/2 ./container");
        Outcome outcome = run(carafe, bundle, carafe.newId());
        assertThat(outcome.succeeded()).isEqualTo("from the runtime\nfrom the container\nin the tmpfs\n");
        assertThat(bundle.rootfs().resolve("runtime")).isEmptyFile();
        assertThat(bundle.rootfs().resolve("container")).isEmptyFile();
        assertThat(bundle.rootfs().resolve("tmpfs")).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart"})
    void oneThatFailsUndoesTheContainer(String kind, Installation carafe) {
        Bundle bundle = carafe.bundle("echo program; " + RUNS);
        hook(bundle, kind, "true");
        hook(bundle, kind, "echo not so >&2; echo says $0; exit 3");
        hook(bundle, kind, "echo never >> " + log(bundle, kind));
        hook(bundle, "poststop", "echo stopped >> " + log(bundle, "poststop"));
        String[] words = {
            "error running " + kind + " hook #1: hooks." + kind + "[1], /bin/sh: exit status 3", "not so", "says sh"
        };
        boolean whenStarted = kind.endsWith("startContainer") || kind.equals("poststart");

        String id = carafe.newId();
        Outcome creation = create(carafe, bundle, id);
        if (whenStarted) {
            creation.succeeded();
            assertThat(logged(bundle, "poststop")).isEmpty();
            Outcome start = carafe.oci("start", id);
            start.failed(1, words);
        } else {
            creation.failed(1, words);
        }
        mustBeGone(carafe, id);
        assertThat(logged(bundle, "poststop")).isEqualTo("stopped");

        Outcome run = run(carafe, bundle, id).ended(1);
        assertThat(run.error()).startsWith("carafe: ").contains(words).hasLineCount(1);
        mustBeGone(carafe, id);
        Outcome detached = carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id)
                .ended(1);
        assertThat(detached.error()).contains(words).hasLineCount(1);
        mustBeGone(carafe, id);
        assertThat(logged(bundle, "poststop").lines()).hasSize(3);
        assertThat(logFile(bundle, kind)).as("those after it").doesNotExist();
    }

    @Test
    void whateverFailsOnceTheyWereRunThoseOfTheEndAreRunToo(Installation carafe) {
        Bundle bundle = carafe.bundle("").edit(".process.args = [\"nowhere\"]");
        watched(bundle, "echo run");
        create(carafe, bundle, carafe.newId()).failed(1, "exec: \"nowhere\": executable file not found in $PATH");
        assertThat(logged(bundle, "createRuntime")).isEqualTo("run");
        assertThat(logged(bundle, "poststop")).isEqualTo("run");
        bundle.edit(".root.path = \"nowhere\"");
        create(carafe, bundle, carafe.newId()).ended(1);
        Commands.succeed("rm \"$0\"", logFile(bundle, "poststop").toString());
        bundle.edit(".linux.resources.devices = 5");
        create(carafe, bundle, carafe.newId()).ended(1);
        assertThat(logFile(bundle, "poststop")).as("there was no process").doesNotExist();
    }

    @Test
    void oneOfTheEndThatFailsIsOnlyToldOf(Installation carafe) {
        Bundle bundle = carafe.bundle("exit 7");
        hook(bundle, "poststop", "echo no good; exit 4");
        bundle.edit(".hooks.poststop += [{path: \"/nowhere/hook\"}]");
        hook(bundle, "poststop", "echo went on >> " + log(bundle, "poststop"));
        String first = "error running poststop hook #0: hooks.poststop[0], /bin/sh: exit status 4";

        String id = carafe.newId();
        create(carafe, bundle, id).succeeded();
        Outcome delete = carafe.oci("delete", id).ended(0);
        assertThat(delete.error().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("carafe: ").contains(first, "no good"),
                        line -> assertThat(line)
                                .contains("hooks.poststop[1], /nowhere/hook", "o such file or directory"));
        mustBeGone(carafe, id);
        assertThat(logged(bundle, "poststop")).isEqualTo("went on");

        create(carafe, bundle, id).succeeded();
        Path logFile = carafe.newPath("log");
        Outcome logging = carafe.oci("--log", logFile.toString(), "--log-format", "json", "delete", id);
        assertThat(logging.succeeded()).isEmpty();
        assertThat(Json.read(Installation.read(logFile), ".level, .msg")).startsWith("warning\n" + first);

        Outcome run = run(carafe, bundle, id).ended(7);
        assertThat(run.error())
                .contains("carafe: warning: " + first + ": no good", "/nowhere/hook")
                .hasLineCount(2);
        assertThat(logged(bundle, "poststop").lines()).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "prestart, create",
        "createRuntime, create",
        "createContainer, create",
        "startContainer, start",
        "poststart, start",
        "poststop, delete",
        "poststop, run"
    })
    void oneThatTakesTooLongIsKilledWithAllItsProcesses(String kind, String command, Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        hook(bundle, kind, "echo asleep; sleep 1000 & sleep 1000");
        bundle.edit(".hooks." + kind + "[0].timeout = 1");
        String id = carafe.newId();
        if (!command.equals("create") && !command.equals("run")) {
            create(carafe, bundle, id).succeeded();
        }
        Outcome outcome = switch (command) {
            case "create" -> create(carafe, bundle, id);
            case "run" -> run(carafe, bundle, id);
            default -> carafe.oci(command, id);
        };
        assertThat(outcome.status()).isEqualTo(kind.equals("poststop") ? 0 : 1);
        assertThat(outcome.error())
                .contains("hooks." + kind + "[0], /bin/sh: ", "asleep")
                .containsAnyOf("it ran past its timeout and was killed", "peration timed out");
        mustBeGone(carafe, id);
        carafe.mustHaveLeftNothing();
    }

    @Test
    void oneThatCannotBeExecutedSaysWhy(Installation carafe) {
        for (String kind : List.of("createRuntime", "createContainer", "startContainer")) {
            for (String path : List.of("/nowhere", "/etc")) {
                Bundle bundle = carafe.bundle("true").edit(".hooks." + kind + " = [{path: $text}]", path);
                run(carafe, bundle, carafe.newId())
                        .failed(1, kind + "[0], " + path, path.equals("/etc") ? "ermission denied" : "o such file");
            }
        }
    }

    @Test
    void oneInsideIsFoundInsideAndOneOutsideOutside(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        Commands.succeed(
                "cp \"$0\"/bin/busybox \"$0\"/inside; cp /bin/true \"$1\"/outside",
                bundle.rootfs().toString(),
                bundle.folder().toString());
        bundle.edit(
                ".hooks.startContainer = [{path: \"/inside\", args: [\"true\"]}]"
                        + " | .hooks.createContainer = [{path: $text}]",
                bundle.folder() + "/outside");
        run(carafe, bundle, carafe.newId()).succeeded();
        bundle.edit(".hooks.createContainer = [{path: \"/inside\"}]");
        run(carafe, bundle, carafe.newId()).failed(1, "createContainer[0], /inside: ", "o such file");
        bundle.edit(
                ".hooks.createContainer = [] | .hooks.startContainer = [{path: $text}]", bundle.folder() + "/outside");
        run(carafe, bundle, carafe.newId()).failed(1, "startContainer[0]", "o such file");
    }

    @Test
    void theConfigurationOfTheCreationHolds(Installation carafe) {
        Bundle bundle = watched(carafe.bundle("true"), "echo run");
        String id = carafe.newId();
        create(carafe, bundle, id).succeeded();
        bundle.edit("del(.hooks)");
        hook(bundle, "poststart", "exit 1");
        hook(bundle, "poststop", "exit 1");
        carafe.oci("start", id).succeeded();
        bundle.replaceConfig("{");
        carafe.oci("delete", "--force", id).succeeded();
        for (String kind : KINDS) {
            assertThat(logged(bundle, kind)).as(kind).isEqualTo("run");
        }
    }

    @Test
    void thoseOfTheEndAreRunHoweverItCame(Installation carafe) {
        Bundle bundle = carafe.bundle(RUNS);
        hook(bundle, "poststop", "pwd >> " + log(bundle, "poststop"));
        String folder = bundle.folder().toString();
        String id = carafe.newId();
        Path pidFile = carafe.newPath("pid");
        carafe.oci("run", "-d", "--pid-file", pidFile.toString(), "--bundle", folder, id)
                .succeeded();
        Commands.succeed("kill -9 \"$0\"", Installation.read(pidFile));
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        assertThat(logged(bundle, "poststop")).isEmpty();
        carafe.oci("delete", id).succeeded();
        assertThat(logged(bundle, "poststop")).isEqualTo(folder);

        carafe.oci("run", "-d", "--bundle", folder, id).succeeded();
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(logged(bundle, "poststop").lines()).hasSize(2);

        bundle.edit(".process.args = [\"true\"]");
        carafe.oci("run", "--keep", "--bundle", folder, id).succeeded();
        assertThat(logged(bundle, "poststop").lines()).hasSize(2);
        carafe.call("oci", "delete", id).withoutEnvironment().execute().succeeded();
        assertThat(logged(bundle, "poststop").lines()).hasSize(3);
    }

    @Test
    void thoseOfTheEndDoNotNeedTheBundle(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        Path seen = carafe.newPath("seen");
        hook(bundle, "poststop", "pwd >> " + seen);
        String id = carafe.newId();
        create(carafe, bundle, id).succeeded();
        carafe.oci("kill", id, "KILL").succeeded();
        Commands.succeed("rm -r \"$0\"", bundle.folder().toString());
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(Installation.read(seen)).isEqualTo("/\n");
    }

    @Test
    void oneMaySayMuchAndHearNothingOfWhatItIsTold(Installation carafe) {
        Bundle bundle = carafe.bundle("true").edit(".annotations.long = ([range(100000) | \"0123456789\"] | add)");
        for (String kind : KINDS) {
            hook(bundle, kind, "head -c 3000000 /dev/zero | tr '\\0' x; echo the end >&2; exec 0<&-");
            if (!kind.equals("poststop")) {
                hook(bundle, kind, "cat | wc -c >> " + log(bundle, kind));
            }
        }
        run(carafe, bundle, carafe.newId()).succeeded();
        assertThat(Integer.parseInt(logged(bundle, "createContainer"))).isGreaterThan(1000000);
        assertThat(Integer.parseInt(logged(bundle, "startContainer"))).isGreaterThan(1000000);
        bundle.edit(".hooks.createRuntime[0].args[2] += \"; exit 1\"");
        Outcome outcome = run(carafe, bundle, carafe.newId()).ended(1);
        assertThat(outcome.error()).contains("xxxxxxxx", "the end").hasSizeLessThan(2000);
    }

    @Test
    void oneThatLeavesAProcessBehindIsNotWaitedForAnyLonger(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        Path go = carafe.newPath("go");
        hook(
                bundle,
                "createRuntime",
                "(while ! [ -e " + go + " ]; do echo on; sleep 0.05; done) & echo $! > "
                        + log(bundle, "createRuntime"));
        run(carafe, bundle, carafe.newId()).succeeded();
        String pid = logged(bundle, "createRuntime");
        Commands.succeed("touch \"$0\"", go.toString());
        Conditions.await(
                "it has ended", () -> Commands.run("kill -0 \"$0\"", pid).status() != 0);
    }

    @Test
    void oneInsideSeesNothingOfTheHosts(Installation carafe) {
        // With CAP_SYS_PTRACE it can look at the process that will be the program.
        String look =
                "for p in 1 self; do for f in /proc/$p/fd/*; do readlink $f; done | sed 's/[0-9]\\{3,\\}/N/' | sort | uniq -c; echo; done;"
                        + " cat /proc/1/environ | tr '\\0' ' '";
        Bundle bundle = carafe.bundle("true")
                .edit(".process.capabilities = (.process.capabilities | map_values(. + [\"CAP_SYS_PTRACE\"]))");
        hook(bundle, "startContainer", "{ " + look + "; } > /log 2>&1");
        String id = carafe.newId();
        carafe.call("oci", "create", "--bundle", bundle.folder().toString(), id)
                .input(Redirect.from(new java.io.File("/dev/null")))
                .execute()
                .succeeded();
        carafe.oci("start", id).succeeded();
        String seen = logged(bundle, "startContainer");
        assertThat(seen).contains("/dev/null");
        String first = seen.substring(0, seen.indexOf("\n\n"));
        // The fifo that a failure is told by is the only file of the host's beside what the program has as well.
        assertThat(first.lines())
                .as(seen)
                .hasSize(8)
                .allMatch(line -> line.matches(
                        " *\\d+ (/dev/null|/.*/(exec.fifo \\(deleted\\)|output-\\d+|error-\\d+)|/memfd:carafe-state.*"
                                + "|anon_inode:\\[(pidfd|signalfd)]|pipe:\\[N])"));
        assertThat(seen).as("nor the caller's environment").doesNotContain("CARAFE_DATA", "PATH=/");
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void oneInsideIsHeldByTheFilterAndTheUserOfTheProgram(Installation carafe) {
        Bundle bundle = carafe.bundle("true")
                .edit(
                        ".process.user = {uid: 1000, gid: 1000} | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\","
                                // What filters of some years ago do not know.
                                + " syscalls: [{names: [\"pidfd_open\", \"close_range\", \"clone3\", \"mkdir\"], action: \"SCMP_ACT_ERRNO\"}]}");
        Commands.succeed("mkdir -m 777 \"$0\"/open", bundle.rootfs().toString());
        hook(
                bundle,
                "startContainer",
                "{ id -u; mkdir /open/d; sleep 0.2; grep -E '^(Seccomp|CapEff):' /proc/self/status; } > /open/log 2>&1");
        run(carafe, bundle, carafe.newId()).succeeded();
        assertThat(Installation.read(bundle.rootfs().resolve("open/log")))
                .contains("1000\n", "can't create directory", "Seccomp:\t2", "CapEff:\t0000000000000000");
        bundle.edit(".hooks.startContainer[0].args[2] += \"; exit 9\"");
        run(carafe, bundle, carafe.newId()).failed(1, "startContainer[0]", "exit status 9");
        bundle.edit(".linux.seccomp.syscalls = [{names: [\"mkdir\"], action: \"SCMP_ACT_KILL_PROCESS\"}]"
                + " | .hooks.startContainer[0].args[2] = \"exec mkdir /open/e\"");
        run(carafe, bundle, carafe.newId()).failed(1, "startContainer[0]", "bad system call");
    }

    @Test
    void onesWaitIsOverWhenTheCallerGivesUp(Installation carafe) throws InterruptedException {
        Bundle bundle = carafe.bundle("true");
        hook(bundle, "createRuntime", "echo begun > " + log(bundle, "createRuntime") + "; sleep 1000");
        hook(bundle, "poststop", "echo run > " + log(bundle, "poststop"));
        String id = carafe.newId();
        Call.Running call = carafe.call(
                        "oci", "create", "--bundle", bundle.folder().toString(), id)
                .start();
        Conditions.await("it runs", () -> logged(bundle, "createRuntime").equals("begun"));
        assertThat(carafe.status(id)).isEqualTo("creating");
        Commands.succeed("kill -INT \"$0\"", Long.toString(call.process().pid()));
        assertThat(call.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(call.await().error()).contains("hooks.createRuntime[0]", "signal 2 (interrupt)");
        mustBeGone(carafe, id);
        assertThat(logged(bundle, "poststop")).isEqualTo("run");
    }

    @Test
    void whoIsKilledMeanwhileLeavesWhatCanBeDeleted(Installation carafe) throws InterruptedException {
        Bundle bundle = carafe.bundle("true");
        Path go = carafe.newPath("go");
        hook(
                bundle,
                "createContainer",
                "echo begun > " + log(bundle, "createContainer") + "; while ! [ -e " + go + " ]; do sleep 0.05; done");
        hook(bundle, "poststop", "echo run > " + log(bundle, "poststop"));
        String id = carafe.newId();
        Call.Running call = carafe.call(
                        "oci", "create", "--bundle", bundle.folder().toString(), id)
                .start();
        Conditions.await("it runs", () -> logged(bundle, "createContainer").equals("begun"));
        Commands.succeed("kill -9 \"$0\"", Long.toString(call.process().pid()));
        assertThat(call.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
        carafe.oci("delete", "--force", id).ended(0);
        assertThat(Files.exists(carafe.state(id))).isFalse();
        Commands.succeed("touch \"$0\"", go.toString());
    }

    @Test
    void aCallerWhoIgnoresTheEndsOfChildrenHearsOfThemAllTheSame(Installation carafe) {
        Bundle bundle = carafe.bundle("exit 7");
        String ignoring =
                "CARAFE_DATA=\"$1\" CARAFE_STATE=\"$2\" env --ignore-signal=CHLD \"$0\" oci run --bundle \"$3\" \"$4\"";
        String[] arguments = {
            Installation.program().toString(),
            carafe.data().toString(),
            carafe.state().toString(),
            bundle.folder().toString(),
            carafe.newId()
        };
        Commands.run(ignoring, arguments).ended(7);
        hook(bundle, "createRuntime", "exit 3");
        assertThat(Commands.run(ignoring, arguments).ended(1).output()).contains("createRuntime[0]", "exit status 3");
    }

    @Test
    void oneMayActOnItsContainer(Installation carafe) {
        Bundle bundle = carafe.bundle(RUNS);
        String id = carafe.newId();
        String call = "CARAFE_DATA=" + carafe.data() + " CARAFE_STATE=" + carafe.state() + " " + Installation.program()
                + " oci ";
        hook(bundle, "createRuntime", call + "state " + id + " > " + log(bundle, "createRuntime"));
        hook(bundle, "poststart", call + "kill " + id + " KILL");
        create(carafe, bundle, id).succeeded();
        assertThat(Json.read(logged(bundle, "createRuntime"), ".status")).isEqualTo("creating");
        carafe.oci("start", id).succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void theyAreExplained(Installation carafe) {
        Bundle bundle = watched(carafe.bundle("true"), "true");
        String explained = carafe.execute("explain", "--bundle", bundle.folder().toString())
                .succeeded();
        for (String kind : KINDS) {
            assertThat(explained).containsOnlyOnce("# hooks." + kind + "[0]");
        }
    }
}
