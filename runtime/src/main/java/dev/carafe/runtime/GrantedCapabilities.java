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
                // The kernel keeps nothing ambient that is not both; what runc 1.1 writes by default asks for it.
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
        return warnings;
    }

    private static long bits(Set<dev.carafe.oci.runtime.Capability> set) {
        return dev.carafe.oci.runtime.Capability.bits(set);
    }
}
