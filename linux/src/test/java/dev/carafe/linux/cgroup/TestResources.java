package dev.carafe.linux.cgroup;

import java.util.Optional;
import java.util.OptionalLong;

/** Limits in few words; 0 and the empty text stand for none. */
final class TestResources {

    private TestResources() {}

    static Resources.Memory memory(long limit, long swap) {
        return new Resources.Memory(
                OptionalLong.of(limit),
                OptionalLong.empty(),
                OptionalLong.of(swap),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    static Resources.Cpu cpu(long shares, long quota, long period, String cpus, String mems) {
        return new Resources.Cpu(
                OptionalLong.of(shares),
                OptionalLong.of(quota),
                OptionalLong.empty(),
                OptionalLong.of(period),
                OptionalLong.empty(),
                OptionalLong.empty(),
                cpus,
                mems,
                OptionalLong.empty());
    }
}
