package dev.carafe.cli;

import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code carafe image}: finds the command that the next word names. */
final class ImageCommands {

    static final CommandGroup GROUP = new CommandGroup("image", () -> ImageCommands.USAGE, ImageCommands::find);

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

    private static Optional<Callable<Ending>> find(Invocation invocation, String word) {
        return switch (word) {
            case "list", "ls" -> Optional.of(new ImageListCommand(invocation));
            case "inspect" -> Optional.of(new ImageInspectCommand(invocation));
            case "history" -> Optional.of(new ImageHistoryCommand(invocation));
            case "load" -> Optional.of(new ImageLoadCommand(invocation));
            case "save" -> Optional.of(new ImageSaveCommand(invocation));
            case "verify" -> Optional.of(new ImageVerifyCommand(invocation));
            case "pull" -> Optional.of(new ImagePullCommand(invocation));
            case "push" -> Optional.of(new ImagePushCommand(invocation));
            case "copy" -> Optional.of(new ImageCopyCommand(invocation));
            case "import" -> Optional.of(new ImageImportCommand(invocation));
            case "export" -> Optional.of(new ImageExportCommand(invocation));
            case "squash" -> Optional.of(new ImageSquashCommand(invocation));
            case "tag" -> Optional.of(new ImageTagCommand(invocation));
            case "rm", "remove" -> Optional.of(new ImageRemoveCommand(invocation));
            case "prune" -> Optional.of(new ImagePruneCommand(invocation));
            default -> Optional.empty();
        };
    }
}
