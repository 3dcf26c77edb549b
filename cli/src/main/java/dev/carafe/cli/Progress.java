package dev.carafe.cli;

import picocli.CommandLine.Option;

/** The option of all commands that move layers. */
final class Progress {

    @Option(names = "--progress", paramLabel = "HOW", defaultValue = "auto", description = "auto, plain, json or none.")
    String how = "auto";

    TransferView view(Invocation invocation) {
        return invocation.transferView(how);
    }
}
