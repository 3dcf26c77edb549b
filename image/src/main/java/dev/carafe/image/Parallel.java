package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Several layers at once. */
final class Parallel {

    private static final int AT_ONCE = 4;

    private Parallel() {}

    /** Some work, after which more comes: what follows may wait for it. */
    @FunctionalInterface
    interface Step {
        void run(Future<?> before);
    }

    /** Takes steps at once. They begin in their order, so that each can wait for the one before. */
    static void run(List<Step> steps) {
        Semaphore room = new Semaphore(AT_ONCE);
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().name("layer-", 1).factory())) {
            List<Future<?>> begun = new ArrayList<>();
            Future<?> before = CompletableFuture.completedFuture(null);
            try {
                for (Step step : steps) {
                    room.acquire();
                    if (begun.stream().anyMatch(it -> it.state() == Future.State.FAILED)) {
                        break;
                    }
                    Future<?> previous = before;
                    before = threads.submit(() -> {
                        try {
                            step.run(previous);
                        } finally {
                            room.release();
                        }
                    });
                    begun.add(before);
                }
                for (Future<?> step : begun) {
                    await(step);
                }
            } catch (InterruptedException exception) {
                Thread.currentThread().interrupt();
                throw new ImageException(FAILED, "interrupted while layers came", exception);
            } finally {
                begun.forEach(step -> step.cancel(true));
            }
        }
    }

    static <T> T await(Future<T> step) {
        try {
            return step.get();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new ImageException(FAILED, "interrupted while layers came", exception);
        } catch (ExecutionException exception) {
            throw exception.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(exception.getCause());
        }
    }
}
