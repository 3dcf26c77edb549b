package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.hash.Hashes;
import dev.carafe.image.layer.Compression;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Scratch;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Makes an image of one layer from the archive of a root file system. */
final class Import {

    private static final int BUFFER = 1 << 20;

    private final Kernel kernel;
    private final Store store;

    Import(Kernel kernel, Store store) {
        this.kernel = kernel;
        this.store = store;
    }

    /** The archive as it will be a layer. */
    private record Packed(FileChannel file, Descriptor layer, Digest diff) {}

    /**
     * Makes it.
     *
     * @param title what messages call the archive
     * @param tar compressed in any way that is known, or not; read to its end
     */
    Manifest image(String title, InputStream tar, Reference name, ImageConfig.Execution execution, Platform platform) {
        try (Lease lease = store.lease();
                Scratch scratch = store.scratch()) {
            Failpoint.IMPORT_BEGUN.reach();
            Packed packed = pack(tar, scratch);
            Failpoint.IMPORT_PACKED.reach();
            byte[] config = config(packed.diff(), execution, platform);
            Descriptor described = Descriptor.of(MediaTypes.CONFIG, config);
            Manifest manifest = Manifest.of(MediaTypes.MANIFEST, described, List.of(packed.layer()), Map.of());
            new Fetch(kernel, store, lease, new Made(packed, config), Watcher.NONE).one(title, manifest, platform);
            Failpoint.IMPORT_FETCHED.reach();
            store.name(name.toString(), manifest.descriptor());
            return manifest;
        } catch (LayerException exception) {
            throw new ImageException(INVALID, title + ": " + exception.getMessage(), exception);
        } catch (IOException exception) {
            throw new ImageException(FAILED, title + ": " + exception.getMessage(), exception);
        }
    }

    /** What registries take is kept as it is; the rest is compressed anew. */
    private static Packed pack(InputStream tar, Scratch scratch) throws IOException {
        try (InputStream in = new java.io.BufferedInputStream(tar, BUFFER)) {
            in.mark(Compression.MAGIC_BYTES);
            Compression compression = Compression.of(in.readNBytes(Compression.MAGIC_BYTES));
            in.reset();
            MessageDigest diff = Hashes.begin(Digest.Algorithm.SHA256);
            MessageDigest packed = Hashes.begin(Digest.Algorithm.SHA256);
            String type = compression == Compression.ZSTD ? MediaTypes.LAYER_ZSTD : MediaTypes.LAYER_GZIP;
            boolean kept = compression == Compression.GZIP || compression == Compression.ZSTD;
            try (OutputStream out =
                    new BufferedOutputStream(new DigestOutputStream(scratch.output(), packed), BUFFER)) {
                if (kept) {
                    InputStream copied = new Copying(in, out);
                    try (InputStream content = new DigestInputStream(compression.decompress(copied), diff)) {
                        content.transferTo(OutputStream.nullOutputStream());
                        copied.transferTo(OutputStream.nullOutputStream());
                    }
                } else {
                    try (OutputStream compressed = Compression.GZIP.compress(out);
                            InputStream content = new DigestInputStream(compression.decompress(in), diff)) {
                        content.transferTo(compressed);
                    }
                }
            }
            return new Packed(
                    scratch.file(),
                    Descriptor.of(
                            type,
                            Digest.Algorithm.SHA256.end(packed),
                            scratch.file().size()),
                    Digest.Algorithm.SHA256.end(diff));
        }
    }

    /** Gives what it reads to somebody else as well. */
    private static final class Copying extends InputStream {

        private final InputStream in;
        private final OutputStream copy;

        private Copying(InputStream in, OutputStream copy) {
            this.in = in;
            this.copy = copy;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = in.read(buffer, offset, length);
            if (count > 0) {
                copy.write(buffer, offset, count);
            }
            return count;
        }
    }

    /** What has just been made, as if it came from somewhere. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Made(Packed packed, byte[] config) implements Origin {

        @Override
        public Document document(Descriptor target) {
            throw new IllegalStateException("there is one manifest, and it is at hand");
        }

        @Override
        public InputStream open(Descriptor blob, long offset) {
            return blob.digest().equals(packed.layer().digest())
                    ? Scratch.part(packed.file(), offset, blob.size())
                    : new ByteArrayInputStream(config, (int) offset, config.length - (int) offset);
        }
    }

    private static byte[] config(Digest diff, ImageConfig.Execution execution, Platform platform) {
        String now = Instant.now().toString();
        JsonWriter json = new JsonWriter("").object();
        json.put("created", now)
                .put("architecture", platform.architecture())
                .put("os", platform.os())
                .put("variant", platform.variant());
        execution.write(json.object("config"));
        json.end();
        json.object("rootfs")
                .put("type", "layers")
                .put("diff_ids", List.of(diff.toString()))
                .end();
        json.array("history")
                .object()
                .put("created", now)
                .put("created_by", "carafe image import")
                .end()
                .end();
        return json.end().text().getBytes(StandardCharsets.UTF_8);
    }
}
