package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.engine.PathStatus;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe cp}. */
@Command(
        name = "carafe cp",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Copies files and folders between an instance, whether it runs or not, and this machine.")
final class CopyCommand implements Callable<Ending> {

    private static final String STREAM = "-";
    private static final int BUFFER = 1 << 16;

    private final Invocation invocation;

    @Option(
            names = {"-a", "--archive"},
            description = "Files keep their users and groups; else they are root's there, and the caller's here.")
    boolean archive;

    @Option(
            names = {"-L", "--follow-link"},
            description = "If the source is a link, copy what it leads to.")
    boolean follow;

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not say what was copied.")
    boolean quiet;

    @Parameters(
            index = "0",
            paramLabel = "SOURCE",
            description = "NAME:PATH in an instance, a path here, or - for a tar archive on standard input.")
    String source = "";

    @Parameters(index = "1", paramLabel = "TARGET", description = "Likewise; - for a tar archive on standard output.")
    String target = "";

    CopyCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    /** A path in an instance. */
    private record Inside(String instance, String path) {

        /** What has no colon, or a slash or dot before it, is a path here. */
        static Optional<Inside> parse(String argument) {
            int colon = argument.indexOf(':');
            if (colon < 0 || argument.startsWith("/") || argument.startsWith(".")) {
                return Optional.empty();
            }
            if (colon == 0 || colon == argument.length() - 1) {
                throw new UsageException(argument + ": NAME:PATH has a name and a path; NAME:/ is the root");
            }
            return Optional.of(new Inside(argument.substring(0, colon), argument.substring(colon + 1)));
        }
    }

    @Override
    public Ending call() throws IOException, InterruptedException {
        Optional<Inside> from = Inside.parse(source);
        Optional<Inside> to = Inside.parse(target);
        if (from.isPresent() == to.isPresent()) {
            throw new UsageException(
                    from.isPresent()
                            ? "cannot copy from instance to instance; copy to a folder here, or from - to -"
                            : "neither " + source + " nor " + target + " is in an instance: NAME:PATH is");
        }
        List<String> leftOut;
        try {
            leftOut = from.isPresent() ? copyOut(from.get()) : copyIn(to.orElseThrow());
        } catch (UncheckedIOException exception) {
            throw exception.getCause();
        }
        leftOut.forEach(invocation::note);
        if (!quiet
                && !target.equals(STREAM)
                && invocation
                        .kernel()
                        .terminals()
                        .isTerminal(invocation.request().error())) {
            invocation.note("copied " + source + " to " + target);
        }
        return Ending.SUCCESS;
    }

    private List<String> copyOut(Inside from) throws IOException, InterruptedException {
        Instance instance = invocation.engine().instances().find(from.instance());
        if (target.equals(STREAM)) {
            if (invocation.kernel().terminals().isTerminal(invocation.request().output())) {
                throw new UsageException("an archive is nothing for a terminal; name a file or folder, or redirect it");
            }
            OutputStream output = new BufferedOutputStream(invocation.content(), BUFFER);
            List<String> leftOut = instance.copyOut(from.path(), CopyPlace.nameOf(from.path()), follow, output);
            output.flush();
            return leftOut;
        }
        Optional<PathStatus> status = instance.status(from.path(), follow);
        if (status.isEmpty()) {
            throw new UsageException("there is no " + from.path() + " in the instance \"" + from.instance() + "\"");
        }
        LocalFiles local = new LocalFiles(invocation);
        CopyPlace place = local.place(from.path(), status.get().isFolder(), target);
        return ArchivePipe.pass(
                output -> instance.copyOut(from.path(), place.name(), follow, output),
                input -> local.unpack(place.folder(), input, archive));
    }

    private List<String> copyIn(Inside to) throws IOException, InterruptedException {
        Instance instance = invocation.engine().instances().find(to.instance());
        if (source.equals(STREAM)) {
            return instance.copyIn(to.path(), invocation.input(), archive);
        }
        try (LocalFiles.Source local = new LocalFiles(invocation).open(source, follow)) {
            CopyPlace place = place(instance, local.isFolder(), to.path());
            return ArchivePipe.pass(
                    output -> local.write(place.name(), output),
                    input -> instance.copyIn(place.folder(), input, archive));
        }
    }

    private CopyPlace place(Instance instance, boolean sourceIsFolder, String path) {
        String real = path;
        Optional<PathStatus> status = instance.status(CopyPlace.withoutEnd(path), false);
        Optional<String> link = status.flatMap(PathStatus::target);
        if (link.isPresent()) {
            String above = CopyPlace.withoutEnd(path);
            real = link.get().startsWith("/")
                    ? link.get()
                    : above.substring(0, above.lastIndexOf('/') + 1) + link.get();
            status = instance.status(real, true);
        }
        CopyPlace.Target is = status.isEmpty()
                ? CopyPlace.Target.MISSING
                : status.get().isFolder() ? CopyPlace.Target.FOLDER : CopyPlace.Target.FILE;
        return CopyPlace.of(source, sourceIsFolder, real, path, is);
    }
}
