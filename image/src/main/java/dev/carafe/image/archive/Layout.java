package dev.carafe.image.archive;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.MediaTypes;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An OCI image layout.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md">image-layout.md</a>
 */
final class Layout implements ArchivedImages {

    static final String HEADER = "oci-layout";
    static final String INDEX = "index.json";
    static final String VERSION = "1.0.0";

    /** By which an index says what an image is called: a tag, as the specification has it. */
    static final String REFERENCE_NAME = "org.opencontainers.image.ref.name";
    /** Likewise containerd and Docker, who write the whole reference. */
    static final String CONTAINERD_NAME = "io.containerd.image.name";

    private static final int HEADER_BYTES = 4096;

    private final ArchiveFiles files;
    private final List<Entry> entries;

    private Layout(ArchiveFiles files, List<Entry> entries) {
        this.files = files;
        this.entries = entries;
    }

    static Layout read(ArchiveFiles files) {
        try {
            byte[] header = content(files, HEADER, HEADER_BYTES);
            JsonCursor in = new JsonCursor(files.title() + "/" + HEADER, Json.parse(HEADER, header));
            String version = in.text("imageLayoutVersion");
            if (!version.startsWith("1.")) {
                throw in.problem("imageLayoutVersion", "\"" + version + "\" is not known here; 1.0.0 is");
            }
            Document index = Document.read(
                    files.title() + "/" + INDEX, content(files, INDEX, Document.MAX_BYTES), MediaTypes.INDEX);
            if (!(index instanceof Index list)) {
                throw new ImageException(INVALID, files.title() + "/" + INDEX + ": is no index");
            }
            return new Layout(
                    files,
                    list.manifests().stream()
                            .map(it -> new Entry(name(it.annotations()), it))
                            .toList());
        } catch (InvalidDocumentException exception) {
            throw new ImageException(INVALID, exception.getMessage(), exception);
        } catch (IOException | SystemCallException exception) {
            throw unreadable(files.title(), exception);
        }
    }

    private static Optional<String> name(Map<String, String> annotations) {
        return Optional.ofNullable(annotations.get(CONTAINERD_NAME))
                .or(() -> Optional.ofNullable(annotations.get(REFERENCE_NAME)));
    }

    private static byte[] content(ArchiveFiles files, String path, int most) throws IOException {
        return files.content(
                path,
                most,
                () -> new ImageException(
                        NOT_FOUND, files.title() + ": is no OCI image layout, as it has no file \"" + path + "\""));
    }

    static ImageException unreadable(String title, Exception exception) {
        if (exception instanceof SystemCallException failure) {
            return new ImageException(
                    failure.errno() == Errno.ENOENT ? NOT_FOUND : FAILED,
                    title + ": " + failure.errno().description(),
                    failure);
        }
        return new ImageException(FAILED, title + ": " + exception.getMessage(), exception);
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    @Override
    public Document document(Descriptor target) {
        try {
            byte[] bytes = content(files, path(target.digest()), Document.MAX_BYTES);
            if (!target.digest().matches(bytes)) {
                throw new ImageException(
                        INVALID, files.title() + "/" + path(target.digest()) + ": is not what its name says");
            }
            return Document.read(files.title() + "/" + path(target.digest()), bytes, target.mediaType());
        } catch (IOException | SystemCallException exception) {
            throw unreadable(files.title(), exception);
        }
    }

    @Override
    public InputStream open(Descriptor blob, long offset) throws IOException {
        String path = path(blob.digest());
        OptionalLong size = files.size(path);
        if (size.isEmpty()) {
            throw new IOException(files.title() + " has no file \"" + path + "\"");
        }
        if (size.getAsLong() != blob.size()) {
            throw new IOException(files.title() + "/" + path + ": has " + size.getAsLong() + " bytes and not "
                    + blob.size() + ", as its descriptor says");
        }
        return files.open(path, offset);
    }

    static String path(Digest digest) {
        return "blobs/" + digest.algorithm() + "/" + digest.hex();
    }

    @Override
    public void close() {
        try {
            files.close();
        } catch (IOException exception) {
            throw unreadable(files.title(), exception);
        }
    }
}
