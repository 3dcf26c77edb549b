package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class UndoTest {

    private final List<String> done = new ArrayList<>();

    @Test
    void steps_are_undone_in_reverse_and_one_that_fails_keeps_no_other_from_it() {
        Undo undo = new Undo();
        undo.add(() -> done.add("first"));
        undo.add(() -> {
            throw new RuntimeFailure("second");
        });
        undo.add(() -> done.add("third"));
        assertThatThrownBy(undo::close).isInstanceOf(RuntimeFailure.class).hasMessage("second");
        assertThat(done).containsExactly("third", "first");
    }

    @Test
    void what_tells_of_the_rest_stays_as_long_as_something_is_left() {
        Undo failing = new Undo();
        failing.addOfRecord(() -> done.add("record"));
        failing.add(() -> {
            throw new RuntimeFailure("it is in use");
        });
        assertThatThrownBy(failing::close).hasMessage("it is in use");
        assertThat(done).isEmpty();
        Undo working = new Undo();
        working.addOfRecord(() -> done.add("record"));
        working.add(() -> done.add("rest"));
        working.close();
        assertThat(done).containsExactly("rest", "record");
    }

    @Test
    void what_is_kept_is_not_undone() {
        try (Undo undo = new Undo()) {
            undo.add(() -> done.add("first"));
            undo.keep();
        }
        assertThat(done).isEmpty();
    }

    @Test
    void an_interrupted_caller_still_has_the_undoing_wait_where_it_must() {
        long wait = 20_000_000;
        Undo undo = new Undo();
        undo.add(() -> {
            long start = System.nanoTime();
            LockSupport.parkNanos(wait);
            done.add(System.nanoTime() - start < wait / 2 ? "hurried" : "waited");
        });
        Thread.currentThread().interrupt();
        undo.close();
        assertThat(Thread.interrupted()).as("he learns of it afterwards").isTrue();
        assertThat(done).containsExactly("waited");
    }
}
