package dev.carafe.engine;

import static dev.carafe.engine.EngineException.Kind.NOT_FOUND;

import dev.carafe.engine.options.Devices;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.DeviceRule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** Devices of the machine, as a container gets nodes of them. */
final class HostDevices {

    private static final Set<DeviceRule.Access> EVERYTHING = EnumSet.allOf(DeviceRule.Access.class);

    /** Of {@code /dev} what every container has of its own, and other engines' folders. */
    private static final Set<String> NOT_SHARED =
            Set.of("pts", "shm", "fd", "mqueue", "console", "ptmx", ".lxc", ".lxd-mounts", ".udev");

    private static final int DEEPEST = 16;

    private final Files files;
    private final List<Device> nodes = new ArrayList<>();
    private final List<DeviceRule> rules = new ArrayList<>();

    HostDevices(Files files) {
        this.files = files;
    }

    List<Device> nodes() {
        return nodes;
    }

    /** Who may use which, after a rule that forbids all. */
    List<DeviceRule> rules() {
        return rules;
    }

    void add(Devices asked) {
        for (Devices.Mapping mapping : asked.mapped()) {
            FileStatus status = status(mapping.source());
            if (status.isDirectory()) {
                addFolder(mapping, mapping.source(), mapping.path(), 0);
            } else if (!add(mapping, status, mapping.path())) {
                throw new EngineException(
                        EngineException.Kind.INVALID,
                        "the device " + mapping.source() + ": is no device, nor a folder of some");
            }
        }
        rules.addAll(asked.rules());
    }

    /** All that the machine has. */
    void addAll() {
        addFolder(Devices.Mapping.of("/dev"), "/dev", "/dev", 0);
        rules.clear();
        rules.add(new DeviceRule(true, DeviceRule.Type.ALL, OptionalLong.empty(), OptionalLong.empty(), EVERYTHING));
    }

    private void addFolder(Devices.Mapping mapping, String source, String path, int depth) {
        if (depth > DEEPEST) {
            return;
        }
        List<String> names;
        try (Fd folder = files.open(Fd.CWD, source, OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW)) {
            names = files.list(folder);
        }
        for (String name : names.stream().sorted().toList()) {
            if (NOT_SHARED.contains(name)) {
                continue;
            }
            try {
                FileStatus status = files.status(Fd.CWD, source + "/" + name, Files.NOFOLLOW);
                if (status.isDirectory()) {
                    addFolder(mapping, source + "/" + name, path + "/" + name, depth + 1);
                } else {
                    add(mapping, status, path + "/" + name);
                }
            } catch (SystemCallException gone) {
                if (gone.errno() != Errno.ENOENT) {
                    throw gone;
                }
            }
        }
    }

    private boolean add(Devices.Mapping mapping, FileStatus status, String path) {
        boolean block = status.type() == FileStatus.TYPE_BLOCK;
        if (!block && status.type() != FileStatus.TYPE_CHARACTER) {
            return false;
        }
        long major = major(status);
        long minor = minor(status);
        nodes.add(new Device(
                block ? Device.Type.BLOCK : Device.Type.CHARACTER,
                path,
                major,
                minor,
                OptionalLong.of(status.mode() & 0777),
                OptionalLong.of(Integer.toUnsignedLong(status.uid())),
                OptionalLong.of(Integer.toUnsignedLong(status.gid()))));
        rules.add(new DeviceRule(
                true,
                block ? DeviceRule.Type.BLOCK : DeviceRule.Type.CHARACTER,
                OptionalLong.of(major),
                OptionalLong.of(minor),
                mapping.access()));
        return true;
    }

    /** A block device of the machine's. */
    FileStatus disk(String path) {
        FileStatus status = status(path);
        if (status.type() != FileStatus.TYPE_BLOCK) {
            throw new EngineException(
                    EngineException.Kind.INVALID, path + ": is no block device, whose traffic could be limited");
        }
        return status;
    }

    private FileStatus status(String path) {
        try {
            return files.status(Fd.CWD, path, 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT && exception.errno() != Errno.ENOTDIR) {
                throw exception;
            }
            throw new EngineException(NOT_FOUND, "the device " + path + ": there is none on this machine");
        }
    }

    static long major(FileStatus status) {
        return status.specialDevice() >> 8 & 0xfff;
    }

    static long minor(FileStatus status) {
        return (status.specialDevice() & 0xff) | (status.specialDevice() >> 12 & 0xfff00);
    }
}
