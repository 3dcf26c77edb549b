package dev.carafe.image.recipe;

/**
 * Content on its way: what matches may refer to, and some that is still to come. Where it is, is an index; those change
 * by {@link #slide}.
 */
final class Window {

    /** How far ahead of a token its making may depend on content. */
    static final int AHEAD = 1024;
    /** So much may be added when there is {@link #isRoomy room}. */
    static final int STEP = 96 * 1024;

    private static final int SIZE = 512 * 1024;
    /** Long words are compared beyond the end. */
    private static final int SLACK = 8;

    final byte[] bytes = new byte[SIZE + SLACK];
    int end;
    /** Where in the content index 0 is. */
    long base;

    void clear() {
        end = 0;
        base = 0;
    }

    boolean isRoomy() {
        return SIZE - end >= STEP;
    }

    int room() {
        return SIZE - end;
    }

    /**
     * Makes room, as far as what lies behind an index is not needed.
     *
     * @return by how much indexes have become less
     */
    int slide(int at) {
        int by = Math.max(0, at - Token.FARTHEST) & -Token.FARTHEST;
        System.arraycopy(bytes, by, bytes, 0, end - by);
        end -= by;
        base += by;
        return by;
    }
}
