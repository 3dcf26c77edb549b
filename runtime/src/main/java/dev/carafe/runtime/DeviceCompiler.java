package dev.carafe.runtime;

import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The nodes and links in {@code /dev} (config-linux.md, "Devices", "Default Devices"). */
final class DeviceCompiler {

    private static final int FILE_MODE = 0644;
    private static final int DEVICE_MODE = 0666;

    private final MountSteps steps;
    private final Blueprint blueprint;
    private final Map<String, Slot> sources = new HashMap<>();
    private final Map<String, Slot> folders = new HashMap<>();

    DeviceCompiler(MountSteps steps, Blueprint blueprint) {
        this.steps = steps;
        this.blueprint = blueprint;
    }

    /** A user namespace makes no nodes but fifos: there the host's own are shown. */
    void openSources() {
        if (!steps.userNamespace() && !blueprint.process().rights().inUserNamespace()) {
            return;
        }
        for (Device device : devices()) {
            if (device.type() == Device.Type.FIFO) {
                continue;
            }
            Slot source = steps.slot("device");
            steps.add(
                    new MountOperation.OpenTree(source, Slot.CWD, device.path(), MountSteps.CLONE),
                    "linux.devices, " + device.path() + ", from the host, as a user namespace makes none");
            steps.stopPropagation(source, false, "linux.devices");
            steps.add(new FileOperation.Check(source, type(device), number(device), 0), "that is what it must be");
            sources.put(device.path(), source);
        }
    }

    /** What has been mounted at {@code /dev} is where the nodes go. */
    void useDev(Slot dev) {
        folders.put("/dev", dev);
    }

    /** What every container has, and what it asks for; a /dev of somebody else's is left as it is. */
    void makeDevices(Optional<Slot> devpts) {
        for (Mount mount : blueprint.mounts()) {
            if (mount.isBind() && Unsupported.clean(mount.destination()).equals("/dev")) {
                return;
            }
        }
        for (Device device : devices()) {
            makeDevice(device);
        }
        Slot dev = folder("/dev");
        link("/proc/self/fd", dev, "fd");
        link("/proc/self/fd/0", dev, "stdin");
        link("/proc/self/fd/1", dev, "stdout");
        link("/proc/self/fd/2", dev, "stderr");
        if (devpts.isPresent()) {
            link("pts/ptmx", dev, "ptmx");
        }
    }

    private void makeDevice(Device device) {
        String why = "linux.devices, " + device.path();
        Slot source = sources.get(device.path());
        if (source != null) {
            steps.place(source, device.path(), source, why);
            return;
        }
        String path = Unsupported.clean(device.path());
        int slash = path.lastIndexOf('/');
        steps.add(
                new FileOperation.MakeNode(
                        folder(slash == 0 ? "/" : path.substring(0, slash)),
                        path.substring(slash + 1),
                        type(device) | (int) device.fileMode().orElse(DEVICE_MODE),
                        number(device),
                        (int) device.uid().orElse(0),
                        (int) device.gid().orElse(0)),
                why);
    }

    private Slot folder(String path) {
        Slot known = folders.get(path);
        if (known != null) {
            return known;
        }
        Slot folder = steps.slot(path);
        steps.add(
                new FileOperation.MakeIn(folder, steps.root(), path, MountSteps.DIRECTORY_MODE, Slot.CWD),
                "for device nodes");
        folders.put(path, folder);
        return folder;
    }

    private void link(String target, Slot dev, String name) {
        steps.add(new FileOperation.Symlink(target, dev, name), "every container has it");
    }

    /** The terminal as {@code /dev/console}. */
    void bindConsole(Slot terminal) {
        String why = "process.terminal, as /dev/console";
        Slot console = steps.slot("console");
        steps.add(new MountOperation.OpenTree(console, terminal, "", MountSteps.CLONE | Files.EMPTY_PATH), why);
        Slot target = steps.slot("target");
        steps.add(new FileOperation.MakeIn(target, folder("/dev"), "console", FILE_MODE, console), why);
        steps.add(new MountOperation.MoveMount(console, target), why);
    }

    /** What is asked for stands in place of what every container has. */
    private List<Device> devices() {
        Map<String, Device> devices = new LinkedHashMap<>();
        for (Device device : DefaultDevices.NODES) {
            devices.put(device.path(), device);
        }
        for (Device device : blueprint.config().linux().devices()) {
            devices.put(Unsupported.clean(device.path()), device);
        }
        return new ArrayList<>(devices.values());
    }

    private static int type(Device device) {
        return switch (device.type()) {
            case CHARACTER, UNBUFFERED -> FileStatus.TYPE_CHARACTER;
            case BLOCK -> FileStatus.TYPE_BLOCK;
            case FIFO -> FileStatus.TYPE_FIFO;
        };
    }

    private static long number(Device device) {
        return FileStatus.device((int) device.major(), (int) device.minor());
    }
}
