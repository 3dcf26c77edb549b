package dev.carafe.image;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.TreeRemoval;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The files of a Debian that has just been built, on the way to an image that tells nothing of the machine it was built
 * on and works on the next.
 *
 * <p>What Docker's Debian image leaves out is left out: host name, resolver, package lists, logs, machine identity and
 * devices. Manuals and documentation stay. Its packages come from where it was made of, but without the proxy and the
 * password that this machine may have for that.
 */
final class DebianTree {

    private static final int PACKAGE_STATUS_MOST = 64 * 1024 * 1024;
    private static final int IN_ROOT = OpenFlags.RESOLVE_IN_ROOT | OpenFlags.RESOLVE_NO_MAGICLINKS;

    private final Files files;
    private final TreeRemoval removal;
    private final Fd root;

    DebianTree(Kernel kernel, Fd root) {
        this.files = kernel.files();
        this.removal = new TreeRemoval(kernel);
        this.root = root;
    }

    /**
     * Takes out what mmdebstrap has put in of this machine and of its own, on top of what it cleans up itself.
     *
     * @param sources where it was made from; where they name no archive, mmdebstrap has written its own choice
     */
    void generalise(String suite, DebianSources sources) {
        remove("etc", "hostname");
        remove("etc", "resolv.conf");
        remove("etc/dpkg/dpkg.cfg.d", "99mmdebstrap");
        clear("dev");
        if (sources.archive().isPresent()) {
            remove("etc/apt", "sources.list");
            clear("etc/apt/sources.list.d");
            sources.stanzas(suite, keyring())
                    .ifPresent(text -> write("etc/apt/sources.list.d", "debian.sources", text));
        }
    }

    /** Names the packages in it, with their versions and states. */
    String identity() {
        try (Fd status = files.open(root, "var/lib/dpkg/status", OpenFlags.RDONLY, 0, IN_ROOT)) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(files.readAll(status, PACKAGE_STATUS_MOST));
            return "sha256:" + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    private String keyring() {
        return "/usr/share/keyrings/debian-archive-keyring."
                + (has("usr/share/keyrings", "debian-archive-keyring.pgp") ? "pgp" : "gpg");
    }

    private void remove(String directory, String name) {
        try (Fd parent = open(directory)) {
            removal.remove(parent, name);
        }
    }

    private void clear(String directory) {
        try (Fd opened = open(directory)) {
            removal.clear(opened);
        }
    }

    private boolean has(String directory, String name) {
        try (Fd parent = open(directory)) {
            return files.exists(parent, name);
        }
    }

    private void write(String directory, String name, String text) {
        try (Fd parent = open(directory);
                Fd file = files.open(parent, name, OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.WRONLY, 0644, 0)) {
            files.changeMode(file, 0644);
            files.write(file, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Fd open(String directory) {
        return files.open(root, directory, OpenFlags.RDONLY | OpenFlags.DIRECTORY, 0, IN_ROOT);
    }
}
