package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.linux.Signal;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.image.Platform;
import java.time.Duration;
import java.util.Optional;

/**
 * What is done with an instance as time goes by.
 *
 * @param healthCheck over the image's
 * @param stopSignal what asks it to end, such as {@code SIGTERM}; replaces the image's
 * @param stopTimeout how long it has for that; at least 0, and -1 s for as long as it takes
 * @param autoRemove whether nothing is to be left of it when it ends
 * @param pull when its image is fetched
 * @param platform which of an image's; the machine's if not given
 */
public record Policies(
        RestartPolicy restart,
        Optional<HealthCheck> healthCheck,
        Optional<String> stopSignal,
        Optional<Duration> stopTimeout,
        LogPolicy log,
        boolean autoRemove,
        PullPolicy pull,
        Optional<String> platform) {

    public static final Policies DEFAULT = new Policies(
            RestartPolicy.NO,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            LogPolicy.DEFAULT,
            false,
            PullPolicy.MISSING,
            Optional.empty());

    public Policies {
        if (stopSignal.isPresent()) {
            try {
                stopSignal = Optional.of(Signal.parse(stopSignal.get()).manualName());
            } catch (IllegalArgumentException none) {
                throw Rules.broken("stopSignal", JsonPath.quoted(stopSignal.get()) + " is no signal, such as SIGTERM");
            }
        }
        if (stopTimeout.isPresent()
                && (stopTimeout.get().compareTo(Duration.ofSeconds(-1)) < 0
                        || stopTimeout.get().compareTo(Duration.ofSeconds(Integer.MAX_VALUE)) > 0)) {
            throw Rules.broken("stopTimeout", "a number of seconds from 0 to 2147483647, or -1 for no end");
        }
        if (autoRemove && restart.kind() != RestartPolicy.Kind.NO) {
            throw Rules.broken(
                    "autoRemove",
                    "an instance that is removed when it ends is not started again: leave autoRemove or restart away");
        }
        if (platform.isPresent()) {
            try {
                platform = Optional.of(Platform.parse(platform.get()).toString());
            } catch (InvalidDocumentException none) {
                throw Rules.broken("platform", none.problem());
            }
        }
    }

    public Policies withRestart(RestartPolicy changed) {
        return new Policies(changed, healthCheck, stopSignal, stopTimeout, log, autoRemove, pull, platform);
    }

    public Policies withHealthCheck(HealthCheck changed) {
        return new Policies(restart, Optional.of(changed), stopSignal, stopTimeout, log, autoRemove, pull, platform);
    }

    public Policies withAutoRemove(boolean changed) {
        return new Policies(restart, healthCheck, stopSignal, stopTimeout, log, changed, pull, platform);
    }

    public Policies withLog(LogPolicy changed) {
        return new Policies(restart, healthCheck, stopSignal, stopTimeout, changed, autoRemove, pull, platform);
    }

    void write(JsonWriter out) {
        if (restart.kind() != RestartPolicy.Kind.NO) {
            out.put("restart", restart.toString());
        }
        if (healthCheck.isPresent()) {
            healthCheck.get().write(out.object("healthCheck"));
            out.end();
        }
        out.put("stopSignal", stopSignal).put("stopTimeoutNanos", Rules.nanos(stopTimeout));
        if (!log.isDefault()) {
            log.write(out.object("log"));
            out.end();
        }
        out.putTrue("autoRemove", autoRemove);
        if (pull != PullPolicy.MISSING) {
            out.put("pull", pull.toString());
        }
        out.put("platform", platform);
    }

    static Policies read(JsonCursor in) {
        Optional<String> restart = in.optionalText("restart");
        return new Policies(
                restart.isPresent() ? RestartPolicy.parse(restart.get()) : RestartPolicy.NO,
                in.enter("healthCheck") ? in.leave(Optional.of(HealthCheck.read(in))) : Optional.empty(),
                in.optionalText("stopSignal"),
                Rules.ofNanos(in.optionalInteger("stopTimeoutNanos", INT64)),
                in.enter("log") ? in.leave(LogPolicy.read(in)) : LogPolicy.DEFAULT,
                in.flag("autoRemove"),
                in.optionalOneOf("pull", "pull policy", PullPolicy.values()).orElse(PullPolicy.MISSING),
                in.optionalText("platform"));
    }
}
