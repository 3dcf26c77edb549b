package dev.carafe.image.archive;

import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.hash.Hashes;
import dev.carafe.image.layer.Compression;
import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code docker save} writes: {@code manifest.json}, which names for each image a configuration and layers that lie
 * beside it. It has no manifest as registries have them, so that one is made here.
 */
final class DockerArchive implements ArchivedImages {

    static final String MANIFEST = "manifest.json";
    private static final int BUFFER = 1 << 20;

    private final ArchiveFiles files;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Digest, Manifest> manifests = new HashMap<>();
    private final Map<Digest, String> blobs = new HashMap<>();

    private DockerArchive(ArchiveFiles files) {
        this.files = files;
    }

    static DockerArchive read(ArchiveFiles files) throws IOException {
        DockerArchive archive = new DockerArchive(files);
        try {
            archive.read();
            return archive;
        } catch (InvalidDocumentException exception) {
            throw new ImageException(INVALID, exception.getMessage(), exception);
        }
    }

    private void read() throws IOException {
        OptionalLong size = files.size(MANIFEST);
        if (size.isEmpty()) {
            throw new ImageException(
                    NOT_FOUND,
                    files.title() + ": is no archive of images: it has neither " + Layout.HEADER + " and "
                            + Layout.INDEX + ", as an OCI image layout has, nor " + MANIFEST
                            + ", which docker save writes");
        }
        String name = files.title() + "/" + MANIFEST;
        // In an object, as the cursor goes from member to member.
        JsonCursor in = new JsonCursor(
                name, new Json.JsonObject(Map.of("images", Json.parse(name, content(MANIFEST, Document.MAX_BYTES)))));
        for (boolean more = in.first("images"); more; more = in.next()) {
            Manifest manifest = manifest(in.text("Config"), in.texts("Layers"));
            manifests.put(manifest.digest(), manifest);
            List<String> tags = in.texts("RepoTags");
            if (tags.isEmpty()) {
                entries.add(new Entry(Optional.empty(), manifest.descriptor()));
            }
            tags.forEach(tag -> entries.add(new Entry(Optional.of(tag), manifest.descriptor())));
        }
    }

    private Manifest manifest(String configPath, List<String> layerPaths) throws IOException {
        byte[] bytes = content(configPath, ImageConfig.MAX_BYTES);
        ImageConfig config = ImageConfig.read(files.title() + "/" + configPath, bytes);
        if (config.layers().size() != layerPaths.size()) {
            throw new ImageException(
                    INVALID,
                    files.title() + "/" + MANIFEST + ": names " + layerPaths.size() + " layers and " + configPath + " "
                            + config.layers().size());
        }
        Descriptor described = Descriptor.of(MediaTypes.CONFIG, bytes);
        blobs.put(described.digest(), configPath);
        List<Descriptor> layers = new ArrayList<>();
        for (int i = 0; i < layerPaths.size(); i++) {
            layers.add(layer(layerPaths.get(i), config.layers().get(i)));
        }
        return Manifest.of(MediaTypes.MANIFEST, described, layers, Map.of());
    }

    private Descriptor layer(String path, Digest diff) throws IOException {
        long size = files.size(path)
                .orElseThrow(() -> new ImageException(
                        INVALID, files.title() + ": has no file \"" + path + "\", which its " + MANIFEST + " names"));
        Compression compression;
        try (InputStream in = files.open(path, 0)) {
            compression = Compression.of(in.readNBytes(Compression.MAGIC_BYTES));
        }
        Descriptor layer = switch (compression) {
            // What it hashes to is checked when it is read.
            case NONE -> Descriptor.of(MediaTypes.LAYER, diff, size);
            case GZIP -> Descriptor.of(MediaTypes.LAYER_GZIP, hash(path), size);
            case ZSTD -> Descriptor.of(MediaTypes.LAYER_ZSTD, hash(path), size);
            default ->
                throw new ImageException(INVALID, files.title() + "/" + path + ": is compressed as no layer may be");
        };
        blobs.put(layer.digest(), path);
        return layer;
    }

    private Digest hash(String path) throws IOException {
        MessageDigest hash = Hashes.begin(Digest.Algorithm.SHA256);
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = files.open(path, 0)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                hash.update(buffer, 0, count);
            }
        }
        return Digest.Algorithm.SHA256.end(hash);
    }

    private byte[] content(String path, int most) throws IOException {
        return files.content(
                path, most, () -> new ImageException(INVALID, files.title() + ": has no file \"" + path + "\""));
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    @Override
    public Document document(Descriptor target) {
        Manifest manifest = manifests.get(target.digest());
        if (manifest == null) {
            throw new ImageException(NOT_FOUND, files.title() + ": has no manifest " + target.digest());
        }
        return manifest;
    }

    @Override
    public InputStream open(Descriptor blob, long offset) throws IOException {
        String path = blobs.get(blob.digest());
        if (path == null) {
            throw new IOException(files.title() + " has no content " + blob.digest());
        }
        return files.open(path, offset);
    }

    @Override
    public void close() {
        try {
            files.close();
        } catch (IOException exception) {
            throw Layout.unreadable(files.title(), exception);
        }
    }
}
