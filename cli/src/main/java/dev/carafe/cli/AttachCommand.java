package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.linux.Fd;
import dev.carafe.runtime.AttachOptions;
import dev.carafe.runtime.DetachKeys;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe attach}. */
@Command(
        name = "carafe attach",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Shows what an instance writes from now on, passes input on, and ends with its status.")
final class AttachCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--detach-keys", paramLabel = "KEYS", description = "Leave it with these keys: ctrl-p,ctrl-q.")
    @Nullable
    String keys;

    @Option(names = "--no-stdin", description = "Keep standard input.")
    boolean noInput;

    @Option(
            names = "--sig-proxy",
            paramLabel = "true|false",
            defaultValue = "true",
            arity = "0..1",
            fallbackValue = "true",
            description = "Pass signals on; true unless given.")
    boolean signals = true;

    @Parameters(paramLabel = "NAME", description = "The instance.")
    String name = "";

    AttachCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Instance instance = invocation.engine().instances().find(name);
        try (Fd monitor = instance.attach()) {
            return invocation.attached(
                    monitor, new AttachOptions(!noInput, true, true, signals, keys(Optional.ofNullable(keys))));
        }
    }

    /** The keys that are asked for, or the usual ones. */
    static DetachKeys keys(Optional<String> asked) {
        try {
            return asked.map(DetachKeys::parse).orElse(DetachKeys.USUAL);
        } catch (IllegalArgumentException none) {
            throw new UsageException("--detach-keys " + none.getMessage());
        }
    }
}
