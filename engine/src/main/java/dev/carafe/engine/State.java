package dev.carafe.engine;

import java.time.Instant;
import java.util.Optional;

/**
 * What an instance is doing.
 *
 * @param pid of its program on this machine; 0 if none runs
 * @param started when its program began the last time
 * @param exit how it ended the last time; empty while it runs, or if it never did
 * @param reason why it is broken
 */
public record State(Status status, int pid, Optional<Instant> started, Optional<Exit> exit, Optional<String> reason) {

    static State of(Status status) {
        return new State(status, 0, Optional.empty(), Optional.empty(), Optional.empty());
    }

    static State broken(String reason) {
        return new State(Status.BROKEN, 0, Optional.empty(), Optional.empty(), Optional.of(reason));
    }
}
