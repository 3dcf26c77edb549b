package dev.carafe.image.recipe;

import static dev.carafe.image.recipe.DamageException.Of.FOLDER;
import static dev.carafe.image.recipe.DamageException.Of.RECIPE;

import dev.carafe.image.layer.LayerFiles;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileNames;
import dev.carafe.linux.SystemCallException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** An archive, put together from what {@link ArchiveAnalysis} wrote down and from the folder. */
final class ArchiveSynthesis extends InputStream {

    private static final int PART = 256 * 1024;

    private final LayerFiles files;
    private final DataInputStream recipe;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment read = arena.allocate(PART);
    private final byte[] part = new byte[PART];
    private int at;
    private int end;
    private final CRC32C sum = new CRC32C();
    private int wantedSum;
    private String name = "";
    /** Open while something is copied from it. */
    private @Nullable Fd file;

    private long offset;
    /** Of what is being copied. */
    private long left;

    private boolean ended;

    /** @param recipe is closed with this */
    ArchiveSynthesis(LayerFiles files, InputStream recipe) {
        this.files = files;
        this.recipe = new DataInputStream(recipe);
    }

    @Override
    public int read() throws IOException {
        return at < end || more() ? part[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int start, int most) throws IOException {
        if (most == 0) {
            return 0;
        }
        if (at == end && !more()) {
            return -1;
        }
        int count = Math.min(most, end - at);
        System.arraycopy(part, at, bytes, start, count);
        at += count;
        return count;
    }

    private boolean more() throws IOException {
        try {
            while (at == end && !ended) {
                if (left > 0) {
                    copy();
                } else {
                    begin();
                }
            }
            return at < end;
        } catch (SystemCallException exception) {
            throw new DamageException(FOLDER, quoted() + " cannot be read: " + exception.getMessage(), exception);
        } catch (EOFException exception) {
            throw new DamageException(RECIPE, "its recipe ends too soon", exception);
        }
    }

    private void begin() throws IOException {
        long number = readNumber();
        if (number == 0) {
            ended = true;
        } else if ((number & 1) == 0) {
            if (number / 2 > PART) {
                throw new DamageException(RECIPE, "its recipe is malformed");
            }
            recipe.readFully(part, 0, (int) (number / 2));
            at = 0;
            end = (int) (number / 2);
        } else {
            left = number >>> 1;
            byte[] bytes = recipe.readNBytes((int) Math.min(readNumber(), PART));
            name = FileNames.text(bytes);
            offset = readNumber();
            wantedSum = recipe.readInt();
            sum.reset();
            Optional<Fd> opened = files.open(name);
            file = opened.orElseThrow(() -> new DamageException(FOLDER, quoted() + " is not there any more"));
        }
    }

    private void copy() throws IOException {
        Fd open = file;
        int count = open == null
                ? 0
                : (int) files.kernel().files().readAt(open, offset, read.asSlice(0, Math.min(left, PART)));
        if (open == null || count <= 0) {
            throw new DamageException(FOLDER, quoted() + " is shorter than it was");
        }
        MemorySegment.copy(read, ValueLayout.JAVA_BYTE, 0, part, 0, count);
        at = 0;
        end = count;
        offset += count;
        left -= count;
        sum.update(part, 0, count);
        if (left == 0) {
            open.close();
            file = null;
            if ((int) sum.getValue() != wantedSum) {
                at = end;
                throw new DamageException(FOLDER, quoted() + " has changed");
            }
        }
    }

    private String quoted() {
        return "\"" + name + "\" in the layer's folder";
    }

    private long readNumber() throws IOException {
        long number = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int value = recipe.readUnsignedByte();
            number |= (long) (value & 0x7f) << shift;
            if (value < 0x80) {
                return number;
            }
        }
        throw new DamageException(RECIPE, "its recipe is malformed");
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
        recipe.close();
    }
}
