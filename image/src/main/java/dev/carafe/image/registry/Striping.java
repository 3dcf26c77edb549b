package dev.carafe.image.registry;

/**
 * How a large blob comes over several connections at once, where one alone is slower than the line.
 *
 * @param connections at once for a blob; 1 for none of this
 * @param bytes of each stripe; so many times {@code connections} are held in memory for a blob
 */
public record Striping(int connections, int bytes) {

    public static final Striping USUAL = new Striping(3, 4 << 20);

    /** Whether so many bytes are worth it. */
    boolean suits(long size) {
        return connections > 1 && size > (long) connections * bytes;
    }
}
