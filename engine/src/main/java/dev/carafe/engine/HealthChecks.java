package dev.carafe.engine;

import dev.carafe.engine.options.HealthCheck;
import dev.carafe.linux.Fd;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.RuntimeFailure;
import dev.carafe.runtime.Starter;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the health checks of the instances that run, each when its time has come. Of several processes that would, one
 * does.
 *
 * <p>One thread knows the times, and no more than {@value #MOST_PROBES} wait for checks; none of them is there when no
 * instance has a check. What has been found out is kept in {@link HealthFiles}, so that another daemon goes on with it.
 */
final class HealthChecks implements AutoCloseable {

    private static final int MOST_PROBES = 16;
    private static final Duration THREADS_STAY = Duration.ofSeconds(10);
    /** From the death of an instance's processes until its monitor has said so. */
    private static final Duration TELLING = Duration.ofSeconds(1);

    private static final long NANOS_A_MILLISECOND = 1_000_000;

    private final Parts parts;
    private final HealthFiles files;
    private final Probe probe;
    private final Consumer<String> log;
    private final Map<String, Checked> all = new HashMap<>();
    private @Nullable Threads threads;

    /** @param log hears in a line of what goes wrong */
    HealthChecks(Parts parts, InstanceMaker maker, Starter starter, Consumer<String> log) {
        this.parts = parts;
        this.files = parts.health();
        this.probe = new Probe(new Execs(parts, maker), starter);
        this.log = log;
    }

    /** The thread that knows the times, and those that wait for checks. */
    private record Threads(ScheduledThreadPoolExecutor clock, ThreadPoolExecutor probes) {

        static Threads make() {
            var clock = new ScheduledThreadPoolExecutor(1, named("health"));
            clock.setRemoveOnCancelPolicy(true);
            var probes = new ThreadPoolExecutor(
                    MOST_PROBES,
                    MOST_PROBES,
                    THREADS_STAY.toMillis(),
                    TimeUnit.MILLISECONDS,
                    new LinkedBlockingQueue<>(), // of an instance there is one at most
                    named("probe"));
            probes.allowCoreThreadTimeOut(true);
            clock.setKeepAliveTime(THREADS_STAY.toMillis(), TimeUnit.MILLISECONDS);
            clock.allowCoreThreadTimeOut(true);
            return new Threads(clock, probes);
        }

        void close() {
            clock.shutdownNow();
            probes.shutdown();
            try {
                probes.awaitTermination(THREADS_STAY.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }

        private static ThreadFactory named(String name) {
            return Thread.ofPlatform().daemon().name(name).factory();
        }

        Future<?> schedule(Runnable check, Duration delay) {
            return clock.schedule(() -> probes.execute(check), delay.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** An instance that runs and has a check. */
    private static final class Checked {

        private final InstanceRecord instance;
        private final HealthCheck check;
        private final Fd claim;
        private final long early;
        private Health health;
        private @Nullable Future<?> next;

        /**
         * @param claim keeps other processes from checking it
         * @param early until when, as of {@link System#nanoTime}, its start period lasts
         */
        Checked(InstanceRecord instance, HealthCheck check, Fd claim, Health health, long early) {
            this.instance = instance;
            this.check = check;
            this.claim = claim;
            this.health = health;
            this.early = early;
        }

        Instant started() {
            return instance.started().orElseThrow();
        }

        boolean isEarly() {
            return early - System.nanoTime() > 0;
        }

        Duration interval() {
            boolean starts = health.status() == Health.Status.STARTING && isEarly();
            return (starts ? check.startInterval() : check.interval()).orElseThrow();
        }
    }

    /** The check that is to be made of an instance, with all of its times. */
    static Optional<HealthCheck> of(InstanceRecord instance) {
        return instance.options()
                .policies()
                .healthCheck()
                .filter(HealthCheck::checks)
                .map(it -> it.over(Optional.empty()));
    }

    /** Likewise, of one that is known by its id. */
    void began(String id) {
        parts.folders().read(id).ifPresent(this::began);
    }

    /** An instance runs. Nothing happens if it has no check, or if somebody else makes it. */
    void began(InstanceRecord instance) {
        Optional<HealthCheck> check = of(instance);
        if (check.isEmpty() || instance.started().isEmpty()) {
            return;
        }
        Optional<Fd> claim = files.claim(instance.id());
        if (claim.isEmpty()) {
            return;
        }
        Instant started = instance.started().get();
        Health known = files.read(instance.id(), started);
        Duration period = check.get().startPeriod().orElseThrow();
        Checked one = new Checked(
                instance,
                check.get(),
                claim.get(),
                known,
                System.nanoTime() + period.minus(since(started, period)).toNanos());
        Instant last = known.log().isEmpty() ? started : known.log().getLast().end();
        Duration interval = one.interval();
        synchronized (this) {
            all.put(instance.id(), one);
            schedule(one, interval.minus(since(last, interval)));
        }
    }

    /** How long ago something was, and no longer than this: the machine's clock may have been set meanwhile. */
    private static Duration since(Instant time, Duration most) {
        Duration since = Duration.between(time, Instant.now());
        return since.isNegative() ? Duration.ZERO : since.compareTo(most) > 0 ? most : since;
    }

    /** An instance does not run any more. */
    synchronized void ended(String id) {
        Checked one = all.remove(id);
        if (one == null) {
            return;
        }
        if (one.next != null) {
            one.next.cancel(false);
        }
        notifyAll();
        files.forget(id);
        one.claim.close();
    }

    /** Waits for checks that are being made, of instances that have ended. */
    @Override
    public void close() {
        Threads begun;
        synchronized (this) {
            begun = threads;
        }
        if (begun != null) {
            begun.close();
        }
    }

    /** What has ended while nobody was there is forgotten. */
    synchronized void tidy() {
        files.keepOnly(all::containsKey);
    }

    private synchronized boolean isCurrent(Checked one) {
        return all.get(one.instance.id()) == one;
    }

    private synchronized void schedule(Checked one, Duration delay) {
        if (isCurrent(one)) {
            if (threads == null) {
                threads = Threads.make();
            }
            one.next = threads.schedule(() -> check(one), delay);
        }
    }

    private void check(Checked one) {
        String id = one.instance.id();
        try {
            if (isCurrent(one) && isAtWork(id)) {
                boolean early = one.isEarly();
                Health.Result result = probe.make(one.instance, one.check);
                // What fails as the instance ends or stands still says nothing of it.
                if (result.isGood() || (!endsWith(one, result) && isAtWork(id))) {
                    settle(one, result, early);
                }
            }
        } catch (EngineException | RuntimeFailure | SystemCallException failure) {
            log.accept(id + ": health check: " + failure.getMessage());
        } finally {
            schedule(one, one.interval());
        }
    }

    private boolean isAtWork(String id) {
        return parts.containers()
                .running(id)
                .filter(it -> !it.paused())
                .map(Containers.Running::pid)
                .isPresent();
    }

    /** Whether it was the instance's end that has killed a check. The end itself is heard of a little later. */
    private synchronized boolean endsWith(Checked one, Health.Result result) {
        long begun = System.nanoTime();
        try {
            for (long left = TELLING.toMillis(); result.isCutShort() && left > 0 && isCurrent(one); ) {
                wait(left);
                left = TELLING.toMillis() - (System.nanoTime() - begun) / NANOS_A_MILLISECOND;
            }
        } catch (InterruptedException given) {
            Thread.currentThread().interrupt();
        }
        return !isCurrent(one);
    }

    private synchronized void settle(Checked one, Health.Result result, boolean early) {
        if (!isCurrent(one)) {
            return;
        }
        Health.Status before = one.health.status();
        one.health = one.health.after(result, one.check.retries().orElseThrow(), early);
        files.write(one.instance.id(), one.started(), one.health);
        if (one.health.status() != before) {
            parts.events().add(Event.ofHealth(asNamedNow(one.instance), one.health));
        }
    }

    private InstanceRecord asNamedNow(InstanceRecord instance) {
        Optional<InstanceFolder> open = parts.folders().look(instance.id());
        if (open.isEmpty()) {
            return instance;
        }
        try (InstanceFolder folder = open.get()) {
            return Parts.readable(folder).orElse(instance);
        }
    }
}
