package dev.carafe.engine;

import static dev.carafe.engine.EngineException.Kind.INVALID;
import static dev.carafe.engine.EngineException.Kind.NOT_FOUND;

import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.NamespaceMode;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.Mount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The mounts of an application container: the kernel's own file systems, then what is asked for, outer ones first. */
final class AppMounts {

    private static final long SHM_SIZE = 64L << 20;
    private static final int FOLDER = OpenFlags.PATH | OpenFlags.DIRECTORY;
    /** No link of a container's leads anywhere but in the container. */
    private static final int CONFINED = OpenFlags.RESOLVE_IN_ROOT | OpenFlags.RESOLVE_NO_MAGICLINKS;

    private static final int CREATED_MODE = 0755;
    /** On a file system in memory, so that the image keeps no trace of it. */
    static final String INIT = "/dev/carafe-init";

    private final Files files;
    private final InstanceOptions options;
    private final Surroundings around;
    private final UnaryOperator<String> mountsOf;

    /** @param mountsOf the path of another instance's mount namespace, by that instance's name */
    AppMounts(Kernel kernel, InstanceOptions options, Surroundings around, UnaryOperator<String> mountsOf) {
        this.files = kernel.files();
        this.options = options;
        this.around = around;
        this.mountsOf = mountsOf;
    }

    List<Mount> all() {
        List<Mount> asked = new ArrayList<>();
        names(asked);
        for (InstanceMount mount : options.storage().mounts()) {
            asked.removeIf(it -> it.destination().equals(mount.target()));
            asked.add(mount(mount));
        }
        asked.sort(Comparator.comparingInt(it -> depth(it.destination())));
        if (options.program().init()) {
            String init = around.init()
                    .orElseThrow(() -> new EngineException(
                            EngineException.Kind.UNAVAILABLE, "this installation has no program for --init"))
                    .toString();
            asked.add(bind(init, INIT, "ro"));
        }
        List<Mount> all = new ArrayList<>();
        for (Mount usual : usual()) {
            if (asked.stream().noneMatch(it -> it.destination().equals(usual.destination()))) {
                all.add(usual);
            }
        }
        all.addAll(asked);
        return all;
    }

    private static int depth(String path) {
        return (int) path.chars().filter(c -> c == '/').count();
    }

    private void names(List<Mount> mounts) {
        around.names().ifPresent(names -> {
            mounts.add(bind(names.hosts().toString(), "/etc/hosts"));
            mounts.add(bind(names.hostname().toString(), "/etc/hostname"));
            names.resolver().ifPresent(it -> mounts.add(bind(it.toString(), "/etc/resolv.conf")));
        });
    }

    private static Mount bind(String source, String target, String... more) {
        List<String> words = new ArrayList<>(List.of("bind", "rprivate"));
        words.addAll(List.of(more));
        return new Mount(target, Optional.of("bind"), Optional.of(source), words, List.of(), List.of());
    }

    private List<Mount> usual() {
        boolean privileged = options.security().privileged();
        List<Mount> mounts = new ArrayList<>();
        mounts.add(mount("/proc", "proc", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"));
        mounts.add(
                mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"));
        communication(mounts);
        mounts.add(
                privileged
                        ? mount("/sys", "sysfs", "nosuid", "noexec", "nodev")
                        : mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro"));
        mounts.add(
                privileged
                        ? mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime")
                        : mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"));
        return mounts;
    }

    /** Shared memory and message queues belong to the IPC namespace. */
    private void communication(List<Mount> mounts) {
        switch (options.namespaces().ipc()) {
            case NamespaceMode.Simple.HOST -> {
                mounts.add(bind("/dev/shm", "/dev/shm"));
                mounts.add(mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"));
            }
            case NamespaceMode.OfInstance(String instance) -> {
                mounts.add(bind("/dev/shm", "/dev/shm", "x-carafe.of=" + mountsOf.apply(instance)));
                mounts.add(mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"));
            }
            case NamespaceMode.Simple mode -> {
                if (mode != NamespaceMode.Simple.NONE) {
                    long size = options.storage().shmSize().orElse(SHM_SIZE);
                    mounts.add(mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=" + size));
                }
                mounts.add(mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"));
            }
        }
    }

    private static Mount mount(String destination, String type, String... options) {
        return new Mount(destination, Optional.of(type), Optional.of(type), List.of(options), List.of(), List.of());
    }

    private Mount mount(InstanceMount asked) {
        return switch (asked) {
            case InstanceMount.Bind bind -> bind(bind);
            case InstanceMount.Volume volume -> volume(volume);
            case InstanceMount.Tmpfs tmpfs -> tmpfs(tmpfs);
        };
    }

    private Mount bind(InstanceMount.Bind bind) {
        if (!files.exists(Fd.CWD, bind.source())) {
            if (!bind.createSource()) {
                throw new EngineException(
                        NOT_FOUND,
                        "the mount on " + bind.target() + ": there is no " + bind.source()
                                + " on this machine; make it first");
            }
            files.makeDirectories(bind.source(), CREATED_MODE, CREATED_MODE);
        }
        List<String> words = new ArrayList<>();
        words.add(bind.submounts() == InstanceMount.Submounts.LEFT_OUT ? "bind" : "rbind");
        words.add(bind.propagation().toString());
        if (bind.readOnly()) {
            words.add(bind.submounts() == InstanceMount.Submounts.INCLUDED ? "rro" : "ro");
        }
        return new Mount(bind.target(), Optional.of("bind"), Optional.of(bind.source()), words, List.of(), List.of());
    }

    private Mount volume(InstanceMount.Volume volume) {
        Path folder = around.volume().apply(volume);
        List<String> words = new ArrayList<>();
        if (volume.readOnly()) {
            words.add("ro");
        }
        if (volume.subpath().isPresent()) {
            check(folder, volume, volume.subpath().get());
            words.add("x-carafe.below=" + volume.subpath().get());
        }
        return bind(folder.toString(), volume.target(), words.toArray(String[]::new));
    }

    /** Instances may change what is there at any time: whoever mounts it looks for himself. */
    private void check(Path folder, InstanceMount.Volume volume, String subpath) {
        try (Fd top = files.open(Fd.CWD, folder.toString(), FOLDER)) {
            files.open(top, subpath, OpenFlags.PATH, 0, CONFINED).close();
        } catch (SystemCallException exception) {
            throw new EngineException(
                    NOT_FOUND,
                    "the mount on " + volume.target() + ": the volume "
                            + volume.name().orElse("") + " has no " + subpath + "; make it first");
        }
    }

    private static Mount tmpfs(InstanceMount.Tmpfs tmpfs) {
        List<String> words = new ArrayList<>(List.of("nosuid", "nodev"));
        if (!tmpfs.exec()) {
            words.add("noexec");
        }
        if (tmpfs.readOnly()) {
            words.add("ro");
        }
        tmpfs.size().ifPresent(it -> words.add("size=" + it));
        tmpfs.mode().ifPresent(it -> words.add("mode=" + Long.toOctalString(it)));
        words.addAll(tmpfs.options());
        return new Mount(tmpfs.target(), Optional.of("tmpfs"), Optional.of("tmpfs"), words, List.of(), List.of());
    }

    /** What the runtime would refuse with other words, in those of whoever asked. */
    static void check(InstanceOptions options) {
        for (InstanceMount mount : options.storage().mounts()) {
            if (mount.target().equals("/proc") || mount.target().startsWith("/proc/")) {
                throw new EngineException(
                        INVALID, "the mount on " + mount.target() + ": nothing may cover what the kernel tells there");
            }
        }
    }
}
