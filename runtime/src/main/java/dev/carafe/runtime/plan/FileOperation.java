package dev.carafe.runtime.plan;

import static dev.carafe.runtime.plan.Flags.octal;
import static dev.carafe.runtime.plan.Flags.quoted;

/** Opening, making and writing files. */
public sealed interface FileOperation extends Operation {

    /** {@code openat(2)} on the host's side, before the root changes. */
    record Open(Slot slot, Slot directory, String path, int flags, int mode) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(1)
                    .slot(slot)
                    .slot(directory)
                    .text(path)
                    .number(Integer.toUnsignedLong(flags))
                    .number(Integer.toUnsignedLong(mode));
        }

        @Override
        public String toString() {
            return slot + " = openat(" + directory + ", " + quoted(path) + ", " + Flags.open(flags)
                    + (mode == 0 ? "" : ", " + octal(mode)) + ")";
        }
    }

    /** {@code openat2(2)} inside a root; where optional, a missing file leaves the slot empty. */
    record OpenIn(Slot slot, Slot root, String path, int flags, boolean optional) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(2)
                    .slot(slot)
                    .slot(root)
                    .text(path)
                    .number(Integer.toUnsignedLong(flags))
                    .flag(optional);
        }

        @Override
        public String toString() {
            return slot + " = openat2(" + root + ", " + quoted(path) + ", " + Flags.open(flags) + ", in root)"
                    + (optional ? " if present" : "");
        }
    }

    /**
     * Opens a file or directory inside a root, and makes it and what leads to it where missing.
     *
     * @param like makes a file where this is one, and a directory where this is one or {@link Slot#CWD}
     */
    record MakeIn(Slot slot, Slot root, String path, int mode, Slot like) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(3).slot(slot).slot(root).text(path).number(mode).slot(like);
        }

        @Override
        public String toString() {
            return slot + " = openat2(" + root + ", " + quoted(path) + ", in root), made if missing as "
                    + (like.isNone() ? "a directory " : "what " + like + " is, ") + octal(mode);
        }
    }

    /** {@code write(2)}, in one piece. */
    @SuppressWarnings("ArrayRecordComponent")
    record Write(Slot file, byte[] content, boolean mayBeDenied) implements FileOperation {

        /** One that has to be permitted. */
        public Write(Slot file, byte[] content) {
            this(file, content, false);
        }

        @Override
        public void encode(PlanWriter writer) {
            writer.operation(4).slot(file).bytes(content).flag(mayBeDenied);
        }

        @Override
        public String toString() {
            return "write(" + file + ", " + quoted(content) + ")" + (mayBeDenied ? ", unless denied" : "");
        }
    }

    /** Writes to a file beneath a directory, through no symbolic link and no other mount. */
    @SuppressWarnings("ArrayRecordComponent")
    record WriteTo(Slot directory, String path, byte[] content) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(5).slot(directory).text(path).bytes(content);
        }

        @Override
        public String toString() {
            return "write(" + directory + "/" + path + ", " + quoted(content) + ")";
        }
    }

    /** {@code mknodat(2)}; a node that is there already must be the same device. */
    record MakeNode(Slot directory, String name, int mode, long device, int uid, int gid) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(6)
                    .slot(directory)
                    .text(name)
                    .number(Integer.toUnsignedLong(mode))
                    .number(device)
                    .number(Integer.toUnsignedLong(uid))
                    .number(Integer.toUnsignedLong(gid));
        }

        @Override
        public String toString() {
            return "mknodat(" + directory + ", " + quoted(name) + ", " + octal(mode) + ", " + Flags.device(device)
                    + "), owner " + Integer.toUnsignedLong(uid) + ":" + Integer.toUnsignedLong(gid);
        }
    }

    /** {@code symlinkat(2)}; a name that is taken is left alone. */
    record Symlink(String target, Slot directory, String name) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(7).text(target).slot(directory).text(name);
        }

        @Override
        public String toString() {
            return "symlinkat(" + quoted(target) + ", " + directory + ", " + quoted(name) + ")";
        }
    }

    /** Copies all that is in a directory into another one, which is empty and can be reached by nobody else. */
    record CopyTree(Slot directory, Slot target) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(81).slot(directory).slot(target);
        }

        @Override
        public String toString() {
            return "copy what is in " + directory + " into " + target;
        }
    }

    /** {@code fsetxattr(2)} of a directory, which may be open as a place only. */
    @SuppressWarnings("ArrayRecordComponent")
    record SetAttribute(Slot directory, String name, byte[] value) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(84).slot(directory).text(name).bytes(value);
        }

        @Override
        public String toString() {
            return "fsetxattr(" + directory + ", " + quoted(name) + ", " + quoted(value) + ")";
        }
    }

    /** Refuses a descriptor that is not what it should be; 0 stands for anything. */
    record Check(Slot file, int type, long device, long fileSystem) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(9).slot(file).number(type).number(device).number(fileSystem);
        }

        @Override
        public String toString() {
            return "check that " + file + " is" + (type == 0 ? "" : " a " + Flags.fileType(type))
                    + (device == 0 ? "" : " " + Flags.device(device))
                    + (fileSystem == 0 ? "" : " on " + Flags.fileSystem(fileSystem));
        }
    }

    /** Refuses a descriptor of a file system that it must not be in. */
    record CheckNot(Slot file, long fileSystem) implements FileOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(8).slot(file).number(fileSystem);
        }

        @Override
        public String toString() {
            return "check that " + file + " is not on " + Flags.fileSystem(fileSystem);
        }
    }
}
