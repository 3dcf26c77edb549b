package dev.carafe.image.archive;

import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.layer.Compression;
import dev.carafe.image.layer.LayerLimits;
import dev.carafe.image.layer.TarIndex;
import dev.carafe.image.store.Scratch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

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
     * @param scratch for what has to be uncompressed first
     */
    static TarFiles open(Path archive, Supplier<Scratch> scratch) throws IOException {
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

    /** What a stream gives, as a file that has no name. */
    private static FileChannel replaced(FileChannel file, InputStream content, Supplier<Scratch> scratch)
            throws IOException {
        try (file;
                content) {
            Scratch made = scratch.get();
            FileChannel whole = made.file();
            try {
                content.transferTo(made.output());
                Failpoint.LOAD_UNCOMPRESSED.reach();
                return whole.position(0);
            } catch (IOException | RuntimeException exception) {
                whole.close();
                throw exception;
            }
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
        return Scratch.part(file, found.offset() + offset, found.offset() + found.size());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
