package dev.carafe.cli;

import dev.carafe.oci.image.Reference;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe logout}. */
@Command(name = "carafe logout", mixinStandardHelpOptions = true, description = "Forgets who you are at a registry.")
final class LogoutCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(paramLabel = "HOST[:PORT]", arity = "0..1", description = "Docker's own if there is none.")
    String host = Reference.DOCKER;

    LogoutCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        boolean kept = invocation.credentials().login().forget(host);
        invocation.output().println((kept ? "logged out of " : "was not logged in to ") + host);
        return Ending.SUCCESS;
    }
}
