package dev.carafe.image.layer;

import dev.carafe.image.layer.FileChange.Kind;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The upper folder of an overlay, and what it changes of the folders below, told by names and properties alone. It may be
 * mounted and written to meanwhile: what comes and goes is told of or not.
 *
 * @param upper the upper folder
 * @param lower those below it, top first
 */
public record UpperFolder(Kernel kernel, LayerForm form, Fd upper, List<Fd> lower) {

    private static final int OPEN = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int DEEPEST = LayerLimits.usual().depth();

    public UpperFolder {
        lower = List.copyOf(lower);
    }

    /** What is changed, in the order of names, a directory before what is in it. */
    public List<FileChange> changes() {
        List<FileChange> changes = new ArrayList<>();
        look(new LowerLayers(kernel, form, lower), upper, lower, "", 0, changes);
        return changes;
    }

    private void look(
            LowerLayers layers, Fd directory, List<Fd> below, String path, int depth, List<FileChange> changes) {
        if (depth > DEEPEST) {
            throw new LayerException(
                    LayerException.Kind.TOO_LARGE, path, "it lies deeper than " + DEEPEST + " directories");
        }
        TreeSet<String> names = new TreeSet<>(kernel.files().list(directory));
        if (layers.isOpaque(directory)) {
            below.forEach(it -> names.addAll(kernel.files().list(it)));
        }
        for (String name : names) {
            String full = path + "/" + name;
            Optional<FileStatus> now = status(directory, name);
            Optional<FileStatus> before = below.stream()
                    .flatMap(it -> status(it, name).stream())
                    .findFirst()
                    .filter(it -> !LowerLayers.isWhiteout(it));
            if (now.filter(it -> !LowerLayers.isWhiteout(it)).isEmpty()) {
                before.ifPresent(it -> changes.add(new FileChange(Kind.REMOVED, full)));
            } else if (!now.get().isDirectory()) {
                changes.add(new FileChange(before.isPresent() ? Kind.CHANGED : Kind.ADDED, full));
            } else {
                lookInto(layers, directory, below, name, full, now.get(), before, depth, changes);
            }
        }
    }

    private void lookInto(
            LowerLayers layers,
            Fd directory,
            List<Fd> below,
            String name,
            String full,
            FileStatus now,
            Optional<FileStatus> before,
            int depth,
            List<FileChange> changes) {
        List<Fd> opened = new ArrayList<>();
        try (Fd open = kernel.files().open(directory, name, OPEN)) {
            List<FileChange> inside = new ArrayList<>();
            look(layers, open, layers.below(below, name, opened), full, depth + 1, inside);
            // One that was copied up on the way to something that then did not happen is as it was.
            boolean same = before.filter(it -> isSame(it, now)).isPresent();
            if (!same || !inside.isEmpty()) {
                changes.add(new FileChange(before.isPresent() ? Kind.CHANGED : Kind.ADDED, full));
            }
            changes.addAll(inside);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        } finally {
            opened.forEach(Fd::close);
        }
    }

    private static boolean isSame(FileStatus a, FileStatus b) {
        return a.mode() == b.mode()
                && a.uid() == b.uid()
                && a.gid() == b.gid()
                && a.modifiedNanos() == b.modifiedNanos();
    }

    private Optional<FileStatus> status(Fd directory, String name) {
        try {
            return Optional.of(kernel.files().status(directory, name, Files.NOFOLLOW));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }
}
