package dev.carafe.runtime;

import dev.carafe.linux.Mounts;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.MountOperation.FsconfigCommand;
import dev.carafe.runtime.plan.Slot;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Mounts of type {@code cgroup}: the container's own cgroup and nothing above it. */
final class CgroupMounts {

    private final MountSteps steps;
    private final Blueprint blueprint;
    private final Map<Integer, Map<String, Slot>> sources = new HashMap<>();

    CgroupMounts(MountSteps steps, Blueprint blueprint) {
        this.steps = steps;
        this.blueprint = blueprint;
    }

    static boolean isCgroup(Mount mount) {
        String type = mount.type().orElse("");
        return !mount.isBind() && (type.equals("cgroup") || type.equals("cgroup2"));
    }

    /** Clones the container's folder in every hierarchy, while it can be seen. */
    void openSources(int index) {
        Map<String, Slot> opened = new LinkedHashMap<>();
        String key = "mounts[" + index + "]";
        for (Map.Entry<String, String> cgroup : blueprint.cgroupFolders().entrySet()) {
            Slot source = steps.slot("cgroup-" + (cgroup.getKey().isEmpty() ? "unified" : cgroup.getKey()));
            steps.add(
                    new MountOperation.OpenTree(source, Slot.CWD, cgroup.getValue(), MountSteps.CLONE),
                    key + ", its own cgroup");
            steps.stopPropagation(source, false, key);
            opened.put(cgroup.getKey(), source);
        }
        sources.put(index, opened);
    }

    /** Under v2 one folder, under v1 one for each controller. */
    void mount(int index, Mount mount, MountOptions options, String key) {
        Map<String, Slot> opened = sources.getOrDefault(index, Map.of());
        Slot unified = opened.get("");
        if (opened.size() == 1 && unified != null) {
            steps.setAttributes(unified, options, key);
            steps.place(unified, mount.destination(), Slot.CWD, key);
            return;
        }
        Slot folder = makeFolder(mount, options, key);
        Map<String, String> shown = new HashMap<>();
        for (Map.Entry<String, Slot> source : opened.entrySet()) {
            String name = name(source.getKey());
            String path = blueprint.cgroupFolders().get(source.getKey());
            String first = shown.putIfAbsent(path, name);
            if (first != null) {
                steps.add(new FileOperation.Symlink(first, folder, name), key + ", mounted together");
                continue;
            }
            steps.setAttributes(source.getValue(), options, key);
            Slot target = steps.slot("target");
            steps.add(new FileOperation.MakeIn(target, folder, name, MountSteps.DIRECTORY_MODE, Slot.CWD), key);
            steps.add(new MountOperation.MoveMount(source.getValue(), target), key);
        }
        if (options.readOnly()) {
            steps.add(new MountOperation.MountSetattr(folder, false, Mounts.ATTR_RDONLY, 0, 0), key);
        }
    }

    /**
     * What is shown of a cgroup: its folders, by the names that they have there. One without a name is all there is.
     *
     * @param folders by controller
     */
    static Map<String, String> shown(Map<String, String> folders) {
        Map<String, String> shown = new LinkedHashMap<>();
        if (folders.size() == 1 && folders.containsKey("")) {
            return Map.of("", folders.getOrDefault("", ""));
        }
        folders.forEach((controller, folder) -> {
            if (!shown.containsValue(folder)) {
                shown.put(name(controller), folder);
            }
        });
        return shown;
    }

    private static String name(String controller) {
        return controller.isEmpty() ? "unified" : controller.replace("name=", "");
    }

    private Slot makeFolder(Mount mount, MountOptions options, String key) {
        Slot context = steps.slot("tmpfs-context");
        Slot folder = steps.slot("cgroups");
        steps.add(new MountOperation.Fsopen(context, "tmpfs"), key);
        steps.configure(context, "mode", "755", key);
        steps.configureLabel(context);
        steps.add(new MountOperation.Fsconfig(context, FsconfigCommand.CREATE, "", ""), key);
        steps.add(new MountOperation.Fsmount(folder, context, options.set() & ~Mounts.ATTR_RDONLY), key);
        steps.place(folder, mount.destination(), Slot.CWD, key);
        return folder;
    }
}
