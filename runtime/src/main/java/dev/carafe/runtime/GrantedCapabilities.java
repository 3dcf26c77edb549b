package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.oci.runtime.Capabilities;
import dev.carafe.oci.runtime.ProcessConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The five sets that a process gets, as bits: what is asked for, as far as it can be given. The kernel raises in the
 * ambient set only what is permitted and inheritable too; runC's own default configuration asks for more.
 */
record GrantedCapabilities(long bounding, long effective, long permitted, long inheritable, long ambient) {

    /** A process that names no capabilities gets none. */
    static GrantedCapabilities of(ProcessConfig process, Set<Capability> grantable) {
        if (process.capabilities().isEmpty()) {
            return new GrantedCapabilities(0, 0, 0, 0, 0);
        }
        Capabilities asked = process.capabilities().get();
        long given = Capability.toBits(grantable);
        long permitted = bits(asked.permitted()) & given;
        long inheritable = bits(asked.inheritable()) & given;
        return new GrantedCapabilities(
                bits(asked.bounding()) & given,
                bits(asked.effective()) & given,
                permitted,
                inheritable,
                // The kernel keeps nothing ambient that is not both.
                bits(asked.ambient()) & permitted & inheritable);
    }

    /** What a runtime has to say where it cannot give what is asked for, and has to go on (config.md, "Linux Process"). */
    static List<String> warnings(Optional<ProcessConfig> process, Set<Capability> grantable) {
        Optional<Capabilities> asked = process.flatMap(ProcessConfig::capabilities);
        if (asked.isEmpty()) {
            return List.of();
        }
        List<String> warnings = new ArrayList<>();
        for (String name : asked.get().unknown()) {
            warnings.add("process.capabilities: " + name + " is unknown, and ignored");
        }
        long wanted = bits(asked.get().bounding())
                | bits(asked.get().permitted())
                | bits(asked.get().inheritable());
        for (Capability capability : Capability.values()) {
            if ((wanted >>> capability.bit() & 1) != 0 && !grantable.contains(capability)) {
                warnings.add("process.capabilities: " + capability + " is not the caller's to give, and ignored");
            }
        }
        long inheritable = bits(asked.get().inheritable());
        if (inheritable == 0) {
            return warnings; // What runC 1.1 writes by default has ambient ones all the same, and means none.
        }
        for (Capability capability : Capability.values()) {
            long bit = 1L << capability.bit();
            if ((bits(asked.get().ambient()) & bit) != 0 && grantable.contains(capability)) {
                notAmbient(inheritable & bit, bits(asked.get().permitted()) & bit)
                        .ifPresent(why -> warnings.add("process.capabilities.ambient: can't raise ambient capability "
                                + capability + ": it is not " + why + " too, and ignored"));
            }
        }
        return warnings;
    }

    /** What an ambient capability lacks; empty if nothing. */
    private static Optional<String> notAmbient(long inheritable, long permitted) {
        return inheritable == 0
                ? Optional.of("inheritable")
                : permitted == 0 ? Optional.of("permitted") : Optional.empty();
    }

    private static long bits(Set<dev.carafe.oci.runtime.Capability> set) {
        return dev.carafe.oci.runtime.Capability.bits(set);
    }
}
