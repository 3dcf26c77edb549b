package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a stand-in for mmdebstrap that makes a small tree at once; {@link ImagesTest} has the real one. */
@Tag("root")
@Timeout(60)
class BootstrapSourceTest {

    private static final ImageReference.Bootstrap BOOKWORM = new ImageReference.Bootstrap("debian", "bookworm");

    private static final String BUILDS = """
            #!/bin/sh
            set -e
            for argument; do case "$argument" in -) ;; *) root="$argument" ;; esac; done
            echo built >> "$HERE/builds"
            printf '%s\\n' "$@" > "$HERE/arguments"
            cat > "$HERE/sources"
            cat "$CARAFE_APT_CONF" > "$HERE/settings"
            mkdir -p "$root/etc/apt/sources.list.d" "$root/etc/dpkg/dpkg.cfg.d" "$root/dev" "$root/var/lib/dpkg"
            mkdir -p "$root/usr/share/keyrings" "$root/usr/bin"
            echo machine > "$root/etc/hostname"
            echo nameserver 10.0.0.1 > "$root/etc/resolv.conf"
            echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
            cp "$HERE/sources" "$root/etc/apt/sources.list"
            cp "$HERE/sources" "$root/etc/apt/sources.list.d/0001main.list"
            mknod "$root/dev/null" c 1 3
            echo 'Package: base-files' > "$root/var/lib/dpkg/status"
            """;

    private static final String WAITS = BUILDS + """
            touch "$HERE/waiting"
            while [ -e "$HERE/hold" ]; do sleep 0.05; done
            """;

    private final Kernel kernel = Kernel.host();
    private final List<String> progress = Collections.synchronizedList(new ArrayList<>());

    @TempDir
    private Path temporary;

    private Tree tools;
    private Tree data;

    @BeforeEach
    void makeTools() {
        data = new Tree(temporary.resolve("data"));
        tools = new Tree(temporary.resolve("tools")).folder(".");
        tool("mmdebstrap", BUILDS);
    }

    @Test
    void a_system_is_built_once_and_is_there_from_then_on() {
        Image image = resolve();
        assertThat(image.rootFileSystem())
                .isEqualTo(new RootFileSystem.Directory(data.root().resolve("debian.bookworm/root")));
        assertThat(image.identity()).matches("sha256:[0-9a-f]{64}");
        assertThat(image.config().command()).containsExactly("bash");
        assertThat(progress).hasSize(2);
        assertThat(resolve()).isEqualTo(image);
        assertThat(progress).hasSize(2);
        assertThat(tools.text("builds")).hasLineCount(1);
    }

    @Test
    void nothing_of_the_machine_stays_in_the_image() {
        tool("apt-get", "#!/bin/sh\ncat \"$HERE/targets\"\n");
        tools.file("targets", """
                Origin: Debian
                Component: main
                Release: bookworm
                Repo-URI: https://user:password@mirror.example.org/debian/
                Target-Of: deb
                """);
        resolve();
        Tree root = new Tree(data.root().resolve("debian.bookworm/root"));
        assertThat(tools.text("sources")).contains("https://user:password@mirror.example.org/debian bookworm main");
        assertThat(root.has("etc/hostname")).isFalse();
        assertThat(root.has("etc/resolv.conf")).isFalse();
        assertThat(root.names("etc/dpkg/dpkg.cfg.d")).isEmpty();
        assertThat(root.names("dev")).isEmpty();
        assertThat(root.has("etc/apt/sources.list")).isFalse();
        assertThat(root.names("etc/apt/sources.list.d")).containsExactly("debian.sources");
        assertThat(root.text("etc/apt/sources.list.d/debian.sources")).isEqualTo("""
                        Types: deb
                        URIs: https://mirror.example.org/debian
                        Suites: bookworm bookworm-updates
                        Components: main
                        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

                        Types: deb
                        URIs: https://mirror.example.org/debian-security
                        Suites: bookworm-security
                        Components: main
                        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
                        """);
        assertThat(data.names("debian.bookworm")).containsExactly("identity", "root");
    }

    @Test
    void apt_reaches_the_archive_as_it_does_on_the_machine_and_runs_no_hook_of_it() {
        tool("apt-config", "#!/bin/sh\ncat \"$HERE/dump\"\n");
        tools.file("dump", """
                APT::Update::Post-Invoke:: "rm -rf /var/cache";
                DPkg::Post-Invoke:: "touch /hook";
                Acquire::http::Proxy "http://user:password@proxy.example.org:3128";
                Acquire::http::Proxy::mirror.example.org "DIRECT";
                Acquire::Check-Valid-Until "false";
                Acquire::Retries "9";
                Acquire::AllowInsecureRepositories "1";
                Acquire::IndexTargets::deb::DEP-11::MetaKey "x";
                Dir::Etc "etc/apt";
                """);
        resolve();
        assertThat(tools.text("settings"))
                .contains("Acquire::http::Proxy \"http://user:password@proxy.example.org:3128\";")
                .contains("Acquire::http::Proxy::mirror.example.org \"DIRECT\";")
                .contains("Acquire::Check-Valid-Until \"false\";")
                .containsSubsequence("Acquire::Retries \"3\";", "Acquire::Retries \"9\";")
                .contains("Dir::Etc::netrcparts \"/etc/apt/auth.conf.d\";")
                .doesNotContain("Invoke", "IndexTargets", "AllowInsecure", "Dir::Etc \"");
        assertThat(tools.text("arguments")).doesNotContain("password");
    }

