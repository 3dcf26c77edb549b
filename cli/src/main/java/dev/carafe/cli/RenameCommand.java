package dev.carafe.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe rename}. */
@Command(name = "carafe rename", mixinStandardHelpOptions = true, description = "Gives an instance another name.")
final class RenameCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(paramLabel = "NAME", index = "0", description = "The instance.")
    String name = "";

    @Parameters(paramLabel = "NEWNAME", index = "1", description = "Its new name.")
    String changed = "";

    RenameCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        invocation.engine().instances().find(name).rename(changed);
        return Ending.SUCCESS;
    }
}
