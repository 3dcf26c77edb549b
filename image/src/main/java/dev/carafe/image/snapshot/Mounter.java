package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.Owners;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Makes mounts in the calling thread's own mount namespace, for those who have no plan do so.
 *
 * @param userNamespaces a user namespace that maps ids so; it is closed here
 */
public record Mounter(Kernel kernel, Function<Owners.Mapped, Fd> userNamespaces) {

    /** More do not fit into the one page that {@code mount(2)} takes. */
    private static final int OPTIONS_MOST = 4095;

    /** One that maps no ids. */
    public static Mounter of(Kernel kernel) {
        return new Mounter(kernel, ids -> {
            throw new ImageException(FAILED, "a mount with other ids, and nobody here who makes user namespaces");
        });
    }

    /** Makes them in order; what has been made when one fails stays. */
    public void mount(List<Mount> mounts) {
        for (Mount mount : mounts) {
            try {
                mount(mount);
            } catch (SystemCallException exception) {
                String what = mount.owners().isPresent() ? " with other ids" : "";
                throw new ImageException(
                        FAILED,
                        "cannot mount " + mount.type() + " at " + mount.target() + what + ": " + exception.getMessage(),
                        exception);
            }
        }
    }

    private void mount(Mount mount) {
        Mounts mounts = kernel.mounts();
        if (mount.type().equals(Mount.BIND)) {
            bind(mounts, mount);
        } else if (mount.options().length() < OPTIONS_MOST) {
            mounts.mount(mount.type(), mount.target().toString(), mount.type(), 0, mount.options());
        } else {
            mountByDescriptors(mounts, mount);
        }
    }

    /** A descriptor's name is short, however many folders there are and wherever they lie. */
    private void mountByDescriptors(Mounts mounts, Mount mount) {
        List<Fd> opened = new ArrayList<>();
        try {
            Driver.open(kernel, mount.lower(), opened);
            List<Path> names = opened.stream()
                    .map(fd -> Path.of("/proc/self/fd", Integer.toString(fd.number())))
                    .toList();
            Mount shorter =
                    new Mount(mount.type(), mount.target(), names, mount.settings(), mount.writable(), mount.owners());
            mounts.mount(mount.type(), mount.target().toString(), mount.type(), 0, shorter.options());
        } finally {
            opened.forEach(Fd::close);
        }
    }

    private void bind(Mounts mounts, Mount mount) {
        try (Fd again = mounts.openTree(Fd.CWD, mount.lower().getFirst().toString(), Mounts.TREE_CLONE)) {
            if (!mount.writable()) {
                mounts.setAttributes(again, 0, Mounts.ATTR_RDONLY, 0, 0);
            }
            if (mount.owners().isPresent()) {
                try (Fd namespace = userNamespaces.apply(mount.owners().get())) {
                    mounts.mapIds(again, 0, namespace);
                }
            }
            attach(mounts, again, mount.target());
        }
    }

    private void attach(Mounts mounts, Fd made, Path target) {
        try (Fd place = kernel.files().open(Fd.CWD, target.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY)) {
            mounts.move(made, place);
        }
    }
}
