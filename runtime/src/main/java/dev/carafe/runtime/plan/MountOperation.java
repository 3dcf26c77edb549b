package dev.carafe.runtime.plan;

import static dev.carafe.runtime.plan.Flags.quoted;

/** Mounts, and which of them is the root. */
public sealed interface MountOperation extends Operation {

    /** {@code fsopen(2)}. */
    record Fsopen(Slot slot, String type) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(10).slot(slot).text(type);
        }

        @Override
        public String toString() {
            return slot + " = fsopen(" + quoted(type) + ")";
        }
    }

    /** {@code fspick(2)} of the mount that a descriptor is the top of. */
    record Fspick(Slot slot, Slot mount) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(29).slot(slot).slot(mount);
        }

        @Override
        public String toString() {
            return slot + " = fspick(" + mount + ")";
        }
    }

    /** {@code fsconfig(2)}. */
    record Fsconfig(Slot fileSystem, FsconfigCommand command, String key, String value) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(11)
                    .slot(fileSystem)
                    .number(command.number())
                    .text(key)
                    .text(value);
        }

        @Override
        public String toString() {
            return "fsconfig(" + fileSystem + ", " + command.text(key, value) + ")";
        }
    }

    /** {@code fsconfig(2)}: the option {@code mode} of a file system to be, as a directory that is there has it. */
    record FsconfigMode(Slot fileSystem, Slot directory) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(80).slot(fileSystem).slot(directory);
        }

        @Override
        public String toString() {
            return "fsconfig(" + fileSystem + ", \"mode\", that of " + directory + ")";
        }
    }

    /** {@code fsmount(2)}. */
    record Fsmount(Slot slot, Slot fileSystem, long attributes) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(12).slot(slot).slot(fileSystem).number(attributes);
        }

        @Override
        public String toString() {
            return slot + " = fsmount(" + fileSystem + ", " + Flags.mountAttributes(attributes) + ")";
        }
    }

    /** {@code open_tree(2)}. */
    record OpenTree(Slot slot, Slot directory, String path, int flags) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(13).slot(slot).slot(directory).text(path).number(Integer.toUnsignedLong(flags));
        }

        @Override
        public String toString() {
            return slot + " = open_tree(" + directory + ", " + quoted(path) + ", " + Flags.openTree(flags) + ")";
        }
    }

    /** {@code move_mount(2)} from descriptor to descriptor. */
    record MoveMount(Slot mount, Slot target) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(14).slot(mount).slot(target);
        }

        @Override
        public String toString() {
            return "move_mount(" + mount + ", " + target + ")";
        }
    }

    /** {@code mount_setattr(2)}. */
    record MountSetattr(Slot mount, boolean recursive, long set, long clear, long propagation)
            implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(15)
                    .slot(mount)
                    .flag(recursive)
                    .number(set)
                    .number(clear)
                    .number(propagation);
        }

        @Override
        public String toString() {
            return "mount_setattr(" + mount + (recursive ? ", recursive" : "")
                    + (set == 0 ? "" : ", set " + Flags.mountAttributes(set))
                    + (clear == 0 ? "" : ", clear " + Flags.mountAttributes(clear))
                    + (propagation == 0 ? "" : ", " + Flags.mount(propagation)) + ")";
        }
    }

    /**
     * Gives a bind mount these attributes and no others. What the host has locked on its source, as it does for whoever is
     * in another user namespace, stays; it fails with {@code EPERM} if that is to be cleared.
     *
     * @param accessTime whether {@code set} says how access times are kept; they stay as they are if not
     * @param locked whether to take what its source has as locked in any case
     */
    record SetBindAttributes(Slot mount, long set, long clear, boolean accessTime, boolean locked)
            implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(85)
                    .slot(mount)
                    .number(set)
                    .number(clear)
                    .flag(accessTime)
                    .flag(locked);
        }

        @Override
        public String toString() {
            return "mount_setattr(" + mount + ", only " + (set == 0 ? "rw" : Flags.mountAttributes(set))
                    + (accessTime ? ", with access times" : "")
                    + (locked ? ", and what its source has" : "")
                    + (clear == 0 ? "" : ", surely not " + Flags.mountAttributes(clear)) + ")";
        }
    }

    /** {@code mount_setattr(2)} with {@code MOUNT_ATTR_IDMAP}. */
    record MapMount(Slot mount, boolean recursive, Slot userNamespace) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(16).slot(mount).flag(recursive).slot(userNamespace);
        }

        @Override
        public String toString() {
            return "mount_setattr(" + mount + (recursive ? ", recursive" : "") + ", ids of " + userNamespace + ")";
        }
    }

    /** The same as {@link MapMount} by the parent, who is in no user namespace of the container's. */
    record HaveMapped(Slot mount, boolean recursive, Slot userNamespace) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(86).slot(mount).flag(recursive).slot(userNamespace);
        }

        @Override
        public String toString() {
            return "have the parent do " + new MapMount(mount, recursive, userNamespace);
        }
    }

    /** {@code mount(2)}; an empty text is a null pointer. */
    record Mount(String source, String target, String type, long flags, String data) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(17)
                    .text(source)
                    .text(target)
                    .text(type)
                    .number(flags)
                    .text(data);
        }

        @Override
        public String toString() {
            return "mount(" + quoted(source) + ", " + quoted(target) + ", " + quoted(type) + ", " + Flags.mount(flags)
                    + ", " + quoted(data) + ")";
        }
    }

    /** {@code umount2(2)}. */
    record Umount(String target, int flags) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(18).text(target).number(Integer.toUnsignedLong(flags));
        }

        @Override
        public String toString() {
            return "umount2(" + quoted(target) + (flags == 0 ? "" : ", MNT_DETACH") + ")";
        }
    }

    /** {@code pivot_root(2)}. */
    record PivotRoot(String newRoot, String putOld) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(19).text(newRoot).text(putOld);
        }

        @Override
        public String toString() {
            return "pivot_root(" + quoted(newRoot) + ", " + quoted(putOld) + ")";
        }
    }

    /** {@code fchdir(2)}. */
    record Fchdir(Slot directory) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(20).slot(directory);
        }

        @Override
        public String toString() {
            return "fchdir(" + directory + ")";
        }
    }

    /** {@code chdir(2)}; may leave EACCES for a later try under another user. */
    record Chdir(String path, When when) implements MountOperation {

        /** What a refusal means. */
        public enum When {
            NOW(0),
            /** One for want of permission may be made good later. */
            UNLESS_DENIED(1),
            /** It is only done if it was refused before. */
            IF_DENIED_BEFORE(2);

            private final int number;

            When(int number) {
                this.number = number;
            }
        }

        @Override
        public void encode(PlanWriter writer) {
            writer.operation(21).text(path).number(when.number);
        }

        @Override
        public String toString() {
            return "chdir(" + quoted(path) + ")"
                    + switch (when) {
                        case NOW -> "";
                        case UNLESS_DENIED -> ", unless denied";
                        case IF_DENIED_BEFORE -> ", if it was denied before";
                    };
        }
    }

    /** {@code chroot(2)}. */
    record Chroot(String path) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(22).text(path);
        }

        @Override
        public String toString() {
            return "chroot(" + quoted(path) + ")";
        }
    }

    /** Hides a path inside a root behind the null device or an empty directory, if it is there. */
    record Mask(Slot root, String path, Slot nullDevice, Slot emptyDirectory) implements MountOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(23).slot(root).text(path).slot(nullDevice).slot(emptyDirectory);
        }

        @Override
        public String toString() {
            return "mask(" + root + ", " + quoted(path) + ") with " + nullDevice + " or " + emptyDirectory;
        }
    }

    /** What {@code fsconfig(2)} is told to do. */
    enum FsconfigCommand {
        SET_FLAG(0),
        SET_STRING(1),
        CREATE(6),
        RECONFIGURE(7);

        private final int number;

        FsconfigCommand(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        String text(String key, String value) {
            return switch (this) {
                case SET_FLAG -> quoted(key);
                case SET_STRING -> quoted(key) + ", " + quoted(value);
                case CREATE -> "create";
                case RECONFIGURE -> "reconfigure";
            };
        }
    }
}
