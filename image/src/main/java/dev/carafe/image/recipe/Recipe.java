package dev.carafe.image.recipe;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.carafe.image.layer.Compression;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.layer.LayerFiles;
import dev.carafe.image.layer.LayerLimits;
import dev.carafe.image.layer.TarParts;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.List;

/**
 * How a layer's blob comes of its folder, in few bytes.
 *
 * <p>Nothing here is sure of what it has found out about a blob: whoever wants to do without the blob makes it once from
 * the recipe first and compares digests.
 */
public final class Recipe {

    /** Of the blob's size, a recipe may be this part at most. */
    private static final int SHARE = 3;

    private static final int HEAD = 0;
    private static final int ARCHIVE = 1;
    private static final int TOKENS = 2;
    private static final int FRAMES = 3;

    private static final int PLAIN = 0;
    private static final int GZIP = 1;
    private static final int ZSTD = 2;

    private static final int LEVEL = 9;

    private Recipe() {}

    /** Opens a blob. */
    @FunctionalInterface
    public interface Packed {
        InputStream open() throws IOException;
    }

    /**
     * Writes a recipe.
     *
     * @param size the blob's
     * @param files what it was unpacked to
     * @param output stays open
     * @throws NoRecipeException if there is none, or none that is worth it
     * @throws IOException if something cannot be read or written
     */
    public static void write(Packed packed, long size, LayerFiles files, OutputStream output)
            throws NoRecipeException, IOException {
        try {
            SectionsWriter sections = new SectionsWriter(output, size / SHARE);
            try (DataOutputStream head = new DataOutputStream(sections.section(HEAD));
                    DataOutputStream archive = compressed(sections, ARCHIVE);
                    ArchiveAnalysis analysis = new ArchiveAnalysis(files, archive);
                    InputStream content = analyse(packed, head, sections)) {
                TarParts.read(content, LayerLimits.usual(), analysis);
                analysis.finish();
            }
            sections.finish();
        } catch (SectionsWriter.TooLargeException exception) {
            throw new NoRecipeException("what would have to be kept is more than a third of it", exception);
        } catch (UnknownFormException | EOFException exception) {
            throw new NoRecipeException("it has " + exception.getMessage(), exception);
        } catch (LayerException exception) {
            throw new NoRecipeException("it cannot be read: " + exception.getMessage(), exception);
        }
    }

    private static DataOutputStream compressed(SectionsWriter sections, int number) throws IOException {
        return new DataOutputStream(new ZstdOutputStream(sections.section(number), LEVEL));
    }

    /** The blob's content; reading it writes down how it was compressed. */
    private static InputStream analyse(Packed packed, DataOutputStream head, SectionsWriter sections)
            throws IOException {
        byte[] start;
        try (InputStream input = packed.open()) {
            start = input.readNBytes(2 * ZstdForm.SAMPLE);
        }
        Compression compression = Compression.of(start);
        return switch (compression) {
            case NONE -> {
                head.writeByte(PLAIN);
                yield packed.open();
            }
            case GZIP -> {
                head.writeByte(GZIP);
                yield gzip(packed, head, sections);
            }
            case ZSTD -> {
                head.writeByte(ZSTD);
                zstd(packed, start).write(head);
                yield compression.decompress(packed.open());
            }
            case XZ -> throw new UnknownFormException("xz data");
        };
    }

    private static InputStream gzip(Packed packed, DataOutputStream head, SectionsWriter sections) throws IOException {
        List<Manner> manners = Manner.all();
        int manner;
        try (InputStream input = packed.open()) {
            manner = Trial.choose(input, manners);
        }
        head.writeByte(manner);
        return new GzipAnalysis(
                packed.open(), manners.get(manner), sections.section(TOKENS), compressed(sections, FRAMES));
    }

    private static ZstdForm zstd(Packed packed, byte[] start) throws IOException {
        byte[] sample;
        try (InputStream content = Compression.ZSTD.decompress(packed.open())) {
            sample = content.readNBytes(ZstdForm.SAMPLE);
        }
        for (ZstdForm form : ZstdForm.of(start, sample)) {
            try (InputStream wanted = packed.open();
                    InputStream made = new ZstdSynthesis(Compression.ZSTD.decompress(packed.open()), form)) {
                if (isSame(wanted, made)) {
                    return form;
                }
            }
        }
        throw new UnknownFormException("zstd data by options that are not known");
    }

    private static boolean isSame(InputStream one, InputStream other) throws IOException {
        byte[] part = new byte[1 << 16];
        byte[] otherPart = new byte[1 << 16];
        while (true) {
            int length = one.readNBytes(part, 0, part.length);
            int otherLength = other.readNBytes(otherPart, 0, otherPart.length);
            if (!Arrays.equals(part, 0, length, otherPart, 0, otherLength)) {
                return false;
            }
            if (length == 0) {
                return true;
            }
        }
    }

    /**
     * Makes a blob.
     *
     * @param recipe stays open, and so do the files
     * @return its bytes; reading them throws {@link DamageException} if they cannot be made any more
     */
    public static InputStream open(FileChannel recipe, LayerFiles files) throws IOException {
        SectionsReader sections = new SectionsReader(recipe);
        try {
            DataInputStream head = new DataInputStream(sections.section(HEAD));
            InputStream content = new ArchiveSynthesis(files, new ZstdInputStream(sections.section(ARCHIVE)));
            return switch (head.readUnsignedByte()) {
                case PLAIN -> content;
                case GZIP ->
                    new GzipSynthesis(
                            content,
                            Manner.all().get(head.readUnsignedByte()),
                            sections.section(TOKENS),
                            new DataInputStream(new ZstdInputStream(sections.section(FRAMES))));
                case ZSTD -> new ZstdSynthesis(content, ZstdForm.read(head));
                default -> throw new EOFException("a compression that is not known");
            };
        } catch (EOFException | IndexOutOfBoundsException exception) {
            throw new DamageException(DamageException.Of.RECIPE, "its recipe is malformed", exception);
        }
    }
}
