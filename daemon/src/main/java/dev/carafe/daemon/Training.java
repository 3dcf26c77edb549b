package dev.carafe.daemon;

import dev.carafe.cli.Invocation;
import dev.carafe.cli.Standing;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.Client;
import java.util.List;

/**
 * What the ahead-of-time cache is made from: answers several calls of the command line, as {@link Main} answers one, so
 * that Java sees in one run what the usual ones take. {@code support/build.sh} is the only caller; the calls stand in the
 * arguments with {@code ,} between them.
 */
public final class Training {

    private static final String NEXT = ",";

    private Training() {}

    public static void main(String[] arguments) {
        Kernel kernel = Kernel.host();
        Client client = Client.accept(kernel, Fd.of(kernel.calls(), Main.CLIENT), Caller.inherited(kernel));
        Main.attend(new OngoingCall(client));
        List<String> words = client.request().arguments();
        for (int start = 1; start < words.size(); ) {
            int next = words.subList(start, words.size()).indexOf(NEXT);
            int end = next < 0 ? words.size() : start + next;
            Client asking = client.asking(words.subList(start - 1, end));
            OngoingCall.answer(new Invocation(kernel, Standing.ofOneCall(kernel), asking), Main.work(kernel, asking));
            start = end + 1;
        }
        client.exit(0);
        Runtime.getRuntime().halt(0);
    }
}
