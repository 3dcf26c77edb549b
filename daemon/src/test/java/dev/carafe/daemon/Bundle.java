package dev.carafe.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An OCI bundle: the {@code config.json} of Debian's {@code runc spec}, changed as a test needs it, and a busybox. */
record Bundle(Path folder) {

    static Bundle make(Path folder, Path root, String script) {
        Commands.succeed("cd \"$0\" && runc spec && cp -a \"$1\" rootfs", folder.toString(), root.toString());
        return new Bundle(folder)
                .edit(
                        ".process.terminal = false | .root.readonly = false | .process.args = [\"sh\", \"-c\", $text]",
                        script);
    }

    Path rootfs() {
        return folder.resolve("rootfs");
    }

    Path config() {
        return folder.resolve("config.json");
    }

    /** Changes the configuration by a filter of {@code jq(1)}. */
    Bundle edit(String filter) {
        return edit(filter, "");
    }

    /** Likewise, with {@code $text} in the filter. */
    Bundle edit(String filter, String text) {
        Commands.succeed(
                "cd \"$0\" && jq --arg text \"$2\" \"$1\" config.json > config.new && mv config.new config.json",
                folder.toString(),
                filter,
                text);
        return this;
    }

    /** Replaces the configuration by this text, valid or not. */
    Bundle replaceConfig(String text) {
        try {
            Files.writeString(config(), text);
            return this;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
