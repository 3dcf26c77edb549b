package dev.carafe.image.archive;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes images to a folder or an archive: as an OCI image layout, and in an archive also as {@code docker save} did
 * before it wrote layouts, so that old and new programs read it. First come the blobs, then {@link #finish} names the
 * images.
 */
public final class ImageWriter implements AutoCloseable {

    /** Content to be written. */
    @FunctionalInterface
    public interface Content {
        InputStream open() throws IOException;
    }

    /**
     * An image that has been written.
     *
     * @param names none for one that has only its digest
     * @param target its manifest or index
     * @param manifest what programs that know no indexes read of it
     */
    public record Saved(List<Reference> names, Descriptor target, Manifest manifest) {}

    private final ImageSink sink;
    private final String title;
    private final List<ArchivedImages.Entry> present;
    private final boolean forDocker;

    private ImageWriter(ImageSink sink, String title, List<ArchivedImages.Entry> present, boolean forDocker) {
        this.sink = sink;
        this.title = title;
        this.present = present;
        this.forDocker = forDocker;
    }

    /**
     * Writes into a folder. One that has a layout keeps its images, but for those whose names are given anew.
     *
     * @param folder absolute
     */
    public static ImageWriter layout(Kernel kernel, Path folder) {
        List<ArchivedImages.Entry> present = List.of();
        if (java.nio.file.Files.exists(folder.resolve(Layout.INDEX))) {
            try (ArchivedImages layout = ArchivedImages.layout(kernel, folder)) {
                present = layout.entries();
            }
        }
        try {
            return new ImageWriter(new FolderSink(kernel, folder), folder.toString(), present, false);
        } catch (IOException exception) {
            throw failure(folder.toString(), exception);
        }
    }

    /**
     * Writes an archive.
     *
     * @param output stays open
     * @param title what messages call it
     */
    public static ImageWriter archive(OutputStream output, String title) {
        return new ImageWriter(new TarSink(output), title, List.of(), true);
    }

    /** Writes a blob, unless it is there. */
    public void blob(Descriptor blob, Content content) {
        String path = Layout.path(blob.digest());
        if (sink.has(path)) {
            return;
        }
        try (InputStream in = content.open()) {
            sink.file(path, blob.size(), in);
        } catch (IOException | SystemCallException exception) {
            throw failure(title, exception);
        }
    }

    /** Writes what leads to the images. */
    public void finish(List<Saved> images) {
        try {
            text(Layout.HEADER, new JsonWriter("").object().put("imageLayoutVersion", Layout.VERSION));
            List<Descriptor> entries = new ArrayList<>();
            for (Saved image : images) {
                if (image.names().isEmpty()) {
                    entries.add(image.target());
                }
                image.names().forEach(name -> entries.add(named(image.target(), name)));
            }
            present.stream()
                    .filter(old -> entries.stream().noneMatch(it -> replaces(it, old)))
                    .forEach(old -> entries.add(old.target()));
            byte[] index = Index.of(MediaTypes.INDEX, entries, Map.of()).bytes();
            sink.file(Layout.INDEX, index.length, new ByteArrayInputStream(index));
            if (forDocker) {
                text(DockerArchive.MANIFEST, dockerManifest(images));
            }
        } catch (IOException | SystemCallException exception) {
            throw failure(title, exception);
        }
    }

    private static boolean replaces(Descriptor entry, ArchivedImages.Entry old) {
        return old.name().isEmpty()
                ? old.target().digest().equals(entry.digest())
                : entry.annotations().containsValue(old.name().get());
    }

    private static Descriptor named(Descriptor target, Reference name) {
        Map<String, String> annotations = new LinkedHashMap<>(target.annotations());
        annotations.put(Layout.CONTAINERD_NAME, name.toString());
        name.tag().ifPresent(tag -> annotations.put(Layout.REFERENCE_NAME, tag));
        return target.with(annotations);
    }

    private static JsonWriter dockerManifest(List<Saved> images) {
        JsonWriter json = new JsonWriter("").array();
        for (Saved image : images) {
            if (image.manifest().isImage()) {
                json.object()
                        .put("Config", Layout.path(image.manifest().config().digest()))
                        .put(
                                "RepoTags",
                                image.names().stream()
                                        .filter(name -> name.tag().isPresent())
                                        .map(Reference::familiar)
                                        .toList())
                        .put(
                                "Layers",
                                image.manifest().layers().stream()
                                        .map(layer -> Layout.path(layer.digest()))
                                        .toList())
                        .end();
            }
        }
        return json;
    }

    private void text(String path, JsonWriter json) throws IOException {
        byte[] bytes = json.end().text().getBytes(StandardCharsets.UTF_8);
        sink.file(path, bytes.length, new ByteArrayInputStream(bytes));
    }

    private static ImageException failure(String title, Exception exception) {
        return ImageException.notGiven(title, exception);
    }

    /** A document as content. */
    public static Content of(Document document) {
        return () -> new ByteArrayInputStream(document.bytes());
    }

    @Override
    public void close() {
        try {
            sink.close();
        } catch (IOException | SystemCallException exception) {
            throw failure(title, exception);
        }
    }
}
