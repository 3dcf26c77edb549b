package dev.carafe.runtime;

import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Slot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Id-mapped mounts (config.md, "Mounts"; {@code mount_setattr(2)}): files look as if they belonged to others.
 *
 * <p>The kernel takes a map from a user namespace only. One is made for each map that a mount gives, however often; a
 * mount that gives none has the container's.
 */
final class IdMaps {

    private record Maps(String uids, String gids) {}

    private final MountSteps steps;
    private final Map<Maps, Slot> made = new HashMap<>();
    private Slot ofContainer = Slot.CWD;

    IdMaps(MountSteps steps) {
        this.steps = steps;
    }

    /** The container's own user namespace, while it can still be told from others. */
    void useContainers(Slot userNamespace) {
        ofContainer = userNamespace;
    }

    /**
     * Makes the user namespace whose map a mount is to have, ahead of {@link #apply}: a process whose root is no longer
     * that of its mount namespace can make none.
     */
    void prepare(Mount mount, String key) {
        if (mount.isIdMapped()) {
            userNamespace(mount, asked(mount, key));
        }
    }

    private static String asked(Mount mount, String key) {
        return key + (mount.uidMappings().isEmpty() ? ".options" : ".uidMappings");
    }

    /** Maps the ids of a mount that is attached nowhere yet: later the kernel would not have it. */
    void apply(Slot source, Mount mount, MountOptions options, String key) {
        String asked = asked(mount, key);
        steps.add(new MountOperation.MapMount(source, options.mapsRecursively(), userNamespace(mount, asked)), asked);
    }

    /** The same in a user namespace, where nobody has the right to. What is to be mapped had to be prepared outside. */
    void haveApplied(Slot source, Mount mount, MountOptions options, String key) {
        String asked = asked(mount, key);
        steps.add(new MountOperation.HaveMapped(source, options.mapsRecursively(), userNamespace(mount, asked)), asked);
    }

    private Slot userNamespace(Mount mount, String key) {
        if (mount.uidMappings().isEmpty()) {
            return ofContainer;
        }
        Maps maps = new Maps(text(mount.uidMappings()), text(mount.gidMappings()));
        return made.computeIfAbsent(maps, ignored -> {
            Slot slot = steps.slot("idmap");
            steps.add(new ProcessOperation.UserNamespace(slot, maps.uids, maps.gids), key);
            return slot;
        });
    }

    /** In the form of {@code /proc/PID/uid_map}. */
    static String text(List<IdMapping> mappings) {
        StringBuilder text = new StringBuilder();
        for (IdMapping mapping : mappings) {
            text.append(mapping.containerId())
                    .append(' ')
                    .append(mapping.hostId())
                    .append(' ')
                    .append(mapping.size())
                    .append('\n');
        }
        return text.toString();
    }
}
