package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.registry.Registries;
import dev.carafe.image.snapshot.Mount;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.image.snapshot.WritableRoot;
import dev.carafe.image.store.Store;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.Namespaces;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class HostSourceTest {

    private static Registries none() {
        throw new IllegalStateException("no registry is needed");
    }

    private static final ImageReference.Host HOST = new ImageReference.Host();

    private final Kernel kernel = Kernel.host();

    @TempDir
    private Path temporary;

    private Tree machine;
    private Tree data;

    @BeforeEach
    void makeMachine() {
        machine = new Tree(temporary.resolve("machine"))
                .folder(".")
                .file("usr/bin/bash", "the shell")
                .file("etc/passwd", """
                        root:x:0:0::/root:/bin/sh
                        daemon:x:1:1::/usr/sbin:/bin/false
                        alice:x:1000:1000::/home/alice:/bin/sh
                        service:x:200:200::/srv/service:/bin/false
                        """)
                .file("etc/group", "root:x:0:\nstaff:x:50:alice\n")
                .file("etc/shadow", "root:$6$secret:1::::::\nalice:$6$secret:1::::::\n")
                .file("etc/shadow-", "secret")
                .file("etc/shadow.dpkg-bak", "secret")
                .file("etc/gshadow", "staff:$6$secret::\n")
                .file("etc/machine-id", "4d2c6c5e31f94e86a6d6b9f2dd2b7a51\n")
                .file("etc/hostname", "machine")
                .file("etc/ssh/sshd_config", "Port 22")
                .file("etc/ssh/ssh_host_ed25519_key", "secret")
                .file("etc/ssh/ssh_host_ed25519_key.pub", "public")
                .file("etc/ssl/certs/ca.pem", "public")
                .file("etc/ssl/private/machine.key", "secret")
                .file("etc/letsencrypt/live/example.org/privkey.pem", "secret")
                .file("srv/keys/kerberos", "secret")
                .link("etc/krb5.keytab", "/srv/keys/kerberos")
                .file("root/.ssh/id_ed25519", "secret")
                .file("root/.bash_history", "export PASSWORD=secret")
                .file("root/.bashrc", "alias ll='ls -l'")
                .file("home/alice/.ssh/id_ed25519", "secret")
                .file("home/alice/.docker/config.json", "secret")
                .file("home/alice/.config/gh/hosts.yml", "secret")
                .file("home/alice/.config/editor", "settings")
                .file("home/alice/notes.txt", "notes")
                .file("srv/service/.pgpass", "secret")
                .file("srv/service/state", "state")
                .file("data/bob/.netrc", "secret")
                .file("data/bob/notes.txt", "notes")
                .link("home/bob", "/data/bob")
                .file("run/secrets/token", "secret")
                .file("tmp/ssh-agent/socket", "secret")
                .folder("proc")
                .folder("var/lib/carafe")
                .mode("tmp", 01777)
                .mode("etc/shadow", 0640)
                .own("etc/shadow", 0, 42)
                .mode("etc/ssl/private", 0710)
                .own("etc/ssl/private", 0, 110)
                .mode("home/alice", 0750);
        for (String path : List.of("home/alice", "home/alice/.config", "home/alice/.ssh")) {
            machine.own(path, 1000, 1000);
        }
        data = new Tree(machine.root().resolve("var/lib/carafe"));
    }

    @Test
    void no_secret_of_the_machine_is_in_the_view() {
        List<String> secrets = List.of(
                "etc/shadow-",
                "etc/shadow.dpkg-bak",
                "etc/ssh/ssh_host_ed25519_key",
                "etc/ssl/private/machine.key",
                "etc/letsencrypt",
                "etc/krb5.keytab",
                "srv/keys/kerberos",
                "root/.ssh",
                "root/.bash_history",
                "home/alice/.ssh",
                "home/alice/.docker",
                "home/alice/.config/gh",
                "srv/service/.pgpass",
                "data/bob/.netrc",
                "home/bob/.netrc",
                "run/secrets",
                "tmp/ssh-agent",
                "var/lib/carafe");
        assertThat(secrets).allMatch(secret -> machine.has(secret) || secret.startsWith("home/bob"));
        inView(view -> assertThat(secrets).noneMatch(view::has));
    }

    @Test
    void what_is_no_secret_is_in_the_view_as_it_is() {
        List<String> paths = List.of(
                "usr/bin/bash",
                "etc/passwd",
                "etc/ssh/sshd_config",
                "etc/ssh/ssh_host_ed25519_key.pub",
                "etc/ssl/certs/ca.pem",
                "root/.bashrc",
                "home/alice/.config/editor",
                "home/alice/notes.txt",
                "srv/service/state",
                "data/bob/notes.txt");
        inView(view -> assertThat(paths).allSatisfy(path -> {
            assertThat(view.text(path)).isEqualTo(machine.text(path));
            assertThat(view.status(path).mode()).isEqualTo(machine.status(path).mode());
        }));
    }

    @Test
    void what_the_hiding_goes_through_keeps_owner_and_mode() {
        List<String> paths =
                List.of(".", "etc", "etc/shadow", "etc/ssl/private", "tmp", "home", "home/alice", "home/alice/.config");
        inView(view -> assertThat(paths).allSatisfy(path -> {
            var inView = view.status(path);
            var onMachine = machine.status(path);
            assertThat(List.of(inView.mode(), inView.uid(), inView.gid()))
                    .isEqualTo(List.of(onMachine.mode(), onMachine.uid(), onMachine.gid()));
        }));
    }

    @Test
    void passwords_are_locked_and_the_identity_is_empty() {
        inView(view -> assertThat(view.text("etc/shadow")).isEqualTo("""
                        root:*:::::::
                        daemon:*:::::::
                        alice:*:::::::
                        service:*:::::::
                        """));
        inView(view -> assertThat(view.text("etc/gshadow")).isEqualTo("root:*::\nstaff:*::\n"));
        inView(view -> assertThat(view.text("etc/machine-id")).isEmpty());
        inView(view -> assertThat(view.names("etc/ssl/private")).isEmpty());
    }

    @Test
    void changes_land_in_the_writable_layer_and_never_on_the_machine() {
        inView(view -> {
            view.file("etc/hostname", "changed").file("etc/new", "new").file("root/.ssh/authorized_keys", "mine");
        });
        assertThat(machine.text("etc/hostname")).isEqualTo("machine");
        assertThat(machine.has("etc/new")).isFalse();
        assertThat(machine.names("root/.ssh")).containsExactly("id_ed25519");
        assertThat(data.text("upper/etc/hostname")).isEqualTo("changed");
        assertThat(data.names("upper/root/.ssh")).containsExactly("authorized_keys");
    }

    @Test
    void a_secret_that_comes_later_does_not_show() {
        Image image = resolve();
        machine.file("root/.netrc", "secret").file("home/alice/.config/containers/auth.json", "secret");
        machine.file("root/later", "no secret");
        inView(image, view -> assertThat(view.has("root/.netrc")).isFalse());
        inView(
                image,
                view -> assertThat(view.has("home/alice/.config/containers")).isFalse());
        inView(image, view -> assertThat(view.has("root/later")).isTrue());
    }

    @Test
    void a_user_cannot_take_the_system_out_of_the_view() {
        machine.link("home/alice/.aws", "../../usr").own("home/alice/.aws", 1000, 1000);
        inView(view -> assertThat(view.has("home/alice/.aws")).isFalse());
        inView(view -> assertThat(view.text("usr/bin/bash")).isEqualTo("the shell"));
    }

    @Test
    void what_is_mounted_below_the_root_is_an_empty_folder() {
        List<String> names = inMountNamespace(() -> {
            kernel.mounts().mount("x", machine.root() + "/proc", "tmpfs", 0, "");
            machine.file("proc/1", "a process");
            return mounted(resolve()).names("proc");
        });
        assertThat(names).isEmpty();
    }

    @Test
    void the_layer_is_made_anew_only_when_it_would_hide_something_else() {
        Image first = resolve();
        assertThat(resolve()).isEqualTo(first);
        machine.file("home/carol/.ssh/id_ed25519", "secret");
        Image second = resolve();
        assertThat(second.identity()).isNotEqualTo(first.identity());
        assertThat(second.rootFileSystem().layers())
                .isNotEqualTo(first.rootFileSystem().layers());
    }

    @Test
    void a_single_overlay_would_be_refused_for_lying_in_itself() {
        List<Path> layers = resolve().rootFileSystem().layers();
        assertThatThrownBy(() -> inMountNamespace(
                        () -> mount(new WritableRoot(new RootFileSystem.Overlay(layers), upper(), work()))))
                .isInstanceOfSatisfying(
                        SystemCallException.class,
                        refused -> assertThat(refused.errno()).isEqualTo(Errno.ELOOP));
    }

    @Test
    void this_very_machine_can_be_looked_at() {
        Tree real = new Tree(Path.of("/"));
        assertThat(real.text("etc/shadow")).contains("root:");
        assertThat(real.names("proc")).isNotEmpty();
        data = new Tree(temporary.resolve("data")).folder(".");
        Image image = Images.open(
                        data.root(),
                        kernel,
                        folder -> Store.open(kernel, folder),
                        name -> Optional.empty(),
                        HostSourceTest::none)
                .resolve(HOST, Fetching.IF_MISSING, temporary, line -> {});
        assertThat(image.config().command()).containsExactly("bash");
        inView(image, view -> {
            assertThat(view.names("usr/bin")).contains("env");
            assertThat(view.text("etc/shadow")).contains("root:*:");
            assertThat(view.text("etc/shadow").lines()).allMatch(line -> line.matches("[^:]+:\\*:::::::"));
            assertThat(view.names("tmp")).isEmpty();
            assertThat(view.names("proc")).isEmpty();
            assertThat(view.names("sys")).isEmpty();
            assertThat(view.has("root/.ssh")).isFalse();
            view.file("etc/carafe-was-here", "in the view");
        });
        assertThat(real.has("etc/carafe-was-here")).isFalse();
        assertThat(data.text("upper/etc/carafe-was-here")).isEqualTo("in the view");
        assertThat(AccountFiles.read(kernel, image.rootFileSystem().layers())
                        .resolve("root")
                        .home())
                .isEqualTo("/root");
    }

    private Image resolve() {
        return new HostSource(kernel, data.root().resolve("images/host"), machine.root(), data.root()).resolve(HOST);
    }

    private void inView(Consumer<Tree> looking) {
        inView(resolve(), looking);
    }

    private void inView(Image image, Consumer<Tree> looking) {
        inMountNamespace(() -> {
            Tree view = mounted(image);
            looking.accept(view);
            return view;
        });
    }

    /** So that the machine that runs the tests sees none of the mounts, and they go with the thread. */
    private <T> T inMountNamespace(Supplier<T> work) {
        return Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.MOUNT));
            kernel.mounts().mount("", "/", "", Mounts.MS_REC | Mounts.MS_PRIVATE, "");
            return work.get();
        });
    }

    private Tree mounted(Image image) {
        return mount(new WritableRoot(image.rootFileSystem(), upper(), work()));
    }

    private Tree mount(WritableRoot root) {
        data.folder("upper").folder("work").folder("root");
        Path target = data.root().resolve("root");
        for (Mount mount : root.mounts(target)) {
            kernel.mounts().mount(mount.type(), mount.target().toString(), mount.type(), 0, mount.options());
        }
        return new Tree(target);
    }

    private Path upper() {
        return data.root().resolve("upper");
    }

    private Path work() {
        return data.root().resolve("work");
    }
}
