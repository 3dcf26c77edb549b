package dev.carafe.cli;

import static dev.carafe.cli.Flags.Flag.on;
import static dev.carafe.cli.Flags.Flag.refused;
import static dev.carafe.cli.Flags.Flag.refusedSwitch;
import static dev.carafe.cli.Flags.Flag.value;

import dev.carafe.cli.Flags.Section;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The options of {@code carafe run} and {@code carafe create}: docker's own, under their names. */
final class RunFlags {

    private static final String WINDOWS = "is for Windows";

    /** Only {@code carafe run} has these. */
    private static final Section RUN = new Section(
            "How it runs",
            List.of(
                    on("detach", 'd', "in the background; prints its id"),
                    value("detach-keys", "KEYS", "what leaves it running behind: ctrl-p,ctrl-q unless given"),
                    on("sig-proxy", "pass signals on (unless false)")));

    private static final List<Section> BOTH = List.of(
            new Section(
                    "The instance",
                    List.of(
                            value("name", "NAME", "unique among the instances"),
                            on("rm", "leave nothing of it when it ends"),
                            value("restart", "WHEN", "start it again: no, always, unless-stopped, on-failure[:TIMES]"),
                            value("stop-signal", "SIGNAL", "what asks it to end"),
                            value("stop-timeout", "SECONDS", "how long it has for that; -1 for no end"),
                            value("label", 'l', "NAME=VALUE", "for whoever looks for instances"),
                            value("label-file", "FILE", "likewise, a line each"),
                            value("annotation", "NAME=VALUE", "for the OCI runtime"),
                            value("cidfile", "FILE", "write its id to a new file"),
                            value("log-driver", "KIND", "where its output is kept: file, journald, none"),
                            value(
                                    "log-opt",
                                    "NAME=VALUE",
                                    "of a file max-size, max-file; of journald tag, labels, env"))),
            new Section(
                    "The image",
                    List.of(
                            value("pull", "WHEN", "fetch it: missing, always, never"),
                            value("platform", "OS/ARCH", "which of the image's"),
                            on("quiet", 'q', "say nothing of fetching it"))),
            new Section(
                    "The program",
                    List.of(
                            value("entrypoint", "PROGRAM", "in place of the image's; empty for none"),
                            value("env", 'e', "NAME[=VALUE]", "a variable; without a value, the caller's"),
                            value("env-file", "FILE", "likewise, a line each"),
                            value("workdir", 'w', "FOLDER", "where it starts"),
                            value("user", 'u', "USER[:GROUP]", "as whom: names or numbers"),
                            value("group-add", "GROUP", "a further group"),
                            on("interactive", 'i', "keep its standard input open"),
                            on("tty", 't', "give it a terminal"),
                            value("attach", 'a', "STREAM", "of stdin, stdout and stderr these only"),
                            on("init", "a small first process that reaps orphans"))),
            new Section(
                    "Its health",
                    List.of(
                            value("health-cmd", "LINE", "what finds out, by /bin/sh"),
                            value("health-interval", "TIME", "between checks: 30s"),
                            value("health-timeout", "TIME", "of a check: 30s"),
                            value("health-retries", "NUMBER", "failures in a row until it is unhealthy: 3"),
                            value("health-start-period", "TIME", "in which failures do not count: 0s"),
                            value("health-start-interval", "TIME", "between checks in that: 5s"),
                            on("no-healthcheck", "none, whatever the image has"))),
            new Section(
                    "Files",
                    List.of(
                            value("volume", 'v', "[SOURCE:]PLACE[:OPTIONS]", "a volume or a folder of this machine"),
                            value("mount", "type=TYPE,…", "a bind, volume or tmpfs, in words"),
                            value("tmpfs", "PLACE[:OPTIONS]", "files in memory"),
                            value("volumes-from", "NAME[:ro]", "the mounts of another instance"),
                            on("read-only", "the image's files cannot be changed"),
                            value("shm-size", "BYTES", "of /dev/shm: 64m"),
                            value("device", "PATH[:PLACE][:rwm]", "a device of this machine"),
                            value("device-cgroup-rule", "RULE", "devices that it may use, such as \"c 1:3 rw\""),
                            new Flags.Flag("volume-driver", '\0', "DRIVER", "", ""))),
            new Section(
                    "Networks",
                    List.of(
                            value("network", "NETWORK", "a network's name, none, host or container:NAME"),
                            new Flags.Flag("net", '\0', "NETWORK", "", ""),
                            value("publish", 'p', "[[ADDRESS:]PORT:]PORT", "pass on a port of this machine"),
                            on("publish-all", 'P', "pass on every port that is exposed"),
                            value("expose", "PORT", "something listens there"),
                            value("hostname", 'h', "NAME", "its name inside"),
                            value("domainname", "NAME", "its domain of NIS inside"),
                            value("network-alias", "NAME", "a further name in its network"),
                            new Flags.Flag("net-alias", '\0', "NAME", "", ""),
                            value("ip", "ADDRESS", "in its network"),
                            value("ip6", "ADDRESS", "likewise"),
                            value("mac-address", "ADDRESS", "likewise"),
                            value("add-host", "NAME:ADDRESS", "a line of /etc/hosts; host-gateway is this machine"),
                            value("dns", "ADDRESS", "a name server"),
                            value("dns-search", "DOMAIN", "where names are looked for"),
                            value("dns-option", "OPTION", "of resolv.conf(5)"),
                            new Flags.Flag("dns-opt", '\0', "OPTION", "", ""))),
            new Section(
                    "Limits",
                    List.of(
                            value("memory", 'm', "BYTES", "the most; b, k, m and g may follow the number"),
                            value("memory-reservation", "BYTES", "what it keeps when memory is short"),
                            value("memory-swap", "BYTES", "the most of memory and swap together; -1 for any"),
                            value("memory-swappiness", "NUMBER", "0 to 100"),
                            on("oom-kill-disable", "at the limit, wait rather than die"),
                            value("oom-score-adj", "NUMBER", "-1000 to 1000: who dies first on this machine"),
                            value("cpus", "NUMBER", "the most processors, such as 1.5"),
                            value("cpu-shares", 'c', "NUMBER", "weight against others': 1024 is usual"),
                            value("cpu-period", "MICROSECONDS", "of a quota"),
                            value("cpu-quota", "MICROSECONDS", "in a period"),
                            value("cpu-rt-period", "MICROSECONDS", "of real-time threads"),
                            value("cpu-rt-runtime", "MICROSECONDS", "of real-time threads in a period"),
                            value("cpuset-cpus", "LIST", "which processors, such as 0-3,7"),
                            value("cpuset-mems", "LIST", "which memory nodes"),
                            value("pids-limit", "NUMBER", "processes and threads: 2048; -1 for any number"),
                            value("ulimit", "NAME=SOFT[:HARD]", "such as nofile=1024:4096"),
                            value("blkio-weight", "NUMBER", "10 to 1000, of traffic with disks"),
                            value("blkio-weight-device", "PATH:NUMBER", "likewise, of one disk"),
                            value("device-read-bps", "PATH:BYTES", "a second, of one disk"),
                            value("device-write-bps", "PATH:BYTES", "likewise"),
                            value("device-read-iops", "PATH:NUMBER", "a second, of one disk"),
                            value("device-write-iops", "PATH:NUMBER", "likewise"))),
            new Section(
                    "Rights",
                    List.of(
                            value("cap-add", "CAPABILITY", "one more, or ALL"),
                            value("cap-drop", "CAPABILITY", "one less, or ALL"),
                            value("security-opt", "OPTION", "no-new-privileges=false, seccomp=FILE, apparmor=NAME …"),
                            on("privileged", "all that root of this machine may do"),
                            value("pid", "WHOSE", "processes to see: host or container:NAME"),
                            value("ipc", "WHOSE", "shared memory: private, shareable, none, host or container:NAME"),
                            value("uts", "WHOSE", "host name: host"),
                            value("userns", "WHOSE", "users: host"),
                            value("cgroupns", "WHOSE", "cgroups to see: private or host"),
                            value("sysctl", "NAME=VALUE", "a kernel parameter of its namespaces"))),
            new Section(
                    "Not to be had",
                    List.of(
                            refused("cgroup-parent", "cgroups of instances are made by Carafe, where it is itself"),
                            refused("gpus", "graphics processors are not passed on; --device passes on what /dev has"),
                            refused("runtime", "Carafe is its own OCI runtime"),
                            refused("storage-opt", "what an instance writes cannot be limited yet"),
                            refused("link", "links are gone; instances of one --network know each other by name"),
                            refused("link-local-ip", "addresses of a link are not chosen"),
                            refusedSwitch("use-api-socket", "no instance gets at the engine that runs it"),
                            refused("kernel-memory", "the kernel has no such limit since 5.4"),
                            refused("isolation", WINDOWS),
                            refused("cpu-count", WINDOWS),
                            refused("cpu-percent", WINDOWS),
                            refused("io-maxbandwidth", WINDOWS),
                            refused("io-maxiops", WINDOWS),
                            refused("credentialspec", WINDOWS),
                            new Flags.Flag("disable-content-trust", '\0', "", "", ""))),
            new Section("Also", List.of(on("help", "this"))));

    private static final List<Section> ALL =
            Stream.concat(Stream.of(RUN), BOTH.stream()).toList();

    /** What can be changed of an instance that is there. */
    private static final Set<String> CHANGEABLE = Set.of(
            "blkio-weight",
            "cpu-period",
            "cpu-quota",
            "cpu-rt-period",
            "cpu-rt-runtime",
            "cpu-shares",
            "cpus",
            "cpuset-cpus",
            "cpuset-mems",
            "kernel-memory",
            "memory",
            "memory-reservation",
            "memory-swap",
            "pids-limit",
            "restart",
            "help");

    private RunFlags() {}

    /** Those of {@code carafe update}. */
    static List<Section> update() {
        return BOTH.stream()
                .map(section -> new Section(
                        section.title(),
                        section.flags().stream()
                                .filter(flag -> CHANGEABLE.contains(flag.name()))
                                .toList()))
                .filter(section -> !section.flags().isEmpty())
                .toList();
    }

    /** Those of {@code carafe create}. */
    static List<Section> create() {
        return BOTH;
    }

    /** Those of {@code carafe run}. */
    static List<Section> run() {
        return ALL;
    }
}
