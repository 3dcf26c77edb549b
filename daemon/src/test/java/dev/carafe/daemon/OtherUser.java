package dev.carafe.daemon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Somebody without privileges, who has folders of his own and knows of none of the machine's.
 *
 * <p>With ids beside his own he lives in a mount namespace in which {@code /etc} gives them to him: nothing changes on the
 * machine.
 */
final class OtherUser {

    static final int ID = 54321;
    /** The first of the 1000 user ids that he may have beside his own. */
    static final int FIRST_USER = 700_000;
    /** The first of the 1000 group ids that he may have beside his own. */
    static final int FIRST_GROUP = 800_000;

    private static final String BECOME =
            "exec setpriv --reuid " + ID + " --regid " + ID + " --clear-groups --no-new-privs"
                    + " env -i XDG_RUNTIME_DIR=\"$0/run\" HOME=\"$0/home\" PATH=\"$PATH\" \"$@\"";

    private static final String BECOME_WITH_IDS =
            "mount -t overlay overlay -o lowerdir=\"$0/etc:/etc\" /etc && " + BECOME.replace(" --no-new-privs", "");

    private final Installation carafe;
    private final Path folder;
    private final List<String> before;

    private OtherUser(Installation carafe, Path folder, List<String> before) {
        this.carafe = carafe;
        this.folder = folder;
        this.before = before;
    }

    static OtherUser of(Installation carafe) {
        Path folder = folder(carafe);
        return new OtherUser(carafe, folder, List.of("/bin/sh", "-c", BECOME, folder.toString()));
    }

    /** One to whom {@code newuidmap(1)} and {@code newgidmap(1)} give more ids. */
    static OtherUser withIds(Installation carafe) {
        Path folder = folder(carafe);
        Commands.succeed(
                "mkdir \"$0/etc\"; cd \"$0/etc\"; (cat /etc/passwd; echo other:x:$1:$1::/:/bin/sh) > passwd;"
                        + " echo other:$2:1000 > subuid; echo other:$3:1000 > subgid",
                folder.toString(),
                Integer.toString(ID),
                Integer.toString(FIRST_USER),
                Integer.toString(FIRST_GROUP));
        return new OtherUser(
                carafe, folder, List.of("unshare", "--mount", "/bin/sh", "-c", BECOME_WITH_IDS, folder.toString()));
    }

    private static Path folder(Installation carafe) {
        Path folder = carafe.newFolder("user");
        Commands.succeed(
                "cd \"$0\" && mkdir -m 700 run home && chmod 711 . && chown $1:$1 run home",
                folder.toString(),
                Integer.toString(ID));
        return folder;
    }

    /** His XDG_RUNTIME_DIR. */
    Path runtimeFolder() {
        return folder.resolve("run");
    }

    /** Where containers' states are. */
    Path state() {
        return runtimeFolder().resolve("carafe/oci");
    }

    Path home() {
        return folder.resolve("home");
    }

    /** A bundle of his with busybox in it that would run this script. */
    Bundle bundle(String script) {
        Bundle bundle = carafe.bundle(script);
        bundle.edit(".linux.uidMappings = [{containerID: 0, hostID: " + ID + ", size: 1}]"
                + " | .linux.gidMappings = .linux.uidMappings"
                + " | .linux.namespaces = [.linux.namespaces[] | select(.type != \"network\")] + [{type: \"user\"}]"
                + " | (.mounts[] | select(.destination == \"/dev/pts\") | .options) -= [\"gid=5\"]"
                + " | del(.linux.resources)");
        Commands.succeed(
                "chown -R $1:$1 \"$0\"; chmod 755 \"$0\"", bundle.folder().toString(), Integer.toString(ID));
        return bundle;
    }

    Call call(String... arguments) {
        return carafe.call(arguments).through(before.toArray(String[]::new));
    }

    /** A call of {@code oci}. */
    Outcome oci(String... arguments) {
        List<String> words = new ArrayList<>(List.of("oci"));
        words.addAll(List.of(arguments));
        return call(words.toArray(String[]::new)).execute();
    }

    Outcome runBundle(Bundle bundle) {
        return oci("run", "--bundle", bundle.folder().toString(), carafe.newId());
    }
}
