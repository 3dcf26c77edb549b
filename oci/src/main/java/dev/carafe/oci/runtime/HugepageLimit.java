package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;

/**
 * A limit on huge pages of one size ({@code linux.resources.hugepageLimits[]}).
 *
 * @param pageSize such as {@code 64KB}, {@code 2MB} or {@code 1GB}, as the kernel spells it
 * @param limit unsigned; bytes
 */
public record HugepageLimit(String pageSize, long limit) {

    public HugepageLimit {
        if (!isSize(pageSize)) {
            throw Rules.broken("pageSize", "expected a size such as 2MB, found " + JsonPath.quoted(pageSize));
        }
    }

    private static boolean isSize(String size) {
        int digits = size.length() - 2;
        if (digits < 1 || "KMG".indexOf(size.charAt(digits)) < 0 || size.charAt(digits + 1) != 'B') {
            return false;
        }
        for (int i = 0; i < digits; i++) {
            if (size.charAt(i) < (i == 0 ? '1' : '0') || size.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
