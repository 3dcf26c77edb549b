package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.Owners;
import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonCursor.IntegerType;
import dev.carafe.oci.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is written down of a snapshot when it is made; it does not change any more.
 *
 * @param project the number by which xfs and ext4 count what it takes
 */
record About(boolean view, Base base, Preparation how, OptionalInt project, Instant made) {

    /** The largest that is read: there may be some hundred layers. */
    static final int BYTES_MOST = 1 << 20;

    About with(int newProject) {
        return new About(view, base, how, OptionalInt.of(newProject), made);
    }

    byte[] bytes() {
        JsonWriter out = new JsonWriter("").object();
        out.putTrue("view", view);
        switch (base) {
            case Base.Nothing() -> {}
            case Base.Layers(List<Digest> chain) -> out.put("layers", chain);
            case Base.Committed(Key key) -> out.put("snapshot", key.text());
            case Base.Tree(RootFileSystem.View tree) ->
                out.object("over")
                        .put("covers", tree.covers())
                        .put("base", tree.base().toString())
                        .put("attachment", tree.attachmentPoint().toString())
                        .end();
            case Base.Tree(RootFileSystem files) -> out.put("folders", files.layers());
        }
        out.put("holder", how.holder()).put("limit", how.limit());
        how.owners().ifPresent(it -> {
            ranges(out.array("users"), it.users());
            ranges(out.array("groups"), it.groups());
        });
        project.ifPresent(it -> out.put("project", Integer.toUnsignedLong(it)));
        return out.put("made", made.toString()).end().text().getBytes(StandardCharsets.UTF_8);
    }

    private static void ranges(JsonWriter out, List<Owners.Range> ranges) {
        for (Owners.Range range : ranges) {
            out.object()
                    .put("inside", range.inside())
                    .put("outside", range.outside())
                    .put("count", range.count())
                    .end();
        }
        out.end();
    }

    /** @param file where it was read */
    static About read(Path file, byte[] bytes) {
        try {
            JsonCursor in = new JsonCursor(file.toString(), Json.parse(file.toString(), bytes));
            return new About(
                    in.flag("view"),
                    base(in),
                    new Preparation(
                            in.optionalText("holder").map(Path::of),
                            in.optionalInteger("limit", IntegerType.INT64),
                            owners(in)),
                    in.has("project")
                            ? OptionalInt.of((int) in.integer("project", IntegerType.UINT32))
                            : OptionalInt.empty(),
                    Instant.parse(in.text("made")));
        } catch (InvalidDocumentException | DateTimeException | IllegalArgumentException | ImageException exception) {
            throw new ImageException(
                    FAILED,
                    file + " is damaged: " + exception.getMessage()
                            + "; move its folder away, or remove it if nobody needs the snapshot",
                    exception);
        }
    }

    private static Base base(JsonCursor in) {
        List<String> layers = in.texts("layers");
        List<String> folders = in.texts("folders");
        Optional<String> snapshot = in.optionalText("snapshot");
        if (!layers.isEmpty()) {
            return new Base.Layers(layers.stream().map(Digest::parse).toList());
        }
        if (!folders.isEmpty()) {
            return new Base.Tree(tree(folders.stream().map(Path::of).toList()));
        }
        if (in.enter("over")) {
            return in.leave(new Base.Tree(new RootFileSystem.View(
                    in.texts("covers").stream().map(Path::of).toList(),
                    Path.of(in.text("base")),
                    Path.of(in.text("attachment")))));
        }
        return snapshot.<Base>map(it -> new Base.Committed(new Key(it))).orElseGet(Base.Nothing::new);
    }

    static RootFileSystem tree(List<Path> folders) {
        return folders.size() == 1
                ? new RootFileSystem.Directory(folders.getFirst())
                : new RootFileSystem.Overlay(folders);
    }

    private static Optional<Owners.Mapped> owners(JsonCursor in) {
        List<Owners.Range> users = ranges(in, "users");
        List<Owners.Range> groups = ranges(in, "groups");
        return users.isEmpty() ? Optional.empty() : Optional.of(new Owners.Mapped(users, groups));
    }

    private static List<Owners.Range> ranges(JsonCursor in, String name) {
        List<Owners.Range> ranges = new ArrayList<>();
        for (boolean more = in.first(name); more; more = in.next()) {
            ranges.add(new Owners.Range(
                    in.integer("inside", IntegerType.UINT32),
                    in.integer("outside", IntegerType.UINT32),
                    in.integer("count", IntegerType.INT64)));
        }
        return ranges;
    }
}
