package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerUnpacker;
import dev.carafe.image.layer.Owners;
import dev.carafe.image.store.Layers;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** What snapshots are to do, whichever driver has them. */
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SnapshotsContract {

    static final Kernel KERNEL = Kernel.host();
    private static final int DEEP = 128;

    private final DriverKind kind;
    private LoopDisk disk;
    private Path data;
    private Store store;
    Snapshots snapshots;
    Box box;
    private int next;

    SnapshotsContract(DriverKind kind) {
        this.kind = kind;
    }

    /** Where the snapshots are to be. */
    abstract LoopDisk disk();

    @BeforeAll
    void mount() {
        disk = disk();
    }

    @AfterAll
    void unmount() {
        if (disk != null) {
            disk.close();
        }
    }

    @BeforeEach
    void open(TestInfo test) throws IOException {
        data = Files.createDirectory(disk.folder().resolve("test-" + next++));
        store = Store.open(KERNEL, data.resolve("images"));
        snapshots = reopened();
        box = new Box(Files.createDirectory(data.resolve("mounted")));
    }

    @AfterEach
    void close() {
        box.close();
        store.close();
        snapshots.list().stream().sorted((a, b) -> b.made().compareTo(a.made())).forEach(it -> {
            if (it.kind() != Snapshot.Kind.COMMITTED) {
                snapshots.remove(it);
            }
        });
    }

    Snapshots reopened() {
        Path images = data.resolve("images");
        return Snapshots.open(KERNEL, data.resolve("snapshots"), Optional.of(kind), () -> Store.open(KERNEL, images));
    }

    Path data() {
        return data;
    }

    Snapshot prepared(String key, Base base) {
        return snapshots.prepare(new Key(key), base, Preparation.PLAIN);
    }

    Snapshot viewed(String key, Base base) {
        return snapshots.view(new Key(key), base, Preparation.PLAIN);
    }

    /** A committed snapshot on top of another one, with what a script does. */
    Base committed(String key, Base base, String script) {
        Snapshot writable = prepared("for-" + key, base);
        box.in(snapshots, writable, script);
        return new Base.Committed(snapshots.commit(writable, new Key(key)).key());
    }

    /**
     * Lets scripts work one on the result of the other, and sees to it that what is committed after each is what there
     * was to see before, and is the same to the next one.
     */
    Base chain(String... scripts) {
        Base base = new Base.Nothing();
        for (int i = 0; i < scripts.length; i++) {
            Snapshot writable = prepared("w" + i, base);
            String before = box.in(snapshots, writable, scripts[i] + "\n" + Box.TREE);
            base = new Base.Committed(
                    snapshots.commit(writable, new Key("c" + i)).key());
            Snapshot view = viewed("v" + i, base);
            assertThat(box.description(snapshots, view)).isEqualTo(before);
            snapshots.remove(view);
            Snapshot on = prepared("on" + i, base);
            assertThat(box.description(snapshots, on)).isEqualTo(before);
            snapshots.remove(on);
        }
        return base;
    }

    String seen(Base base, String script) {
        Snapshot view = viewed("seen", base);
        try {
            return box.in(snapshots, view, script);
        } finally {
            snapshots.remove(view);
        }
    }

    // What there is

    @Test
    void what_was_committed_is_what_others_stand_on() {
        Base first = committed("first", new Base.Nothing(), "echo foo >foo; mkdir -p a/b/c");
        assertThat(snapshots.find(new Key("for-first"))).isEmpty();
        Snapshot second = prepared("second", first);
        assertThat(box.in(snapshots, second, "cat foo; ls a/b; echo bar >bar; echo bar >foo; rm -r a/b"))
                .isEqualTo("foo\nc\n");
        Snapshot done = snapshots.commit(second, new Key("done"));
        assertThat(seen(new Base.Committed(done.key()), "cat foo bar; ls a")).isEqualTo("bar\nbar\n");
        assertThat(seen(first, "cat foo; ls a; ls")).isEqualTo("foo\nb\na\nfoo\n");
    }

    @Test
    void a_snapshot_says_what_it_is() {
        Instant before = Instant.now().minusSeconds(1);
        Base first = committed("first", new Base.Nothing(), "echo x >x");
        Snapshot done = snapshots.findCommitted(new Key("first")).orElseThrow();
        assertThat(done.kind()).isEqualTo(Snapshot.Kind.COMMITTED);
        assertThat(done.base()).isEqualTo(new Base.Nothing());
        assertThat(done.made()).isBetween(before, Instant.now().plusSeconds(1));
        Snapshot writable = prepared("box", first);
        assertThat(writable.kind()).isEqualTo(Snapshot.Kind.WRITABLE);
        assertThat(writable.base()).isEqualTo(first);
        Snapshot view = viewed("view", first);
        assertThat(view.kind()).isEqualTo(Snapshot.Kind.VIEW);
        assertThat(reopened().list()).containsExactly(writable, view, done);
        assertThat(reopened().find(new Key("box"))).contains(writable);
        snapshots.remove(view);
        snapshots.remove(writable);
        assertThat(snapshots.list()).containsExactly(done);
    }

    @Test
    void a_name_is_given_once() {
        Base first = committed("first", new Base.Nothing(), "");
        prepared("box", first);
        for (Base base : List.of(first, new Base.Nothing())) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> prepared("box", base))
                    .withMessageContaining("there is a snapshot \"box\"")
                    .matches(it -> it.kind() == ImageException.Kind.CONFLICT);
            assertThatExceptionOfType(ImageException.class).isThrownBy(() -> viewed("box", base));
        }
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void a_snapshot_is_not_committed_over_another_one() {
        Base first = committed("first", new Base.Nothing(), "echo 1 >f");
        Snapshot other = prepared("other", new Base.Nothing());
        box.in(snapshots, other, "echo 2 >f");
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> snapshots.commit(other, new Key("first")))
                .withMessageContaining("there is a committed snapshot \"first\"")
                .matches(it -> it.kind() == ImageException.Kind.CONFLICT);
        assertThat(seen(first, "cat f")).isEqualTo("1\n");
        assertThat(box.in(snapshots, other, "cat f; echo 3 >>f")).isEqualTo("2\n");
        snapshots.commit(other, new Key("second"));
    }

    @Test
    void what_others_stand_on_is_not_removed() {
        Base first = committed("first", new Base.Nothing(), "echo 1 >f");
        Base second = committed("second", first, "echo 2 >f");
        Snapshot top = prepared("top", second);
        Snapshot bottom = snapshots.findCommitted(new Key("first")).orElseThrow();
        Snapshot middle = snapshots.findCommitted(new Key("second")).orElseThrow();
        for (Snapshot needed : List.of(bottom, middle)) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> snapshots.remove(needed))
                    .withMessageContaining("stands on it")
                    .matches(it -> it.kind() == ImageException.Kind.CONFLICT);
        }
        assertThat(box.in(snapshots, top, "cat f")).isEqualTo("2\n");
        snapshots.remove(top);
        Snapshot view = viewed("view", second);
        assertThatExceptionOfType(ImageException.class).isThrownBy(() -> snapshots.remove(middle));
        snapshots.remove(view);
        snapshots.remove(middle);
        snapshots.remove(bottom);
        assertThat(snapshots.list()).isEmpty();
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> snapshots.remove(bottom))
                .matches(it -> it.kind() == ImageException.Kind.NOT_FOUND);
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> prepared("again", first))
                .matches(it -> it.kind() == ImageException.Kind.NOT_FOUND);
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void a_view_takes_no_changes_and_a_writable_one_does() {
        Base first = committed("first", new Base.Nothing(), "echo 1 >f; mkdir d; chmod 777 . d f");
        Base second = committed("second", first, "echo 2 >g");
        for (Base base : List.of(first, second)) {
            Snapshot view = viewed("view", base);
            for (String change : List.of("echo x >new", "echo x >>f", "rm f", "chmod 700 d", "touch -c f", "mkdir e")) {
                assertThat(box.failsIn(snapshots, view, change)).contains("Read-only file system");
            }
            snapshots.remove(view);
            Snapshot writable = prepared("writable", base);
            box.in(snapshots, writable, "echo x >new; echo x >>f; chmod 700 d; touch -c f; rm f; mkdir e");
            snapshots.remove(writable);
            assertThat(seen(base, "cat f; stat -c %a d")).isEqualTo("1\n777\n");
        }
    }

    @Test
    void views_and_committed_ones_are_not_committed() {
        Base first = committed("first", new Base.Nothing(), "");
        Snapshot view = viewed("view", first);
        Snapshot done = snapshots.findCommitted(new Key("first")).orElseThrow();
        for (Snapshot fixed : List.of(view, done)) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> snapshots.commit(fixed, new Key("again")))
                    .withMessageContaining("takes no changes");
        }
    }

    // What a tree keeps

    @Test
    void files_are_changed_replaced_and_removed() {
        chain(
                "mkdir -m 700 etc; echo 10.0.0.1 >etc/hosts; echo p >etc/profile; chmod 644 etc/*; echo a >foo; echo b >foobar",
                "echo 10.0.0.2 >etc/hosts; chmod 666 etc/profile; mkdir -m 700 root; echo q >root/.bashrc; rm foobar",
                "mv etc/hosts etc/hosts.old; echo new >etc/hosts.new; mv etc/hosts.new etc/profile",
                "");
    }

    @Test
    void a_directory_that_is_removed_and_made_again_shows_nothing_of_the_former() {
        Base base = chain(
                "mkdir -m 700 lib; : >lib/hidden; mkdir lib/sub; : >lib/sub/hidden",
                "rm -r lib; mkdir -m 700 lib; : >lib/not-hidden",
                ": >lib/newfile; mkdir lib/sub; : >lib/sub/new");
        assertThat(seen(base, "find lib | sort")).isEqualTo("lib\nlib/newfile\nlib/not-hidden\nlib/sub\nlib/sub/new\n");
    }

    @Test
    void what_is_a_file_becomes_a_directory_and_the_other_way_round() {
        Base base = chain(
                "echo f >kind; mkdir -p other/deep; echo g >other/deep/f; ln -s kind link",
                "rm kind; mkdir kind; echo in >kind/f; rm -r other; echo now >other; rm link; mkdir link",
                "rm -r kind; ln -s other kind; rm other; mkfifo other; rmdir link; mknod link c 1 3");
        assertThat(seen(base, "stat -c '%n %F' kind other link"))
                .isEqualTo("kind symbolic link\nother fifo\nlink character special file\n");
    }

    @Test
    void directories_are_renamed_with_what_is_in_them() {
        Base base = chain(
                "mkdir -p dir1/sub somefiles; echo x >dir1/sub/f; echo 1 >somefiles/f1; echo 2 >somefiles/f2",
                "mv dir1 dir2; echo n >somefiles/f1-over; mv somefiles/f1-over somefiles/f1; mv somefiles/f2 somefiles/f3",
                "mkdir dir1; echo y >dir1/f; mv dir2/sub dir1/sub; mv dir1 dir3; mkdir dir1");
        assertThat(seen(base, "find . -type f | sort; ls dir1"))
                .isEqualTo("./dir3/f\n./dir3/sub/f\n./somefiles/f1\n./somefiles/f3\n");
    }

    @Test
    void a_directory_takes_the_place_of_an_empty_one() {
        Base base = chain(
                "mkdir -p a/in b; echo x >a/in/f",
                "mkdir c; echo y >c/f; mv -T c b",
                "rm b/f; mkdir d; mv -T d b; cp -a a e; rm -r a; mv e a");
        assertThat(seen(base, "find . | sort")).isEqualTo(".\n./a\n./a/in\n./a/in/f\n./b\n");
    }

    @Test
    void owners_and_modes_stay_where_directories_are_joined() {
        chain(
                "for d in 1 2 3 4 5; do mkdir -m 700 dir$d; done; echo . >dir4/f1; echo . >dir5/f1; mkdir -m 1777 tmp; "
                        + "chown 1:1 dir1 dir2 dir3 dir5 dir5/f1; mkdir -p opt/a/b; echo hello >opt/a/b/file.txt",
                "chown 0:0 dir2; rm -r dir3; chown 1:1 dir4 dir4/f1; echo t >tmp/x; "
                        + "chown 1:1 opt opt/a opt/a/b opt/a/b/file.txt",
                "mkdir -m 700 dir3; chown 1:1 dir3; rm -r dir5; mkdir -m 711 dir5; chown 1:1 dir5; echo u >tmp/y");
    }

    @Test
    void the_top_of_the_tree_has_its_owner_and_mode_everywhere() {
        Base base = chain("chown 123:456 .; chmod 1751 .; setfattr -n user.top -v 1 .", "echo x >x", "chmod 2705 .");
        assertThat(seen(base, "stat -c '%a %u:%g' .; getfattr --only-values -n user.top ."))
                .isEqualTo("2705 123:456\n1");
    }

    @Test
    void hard_links_stay_links_and_part_when_one_is_changed_above() {
        chain("echo x >a; ln a b; mkdir d; ln a d/c; ln -s a l; ln l l2");
        Base base = new Base.Committed(new Key("c0"));
        assertThat(seen(base, "stat -c %h a b d/c; stat -c %i a b d/c | sort -u | wc -l"))
                .isEqualTo("3\n3\n3\n1\n");
        Snapshot writable = prepared("box", base);
        box.in(snapshots, writable, "rm a; echo y >new; ln new new2");
        Base next =
                new Base.Committed(snapshots.commit(writable, new Key("next")).key());
        assertThat(seen(next, "cat b d/c new2; stat -c %h new; stat -c %i b d/c | sort -u | wc -l"))
                .isEqualTo("x\nx\ny\n2\n1\n");
    }

    @Test
    void all_that_files_can_have_stays_with_them() {
        Base base = chain(
                "cp /bin/true t; setcap cap_net_raw=ep t; setfattr -n user.note -v hello t; chmod 4755 t; "
                        + "setcap cap_net_raw=ep t; echo s >suid; chmod 6755 suid; chown 7:8 suid; chmod 6755 suid; "
                        + "truncate -s 10M sparse; printf end >>sparse; printf mid | dd of=sparse bs=1 seek=5000000 conv=notrunc "
                        + "status=none; mknod null c 1 3; mknod disk b 7 0; mkfifo -m 640 pipe; chown 3:4 pipe null; "
                        + "ln -s /nowhere/at/all dangling; touch -h -d '1969-12-31 23:59:58.5 UTC' dangling pipe; "
                        + "touch -d '2001-02-03 04:05:06.789012345 UTC' t suid; : >empty; mkdir -m 1770 d; chown 5:6 d",
                "touch -a empty");
        assertThat(seen(base, "getcap t; stat -c '%a %Y' suid; du -k sparse | cut -f1"))
                .startsWith("t cap_net_raw=ep\n6755 981173106\n")
                .satisfies(it -> assertThat(
                                Integer.parseInt(it.strip().substring(it.strip().lastIndexOf('\n') + 1)))
                        .isLessThan(200));
    }

    @Test
    void names_may_be_any_bytes() {
        chain("""
                printf x >"$(printf 'new\\nline')"; printf x >"$(printf 'bytes\\377\\300')"; : >' leading'; : >'back\\slash'
                : >'com,ma'; : >'co:lon'; : >'ünïcode'; : >.wh; : >"$(printf '%0255d' 0)"; mkdir '...'; : >'.../f'; : >'-n'
                """, """
                rm "$(printf 'bytes\\377\\300')" ./-n; echo y >"$(printf 'new\\nline')"; mv 'com,ma' 'com,ma:2'
                """);
    }

    @Test
    void a_tree_may_be_made_of_very_many_snapshots() {
        Base base = committed("d0", new Base.Nothing(), "echo 0 >f0; echo bottom >bottom; mkdir d");
        for (int i = 1; i < DEEP; i++) {
            base = committed("d" + i, base, "echo " + i + " >f" + i + "; rm f" + (i - 1) + "; : >d/" + i);
        }
        assertThat(seen(base, "ls f*; ls d | wc -l; cat bottom")).isEqualTo("f127\n127\nbottom\n");
        Snapshot writable = prepared("top", base);
        assertThat(box.in(snapshots, writable, "echo x >bottom; rm f127; cat bottom; ls"))
                .isEqualTo("x\nbottom\nd\n");
    }

    // Images

    private Digest layer(int number, String... script) {
        try {
            byte[] tar = TarFile.of(data.resolve("tar-" + number), String.join("\n", script));
            Digest diff = Digest.of(tar);
            chain.add(
                    chain.isEmpty()
                            ? diff
                            : Digest.of((chain.getLast() + " " + diff).getBytes(StandardCharsets.US_ASCII)));
            Layers.Layer layer = new Layers.Layer(chain.getLast(), diff, Descriptor.of(MediaTypes.LAYER, tar));
            store.layers().obtain(layer, Watcher.NONE, folder -> {
                try {
                    LayerUnpacker.of(KERNEL, LayerForm.OVERLAY).unpack(new ByteArrayInputStream(tar), folder);
                    return new Layers.Filled(tar.length, false);
                } catch (IOException exception) {
                    throw new UncheckedIOException(exception);
                }
            });
            return chain.getLast();
        } catch (IOException | InterruptedException exception) {
            throw new IllegalStateException(exception);
        }
    }

    private final List<Digest> chain = new ArrayList<>();

    private Base image() {
        chain.clear();
        layer(1, "mkdir -m 711 etc usr; echo root >etc/passwd; echo gone >gone; chown 9:9 etc; mkdir old; : >old/f");
        layer(
                2,
                "mkdir -m 711 etc; chown 9:9 etc; echo h >etc/hosts; : >.wh.gone; mkdir old; : >old/.wh..wh..opq; : >old/g");
        layer(3, "echo top >top; chmod 4755 top");
        return new Base.Layers(List.copyOf(chain));
    }

    @Test
    void layers_of_an_image_are_joined() {
        Base image = image();
        String expected = "711 9:9 etc\nhosts\npasswd\ng\n4755\n";
        String look = "stat -c '%a %u:%g %n' etc; ls etc old; stat -c %a top; test ! -e gone";
        String alone = "ls etc old";
        assertThat(seen(image, "stat -c '%a %u:%g %n' etc; ls etc; ls old; stat -c %a top; test ! -e gone"))
                .isEqualTo(expected);
        Snapshot writable = prepared("box", image);
        assertThat(box.in(
                        snapshots, writable, look.replace("ls etc old", "ls etc; ls old") + "; rm -r etc; echo x >top"))
                .isEqualTo(expected);
        assertThat(alone).isNotEmpty();
        Base done =
                new Base.Committed(snapshots.commit(writable, new Key("done")).key());
        assertThat(seen(done, "ls; cat top")).isEqualTo("old\ntop\nusr\nx\n");
        assertThat(seen(image, "cat top etc/passwd")).isEqualTo("top\nroot\n");
    }

    @Test
    void layers_that_snapshots_stand_on_are_not_collected() {
        Base image = image();
        Snapshot writable = prepared("box", image);
        assertThat(store.collect(Duration.ZERO, snapshots::layers).layers()).isZero();
        assertThat(box.in(snapshots, writable, "cat etc/hosts top")).isEqualTo("h\ntop\n");
        Snapshot done = snapshots.commit(writable, new Key("done"));
        assertThat(store.collect(Duration.ZERO, snapshots::layers).layers()).isZero();
        assertThat(seen(new Base.Committed(done.key()), "cat top")).isEqualTo("top\n");
        snapshots.remove(done);
        snapshots.sweep();
        assertThat(store.collect(Duration.ZERO, snapshots::layers).layers()).isEqualTo(3);
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> prepared("again", image))
                .withMessageContaining("pull the image again");
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void layers_are_held_while_a_snapshot_is_made_of_them() {
        Base image = image();
        try (Lease lease = store.lease()) {
            lease.hold(((Base.Layers) image).chain());
            assertThat(store.collect(Duration.ZERO).layers()).isZero();
        }
        assertThat(store.collect(Duration.ZERO).layers())
                .as("nobody holds them now")
                .isEqualTo(3);
    }

    // Changes as a layer

    @Test
    void changes_become_a_layer_that_makes_them_again_and_the_same_bytes_every_time() throws IOException {
        Base image = image();
        String changes =
                "echo new >etc/hosts; rm -r old; mkdir old; echo n >old/new; rm top; ln etc/hosts linked; chmod 700 usr; "
                        + "find . -exec touch -h -d @1600000000 {} +";
        Snapshot one = prepared("one", image);
        box.in(snapshots, one, changes);
        Snapshot two = prepared("two", image);
        box.in(snapshots, two, changes);
        byte[] layer = difference(one);
        assertThat(difference(one)).isEqualTo(layer);
        assertThat(difference(two)).isEqualTo(layer);
        String seen = box.description(snapshots, one);
        // On top of the same image, unpacked by itself.
        Digest diff = Digest.of(layer);
        chain.add(Digest.of((chain.getLast() + " " + diff).getBytes(StandardCharsets.US_ASCII)));
        List<Path> below = store.layers().folders(chain.subList(0, 3));
        store.layers()
                .obtain(
                        new Layers.Layer(chain.getLast(), diff, Descriptor.of(MediaTypes.LAYER, layer)),
                        Watcher.NONE,
                        folder -> unpack(layer, folder, below));
        Snapshot again = viewed("again", new Base.Layers(chain));
        assertThat(box.description(snapshots, again)).isEqualTo(seen);
    }

    private static Layers.Filled unpack(byte[] layer, Fd folder, List<Path> below) {
        List<Fd> opened = new ArrayList<>();
        try {
            below.forEach(it ->
                    opened.add(KERNEL.files().open(Fd.CWD, it.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)));
            LayerUnpacker.of(KERNEL, LayerForm.OVERLAY)
                    .withLower(() -> opened)
                    .unpack(new ByteArrayInputStream(layer), folder);
            return new Layers.Filled(layer.length, false);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } finally {
            opened.forEach(Fd::close);
        }
    }

    byte[] difference(Snapshot snapshot) throws IOException {
        var bytes = new ByteArrayOutputStream();
        snapshots.difference(snapshot, bytes);
        return bytes.toByteArray();
    }

    // What it takes

    @Test
    void what_a_snapshot_takes_is_what_it_adds() {
        Base first = committed("first", new Base.Nothing(), "head -c 4M /dev/urandom >big; mkdir d; : >d/small");
        Snapshot writable = prepared("box", first);
        Usage before = snapshots.usage(writable);
        box.in(snapshots, writable, "head -c 2M /dev/urandom >more; mkdir e; : >e/f; ln more again; sync -f .");
        Usage after = snapshots.usage(writable);
        assertThat(after.bytes() - before.bytes()).isBetween(2L << 20, (2L << 20) + 200_000);
        assertThat(after.inodes() - before.inodes()).isEqualTo(3);
        if (kind != DriverKind.COPY) {
            assertThat(before.bytes()).isLessThan(100_000);
        }
        assertThat(snapshots.usage(viewed("view", first))).isEqualTo(new Usage(0, 0));
        assertThat(snapshots
                        .usage(snapshots.findCommitted(new Key("first")).orElseThrow())
                        .bytes())
                .isBetween(4L << 20, (4L << 20) + 200_000);
    }

    // Others at the same time, and ends

    @Test
    void many_prepare_and_remove_at_once() throws Exception {
        Base first = committed("first", new Base.Nothing(), "mkdir d; echo x >d/f");
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Boolean>> done = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int number = i;
                Snapshots mine = i % 2 == 0 ? snapshots : reopened();
                done.add(threads.submit((Callable<Boolean>) () -> {
                    for (int round = 0; round < 20; round++) {
                        Key key = new Key("t" + number + "-" + round);
                        Snapshot one = mine.prepare(key, first, Preparation.PLAIN);
                        if (round % 4 == 0) {
                            Snapshot committed = mine.commit(one, key);
                            Snapshot above = mine.prepare(key, new Base.Committed(committed.key()), Preparation.PLAIN);
                            mine.remove(above);
                            mine.remove(committed);
                        } else {
                            mine.remove(one);
                        }
                        mine.sweep();
                    }
                    return true;
                }));
            }
            for (Future<Boolean> one : done) {
                assertThat(one.get()).isTrue();
            }
        }
        assertThat(snapshots.list()).extracting(it -> it.key().text()).containsExactly("first");
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void of_many_who_want_a_name_one_gets_it() throws Exception {
        Base first = committed("first", new Base.Nothing(), "echo x >f");
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<Boolean>> done = IntStream.range(0, 6)
                    .mapToObj(i -> threads.submit(() -> {
                        try {
                            reopened().prepare(new Key("same"), first, Preparation.PLAIN);
                            return true;
                        } catch (ImageException taken) {
                            return false;
                        }
                    }))
                    .toList();
            int got = 0;
            for (Future<Boolean> one : done) {
                got += one.get() ? 1 : 0;
            }
            assertThat(got).isEqualTo(1);
        }
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void what_killed_processes_left_behind_is_swept_and_what_others_are_making_is_not() throws Exception {
        SnapshotFolders folders = new SnapshotFolders(KERNEL, data.resolve("snapshots"));
        About about =
                new About(false, new Base.Nothing(), Preparation.PLAIN, java.util.OptionalInt.empty(), Instant.now());
        folders.begin(about, Optional.empty()).close();
        String mine = folders.names(SnapshotFolders.Place.UNFINISHED).getFirst();
        Process other = new ProcessBuilder("sleep", "infinity").start();
        long started =
                KERNEL.processes().identify((int) other.pid()).orElseThrow().startTime();
        String others = other.pid() + "-" + started + "-1";
        Path unfinished = data.resolve("snapshots/unfinished");
        Files.createDirectories(unfinished.resolve(others).resolve("upper/deep/er"));
        Snapshot swept = prepared("swept", new Base.Nothing());
        folders.sweep(SnapshotFolders.Place.ACTIVE, swept.key().text());

        snapshots.sweep();
        assertThat(folders.names(SnapshotFolders.Place.UNFINISHED)).containsExactlyInAnyOrder(mine, others);
        assertThat(folders.names(SnapshotFolders.Place.SWEPT)).isEmpty();

        other.destroyForcibly().waitFor();
        snapshots.sweep();
        assertThat(folders.names(SnapshotFolders.Place.UNFINISHED)).containsExactly(mine);
    }

    @Test
    void a_snapshot_goes_with_its_holder() throws IOException {
        Path holder = Files.createFile(data.resolve("holder"));
        snapshots.prepare(new Key("held"), new Base.Nothing(), Preparation.PLAIN.heldBy(holder));
        prepared("free", new Base.Nothing());
        snapshots.sweep();
        assertThat(snapshots.list()).hasSize(2);
        Files.delete(holder);
        snapshots.sweep();
        assertThat(snapshots.list()).extracting(it -> it.key().text()).containsExactly("free");
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void what_fails_leaves_nothing_behind() {
        for (SystemFault fault : SystemFault.all()) {
            Snapshots failing =
                    Snapshots.open(Kernel.over(fault), data.resolve("snapshots"), Optional.of(kind), () -> store);
            for (int nth = 1; ; nth++) {
                fault.failAt(nth);
                String key = fault + "-" + nth;
                boolean made;
                try {
                    failing.prepare(new Key(key), new Base.Nothing(), Preparation.PLAIN);
                    made = true;
                } catch (ImageException expected) {
                    made = false;
                }
                boolean failed = fault.hasFailed();
                fault.failAt(0);
                assertThat(snapshots.find(new Key(key)).isPresent()).isEqualTo(made);
                snapshots.sweep();
                assertThat(leftovers()).isEmpty();
                if (!failed) {
                    break;
                }
            }
        }
    }

    // Other ids

    static final Owners.Mapped RANGE = new Owners.Mapped(
            List.of(new Owners.Range(0, 100_000, 65536)), List.of(new Owners.Range(0, 200_000, 65536)));

    private static final Owners.Mapped OTHER_RANGE = new Owners.Mapped(
            List.of(new Owners.Range(0, 300_000, 65536)), List.of(new Owners.Range(0, 400_000, 65536)));

    @Test
    void for_a_range_of_ids_files_show_owners_of_it_and_on_the_disk_the_image_stays() {
        Base image = image();
        Snapshot plain = prepared("plain", image);
        String look = "stat -c '%u:%g %n' . etc etc/passwd top usr";
        String ofImage = """
                0:0 .
                9:9 etc
                0:0 etc/passwd
                0:0 top
                0:0 usr
                """;
        assertThat(box.in(snapshots, plain, look)).isEqualTo(ofImage);
        Snapshot shifted = snapshots.prepare(new Key("shifted"), image, Preparation.PLAIN.ownedBy(RANGE));
        assertThat(box.in(snapshots, shifted, look)).isEqualTo("""
                        100000:200000 .
                        100009:200009 etc
                        100000:200000 etc/passwd
                        100000:200000 top
                        100000:200000 usr
                        """);
        assertThat(box.inside(snapshots, shifted, look)).isEqualTo(ofImage);
        box.inside(snapshots, shifted, "echo more >>etc/passwd; chown 5:6 etc/passwd; mkdir new; chown 1:1 new");
        assertThat(box.in(snapshots, shifted, "stat -c '%u:%g %n' etc/passwd new; cat etc/passwd"))
                .isEqualTo("100005:200006 etc/passwd\n100001:200001 new\nroot\nmore\n");
        assertThat(box.in(snapshots, plain, look + "; cat etc/passwd")).isEqualTo(ofImage + "root\n");

        Base done =
                new Base.Committed(snapshots.commit(shifted, new Key("done")).key());
        assertThat(seen(done, "stat -c '%u:%g %n' . etc etc/passwd new"))
                .isEqualTo("0:0 .\n9:9 etc\n5:6 etc/passwd\n1:1 new\n");
        for (Owners.Mapped range : List.of(RANGE, OTHER_RANGE)) {
            long user = range.users().getFirst().outside();
            long group = range.groups().getFirst().outside();
            Snapshot again = snapshots.prepare(new Key("again"), done, Preparation.PLAIN.ownedBy(range));
            assertThat(box.in(snapshots, again, "stat -c '%u:%g' . etc/passwd new; cat etc/passwd"))
                    .isEqualTo((user + ":" + group + "\n") + (user + 5) + ":" + (group + 6) + "\n" + (user + 1) + ":"
                            + (group + 1) + "\nroot\nmore\n");
            snapshots.remove(again);
        }
    }

    @Test
    void a_layer_of_changes_has_the_ids_of_the_image() throws IOException {
        Base image = image();
        String changes =
                "mkdir new; chown 1:1 new; printf x >capable; chmod 755 capable; setcap cap_net_raw=ep capable; "
                        + "find . -exec touch -h -d @1600000000 {} +";
        Snapshot plain = prepared("plain", image);
        box.in(snapshots, plain, changes);
        Snapshot shifted = snapshots.prepare(new Key("shifted"), image, Preparation.PLAIN.ownedBy(RANGE));
        box.inside(snapshots, shifted, changes);
        assertThat(difference(shifted)).isEqualTo(difference(plain));
    }

    /** What is in the places where nothing stays. */
    List<String> leftovers() {
        SnapshotFolders folders = new SnapshotFolders(KERNEL, data.resolve("snapshots"));
        List<String> left = new ArrayList<>(folders.names(SnapshotFolders.Place.UNFINISHED));
        left.addAll(folders.names(SnapshotFolders.Place.SWEPT));
        return left;
    }
}
