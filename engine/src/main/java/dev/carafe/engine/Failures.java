package dev.carafe.engine;

import dev.carafe.engine.log.JournalException;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerException;
import dev.carafe.linux.SystemCallException;
import dev.carafe.network.NetworkException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.runtime.PlanFailure;
import dev.carafe.runtime.RuntimeFailure;
import java.util.function.Supplier;

/** What goes wrong on the floors below, as the engine's own exception: the one place that knows what is what. */
final class Failures {

    private Failures() {}

    static <T> T mapped(Supplier<T> work) {
        try {
            return work.get();
        } catch (ImageException exception) {
            throw new EngineException(kind(exception), exception);
        } catch (PlanFailure failure) {
            throw new EngineException(kind(failure), failure);
        } catch (NetworkException exception) {
            throw new EngineException(kind(exception), exception);
        } catch (LayerException exception) {
            throw new EngineException(kind(exception), exception);
        } catch (InvalidDocumentException exception) {
            throw new EngineException(EngineException.Kind.INVALID, exception);
        } catch (JournalException exception) {
            throw new EngineException(EngineException.Kind.UNAVAILABLE, exception);
        } catch (RuntimeFailure | SystemCallException failure) {
            throw new EngineException(EngineException.Kind.FAILED, failure);
        }
    }

    static void mapped(Runnable work) {
        mapped(() -> {
            work.run();
            return true;
        });
    }

    private static EngineException.Kind kind(PlanFailure failure) {
        if (failure.programMissing()) {
            return EngineException.Kind.PROGRAM_MISSING;
        }
        return failure.programRefused() ? EngineException.Kind.PROGRAM_REFUSED : EngineException.Kind.FAILED;
    }

    private static EngineException.Kind kind(NetworkException exception) {
        return switch (exception.kind()) {
            case NOT_FOUND -> EngineException.Kind.NOT_FOUND;
            case INVALID -> EngineException.Kind.INVALID;
            case CONFLICT -> EngineException.Kind.CONFLICT;
            case DENIED -> EngineException.Kind.DENIED;
            case UNAVAILABLE -> EngineException.Kind.UNAVAILABLE;
            case FAILED -> EngineException.Kind.FAILED;
        };
    }

    private static EngineException.Kind kind(LayerException exception) {
        return switch (exception.kind()) {
            case MALFORMED, FORBIDDEN, TOO_LARGE -> EngineException.Kind.INVALID;
            case UNSUPPORTED -> EngineException.Kind.UNAVAILABLE;
            case FAILED -> EngineException.Kind.FAILED;
        };
    }

    private static EngineException.Kind kind(ImageException exception) {
        return switch (exception.kind()) {
            case NOT_FOUND -> EngineException.Kind.NOT_FOUND;
            case INVALID -> EngineException.Kind.INVALID;
            case DENIED -> EngineException.Kind.DENIED;
            case CONFLICT -> EngineException.Kind.CONFLICT;
            case UNAVAILABLE -> EngineException.Kind.UNAVAILABLE;
            case FAILED -> EngineException.Kind.FAILED;
        };
    }
}
