package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Instance;
import dev.carafe.engine.Instances;
import dev.carafe.engine.Status;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe prune}. */
@Command(
        name = "carafe prune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Removes all instances that do not run and are not to be started again; prints their names.")
final class PruneCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = "--filter",
            paramLabel = "KEY=VALUE",
            description = "Only those of which it is true: until (older than that), label.")
    List<String> filters = List.of();

    @Option(
            names = {"-f", "--force"},
            description = "Taken, as docker has it; nobody is asked in any case.")
    boolean unused;

    PruneCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        prune(invocation, filters);
        return Ending.SUCCESS;
    }

    /** Removes them, and prints the name of each. One that is started meanwhile stays. */
    static void prune(Invocation invocation, List<String> filters) {
        Instances instances = invocation.engine().instances();
        for (Instance.View instance : instances.list()) {
            Status status = instance.state().status();
            boolean idle = status == Status.CREATED || status == Status.STOPPED;
            if (!idle || !filters.stream().allMatch(filter -> is(instance, filter))) {
                continue;
            }
            try {
                instances.find(instance.id()).remove(false, false);
                invocation.output().println(instance.name());
            } catch (EngineException meanwhile) {
                if (meanwhile.kind() != EngineException.Kind.CONFLICT
                        && meanwhile.kind() != EngineException.Kind.NOT_FOUND) {
                    throw meanwhile;
                }
            }
        }
    }

    private static boolean is(Instance.View instance, String filter) {
        int equals = filter.indexOf('=');
        String value = filter.substring(equals + 1);
        return switch (equals < 0 ? "" : filter.substring(0, equals)) {
            case "until" -> instance.created().isBefore(Times.parse("--filter until", value, Instant.now()));
            case "label" -> Labels.match(instance.labels(), value);
            default -> throw new UsageException("--filter " + filter + ": KEY=VALUE, with a key of until, label");
        };
    }
}
