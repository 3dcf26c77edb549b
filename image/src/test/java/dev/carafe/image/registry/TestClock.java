package dev.carafe.image.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Never waits, and remembers how long it should have. */
final class TestClock implements Clock {

    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final AtomicLong passed = new AtomicLong();

    /** Lets time pass. */
    void pass(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    @Override
    public long nanoTime() {
        return passed.get();
    }

    @Override
    public Instant now() {
        return Instant.parse("2026-01-01T00:00:00Z").plusNanos(passed.get());
    }

    @Override
    public void sleep(Duration pause) {
        pauses.add(pause);
        pass(pause);
    }

    @Override
    public double random() {
        return 0.5;
    }
}
