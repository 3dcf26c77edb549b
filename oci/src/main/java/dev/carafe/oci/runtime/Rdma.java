package dev.carafe.oci.runtime;

import java.util.OptionalLong;

/**
 * Limits on an RDMA device ({@code linux.resources.rdma.*}); at least one is given.
 *
 * @param hcaHandles 0 to 4294967295
 * @param hcaObjects 0 to 4294967295
 */
public record Rdma(OptionalLong hcaHandles, OptionalLong hcaObjects) {

    public Rdma {
        Rules.range("hcaHandles", hcaHandles, 0, Rules.UINT32);
        Rules.range("hcaObjects", hcaObjects, 0, Rules.UINT32);
        if (hcaHandles.isEmpty() && hcaObjects.isEmpty()) {
            throw Rules.broken("hcaHandles", "is missing, and so is hcaObjects; one is needed");
        }
    }
}
