package dev.carafe.cli;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.runtime.Capabilities;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.ConfigReader;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.Blueprint;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.ExecRequest;
import dev.carafe.runtime.RuntimeFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code exec}: another program in a container. */
final class OciExec {

    private static final int MOST_PROCESS_BYTES = 16 << 20;

    static final String[] OPTIONS = {
        "console-socket=",
        "pidfd-socket=",
        "pid-file=",
        "preserve-fds=",
        "process,p=",
        "cwd=",
        "env,e=",
        "tty,t",
        "user,u=",
        "additional-gids,g=",
        "cap,c=",
        "detach,d",
        "process-label=",
        "apparmor=",
        "no-new-privs",
        "cgroup=",
        "ignore-paused",
        "no-subreaper"
    };

    private OciExec() {}

    static Ending exec(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.readLeading(rest, OPTIONS);
        if (arguments.words().isEmpty()) {
            throw new UsageException("ID: is missing; \"carafe oci --help\" says more");
        }
        String id = arguments.words().getFirst();
        List<String> command = arguments.words().subList(1, arguments.words().size());
        Containers containers = context.containers();
        ProcessConfig process = process(context, containers, id, arguments, command);
        boolean detach = arguments.has("detach");
        OciLifeCycle.checkTerminal("terminal for the process", process.terminal(), arguments, !detach);
        ExecRequest request = new ExecRequest(
                id,
                process,
                groups(arguments.values("cgroup")),
                arguments.has("ignore-paused"),
                Blueprint.Input.INHERITED,
                OciLifeCycle.preserved(context, arguments),
                OciLifeCycle.notice(context, arguments));
        containers.exec(request, context.starter(), detach, OciLifeCycle.terminalOwner(context, arguments));
        return detach ? Ending.SUCCESS : new Ending.InstanceStatus();
    }

    private static ProcessConfig process(
            OciContext context, Containers containers, String id, Arguments arguments, List<String> command) {
        Optional<String> file = arguments.value("process");
        if (file.isPresent()) {
            if (!command.isEmpty()) {
                throw new UsageException("exec: a program is given twice, by --process and as an argument");
            }
            return read(context, file.get());
        }
        if (command.isEmpty()) {
            throw new UsageException("PROGRAM: is missing, and there is no --process either");
        }
        ProcessConfig base = containers
                .config(id)
                .process()
                .orElseThrow(() -> new RuntimeFailure("container " + id + " has no process in its configuration"));
        try {
            return changed(base, arguments, command);
        } catch (InvalidDocumentException exception) {
            throw new UsageException("exec: " + exception.getMessage());
        }
    }

    private static ProcessConfig read(OciContext context, String file) {
        Files files = context.invocation().kernel().files();
        String path = context.invocation().absolute(file).toString();
        try (Fd open = files.open(Fd.CWD, path, OpenFlags.RDONLY)) {
            byte[] bytes = files.readAll(open, MOST_PROCESS_BYTES);
            return new ConfigReader().process("--process " + file, Json.parse("--process " + file, bytes));
        } catch (SystemCallException exception) {
            throw new UsageException(
                    "--process " + file + ": " + exception.errno().description());
        }
    }

    /** The container's own process with another program, and what the options change. */
    private static ProcessConfig changed(ProcessConfig base, Arguments arguments, List<String> command) {
        List<String> environment = new ArrayList<>(base.env());
        environment.addAll(arguments.values("env"));
        return new ProcessConfig(
                arguments.has("tty"),
                arguments.has("tty") ? base.consoleSize() : Optional.empty(),
                user(base.user(), arguments),
                command,
                environment,
                arguments.value("cwd").orElse(base.cwd()),
                capabilities(base.capabilities(), arguments.values("cap")),
                base.rlimits(),
                arguments.value("no-new-privs").map("true"::equals).orElse(base.noNewPrivileges()),
                arguments.value("apparmor").or(base::apparmorProfile),
                base.oomScoreAdj(),
                base.scheduler(),
                arguments.value("process-label").or(base::selinuxLabel),
                base.ioPriority(),
                base.execCpuAffinity());
    }

    /** {@code UID[:GID]}, numbers only: what is no number must never become user 0 (CVE-2026-30892). */
    private static User user(User base, Arguments arguments) {
        List<Long> groups = new ArrayList<>(base.additionalGids());
        for (String group : arguments.values("additional-gids")) {
            groups.add(id("--additional-gids", group, group));
        }
        Optional<String> asked = arguments.value("user");
        if (asked.isEmpty()) {
            return new User(base.uid(), base.gid(), base.umask(), groups);
        }
        String text = asked.get();
        int colon = text.indexOf(':');
        long uid = id("--user", text, colon < 0 ? text : text.substring(0, colon));
        long gid = colon < 0 ? base.gid() : id("--user", text, text.substring(colon + 1));
        return new User(uid, gid, base.umask(), groups);
    }

    private static long id(String option, String whole, String number) {
        boolean digits = !number.isEmpty() && number.chars().allMatch(c -> c >= '0' && c <= '9');
        try {
            if (digits) {
                return Integer.parseInt(number);
            }
        } catch (NumberFormatException tooLarge) {
            // Said below.
        }
        throw new UsageException(option + " \"" + whole + "\": ids are numbers from 0 to " + Integer.MAX_VALUE
                + ", as in 1000 or 1000:100");
    }

    private static Optional<Capabilities> capabilities(Optional<Capabilities> base, List<String> added) {
        if (added.isEmpty()) {
            return base;
        }
        Set<Capability> more = new HashSet<>();
        for (String name : added) {
            try {
                more.add(Capability.valueOf(name));
            } catch (IllegalArgumentException unknown) {
                throw new UsageException("--cap " + name + ": there is no such capability");
            }
        }
        Capabilities old = base.orElseGet(() -> new Capabilities(Set.of(), Set.of(), Set.of(), Set.of(), Set.of()));
        // Not to the inheritable set, which would leave them to programs of other users (CVE-2022-29162); to the
        // ambient
        // one only if they are in that already.
        return Optional.of(new Capabilities(
                union(old.bounding(), more),
                union(old.effective(), more),
                old.inheritable(),
                union(old.permitted(), more),
                union(old.ambient(), intersection(old.inheritable(), more))));
    }

    private static Set<Capability> union(Set<Capability> one, Set<Capability> other) {
        Set<Capability> all = new HashSet<>(one);
        all.addAll(other);
        return all;
    }

    private static Set<Capability> intersection(Set<Capability> one, Set<Capability> other) {
        Set<Capability> both = new HashSet<>(one);
        both.retainAll(other);
        return both;
    }

    /** {@code [CONTROLLER[,CONTROLLER…]:]PATH}: a cgroup below the container's own. */
    private static Map<String, String> groups(List<String> texts) {
        Map<String, String> groups = new HashMap<>();
        for (String text : texts) {
            int colon = text.indexOf(':');
            String path = text.substring(colon + 1);
            StringBuilder clean = new StringBuilder();
            for (String part : path.split("/", -1)) {
                if (part.equals("..")) {
                    throw new UsageException("--cgroup " + text
                            + ": bad sub cgroup path, which must not lead out of the container's cgroup");
                }
                if (!part.isEmpty() && !part.equals(".")) {
                    clean.append(clean.isEmpty() ? "" : "/").append(part);
                }
            }
            for (String controller :
                    colon < 0 ? new String[] {""} : text.substring(0, colon).split(",", -1)) {
                if (groups.put(controller, clean.toString()) != null) {
                    throw new UsageException("--cgroup " + text + ": is given twice for the same controller");
                }
            }
        }
        return groups;
    }
}
