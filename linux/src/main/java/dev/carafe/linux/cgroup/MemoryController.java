package dev.carafe.linux.cgroup;

import static dev.carafe.linux.cgroup.Controller.first;
import static dev.carafe.linux.cgroup.Controller.when;

import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCallException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Memory and swap.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/memory.html">Memory Resource Controller</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#memory">cgroup v2, Memory</a>
 */
final class MemoryController implements Controller {

    private static final String LIMIT = "memory.limit_in_bytes";
    private static final String SWAP = "memory.memsw.limit_in_bytes";

    @Override
    public String v1() {
        return "memory";
    }

    @Override
    public Optional<String> v2() {
        return Optional.of("memory");
    }

    @Override
    public Optional<String> asked(Resources resources) {
        Resources.Memory memory = resources.memory();
        return first(
                when(memory.limit().isPresent(), "memory.limit"),
                when(memory.swap().isPresent(), "memory.swap"),
                when(memory.reservation().isPresent(), "memory.reservation"),
                when(memory.kernel().isPresent(), "memory.kernel"),
                when(memory.kernelTcp().isPresent(), "memory.kernelTCP"),
                when(memory.swappiness().isPresent(), "memory.swappiness"),
                when(memory.disableOomKiller().orElse(false), "memory.disableOOMKiller"),
                when(!memory.useHierarchy().orElse(true), "memory.useHierarchy = false"));
    }

    @Override
    public boolean concernedBy(Resources resources) {
        Resources.Memory memory = resources.memory();
        return asked(resources).isPresent()
                || memory.disableOomKiller().isPresent()
                || memory.useHierarchy().isPresent();
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        Resources.Memory memory = resources.memory();
        limits(directory, memory);
        if (memory.reservation().isPresent()) {
            directory.write("memory.soft_limit_in_bytes", memory.reservation().getAsLong());
        }
        if (memory.kernel().isPresent()) {
            directory.write("memory.kmem.limit_in_bytes", memory.kernel().getAsLong());
        }
        if (memory.kernelTcp().isPresent()) {
            directory.write("memory.kmem.tcp.limit_in_bytes", memory.kernelTcp().getAsLong());
        }
        if (memory.swappiness().isPresent()) {
            directory.write("memory.swappiness", memory.swappiness().getAsLong());
        }
        if (memory.disableOomKiller().isPresent()) {
            directory.write("memory.oom_control", memory.disableOomKiller().get() ? 1 : 0);
        }
        if (memory.useHierarchy().isPresent()) {
            directory.write("memory.use_hierarchy", memory.useHierarchy().get() ? 1 : 0);
        }
    }

    /** The kernel holds memory plus swap at no less than memory, at every moment: the order follows the direction. */
    private static void limits(Directory directory, Resources.Memory memory) {
        OptionalLong limit = memory.limit();
        OptionalLong swap = memory.swap();
        boolean unlimited = (limit.orElse(0) == -1 && swap.isEmpty()) || swap.orElse(0) == -1;
        if (unlimited) {
            // A kernel that does not account for swap sets no bound to it either.
            swap = directory.has(SWAP) ? OptionalLong.of(-1) : OptionalLong.empty();
        }
        boolean swapFirst = limit.isPresent()
                && swap.isPresent()
                && (swap.getAsLong() == -1 || directory.number(LIMIT).orElse(0) < swap.getAsLong());
        if (swapFirst) {
            directory.write(SWAP, swap.getAsLong());
        }
        if (limit.isPresent()) {
            limit(directory, LIMIT, limit.getAsLong());
        }
        if (swap.isPresent() && !swapFirst) {
            limit(directory, SWAP, swap.getAsLong());
        }
    }

    private static void limit(Directory directory, String file, long bytes) {
        Optional<SystemCallException> refused = directory.attempt(file, Long.toString(bytes));
        if (refused.isEmpty()) {
            return;
        }
        if (refused.get().errno() != Errno.EBUSY) {
            throw directory.refusal(file, Long.toString(bytes), refused.get());
        }
        throw CgroupException.conflict("cannot set the memory limit to " + bytes + " bytes: the cgroup " + directory
                + " uses " + directory.number("memory.usage_in_bytes").orElse(0) + " now and has used "
                + directory.number("memory.max_usage_in_bytes").orElse(0));
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        Resources.Memory memory = resources.memory();
        refuseWhatV2Lacks(memory);
        if (memory.checkBeforeUpdate()) {
            check(directory, memory);
        }
        Optional<String> swap = swapMax(memory.limit(), memory.swap());
        if (swap.isPresent()) {
            Optional<SystemCallException> refused = directory.attempt("memory.swap.max", swap.get());
            // Where nothing is ever swapped, "none" and "any" hold by themselves.
            boolean harmless = swap.get().equals("0") || swap.get().equals("max");
            if (refused.isPresent() && !(harmless && refused.get().errno() == Errno.ENOENT)) {
                throw directory.refusal("memory.swap.max", swap.get(), refused.get());
            }
        }
        if (memory.limit().isPresent()) {
            directory.write("memory.max", maxOr(memory.limit().getAsLong()));
        }
        if (memory.reservation().isPresent()) {
            directory.write("memory.low", maxOr(memory.reservation().getAsLong()));
        }
    }

    private static void refuseWhatV2Lacks(Resources.Memory memory) {
        Optional<String> lacking = first(
                when(memory.kernel().orElse(-1) != -1, "memory.kernel"),
                when(memory.kernelTcp().orElse(-1) != -1, "memory.kernelTCP"),
                when(memory.swappiness().isPresent(), "memory.swappiness"),
                when(memory.disableOomKiller().orElse(false), "memory.disableOOMKiller"),
                when(!memory.useHierarchy().orElse(true), "memory.useHierarchy = false"));
        if (lacking.isPresent()) {
            throw Controller.lacking(lacking.get(), "v2");
        }
    }

    static void check(Directory directory, Resources.Memory memory) {
        long limit = memory.limit().orElse(-1);
        long usage = directory.number("memory.current").orElse(0);
        if (limit > 0 && limit < usage) {
            throw CgroupException.conflict("cannot set the memory limit to " + limit + " bytes: the cgroup " + directory
                    + " uses " + usage + " now");
        }
    }

    /**
     * v2's bound on swap alone, out of v1's on memory and swap together.
     *
     * @return the text for {@code memory.swap.max}; empty to leave it
     */
    static Optional<String> swapMax(OptionalLong limit, OptionalLong swap) {
        if (swap.isEmpty()) {
            return limit.orElse(0) == -1 ? Optional.of("max") : Optional.empty();
        }
        if (swap.getAsLong() == -1) {
            return Optional.of("max");
        }
        if (limit.isEmpty()) {
            throw CgroupException.invalid(
                    "memory.swap is memory and swap together: without memory.limit, nothing follows from it");
        }
        return Optional.of(
                Long.toString(limit.getAsLong() == -1 ? swap.getAsLong() : swap.getAsLong() - limit.getAsLong()));
    }

    private static String maxOr(long bytes) {
        return bytes == -1 ? "max" : Long.toString(bytes);
    }
}
