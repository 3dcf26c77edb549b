package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.DENIED;
import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.image.ImageConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Debian systems built here from Debian's packages, by {@code mmdebstrap(1)}.
 *
 * <p>The packages come from where the machine's own apt gets Debian, through the machine's own proxies, and with its own
 * credentials, which are neither copied nor put on a command line. {@link DebianTree} sees to it that none of that stays.
 */
final class BootstrapSource {

    /** Beside the base: an init and what it takes to be a machine on a network, so that one image fits every boundary. */
    private static final String PACKAGES = "systemd-sysv,dbus,iproute2,netbase,procps";

    private static final ImageConfig.Execution CONFIG = ImageConfig.Execution.of(
            List.of("bash"), List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));

    private static final Duration BUILD_LIMIT = Duration.ofMinutes(30);
    private static final Duration QUESTION_LIMIT = Duration.ofSeconds(30);
    private static final int TEXT_MOST = 16 * 1024 * 1024;
    private static final int QUOTED_LINES = 6;

    /** Those of apt's settings that are about reaching an archive. Hooks, for one, would act on this machine. */
    private static final Pattern REACHING = Pattern.compile(
            "Acquire::(?:(?:http|https|ftp|socks|socks5h|tor)::.*|Retries.*|ForceIPv[46]|Check-Date|Check-Valid-Until"
                    + "|Min-ValidTime.*|Max-ValidTime.*|Max-FutureTime.*|EnableSrvRecords|By-Hash) \".*\";");

    /** Comes first, so that the machine's own settings have the last word. */
    private static final String APT = """
            Acquire::Retries "3";
            Acquire::http::Timeout "30";
            Acquire::https::Timeout "30";
            Dir::Etc::netrc "/etc/apt/auth.conf";
            Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
            """;

    private final Kernel kernel;
    private final Files files;
    private final Path folder;
    private final Shelf shelf;
    private final Tools tools;

    BootstrapSource(Kernel kernel, Path folder, Tools tools) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.folder = folder;
        this.shelf = new Shelf(kernel, folder);
        this.tools = tools;
    }

    Image resolve(ImageReference.Bootstrap reference, Consumer<String> progress) {
        if (!reference.distribution().equals("debian")) {
            throw new ImageException(
                    INVALID,
                    reference + ": only Debian can be built here, as bootstrap:debian/SUITE with a suite such as"
                            + " bookworm, trixie, bullseye or sid");
        }
        Path made = shelf.obtain(
                reference.distribution() + "." + reference.suite(),
                BUILD_LIMIT,
                progress,
                (path, unfinished) -> build(reference, path, unfinished, progress));
        return new Image(
                reference,
                files.readText(Fd.CWD, made.resolve("identity").toString(), 100),
                CONFIG,
                new RootFileSystem.Directory(made.resolve("root")));
    }

    private void build(ImageReference.Bootstrap reference, Path path, Fd unfinished, Consumer<String> progress) {
        String mmdebstrap = tools.find("mmdebstrap")
                .orElseThrow(() -> new ImageException(
                        UNAVAILABLE,
                        "cannot build " + reference + ": the program mmdebstrap is missing. Install the package of that"
                                + " name (apt install mmdebstrap)"));
        if (files.status(Fd.CWD, "/proc/self", 0).uid() != 0) {
            throw new ImageException(
                    DENIED, "cannot build " + reference + ": only root can, as the files in it belong to many users");
        }
        progress.accept("Building " + reference + " from Debian's packages; this is done once");
        long start = System.nanoTime();

        Path log = folder.resolve(reference.distribution() + "." + reference.suite() + ".log");
        write(log, "");
        Path root = path.resolve("root");
        DebianSources sources =
                DebianSources.parse(answer(path, "apt-get", "indextargets", "Created-By: Packages"), this::textOf);
        Optional<String> lines = sources.lines(reference.suite());
        Path input = write(path.resolve("sources.list"), lines.orElse(""));
        Path settings = write(
                path.resolve("apt.conf"),
                APT
                        + answer(path, "apt-config", "dump")
                                .lines()
                                .filter(REACHING.asMatchPredicate())
                                .collect(Collectors.joining("\n", "", "\n")));

        List<String> command = new ArrayList<>(List.of(
                mmdebstrap,
                "--mode=root",
                "--variant=minbase",
                "--format=directory",
                "--include=" + PACKAGES,
                // Nothing of an unfinished build is ever used, so one sync at its end does for all of dpkg's.
                "--dpkgopt=force-unsafe-io",
                // To apt's temporary configuration: an --aptopt would stay in the image.
                "--setup-hook=cat \"$CARAFE_APT_CONF\" >> \"$MMDEBSTRAP_APT_CONFIG\"",
                reference.suite(),
                root.toString()));
        if (lines.isPresent()) {
            command.add("-");
        }
        Map<String, String> environment = new TreeMap<>(tools.environment());
        environment.put("CARAFE_APT_CONF", settings.toString());
        // Packages that write dates into their files write this day's, and not the second's.
        environment.put(
                "SOURCE_DATE_EPOCH",
                Long.toString(Instant.now().truncatedTo(ChronoUnit.DAYS).getEpochSecond()));
        int status = new Child(command, environment).run(input, log, BUILD_LIMIT);
        if (status != 0) {
            throw failure(reference, status, log);
        }

        files.unlink(unfinished, "sources.list", 0);
        files.unlink(unfinished, "apt.conf", 0);
        try (Fd tree = files.open(unfinished, "root", OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW)) {
            DebianTree debian = new DebianTree(kernel, tree);
            debian.generalise(reference.suite(), sources);
            write(path.resolve("identity"), debian.identity());
        }
        progress.accept("Built " + reference + " in "
                + Duration.ofNanos(System.nanoTime() - start).toSeconds() + " seconds");
    }

    /** What a program says; nothing if it is missing or fails, as where there is no apt. */
    private String answer(Path path, String program, String... arguments) {
        Optional<String> found = tools.find(program);
        if (found.isEmpty()) {
            return "";
        }
        List<String> command = new ArrayList<>(List.of(found.get()));
        command.addAll(List.of(arguments));
        Path answer = write(path.resolve("answer"), "");
        int status = new Child(command, tools.environment()).run(Path.of("/dev/null"), answer, QUESTION_LIMIT);
        String text = textOf(answer.toString());
        files.unlink(Fd.CWD, answer.toString(), 0);
        return status == 0 ? text : "";
    }

    /** A small file of this machine, empty if it cannot be read. */
    private String textOf(String path) {
        try {
            return files.readText(Fd.CWD, path, TEXT_MOST);
        } catch (SystemCallException exception) {
            return "";
        }
    }

    private Path write(Path path, String text) {
        try (Fd file =
                files.open(Fd.CWD, path.toString(), OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.WRONLY, 0600, 0)) {
            files.write(file, text.getBytes(StandardCharsets.UTF_8));
        }
        return path;
    }

    private ImageException failure(ImageReference.Bootstrap reference, int status, Path log) {
        List<String> said =
                textOf(log.toString()).lines().filter(line -> !line.isBlank()).toList();
        String all = String.join("\n", said);
        String quote = said.stream()
                .skip(Math.max(0, said.size() - QUOTED_LINES))
                .collect(Collectors.joining("\n  ", ". Its last lines:\n  ", "\nAll of it is in " + log));
        String what = "cannot build " + reference + ": ";
        if (all.contains("No space left on device")) {
            return new ImageException(
                    FAILED,
                    what + "the disk of " + folder + " is full. Make room there or name another data folder" + quote);
        }
        if (all.contains("does not have a Release file") || all.contains("404  Not Found")) {
            return new ImageException(
                    NOT_FOUND,
                    what + "where this machine gets Debian there is no suite " + reference.suite()
                            + "; suites are such as bookworm, trixie, bullseye and sid" + quote);
        }
        if (UNREACHABLE.matcher(all).find()) {
            return new ImageException(
                    UNAVAILABLE,
                    what + "Debian's packages are out of reach. See whether apt update works on this machine: the same"
                            + " sources and proxies are used" + quote);
        }
        return new ImageException(FAILED, what + "mmdebstrap ended with status " + status + quote);
    }

    private static final Pattern UNREACHABLE = Pattern.compile(
            "Could not resolve|Temporary failure resolving|Could not connect|Unable to connect|Cannot initiate the connection"
                    + "|Connection timed out|Connection failed|Network is unreachable|Failed to fetch");
}
