package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * What an instance sees of files.
 *
 * @param readOnlyRoot whether the image's files cannot be changed
 * @param shmSize bytes of {@code /dev/shm}, 64 MiB if not given
 * @param mounts at most one on a place
 * @param volumesFrom instances whose bind mounts and volumes it has too
 */
public record Storage(
        boolean readOnlyRoot, OptionalLong shmSize, List<InstanceMount> mounts, List<VolumesFrom> volumesFrom) {

    public static final Storage DEFAULT = new Storage(false, OptionalLong.empty(), List.of(), List.of());

    /**
     * Another instance, for its mounts.
     *
     * @param instance its name or id
     * @param readOnly whether they are not to be written to, where the other may
     */
    public record VolumesFrom(String instance, boolean readOnly) {

        public VolumesFrom {
            Rules.word("volumesFrom", instance);
        }
    }

    public Storage {
        Rules.range("shmSize", shmSize, 1, Long.MAX_VALUE);
        mounts = List.copyOf(mounts);
        Set<String> targets = new HashSet<>();
        for (int i = 0; i < mounts.size(); i++) {
            String target = mounts.get(i).target();
            if (!targets.add(target)) {
                throw Rules.broken(JsonPath.element("mounts", i), target + " is mounted upon twice");
            }
        }
        volumesFrom = List.copyOf(volumesFrom);
    }

    public Storage withMounts(List<InstanceMount> changed) {
        return new Storage(readOnlyRoot, shmSize, changed, volumesFrom);
    }

    /**
     * With the bind mounts and volumes of the instances that are named in place of their names, where this one has nothing
     * on the same place.
     *
     * @param others what an instance, by its name or id, has of files
     */
    public Storage resolved(Function<String, Storage> others) {
        List<InstanceMount> all = new ArrayList<>(mounts);
        for (VolumesFrom from : volumesFrom) {
            for (InstanceMount mount : others.apply(from.instance()).mounts) {
                if (!(mount instanceof InstanceMount.Tmpfs) && !has(all, mount.target())) {
                    all.add(from.readOnly() ? mount.asReadOnly() : mount);
                }
            }
        }
        return new Storage(readOnlyRoot, shmSize, all, List.of());
    }

    private static boolean has(List<InstanceMount> mounts, String target) {
        return mounts.stream().anyMatch(mount -> mount.target().equals(target));
    }

    /** Whether a volume of this name is mounted. */
    public boolean hasVolume(String name) {
        return mounts.stream()
                .anyMatch(mount -> mount instanceof InstanceMount.Volume volume
                        && volume.name().filter(name::equals).isPresent());
    }

    void write(JsonWriter out) {
        out.putTrue("readOnlyRoot", readOnlyRoot).put("shmSize", shmSize);
        if (!mounts.isEmpty()) {
            out.array("mounts");
            for (InstanceMount mount : mounts) {
                mount.write(out.object());
                out.end();
            }
            out.end();
        }
        if (!volumesFrom.isEmpty()) {
            out.array("volumesFrom");
            volumesFrom.forEach(it -> out.object()
                    .put("instance", it.instance())
                    .putTrue("readOnly", it.readOnly())
                    .end());
            out.end();
        }
    }

    static Storage read(JsonCursor in) {
        List<InstanceMount> mounts = new ArrayList<>();
        for (boolean more = in.first("mounts"); more; more = in.next()) {
            mounts.add(InstanceMount.read(in));
        }
        List<VolumesFrom> volumesFrom = new ArrayList<>();
        for (boolean more = in.first("volumesFrom"); more; more = in.next()) {
            volumesFrom.add(new VolumesFrom(in.text("instance"), in.flag("readOnly")));
        }
        return new Storage(in.flag("readOnlyRoot"), in.optionalInteger("shmSize", INT64), mounts, volumesFrom);
    }
}
