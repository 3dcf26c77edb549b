package dev.carafe.image.layer;

import dev.carafe.linux.Attributes;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.util.List;
import java.util.Optional;

/** What a file has beside its content: owner, mode, extended attributes, time. */
record Properties(Kernel kernel) {

    /** Overlayfs reads these as its own; of an image they would be forged. */
    static boolean isOverlayMark(String attribute) {
        return attribute.startsWith("trusted.overlay.") || attribute.startsWith("user.overlay.");
    }

    /** Labels are this machine's to give. */
    static boolean isLabel(String attribute) {
        return attribute.equals("security.selinux");
    }

    /** Whether an attribute is part of an image. */
    static boolean isContent(String attribute) {
        return !isOverlayMark(attribute) && !isLabel(attribute);
    }

    /** The attributes of a file that are part of an image, in no order; none where the file system knows none. */
    List<String> attributes(Fd file) {
        try {
            return kernel.attributes().list(file).stream()
                    .filter(Properties::isContent)
                    .toList();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EOPNOTSUPP) {
                return List.of();
            }
            throw exception;
        }
    }

    /** One attribute; nothing where the file system knows none such. */
    Optional<byte[]> attribute(Fd file, String name) {
        try {
            return kernel.attributes().get(file, name);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EOPNOTSUPP) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** Takes all attributes away that are part of an image. */
    void clearAttributes(Fd file) {
        Attributes attributes = kernel.attributes();
        for (String name : attributes(file)) {
            attributes.remove(file, name);
        }
    }

    /** Makes one open file or directory like another one, in all but content. */
    void copy(Fd from, FileStatus status, Fd to) {
        Files files = kernel.files();
        files.changeOwner(to, status.uid(), status.gid());
        clearAttributes(to);
        for (String name : attributes(from)) {
            kernel.attributes()
                    .get(from, name)
                    .ifPresent(value -> kernel.attributes().set(to, name, value, 0));
        }
        files.changeMode(to, status.mode() & 07777);
        copyTime(status, to);
    }

    void copyTime(FileStatus status, Fd to) {
        long nanos = status.modifiedNanos();
        kernel.files().setTimes(to, Math.floorDiv(nanos, 1_000_000_000L), (int) Math.floorMod(nanos, 1_000_000_000L));
    }
}
