package dev.carafe.image.layer;

/**
 * One file that is not as it was.
 *
 * @param path absolute, as it is to be seen in the tree
 */
public record FileChange(Kind kind, String path) {

    /** What became of it. */
    public enum Kind {
        ADDED,
        CHANGED,
        REMOVED
    }
}
