package dev.carafe.engine;

import static dev.carafe.engine.Status.BROKEN;
import static dev.carafe.engine.Status.CREATED;
import static dev.carafe.engine.Status.PAUSED;
import static dev.carafe.engine.Status.RESTARTING;
import static dev.carafe.engine.Status.RUNNING;
import static dev.carafe.engine.Status.STOPPED;
import static dev.carafe.engine.Status.STOPPING;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * What can be done to an instance, and in which states of its life: the one place that tells.
 *
 * <pre>
 *  creating ── created ── start ──► running ◄─ unpause ── pause ─► paused
 *                 │                  │  ▲                            │
 *                 │            stop, kill  start, restart, policy    │ stop, kill
 *                 │                  ▼  │                            ▼
 *                 └── remove ──►  stopping ──► stopped (restarting) ──► removing ──► gone
 * </pre>
 *
 * Whatever is cut short leaves what its state tells, or {@code broken}, from where {@code remove} leads on.
 */
enum Verb {
    START(CREATED, STOPPED, RESTARTING),
    STOP(RUNNING, PAUSED, STOPPING, RESTARTING),
    KILL(RUNNING, PAUSED, STOPPING),
    PAUSE(RUNNING),
    UNPAUSE(PAUSED),
    EXEC(RUNNING),
    ATTACH(RUNNING, PAUSED, STOPPING),
    UPDATE(CREATED, RUNNING, PAUSED, STOPPED, RESTARTING),
    DIFF(CREATED, RUNNING, PAUSED, STOPPING, STOPPED, RESTARTING),
    EXPORT(CREATED, RUNNING, PAUSED, STOPPED, RESTARTING),
    COMMIT(CREATED, RUNNING, PAUSED, STOPPED, RESTARTING),
    RENAME(CREATED, RUNNING, PAUSED, STOPPED, RESTARTING),
    TOP(RUNNING, PAUSED, STOPPING),
    COPY(CREATED, RUNNING, PAUSED, STOPPED, RESTARTING),
    REMOVE(CREATED, STOPPED, RESTARTING, BROKEN);

    @SuppressWarnings("ImmutableEnumChecker") // nobody else has it
    private final Set<Status> states;

    Verb(Status first, Status... others) {
        this.states = EnumSet.of(first, others);
    }

    boolean isPossibleIn(Status status) {
        return states.contains(status);
    }

    /**
     * @throws EngineException with what is in the way and what helps, if an instance in this state cannot have it
     */
    void require(String name, State state) {
        if (!isPossibleIn(state.status())) {
            throw new EngineException(
                    EngineException.Kind.CONFLICT,
                    "cannot " + word() + " the instance \"" + name + "\": it is " + state.status()
                            + state.reason().map(it -> ", " + it).orElse("") + remedy(state.status()));
        }
    }

    private String remedy(Status status) {
        return switch (status) {
            case RUNNING -> this == REMOVE ? "; stop it first, or remove it by force" : "";
            case PAUSED -> this == REMOVE ? "; stop it first, or remove it by force" : "; unpause it first";
            case STOPPING -> this == REMOVE ? "; remove it by force" : "";
            case BROKEN -> "; it can only be removed";
            case CREATED, STOPPED, RESTARTING -> "; start it first";
            case CREATING, REMOVING -> "";
        };
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
