package dev.carafe.linux.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Stands in front of the kernel and makes a plain directory tree behave as a cgroup file system: new directories have
 * control files, a write replaces what was there, {@code cgroup.subtree_control} governs what children get, and a
 * directory with control files can be removed. It keeps every write, and refuses those that it is told to.
 */
final class FakeCgroups implements SystemCalls {

    private record Refusal(String file, String text, Errno errno) {}

    private final SystemCalls real = SystemCalls.ofKernel();
    private final Path root;
    private final Map<String, String> template;
    private final List<String> writes = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private final Map<String, String> stuck = new LinkedHashMap<>();

    private FakeCgroups(Path root, Map<String, String> template) {
        this.root = root;
        this.template = template;
    }

    /** A v2 hierarchy at {@code root}, whose kernel has these controllers. */
    static FakeCgroups v2(Path root, String controllers) {
        Map<String, String> files = new LinkedHashMap<>();
        for (String file : List.of(
                "cgroup.procs",
                "cgroup.threads",
                "cgroup.subtree_control",
                "cgroup.kill",
                "cpu.weight",
                "cpu.max.burst",
                "cpu.idle",
                "memory.max",
                "memory.low",
                "memory.swap.max",
                "memory.current",
                "pids.max",
                "io.weight",
                "io.max",
                "cpuset.cpus",
                "cpuset.mems",
                "hugetlb.2MB.max",
                "hugetlb.2MB.rsvd.max",
                "rdma.max")) {
            files.put(file, "");
        }
        files.put("cgroup.type", "domain\n");
        files.put("cgroup.freeze", "0\n");
        files.put("cgroup.events", "populated 0\nfrozen 0\n");
        files.put("cpu.max", "max 100000\n");
        var fake = new FakeCgroups(root, files);
        fake.set("cgroup.controllers", controllers + "\n");
        fake.set("cgroup.subtree_control", "");
        fake.set("cgroup.procs", "");
        return fake;
    }

    /** Hierarchies of v1 below {@code root}; every new cgroup gets these files in whichever it is. */
    static FakeCgroups v1(Path root, Map<String, String> files, String... hierarchies) {
        Map<String, String> all = new LinkedHashMap<>(files);
        all.put("cgroup.procs", "");
        var fake = new FakeCgroups(root, all);
        for (String hierarchy : hierarchies) {
            try {
                Files.createDirectory(root.resolve(hierarchy));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            fake.set(hierarchy + "/cgroup.procs", "");
        }
        return fake;
    }

    Kernel kernel() {
        return Kernel.over(this);
    }

    /** Takes a control file away from cgroups that are made from now on. */
    FakeCgroups without(String file) {
        template.remove(file);
        return this;
    }

    FakeCgroups with(String file, String content) {
        template.put(file, content);
        return this;
    }

    /** Refuses the next write of a text to a control file. */
    FakeCgroups refuse(String file, String text, Errno errno) {
        refusals.add(new Refusal(file, text, errno));
        return this;
    }

    /** From now on, who writes a text to a control file reads another. */
    void stuck(String file, String text, String read) {
        stuck.put(file + " = " + text, read);
    }

    void set(String path, String content) {
        try {
            Files.writeString(root.resolve(path), content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    String get(String path) {
        try {
            return Files.readString(root.resolve(path)).strip();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    /** Every write so far, in order, as {@code path = text}. */
    List<String> writes() {
        return writes;
    }

    /** Every write so far to files in a cgroup, in order, as {@code file = text}. */
    List<String> writes(String cgroup) {
        return writes.stream()
                .filter(write -> write.startsWith(cgroup + "/"))
                .map(write -> write.substring(cgroup.length() + 1))
                .toList();
    }

    @Override
    public long call(SystemCall call, long a, long b, long c, long d, long e, long f) {
        return switch (call) {
            case MKDIRAT -> {
                long result = real.call(call, a, b, c, d, e, f);
                if (result == 0) {
                    populate(path(a).resolve(text(b)));
                }
                yield result;
            }
            case UNLINKAT -> remove(path(a).resolve(text(b)));
            case WRITE -> write(a, b, c);
            default -> real.call(call, a, b, c, d, e, f);
        };
    }

    private long write(long fd, long address, long length) {
        Path file = path(fd);
        String name = root.relativize(file).toString();
        String text = new String(
                MemorySegment.ofAddress(address).reinterpret(length).toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.UTF_8);
        for (Refusal refusal : refusals) {
            if (file.endsWith(refusal.file) && text.equals(refusal.text)) {
                refusals.remove(refusal);
                return -refusal.errno.number();
            }
        }
        writes.add(name + " = " + text);
        if (file.endsWith("cgroup.subtree_control")) {
            return enable(file, text) ? length : -Errno.ENOENT.number();
        }
        if (file.endsWith("cgroup.freeze")) {
            set(root.relativize(file.resolveSibling("cgroup.events")).toString(), "populated 1\nfrozen " + text + "\n");
        }
        set(name, stuck.getOrDefault(file.getFileName() + " = " + text, text));
        return length;
    }

    private boolean enable(Path file, String text) {
        var enabled = new LinkedHashSet<>(List.of(read(file).split(" ", -1)));
        List<String> available =
                List.of(read(file.resolveSibling("cgroup.controllers")).split(" ", -1));
        for (String word : text.split(" ", -1)) {
            if (!available.contains(word.substring(1))) {
                return false;
            }
            enabled.add(word.substring(1));
        }
        enabled.remove("");
        set(root.relativize(file).toString(), String.join(" ", enabled));
        return true;
    }

    private void populate(Path directory) {
        String prefix = root.relativize(directory) + "/";
        template.forEach((file, content) -> set(prefix + file, content));
        Path control = directory.resolveSibling("cgroup.subtree_control");
        if (Files.exists(control)) {
            set(prefix + "cgroup.controllers", read(control));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static long remove(Path directory) {
        if (!Files.exists(directory)) {
            return -Errno.ENOENT.number();
        }
        try (Stream<Path> children = Files.list(directory)) {
            List<Path> all = children.toList();
            if (all.stream().anyMatch(Files::isDirectory)
                    || !read(directory.resolve("cgroup.procs")).isEmpty()) {
                return -Errno.EBUSY.number();
            }
            for (Path file : all) {
                Files.delete(file);
            }
            Files.delete(directory);
            return 0;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Path path(long fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String text(long address) {
        return MemorySegment.ofAddress(address).reinterpret(4096).getString(0);
    }
}
