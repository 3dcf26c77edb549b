package dev.carafe.runtime;

import dev.carafe.linux.Namespaces;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

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

    private record Step(Runnable undo, boolean ifAllElseIsUndone) {}

    private final Deque<Step> steps = new ArrayDeque<>();

    void add(Runnable step) {
        steps.push(new Step(step, false));
    }

    /** The undo of what tells of all that is made after it: as long as something of that is left, it has to stay. */
    void addOfRecord(Runnable step) {
        steps.push(new Step(step, true));
    }

    /** Everything stays. */
    void keep() {
        steps.clear();
    }

    /**
     * Undoes each step; one that fails does not keep the others from it. A caller who gives up interrupts what is done for
     * him, and the undoing, which has to wait here and there, must not be: it has a thread of its own.
     */
    @Override
    public void close() {
        if (steps.isEmpty()) {
            return;
        }
        RuntimeException first = Namespaces.onOwnThread(this::undo);
        if (first != null) {
            throw first;
        }
    }

    private @Nullable RuntimeException undo() {
        RuntimeException first = null;
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            if (first != null && step.ifAllElseIsUndone()) {
                continue;
            }
            try {
                step.undo().run();
            } catch (RuntimeException exception) {
                if (first == null) {
                    first = exception;
                } else {
                    first.addSuppressed(exception);
                }
            }
        }
        return first;
    }
}
