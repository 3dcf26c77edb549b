package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.image.layer.Owners;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.OpenFlags;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Where a test mounts snapshots and works in them, in a mount namespace that nobody else sees. */
final class Box implements AutoCloseable {

    private static final Kernel KERNEL = Kernel.host();

    private final Path target;
    private final Process holder;

    /** @param target an empty folder */
    Box(Path target) {
        this.target = target;
        this.holder = start("unshare", "--mount", "--propagation", "private", "sleep", "infinity");
    }

    /** What a script says that is run in the root of a snapshot. */
    String in(Snapshots snapshots, Snapshot snapshot, String script) {
        return in(snapshots.mounts(snapshot, target), script, 0);
    }

    /** Likewise as the root of the user namespace that the snapshot is for. */
    String inside(Snapshots snapshots, Snapshot snapshot, String script) {
        try (Owned owned = new Owned()) {
            Owners.Mapped ids = snapshot.how().owners().orElseThrow();
            owned.open(ids).close();
            String pid = Long.toString(owned.processes.getFirst().pid());
            return in(
                    snapshots.mounts(snapshot, target),
                    "exec nsenter --user --target " + pid + " --setuid 0 --setgid 0 bash -euc \"$0\"",
                    0,
                    script);
        }
    }

    /** Likewise, where it is to fail. */
    String failsIn(Snapshots snapshots, Snapshot snapshot, String script) {
        return in(snapshots.mounts(snapshot, target), script, 1);
    }

    /** What can be seen of a snapshot, a line a file; equal trees give equal lines. */
    String description(Snapshots snapshots, Snapshot snapshot) {
        return in(snapshots, snapshot, TREE);
    }

    /** All that there is to see of a tree. */
    static final String TREE = """
            export LC_ALL=C
            find . -print0 | sort -z | while IFS= read -r -d '' f; do
              if [ -d "$f" ] && [ ! -L "$f" ]; then stat -c '%A %u:%g %F' "$f"; else stat -c '%A %u:%g %h %t:%T %s %F %y' "$f"; fi
              printf '%q ' "$f"
              [ -L "$f" ] && readlink "$f"
              [ -f "$f" ] && [ ! -L "$f" ] && sha256sum <"$f"
              getfattr -h -d -m '^(user|security.capability)' -e hex --absolute-names "$f" 2>/dev/null | grep -v '^#' || :
            done
            """;

    private String in(List<Mount> mounts, String script, int status, String... arguments) {
        Owned owned = new Owned();
        // On a thread of its own, whose programs are in its mount namespace too; classes are loaded before.
        return dev.carafe.linux.Namespaces.onOwnThread(() -> {
            try (Fd namespace = KERNEL.files().open(Fd.CWD, "/proc/" + holder.pid() + "/ns/mnt", OpenFlags.RDONLY)) {
                KERNEL.namespaces().unshareFileSystemState();
                KERNEL.namespaces().enter(namespace, Namespace.MOUNT);
                new Mounter(KERNEL, owned::open).mount(mounts);
                try {
                    return ran(script, target, status, arguments);
                } finally {
                    for (Mount mount : mounts.reversed()) {
                        KERNEL.mounts().unmount(mount.target().toString(), 0);
                    }
                    owned.close();
                }
            }
        });
    }

    private static String ran(String script, Path folder, int status, String... arguments) {
        Process process;
        try {
            List<String> command = new java.util.ArrayList<>(List.of("bash", "-euc", script));
            command.addAll(List.of(arguments));
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            int ended = process.waitFor();
            assertThat(ended == 0 ? 0 : 1).as("%s: %s", script, said).isEqualTo(status);
            return said;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError(exception);
        }
    }

    private static Process start(String... command) {
        try {
            Process process = new ProcessBuilder(command).start();
            // It is in its namespace when it has become what it runs.
            while (!Files.readString(Path.of("/proc/" + process.pid() + "/comm"))
                    .strip()
                    .equals("sleep")) {
                Thread.onSpinWait();
            }
            return process;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** User namespaces that map ids, each held by a process. */
    private static final class Owned implements AutoCloseable {

        private final List<Process> processes = new java.util.ArrayList<>();

        Fd open(Owners.Mapped ids) {
            Process process = start("unshare", "--user", "sleep", "infinity");
            processes.add(process);
            write(process, "uid", ids.users());
            write(process, "gid", ids.groups());
            return KERNEL.namespaces().open((int) process.pid(), Namespace.USER);
        }

        private static void write(Process process, String kind, List<Owners.Range> ranges) {
            String map = ranges.stream()
                    .map(it -> String.format(Locale.ROOT, "%d %d %d", it.inside(), it.outside(), it.count()))
                    .collect(Collectors.joining("\n", "", "\n"));
            KERNEL.files().writeText(Fd.CWD, "/proc/" + process.pid() + "/" + kind + "_map", map);
        }

        @Override
        public void close() {
            processes.forEach(Process::destroyForcibly);
        }
    }

    @Override
    public void close() {
        holder.destroyForcibly();
    }
}
