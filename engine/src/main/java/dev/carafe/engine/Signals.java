package dev.carafe.engine;

import dev.carafe.linux.Signal;
import java.util.Optional;

/** Signals as people and images name them. */
public final class Signals {

    private Signals() {}

    /**
     * The signal that is meant.
     *
     * @param name {@code TERM}, {@code SIGTERM} or {@code 15}
     * @throws EngineException if there is none
     */
    public static Signal parse(String name) {
        return find(name)
                .orElseThrow(() -> new EngineException(
                        EngineException.Kind.INVALID,
                        "there is no signal \"" + name + "\"; a name such as TERM or a number is meant"));
    }

    private static Optional<Signal> find(String name) {
        try {
            return Optional.of(Signal.parse(name));
        } catch (IllegalArgumentException none) {
            return Optional.empty();
        }
    }

    /** What an instance is asked to end with: SIGTERM, unless its user or its image has chosen another. */
    static Signal toStop(InstanceRecord instance) {
        return instance.options().policies().stopSignal().flatMap(Signals::find).orElse(Signal.SIGTERM);
    }
}
