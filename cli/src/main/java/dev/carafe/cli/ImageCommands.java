package dev.carafe.cli;

import java.util.List;
import java.util.concurrent.Callable;

/** {@code carafe image}: finds the command that the next word names. */
final class ImageCommands {

    private static final int FAILURE = 1;

    private static final String USAGE = """
            Usage: carafe image COMMAND

              pull      fetch images from registries
              push      send one to a registry
              copy      from one registry to another
              list      the images that are here
              inspect   all that is known of one
              history   how its layers came about
              tag       a further name for one
              load      take images out of an archive or an OCI image layout
              save      write images to an archive or an OCI image layout
              import    make one from the archive of a root file system
              export    write one's files to an archive
              squash    make one with a single layer of another one
              rm        take names away, and what nobody needs then
              verify    find what has changed on the disk
              prune     free what no name leads to
            """;

    private ImageCommands() {}

    static Ending execute(Invocation invocation, List<String> words) {
        if (words.isEmpty() || List.of("-h", "--help", "help").contains(words.getFirst())) {
            invocation.output().print(USAGE);
            return words.isEmpty() ? Ending.FAILURE : Ending.SUCCESS;
        }
        Callable<Ending> command = switch (words.getFirst()) {
            case "list", "ls" -> new ImageListCommand(invocation);
            case "inspect" -> new ImageInspectCommand(invocation);
            case "history" -> new ImageHistoryCommand(invocation);
            case "load" -> new ImageLoadCommand(invocation);
            case "save" -> new ImageSaveCommand(invocation);
            case "verify" -> new ImageVerifyCommand(invocation);
            case "pull" -> new ImagePullCommand(invocation);
            case "push" -> new ImagePushCommand(invocation);
            case "copy" -> new ImageCopyCommand(invocation);
            case "import" -> new ImageImportCommand(invocation);
            case "export" -> new ImageExportCommand(invocation);
            case "squash" -> new ImageSquashCommand(invocation);
            case "tag" -> new ImageTagCommand(invocation);
            case "rm", "remove" -> new ImageRemoveCommand(invocation);
            case "prune" -> new ImagePruneCommand(invocation);
            default ->
                throw new UsageException(
                        "there is no command \"image " + words.getFirst() + "\"; \"carafe image --help\" lists them");
        };
        return CommandLineDoor.parsed(invocation, command, words.subList(1, words.size()), FAILURE);
    }
}
