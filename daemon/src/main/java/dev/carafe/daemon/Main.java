package dev.carafe.daemon;

import dev.carafe.cli.CommandLineDoor;
import dev.carafe.cli.Ending;
import dev.carafe.cli.Invocation;
import dev.carafe.cli.Standing;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.Client;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The one composition root: builds the program and answers a call of the command line, which the client that started
 * this JVM has put behind descriptor 3. If that asks for it, it stays as the daemon and answers others.
 */
public final class Main {

    static final int CLIENT = 3;

    private Main() {}

    public static void main(String[] arguments) {
        Kernel kernel = Kernel.host();
        Client client = Client.accept(kernel, Fd.of(kernel.calls(), CLIENT), Caller.inherited(kernel));
        if (DaemonCommands.stay(client.request())) {
            Resident.become(kernel, client);
            return;
        }
        OngoingCall call = new OngoingCall(client);
        attend(call);
        call.perform(new Invocation(kernel, Standing.ofOneCall(kernel), client), work(kernel, client));
        // Nothing of this JVM is needed any more, and its slow ways of ending are not either. The client is not closed
        // before, as the thread that attends to it would trip over that.
        Runtime.getRuntime().halt(0);
    }

    /** What answers a call that no daemon has taken on. */
    static Function<Invocation, Ending> work(Kernel kernel, Client client) {
        return DaemonCommands.concern(client.request())
                ? invocation -> DaemonCommands.execute(kernel, client, invocation)
                : CommandLineDoor::execute;
    }

    /** Hears the client out beside what is done for it. */
    static void attend(OngoingCall call) {
        Thread.ofPlatform().daemon().start(() -> {
            while (true) {
                OptionalInt signal = call.client().hear();
                if (signal.isEmpty()) {
                    call.interrupt();
                    return;
                }
                call.signalled(signal.getAsInt());
            }
        });
    }
}
