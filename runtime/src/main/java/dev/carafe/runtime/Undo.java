package dev.carafe.runtime;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The undo of every step that was made, beside the step itself; run in reverse unless all went well.
 *
 * {@snippet :
 * try (Undo undo = new Undo()) {
 *     make(cgroup);
 *     undo.add(() -> remove(cgroup));
 *     ...
 *     undo.keep();
 * }
 * }
 */
final class Undo implements AutoCloseable {

    private final Deque<Runnable> steps = new ArrayDeque<>();

    void add(Runnable step) {
        steps.push(step);
    }

    /** Everything stays. */
    void keep() {
        steps.clear();
    }

    /** Undoes each step; one that fails does not keep the others from it. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (RuntimeException exception) {
                if (first == null) {
                    first = exception;
                } else {
                    first.addSuppressed(exception);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
