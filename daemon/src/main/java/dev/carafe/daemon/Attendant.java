package dev.carafe.daemon;

import dev.carafe.linux.Epoll;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Polling;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Hears all the clients who have a call on its way: one thread for them, so that a call needs no second one. */
final class Attendant {

    private static final int AT_ONCE = 16;

    private final Epoll epoll;
    private final Map<Long, OngoingCall> calls = new HashMap<>();
    private long last;

    Attendant(Kernel kernel) {
        this.epoll = kernel.polling().epoll();
    }

    void start() {
        Thread.ofPlatform().daemon().name("attendant").start(this::attend);
    }

    synchronized void add(OngoingCall call) {
        calls.put(++last, call);
        epoll.add(call.client().socket(), Polling.IN, last);
    }

    /** Afterwards the call's client is not heard any more. */
    synchronized void remove(OngoingCall call) {
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
        OngoingCall call = calls.get(token);
        if (call == null) {
            return; // it has ended meanwhile
        }
        try {
            OptionalInt signal = call.client().hear();
            if (signal.isPresent()) {
                call.signalled(signal.getAsInt());
                return;
            }
        } catch (RuntimeException nonsense) {
            // Whoever says what no client says is given up like one that has gone, and the others are heard on.
        }
        call.interrupt();
        remove(call);
    }
}
