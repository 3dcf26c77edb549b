package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;

/** Runtimes of others, as Debian has them: what works with an old one of these is an attack indeed. */
enum Peer {
    RUNC("exec runc --root \"$0\" \"$@\"", "1.1.5+ds1-1+deb12u1"),
    /**
     * It refuses a machine that has cgroups of both versions, and so sees those of the first only; and gives the user of
     * its container what it was started on, be it the machine's null device, of which it gets one of its own.
     */
    CRUN("""
            umount -l /sys/fs/cgroup/unified 2>/dev/null
            mount -t tmpfs none /mnt && mknod -m 666 /mnt/null c 1 3
            [ "$(stat -Lc %t:%T /proc/self/fd/0)" != 1:3 ] || exec </mnt/null
            exec crun --root "$0" "$@"
            """, "crun version 1.8.1");

    private final String script;
    private final String open;

    Peer(String script, String open) {
        this.script = script;
        this.open = open;
    }

    Call call(Installation carafe, String... arguments) {
        String root = carafe.folder().resolve("of-" + name()).toString();
        return new Call(carafe, List.of("unshare", "--mount", "sh", "-c", script, root), List.of(arguments));
    }

    /** Runs a bundle until it ends, and removes what may be left of it. */
    Outcome run(Installation carafe, Bundle bundle, String... options) {
        String id = carafe.newId();
        List<String> words =
                new ArrayList<>(List.of("run", "--bundle", bundle.folder().toString()));
        words.addAll(List.of(options));
        words.add(id);
        Outcome outcome = call(carafe, words.toArray(String[]::new)).execute();
        call(carafe, "delete", "--force", id).execute();
        return outcome;
    }

    /**
     * The control of an attack: it must have worked with the version that is known to be open to it. Another may have
     * been mended, and then the test says so.
     */
    void mustFallFor(String attack, boolean worked) {
        Outcome version = Commands.run(name().toLowerCase(java.util.Locale.ROOT) + " --version");
        if (!version.output().contains(open)) {
            assumeTrue(worked, "no control: this machine's " + name() + " is not open to it any more, " + attack);
        }
        assertThat(worked).as("control: " + name() + " falls for it, " + attack).isTrue();
    }
}
