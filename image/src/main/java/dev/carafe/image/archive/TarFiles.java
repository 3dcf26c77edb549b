package dev.carafe.image.archive;

import dev.carafe.image.layer.Compression;
import dev.carafe.image.layer.LayerLimits;
import dev.carafe.image.layer.TarIndex;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.OptionalLong;

/** The files of a tar archive. Links in it lead to others of its files, as older Docker writes them. */
final class TarFiles implements ArchiveFiles {

    private static final int LINKS_MOST = 8;

    private final String title;
    private final FileChannel file;
    private final TarIndex index;

    private TarFiles(String title, FileChannel file, TarIndex index) {
        this.title = title;
        this.file = file;
        this.index = index;
    }

    /**
     * Opens an archive, compressed or not.
     *
     * @param scratch a folder for what has to be uncompressed first; nothing stays there
     */
    static TarFiles open(Path archive, Path scratch) throws IOException {
        FileChannel file = FileChannel.open(archive);
        try {
            if (!Files.isRegularFile(archive)) {
                file = replaced(file, Channels.newInputStream(file), scratch); // a pipe, which cannot be gone back in
            }
            byte[] start = Channels.newInputStream(file).readNBytes(Compression.MAGIC_BYTES);
            file.position(0);
            Compression compression = Compression.of(start);
            if (compression != Compression.NONE) {
                file = replaced(file, compression.decompress(Channels.newInputStream(file)), scratch);
            }
            // An archive of images is no layer: what is in it is bounded when it is used.
            TarIndex index = TarIndex.read(
                    Channels.newInputStream(file), LayerLimits.usual().withBytes(Long.MAX_VALUE));
            return new TarFiles(archive.toString(), file, index);
        } catch (IOException | RuntimeException exception) {
            file.close();
            throw exception;
        }
    }

    /** What a stream gives, as a file that has no name any more. */
    private static FileChannel replaced(FileChannel file, InputStream content, Path scratch) throws IOException {
        Path whole = Files.createTempFile(scratch, "archive-", ".tar");
        try (file;
                content) {
            Files.copy(content, whole, StandardCopyOption.REPLACE_EXISTING);
            return FileChannel.open(whole);
        } finally {
            Files.delete(whole);
        }
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public OptionalLong size(String path) {
        return find(path).map(it -> OptionalLong.of(it.size())).orElse(OptionalLong.empty());
    }

    private Optional<TarIndex.File> find(String path) {
        String name = path;
        for (int links = 0; links < LINKS_MOST; links++) {
            switch (index.members().get(name)) {
                case null -> {
                    return Optional.empty();
                }
                case TarIndex.File found -> {
                    return Optional.of(found);
                }
                case TarIndex.Link(String target, boolean hard) -> {
                    Path from = hard ? Path.of("") : Path.of("/" + name).getParent();
                    Path to = from == null
                            ? Path.of(target)
                            : from.resolve(target).normalize();
                    name = to.toString().replaceFirst("^/", "");
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public InputStream open(String path, long offset) throws IOException {
        TarIndex.File found = find(path).orElseThrow(() -> new IOException(title + " has no file \"" + path + "\""));
        return new Part(file, found.offset() + offset, found.offset() + found.size());
    }

    /** Some of a file that others read as well. */
    private static final class Part extends InputStream {

        private final FileChannel file;
        private final long end;
        private long position;

        private Part(FileChannel file, long start, long end) {
            this.file = file;
            this.position = start;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (position == end) {
                return -1;
            }
            int most = (int) Math.min(length, end - position);
            int count = file.read(java.nio.ByteBuffer.wrap(buffer, offset, most), position);
            position += Math.max(0, count);
            return count;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
