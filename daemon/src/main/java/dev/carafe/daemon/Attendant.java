package dev.carafe.daemon;

import dev.carafe.linux.Epoll;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Polling;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.RuntimeFailure;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Hears all the clients who have a call on its way: one thread for them, so that a call needs no second one. */
final class Attendant {

    private static final int AT_ONCE = 16;

    private final Epoll epoll;
    private final Map<Long, Call> calls = new HashMap<>();
    private long last;

    Attendant(Kernel kernel) {
        this.epoll = kernel.polling().epoll();
    }

    void start() {
        Thread.ofPlatform().daemon().name("attendant").start(this::attend);
    }

    synchronized void add(Call call) {
        calls.put(++last, call);
        epoll.add(call.client().socket(), Polling.IN, last);
    }

    /** Afterwards the call's client is not heard any more. */
    synchronized void remove(Call call) {
        if (calls.values().remove(call)) {
            epoll.remove(call.client().socket());
        }
    }

    private void attend() {
        while (true) {
            for (Epoll.Ready ready : epoll.await(AT_ONCE, Polling.FOREVER)) {
                hear(ready.token());
            }
        }
    }

    private synchronized void hear(long token) {
        Call call = calls.get(token);
        if (call == null) {
            return; // it has ended meanwhile
        }
        OptionalInt signal;
        try {
            signal = call.client().hear();
        } catch (RuntimeFailure | SystemCallException nonsense) {
            signal = OptionalInt.empty();
        }
        if (signal.isPresent()) {
            call.signalled(signal.getAsInt());
        } else {
            call.interrupt();
            remove(call);
        }
    }
}
