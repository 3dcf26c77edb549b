package dev.carafe.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where the files of a tar archive lie in it, for who wants to read some of them. Of those of the same name the last one
 * counts.
 *
 * @param members by their names, without a {@code ./} at the beginning
 */
public record TarIndex(Map<String, Member> members) {

    /** A file, or a link to one. */
    public sealed interface Member {}

    /**
     * A file.
     *
     * @param offset of its first byte in the archive
     */
    public record File(long offset, long size) implements Member {}

    /**
     * A link.
     *
     * @param target as it is written
     * @param hard whether that is from the top of the archive and not from where the link is
     */
    public record Link(String target, boolean hard) implements Member {}

    public TarIndex {
        members = Map.copyOf(members);
    }

    /**
     * Reads an archive to its end.
     *
     * @param tar not compressed
     * @throws LayerException if it is malformed, or beyond the limits
     */
    public static TarIndex read(InputStream tar, LayerLimits limits) throws IOException {
        TarReader reader = new TarReader(Chunks.of(tar), limits);
        Map<String, Member> members = new HashMap<>();
        for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
            TarEntry entry = next.get();
            String name = entry.name().startsWith("./") ? entry.name().substring(2) : entry.name();
            switch (entry.type()) {
                case FILE -> {
                    if (!entry.isSparse()) {
                        members.put(name, new File(reader.position(), entry.size()));
                    }
                }
                case SYMBOLIC_LINK -> members.put(name, new Link(entry.target(), false));
                case HARD_LINK -> members.put(name, new Link(entry.target(), true));
                default -> members.remove(name);
            }
        }
        return new TarIndex(members);
    }
}
