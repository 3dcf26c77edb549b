package dev.carafe.linux.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCallException;
import java.util.Optional;

/**
 * Memory in huge pages, both used and, where the kernel counts that, reserved.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/hugetlb.html">HugeTLB Controller</a>
 */
final class HugePageController implements Controller {

    @Override
    public String v1() {
        return "hugetlb";
    }

    @Override
    public Optional<String> v2() {
        return Optional.of("hugetlb");
    }

    @Override
    public Optional<String> asked(Resources resources) {
        return resources.hugePages().isEmpty() ? Optional.empty() : Optional.of("hugepageLimits");
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        apply(directory, resources, ".limit_in_bytes");
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        apply(directory, resources, ".max");
    }

    private static void apply(Directory directory, Resources resources, String suffix) {
        for (Resources.HugePages pages : resources.hugePages()) {
            String limit = Long.toUnsignedString(pages.limit());
            directory.write("hugetlb." + pages.pageSize() + suffix, limit);
            String reserved = "hugetlb." + pages.pageSize() + ".rsvd" + suffix;
            Optional<SystemCallException> refused = directory.attempt(reserved, limit);
            if (refused.isPresent() && refused.get().errno() != Errno.ENOENT) {
                throw directory.refusal(reserved, limit, refused.get());
            }
        }
    }
}