    @Test
    void without_a_source_of_debian_the_program_takes_its_own() {
        resolve();
        assertThat(tools.text("arguments").lines().toList().getLast()).endsWith("/root");
        assertThat(tools.text("sources")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    write error: No space left on device                           | FAILED      | is full
                    E: Could not resolve 'mirror.example.org'                          | UNAVAILABLE | out of reach
                    E: Could not connect to 127.0.0.1:3128, connection timed out   | UNAVAILABLE | out of reach
                    E: The repository 'x bookworm' does not have a Release file.   | NOT_FOUND   | no suite bookworm
                    something else                                                 | FAILED      | ended with status 7
                    """)
    void a_build_that_fails_says_why_and_leaves_nothing_but_its_log(
            String said, ImageException.Kind kind, String explained) {
        tool("mmdebstrap", BUILDS + "echo \"" + said + "\" >&2\nexit 7\n");
        assertThatThrownBy(this::resolve)
                .isInstanceOfSatisfying(
                        ImageException.class,
                        failed -> assertThat(failed.kind()).isEqualTo(kind))
                .hasMessageStartingWith("cannot build bootstrap:debian/bookworm: ")
                .hasMessageContaining(explained)
                .hasMessageContaining(said)
                .hasMessageContaining(data.root() + "/debian.bookworm.log");
        assertThat(data.names(".")).containsExactly("debian.bookworm.lock", "debian.bookworm.log");
        assertThat(data.text("debian.bookworm.log")).contains(said);
        assertThat(data.status("debian.bookworm.log").mode() & 0777).isEqualTo(0600);
    }

    @Test
    void without_the_program_its_package_is_named() {
        Tree none = new Tree(temporary.resolve("none")).folder(".");
        assertThatThrownBy(() -> source(kernel, data.root(), none.root()).resolve(BOOKWORM, progress::add))
                .isInstanceOfSatisfying(
                        ImageException.class,
                        missing -> assertThat(missing.kind()).isEqualTo(ImageException.Kind.UNAVAILABLE))
                .hasMessageContaining("apt install mmdebstrap");
    }

    @Test
    void another_distribution_is_refused() {
        assertThatThrownBy(() -> source(kernel, data.root(), tools.root())
                        .resolve(new ImageReference.Bootstrap("fedora", "rawhide"), progress::add))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("only Debian");
    }

    @Test
    void of_two_at_once_one_builds_and_the_other_waits_for_it() throws Exception {
        tool("mmdebstrap", WAITS);
        tools.file("hold", "");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Image> first = threads.submit((Callable<Image>) this::resolve);
            Future<Image> second = threads.submit((Callable<Image>) this::resolve);
            await(() -> tools.has("waiting") && progress.stream().anyMatch(line -> line.contains("waiting")));
            assertThat(data.has("debian.bookworm")).isFalse();
            assertThat(first.isDone() || second.isDone()).isFalse();
            release();
            assertThat(first.get()).isEqualTo(second.get());
        }
        assertThat(tools.text("builds")).hasLineCount(1);
    }

    @Test
    void an_interrupted_build_ends_and_leaves_nothing() throws Exception {
        tool("mmdebstrap", WAITS);
        tools.file("hold", "");
        List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                resolve();
            } catch (ImageException exception) {
                thrown.add(exception);
            }
        });
        await(() -> tools.has("waiting"));
        thread.interrupt();
        thread.join();
        assertThat(thrown).singleElement().asString().contains("interrupted");
        assertThat(data.names(".")).containsExactly("debian.bookworm.lock", "debian.bookworm.log");
        await(() -> running().isEmpty());
    }

    @Test
    void a_build_that_was_killed_takes_its_children_with_it_and_the_next_one_cleans_up() throws Exception {
        tool("mmdebstrap", WAITS);
        tools.file("hold", "");
        Process killed = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BuildElsewhere.class.getName(),
                        data.root().toString(),
                        tools.root().toString())
                .inheritIO()
                .start();
        await(() -> tools.has("waiting"));
        assertThat(running()).isNotEmpty();
        killed.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        await(() -> running().isEmpty());
        assertThat(data.names(".")).anyMatch(name -> name.contains(".unfinished-"));
        assertThat(data.has("debian.bookworm")).isFalse();

        release();
        resolve();
        assertThat(data.names(".")).containsExactly("debian.bookworm", "debian.bookworm.lock", "debian.bookworm.log");
        assertThat(tools.text("builds")).hasLineCount(2);
    }

    static BootstrapSource source(Kernel kernel, Path folder, Path tools) {
        return new BootstrapSource(
                kernel, folder, new Tools(List.of(tools), Map.of("PATH", "/usr/bin:/bin", "HERE", tools.toString())));
    }

    private Image resolve() {
        return source(kernel, data.root(), tools.root()).resolve(BOOKWORM, progress::add);
    }

    private void tool(String name, String script) {
        tools.file(name, script).mode(name, 0755);
    }

    private void release() {
        kernel.files().unlink(Fd.CWD, tools.root() + "/hold", 0);
    }

    /** The processes of this machine that run one of the tools. */
    private List<ProcessHandle> running() {
        String program = tools.root() + "/mmdebstrap";
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(program))
                        .isPresent())
                .toList();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(30));
            Thread.sleep(10);
        }
    }
}
