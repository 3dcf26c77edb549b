package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which system calls the instances of {@code carafe run} may make: {@code system-calls.txt}. */
@SystemTest
class SeccompTest {

    /** Sees all that this machine has: its compilers and interpreters. */
    private static final String MACHINE = "host:";

    private static final String EPERM = "1";
    private static final String ENOSYS = "38";
    private static final String KILLED = "signal-31";

    private static final List<String> DENIED = List.of(
            "io_uring",
            "keyctl",
            "add_key",
            "request_key",
            "userfaultfd",
            "kexec",
            "bpf",
            "perf",
            "alg",
            "vsock",
            "netfilter",
            "clone-uts",
            "clone-user",
            "unshare",
            "unshare-user",
            "setns",
            "mount",
            "fsopen",
            "open_tree",
            "personality",
            "swapon",
            "handle",
            "syslog",
            "module",
            "reboot",
            "clock",
            "mempolicy");

    /** Compiles what does these things; a daemon does what follows, quickly. */
    private static Path program(Installation carafe) {
        carafe.startDaemon();
        Path program = carafe.newFolder("denied").resolve("denied");
        Commands.succeed(
                "musl-gcc -std=gnu17 -D_GNU_SOURCE -static -O1 -Wall -Wextra -Werror \"$1\" -o \"$0\"",
                program.toString(),
                Installation.home().resolve("daemon/src/test/native/denied.c").toString());
        return program;
    }

    /** What comes of each act in an instance with these options. */
    private static Map<String, String> results(
            Installation carafe, Path program, List<String> acts, String... options) {
        List<String> words = new ArrayList<>(Arrays.asList(options));
        words.addAll(List.of("-v", program.getParent() + ":/mnt:ro", MACHINE, "/mnt/denied"));
        words.addAll(acts);
        Map<String, String> results = new TreeMap<>();
        carafe.run(words.toArray(String[]::new))
                .ended(0)
                .output()
                .lines()
                .map(line -> line.split(" ", 2))
                .forEach(line -> results.put(line[0], line[1]));
        assertThat(results).hasSameSizeAs(acts);
        return results;
    }

    @Test
    void whatLeadsOutOrToMuchUnlookedAtCodeIsDenied(Installation carafe) {
        Path program = program(carafe);
        Map<String, String> results = results(carafe, program, DENIED);
        assertThat(results)
                .allSatisfy((act, result) -> assertThat(result).as(act).isEqualTo(EPERM));
        Map<String, String> control = results(carafe, program, DENIED, "--privileged");
        assertThat(control)
                .allSatisfy((act, result) -> assertThat(result).as(act).isNotEqualTo(EPERM));
    }

    @Test
    void theFilterIsWhatDeniesWhatNoCapabilityIsNeededFor(Installation carafe) {
        List<String> acts = List.of(
                "io_uring",
                "keyctl",
                "userfaultfd",
                "alg",
                "vsock",
                "netfilter",
                "clone-user",
                "unshare-user",
                "personality");
        assertThat(results(carafe, program(carafe), acts, "--security-opt", "seccomp=unconfined"))
                .allSatisfy((act, result) -> assertThat(result).as(act).isNotEqualTo(EPERM));
    }

    @Test
    void whatCannotBeLookedIntoIsMissingSoThatProgramsDoWithout(Installation carafe) {
        Path program = program(carafe);
        List<String> acts = List.of("clone3", "younger");
        assertThat(results(carafe, program, acts)).isEqualTo(Map.of("clone3", ENOSYS, "younger", ENOSYS));
        assertThat(results(carafe, program, acts, "--privileged").get("clone3")).isNotEqualTo(ENOSYS);
    }

    @Test
    void otherConventionsOfTheProcessorAreClosed(Installation carafe) {
        Path program = program(carafe);
        List<String> acts = List.of("old-gate", "x32", "getpid", "unix", "route");
        assertThat(results(carafe, program, acts))
                .isEqualTo(
                        Map.of("old-gate", KILLED, "x32", KILLED, "getpid", "done", "unix", "done", "route", "done"));
        assertThat(results(carafe, program, acts, "--security-opt", "seccomp=unconfined"))
                .allSatisfy((act, result) -> assertThat(result).as(act).isNotEqualTo(KILLED));
    }

    @Test
    void aCapabilityOpensWhatItIsForAndNothingElse(Installation carafe) {
        Path program = program(carafe);
        Map<String, String> administrator = results(carafe, program, DENIED, "--cap-add", "SYS_ADMIN");
        List<String> opened = List.of(
                "bpf",
                "perf",
                "clone-uts",
                "clone-user",
                "unshare",
                "unshare-user",
                "setns",
                "mount",
                "fsopen",
                "open_tree");
        assertThat(administrator)
                .allSatisfy((act, result) ->
                        assertThat(result.equals(EPERM)).as(act + " " + result).isEqualTo(!opened.contains(act)));
        assertThat(results(carafe, program, List.of("netfilter", "mount"), "--cap-add", "NET_ADMIN"))
                .isEqualTo(Map.of("netfilter", "done", "mount", EPERM));
    }

    @Test
    void aProfileInDockersFormatTakesItsPlace(Installation carafe) throws IOException {
        Path program = program(carafe);
        Path profile = Files.writeString(carafe.newPath("profile"), """
                {"defaultAction": "SCMP_ACT_ALLOW",
                 "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
                 "syscalls": [
                   {"names": ["keyctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95},
                   {"names": ["userfaultfd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 96,
                    "includes": {"caps": ["CAP_SYS_ADMIN"]}},
                   {"name": "personality", "action": "SCMP_ACT_ERRNO", "excludes": {"minKernel": "99.0"}}]}
                """);
        assertThat(results(
                        carafe,
                        program,
                        List.of("keyctl", "userfaultfd", "personality"),
                        "--security-opt",
                        "seccomp=" + profile))
                .isEqualTo(Map.of("keyctl", "95", "userfaultfd", "done", "personality", EPERM));
        Path damaged = Files.writeString(carafe.newPath("damaged"), "{\"defaultAction\": \"SCMP_ACT_PRAY\"}");
        carafe.run("--security-opt", "seccomp=" + damaged, MACHINE, "true")
                .failed(125, "the seccomp profile: defaultAction: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cd /tmp && printf '#include <stdio.h>\\nint main(void) { puts(\"compiled\"); }' > a.c"
                        + " && gcc -O2 a.c -o a && ./a | grep compiled",
                "perl -e 'use threads; threads->create(sub { 1 })->join for 1 .. 5;"
                        + " pipe R, W; if (!fork) { print W 1; exit } wait; close W; print <R>'",
                "dpkg --list > /dev/null && apt-get --simulate --no-download check",
                "useradd somebody && id somebody && echo somebody:secret | chpasswd && userdel somebody",
                "tar -C /usr/share -cf - doc/dpkg | tar -C /tmp -xf - && find /tmp/doc -type f | xargs -P4 -n1 gzip -t; true",
                "cd /tmp && mkfifo p && (cat p & echo hi > p; wait) && touch f && chmod 4755 f && ln f g && stat f",
                "ls /proc/self/ns && cat /proc/self/maps > /dev/null && nice -n 5 timeout 5 true && ulimit -a",
            })
    void ordinaryProgramsNoticeNothing(String script, Installation carafe) {
        Outcome outcome = carafe.run(MACHINE, "sh", "-c", script);
        assertThat(outcome.status()).as(outcome::toString).isZero();
    }
}
