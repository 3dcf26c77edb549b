package dev.carafe.cli;

import dev.carafe.image.registry.Credential;
import dev.carafe.image.registry.Login;
import dev.carafe.image.registry.Registries;
import dev.carafe.linux.Files;
import dev.carafe.oci.image.Reference;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe login}. */
@Command(
        name = "carafe login",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Tells a registry who you are, and keeps that where Docker and Podman find it too.")
final class LoginCommand implements Callable<Ending> {

    private static final int LONGEST = 64 << 10;

    private final Invocation invocation;

    @Option(
            names = {"-u", "--username"},
            required = true,
            paramLabel = "USER")
    String user = "";

    @Option(
            names = {"-p", "--password"},
            paramLabel = "PASSWORD",
            description = "Others of this machine can see it there; better from standard input.")
    @Nullable
    String password;

    @Option(names = "--password-stdin", description = "The password is what standard input has.")
    boolean fromInput;

    @Mixin
    RegistryAccess access = new RegistryAccess();

    @Parameters(paramLabel = "HOST[:PORT]", arity = "0..1", description = "Docker's own if there is none.")
    String host = Reference.DOCKER;

    LoginCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Credential.Password credential = new Credential.Password(user, secret());
        try (Registries registries = access.open(invocation, (at, path) -> credential)) {
            registries.check(host);
        }
        Login login = invocation.credentials().login();
        login.keep(host, credential);
        invocation.output().println("logged in to " + host + " as " + user + ", kept in " + login.file());
        return Ending.SUCCESS;
    }

    private String secret() {
        if (fromInput == (password != null)) {
            throw new UsageException("a password is needed: --password-stdin (best) or -p PASSWORD");
        }
        if (password != null) {
            return password;
        }
        Files files = invocation.kernel().files();
        String text = new String(files.readAll(invocation.request().input(), LONGEST), StandardCharsets.UTF_8);
        return text.replaceFirst("\\r?\\n$", "");
    }
}
