package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.runtime.AttachOptions;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code carafe start}. */
@Command(
        name = "carafe start",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Starts instances that are there.")
final class StartCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-a", "--attach"},
            description = "Show what it writes, and end with its status.")
    boolean attach;

    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on; with -a implied.")
    boolean interactive;

    @Option(names = "--detach-keys", paramLabel = "KEYS", description = "Leave it with these keys: ctrl-p,ctrl-q.")
    @Nullable
    String keys;

    @Option(
            names = "--sig-proxy",
            paramLabel = "true|false",
            defaultValue = "true",
            arity = "0..1",
            fallbackValue = "true",
            description = "Pass signals on; true unless given.")
    boolean signals = true;

    @Mixin
    final InstanceNames names = new InstanceNames();

    StartCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        if (!attach && !interactive) {
            return names.act(invocation, instance -> instance.start(invocation.starter(), Optional.empty()));
        }
        if (names.all().size() > 1) {
            throw new UsageException(
                    "-a and -i attach to one instance, and " + names.all().size() + " are to be started");
        }
        String name = names.all().getFirst();
        Instance instance = invocation.engine().instances().find(name);
        AttachOptions options =
                new AttachOptions(interactive, true, true, signals, AttachCommand.keys(Optional.ofNullable(keys)));
        return invocation.attached(options, client -> {
            if (!instance.start(invocation.starter(), client)) {
                throw new UsageException(
                        "the instance \"" + name + "\" runs already; \"carafe attach " + name + "\" attaches to it");
            }
        });
    }
}
