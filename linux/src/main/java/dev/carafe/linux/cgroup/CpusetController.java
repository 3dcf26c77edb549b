package dev.carafe.linux.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCallException;
import java.util.Optional;

/**
 * Which processors and memory nodes may be used.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/cpuset.7.html">cpuset(7)</a>
 */
final class CpusetController implements Controller {

    private static final String CPUS = "cpuset.cpus";
    private static final String MEMS = "cpuset.mems";

    @Override
    public String v1() {
        return "cpuset";
    }

    @Override
    public Optional<String> v2() {
        return Optional.of("cpuset");
    }

    @Override
    public Optional<String> asked(Resources resources) {
        if (!resources.cpu().cpus().isEmpty()) {
            return Optional.of("cpu.cpus");
        }
        return resources.cpu().mems().isEmpty() ? Optional.empty() : Optional.of("cpu.mems");
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        apply(directory, resources.cpu());
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        apply(directory, resources.cpu());
    }

    private static void apply(Directory directory, Resources.Cpu cpu) {
        if (!cpu.cpus().isEmpty()) {
            directory.write(CPUS, cpu.cpus());
        }
        if (!cpu.mems().isEmpty()) {
            directory.write(MEMS, cpu.mems());
        }
    }

    /** Gives a v1 cgroup that has none the processors and nodes of its parent: nobody can join it before. */
    static void inherit(Directory parent, Directory child) {
        inherit(parent, child, CPUS);
        inherit(parent, child, MEMS);
    }

    private static void inherit(Directory parent, Directory child, String file) {
        if (!child.read(file).isEmpty()) {
            return;
        }
        String inherited = parent.read(file);
        Optional<SystemCallException> refused = child.attempt(file, inherited);
        // EINVAL: a sibling holds some of them exclusively, and only limits of its own will make this one usable.
        if (refused.isPresent() && refused.get().errno() != Errno.EINVAL) {
            throw child.refusal(file, inherited, refused.get());
        }
    }
}
