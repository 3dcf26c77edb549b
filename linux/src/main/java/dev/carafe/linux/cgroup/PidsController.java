package dev.carafe.linux.cgroup;

import java.util.Optional;

/**
 * How many tasks there may be.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/pids.html">Process Number Controller</a>
 */
final class PidsController implements Controller {

    @Override
    public String v1() {
        return "pids";
    }

    @Override
    public Optional<String> v2() {
        return Optional.of("pids");
    }

    @Override
    public Optional<String> asked(Resources resources) {
        return resources.pids().isPresent() ? Optional.of("pids.limit") : Optional.empty();
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        apply(directory, resources);
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        apply(directory, resources);
    }

    private static void apply(Directory directory, Resources resources) {
        if (resources.pids().isPresent()) {
            long limit = resources.pids().getAsLong();
            directory.write("pids.max", limit < 0 ? "max" : Long.toString(limit));
        }
    }
}
