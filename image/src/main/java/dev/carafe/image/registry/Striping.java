package dev.carafe.image.registry;

/**
 * How a large blob comes over several connections at once, where one alone is slower than the line may be.
 *
 * @param connections at once for a blob; 1 for none of this
 * @param bytes of each stripe; so many times {@code connections} are held in memory for a blob
 * @param enough bytes a second that one connection alone is fast enough with
 */
public record Striping(int connections, int bytes, long enough) {

    public static final Striping USUAL = new Striping(3, 4 << 20, 64 << 20);

    /** Whether so many bytes are worth it. */
    boolean suits(long size) {
        return connections > 1 && size > (long) connections * bytes;
    }
}
