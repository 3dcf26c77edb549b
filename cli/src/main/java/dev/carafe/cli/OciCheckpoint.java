package dev.carafe.cli;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.CheckpointOptions;
import dev.carafe.runtime.CheckpointOptions.Cgroups;
import dev.carafe.runtime.CheckpointOptions.PageServer;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** {@code checkpoint} and {@code restore}, by way of {@code criu(8)}. */
final class OciCheckpoint {

    private static final String DEFAULT_IMAGES = "checkpoint";
    private static final int HIGHEST_PORT = 65535;
    private static final String CONFIGURATION = "org.criu.config";
    private static final String USUAL_CONFIGURATION = "/etc/criu/runc.conf";

    static final String[] CHECKPOINTING = {
        "image-path=",
        "work-path=",
        "parent-path=",
        "leave-running",
        "tcp-established",
        "tcp-skip-in-flight",
        "link-remap",
        "ext-unix-sk",
        "shell-job",
        "lazy-pages",
        "status-fd=",
        "page-server=",
        "file-locks",
        "pre-dump",
        "manage-cgroups-mode=",
        "empty-ns=",
        "auto-dedup"
    };

    static final String[] RESTORING = {
        "console-socket=",
        "image-path=",
        "work-path=",
        "tcp-established",
        "ext-unix-sk",
        "shell-job",
        "file-locks",
        "manage-cgroups-mode=",
        "bundle,b=",
        "detach,d",
        "pid-file=",
        "no-subreaper",
        "no-pivot",
        "empty-ns=",
        "auto-dedup",
        "lazy-pages",
        "lsm-profile=",
        "lsm-mount-context="
    };

    private OciCheckpoint() {}

    static Ending checkpoint(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, CHECKPOINTING);
        String criu = criu(context);
        String id = arguments.exactly("ID").getFirst();
        Containers containers = context.containers();
        Map<String, String> annotations = containers.config(id).annotations();
        Optional<Fd> status = status(context, arguments);
        try {
            containers.checkpoint(id, options(context, arguments, criu, annotations, status), context.starter());
        } finally {
            status.ifPresent(Fd::close);
        }
        return Ending.SUCCESS;
    }

    static Ending restore(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, RESTORING);
        String criu = criu(context);
        Containers.Creation creation = OciLifeCycle.creation(context, arguments);
        boolean detach = arguments.has("detach");
        OciLifeCycle.checkTerminal(creation, arguments, !detach);
        Containers containers = context.containers();
        containers.restore(
                creation,
                options(context, arguments, criu, creation.config().annotations(), Optional.empty()),
                context.starter(),
                !detach,
                OciLifeCycle.terminalOwner(context, arguments),
                detach ? containers.record(creation.id()) : containers.removal(creation.id()));
        return detach ? Ending.SUCCESS : new Ending.InstanceStatus();
    }

    /** @throws RuntimeFailure if there is none, which callers find out by asking for help */
    static String criu(OciContext context) {
        return context.invocation()
                .program(context.criu())
                .orElseThrow(() -> new RuntimeFailure("checkpoints need the program " + context.criu() + ", which "
                        + (context.criu().contains("/") ? "is none" : "is not in PATH")
                        + ": install Debian's package criu, or the like"));
    }

    private static CheckpointOptions options(
            OciContext context,
            Arguments arguments,
            String criu,
            Map<String, String> annotations,
            Optional<Fd> status) {
        for (String namespace : arguments.values("empty-ns")) {
            if (!namespace.equals("network")) {
                throw new UsageException("--empty-ns " + namespace + ": only the network can be left to others");
            }
        }
        Path images =
                context.invocation().absolute(arguments.value("image-path").orElse(DEFAULT_IMAGES));
        return new CheckpointOptions(
                criu,
                context.invocation().request().environment(),
                images.toString(),
                arguments
                        .value("work-path")
                        .map(path -> context.invocation().absolute(path).toString()),
                parent(context, arguments, images),
                arguments.has("leave-running"),
                arguments.has("pre-dump"),
                arguments.has("tcp-established"),
                arguments.has("tcp-skip-in-flight"),
                arguments.has("ext-unix-sk"),
                arguments.has("shell-job"),
                arguments.has("file-locks"),
                arguments.has("link-remap"),
                arguments.has("auto-dedup"),
                arguments.has("lazy-pages"),
                status,
                pageServer(arguments),
                cgroups(arguments),
                arguments.value("lsm-profile"),
                arguments.value("lsm-mount-context"),
                configuration(context, annotations));
    }

    private static Optional<String> parent(OciContext context, Arguments arguments, Path images) {
        Optional<String> parent = arguments.value("parent-path");
        if (parent.isEmpty()) {
            return parent;
        }
        if (parent.get().startsWith("/")) {
            throw new UsageException("--parent-path must be relative");
        }
        String path = images.resolve(parent.get()).toString();
        if (!context.invocation().kernel().files().exists(Fd.CWD, path + "/.")) {
            throw new UsageException("invalid --parent-path: " + path + " is no folder");
        }
        return parent;
    }

    private static Optional<PageServer> pageServer(Arguments arguments) {
        Optional<String> given = arguments.value("page-server");
        if (given.isEmpty()) {
            return Optional.empty();
        }
        int colon = given.get().lastIndexOf(':');
        String port = given.get().substring(colon + 1);
        if (colon <= 0 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > HIGHEST_PORT) {
            throw new UsageException("Use --page-server ADDRESS:PORT to specify page server");
        }
        return Optional.of(new PageServer(given.get().substring(0, colon), Integer.parseInt(port)));
    }

    private static Cgroups cgroups(Arguments arguments) {
        String mode = arguments.value("manage-cgroups-mode").orElse("");
        return switch (mode) {
            case "" -> Cgroups.DEFAULT;
            case "soft" -> Cgroups.SOFT;
            case "full" -> Cgroups.FULL;
            case "strict" -> Cgroups.STRICT;
            case "ignore" -> Cgroups.IGNORE;
            default ->
                throw new UsageException(
                        "invalid manage-cgroups-mode value: " + mode + "; soft, full, strict or ignore");
        };
    }

    /** One that the container's maker has named, or else that of runC, which is everybody's. */
    private static Optional<String> configuration(OciContext context, Map<String, String> annotations) {
        Optional<String> named = Optional.ofNullable(annotations.get(CONFIGURATION));
        if (named.isPresent()) {
            return named.filter(path -> !path.isEmpty());
        }
        return context.invocation().kernel().files().exists(Fd.CWD, USUAL_CONFIGURATION)
                ? Optional.of(USUAL_CONFIGURATION)
                : Optional.empty();
    }

    /** The caller's descriptor that hears when pages can be asked for. */
    private static Optional<Fd> status(OciContext context, Arguments arguments) {
        OptionalLong number = arguments.number("status-fd");
        if (number.isEmpty() || number.getAsLong() < 0) {
            return Optional.empty(); // As for runC's callers, -1 is none.
        }
        if (!arguments.has("lazy-pages")) {
            throw new UsageException("--status-fd: only together with --lazy-pages, of which it tells");
        }
        return Optional.of(context.invocation().openDescriptor("--status-fd", number.getAsLong()));
    }
}
