package dev.carafe.image.recipe;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Programs that look up two tables, by four and by seven bytes, and go on faster the longer they find nothing:
 * klauspost's {@code compress/flate} at its usual level, by which podman, skopeo and buildah compress.
 *
 * <p>They find a match first and look back then how much earlier it begins. So what comes next may depend on what is
 * found some bytes later: a plan is made, and given up when what comes is otherwise.
 *
 * @see <a href="https://blog.klauspost.com/rebalancing-deflate-compression-levels/">what its levels do</a>
 */
final class TablePredictor implements Predictor {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, LITTLE_ENDIAN);

    private static final int BITS = 15;
    /** So much is compressed at a time. */
    private static final int PIECE = 65535;
    /** At the end of a piece no matches are looked for. */
    private static final int MARGIN = 11;

    private static final int SMALLEST_PIECE = 13;
    private static final int FOUR = 0x9e3779b1;
    private static final long SEVEN = 58295818150454627L;
    /** A plan is made for so much ahead at most. */
    private static final int AHEAD = 512;

    private static final int NOWHERE = -4 * Token.FARTHEST;
    /** A match is not looked for beyond its end from this length on. */
    private static final int ENOUGH = 30;

    private static final int SKIPPED = 2;
    private static final int STEP = 3;
    private static final int LONG_AGO = Token.FARTHEST / 2;

    private final byte[] bytes;
    private final int[] fours = new int[1 << BITS];
    private final int[] sevens = new int[1 << BITS];
    private final int[] earlierSevens = new int[1 << BITS];

    private int pieceEnd;
    /** The place that is to be looked at next, and the end of the match before. */
    private int next;

    private int emitted;
    /** A match that is going to be taken; none if its length is 0. */
    private int planned;

    private int plannedFrom;
    private int plannedLength;
    /** How long it is in all, and how far the search had come when it was found. */
    private int wholeLength;

    private int searched;

    /** Where the next token begins, and what may be looked at ends. */
    private int present;

    private int visible;

    TablePredictor(Window window) {
        bytes = window.bytes;
        reset();
    }

    @Override
    public void reset() {
        Arrays.fill(fours, NOWHERE);
        Arrays.fill(sevens, NOWHERE);
        Arrays.fill(earlierSevens, NOWHERE);
        beginPiece(0);
    }

    private void beginPiece(int at) {
        pieceEnd = at + PIECE;
        next = at;
        emitted = at;
        plannedLength = 0;
    }

    @Override
    public void slide(int by) {
        for (int[] table : new int[][] {fours, sevens, earlierSevens}) {
            for (int i = 0; i < table.length; i++) {
                table[i] = Math.max(NOWHERE, table[i] - by);
            }
        }
        pieceEnd -= by;
        next -= by;
        emitted -= by;
        planned -= by;
        plannedFrom -= by;
        searched -= by;
        visible -= by;
        present -= by;
    }

    @Override
    public void end(int at) {
        beginPiece(at);
    }

    @Override
    public void pass(int at) {
        beginPiece(at);
    }

    @Override
    public int predict(int at, int end) {
        if (at >= pieceEnd) {
            beginPiece(at);
        }
        visible = end;
        present = at;
        int until = Math.min(end, pieceEnd);
        if (plannedLength == 0) {
            plan(at, until);
        }
        if (plannedLength == 0 || at < planned) {
            return Token.LITERAL;
        }
        // What could not be seen when it was planned can be now.
        int longer = same(plannedFrom + plannedLength, planned + plannedLength, until);
        plannedLength += longer;
        wholeLength += longer;
        return Token.match(part(plannedLength), planned - plannedFrom);
    }

    /** How much of a match goes into one token: what is left has to be long enough for another. */
    private static int part(int length) {
        if (length <= Token.LONGEST) {
            return length;
        }
        return length > Token.LONGEST + Token.SHORTEST ? Token.LONGEST : Token.LONGEST - Token.SHORTEST;
    }

    @Override
    public void accept(int at, int token) {
        if (!Token.isMatch(token)) {
            if (plannedLength > 0 && at >= planned) {
                plannedLength = 0;
            }
            next = Math.max(next, at + 1);
            return;
        }
        int length = Token.length(token);
        boolean isPlanned = plannedLength > 0
                && at == planned
                && Token.distance(token) == planned - plannedFrom
                && length == part(plannedLength);
        if (!isPlanned) {
            finish(at + length, length, next);
        } else if (length == plannedLength) {
            finish(at + length, wholeLength, searched);
        } else {
            planned += length;
            plannedFrom += length;
            plannedLength -= length;
        }
    }

    /** After a match, puts some of the places in it into the tables. */
    private void finish(int end, int length, int searchedUpTo) {
        plannedLength = 0;
        emitted = end;
        int at = searchedUpTo >= end ? searchedUpTo + 1 : end;
        next = at;
        if (at >= limit() || at > visible - Long.BYTES) {
            next = pieceEnd;
            return;
        }
        int place = at - length + 1;
        if (length > LONG_AGO) {
            // What lies so far back may have left the window.
            place += 4;
            place += (length - LONG_AGO) / STEP * STEP;
            keepEveryThird(place, at);
        } else if (place < at - 1) {
            long word = word(place);
            fours[four(word)] = place;
            keepSeven(word, place);
            keepSeven(word >>> 8, place + 1);
            fours[four(word >>> 16)] = place + 2;
            keepEveryThird(place + 4, at);
        }
        long last = word(at - 1);
        fours[four(last)] = at - 1;
        keepSeven(last, at - 1);
    }

    private void keepEveryThird(int from, int at) {
        for (int place = from; place < at - 1; place += STEP) {
            long word = word(place);
            keepSeven(word, place);
            fours[four(word >>> 8)] = place + 1;
        }
    }

    private int limit() {
        return pieceEnd - MARGIN;
    }

    /** Looks for the next match, as far as that can be told by now. */
    private void plan(int from, int until) {
        // All that is to be seen is the piece's end, if that is nearer than what may be looked at.
        int limit = Math.min(limit(), until - MARGIN);
        if (until - from < SMALLEST_PIECE && from == emitted) {
            return;
        }
        int far = from + AHEAD;
        while (next <= far) {
            int at = next;
            int after = at + 1 + ((at - emitted) >> 6);
            if (after > limit) {
                return;
            }
            next = after;
            if (find(at, after, until)) {
                return;
            }
        }
    }

    private boolean find(int at, int after, int until) {
        long word = word(at);
        int four = four(word);
        int seven = seven(word);
        int nearFour = fours[four];
        int nearSeven = sevens[seven];
        int farSeven = earlierSevens[seven];
        fours[four] = at;
        keepSeven(word, at);
        if (fits(at, nearSeven)) {
            keep(after);
            int length = 0;
            int best = nearSeven;
            if (fits(at, farSeven)) {
                length = length(at, nearSeven, until);
                int other = length(at, farSeven, until);
                if (other > length) {
                    best = farSeven;
                    length = other;
                }
            }
            take(at, best, length, after, until);
            return true;
        }
        if (fits(at, farSeven)) {
            keep(after);
            take(at, farSeven, 0, after, until);
            return true;
        }
        if (!fits(at, nearFour)) {
            return false;
        }
        int length = length(at, nearFour, until);
        int afterSeven = seven(word(after));
        int near = sevens[afterSeven];
        int far = earlierSevens[afterSeven];
        keep(after);
        for (int candidate : new int[] {near, far}) {
            if (fits(after, candidate)) {
                int other = length(after, candidate, until);
                if (other > length) {
                    take(after, candidate, other, after, until);
                    return true;
                }
            }
        }
        take(at, nearFour, length, after, until);
        return true;
    }

    /** Plans a match; what is known of its length may be nothing, or only that it is as long as one token may be. */
    private void take(int found, int foundFrom, int known, int after, int until) {
        int at = found;
        int from = foundFrom;
        int length = known == 0 || known == Token.LONGEST ? same(from, at, until) : known;
        int end = at + length;
        if (length < ENOUGH && end < Math.min(limit(), until - MARGIN)) {
            int other = sevens[seven(word(end))] - length + SKIPPED;
            int start = at + SKIPPED;
            if (other >= 0 && start - other < Token.FARTHEST && start > other) {
                int longer = same(other, start, until);
                if (longer > length) {
                    from = other;
                    at = start;
                    length = longer;
                }
            }
        }
        // What lies before was given out already.
        while (from > 0 && at > Math.max(emitted, present) && bytes[from - 1] == bytes[at - 1]) {
            from--;
            at--;
            length++;
        }
        planned = at;
        plannedFrom = from;
        plannedLength = length;
        wholeLength = length;
        searched = after;
    }

    private boolean fits(int at, int candidate) {
        // Where a plan was given up there may be places from what was ahead of it.
        return candidate < at
                && at - candidate < Token.FARTHEST
                && candidate >= 0
                && (int) INT.get(bytes, at) == (int) INT.get(bytes, candidate);
    }

    private int length(int at, int from, int until) {
        return same(from, at, Math.min(until, at + Token.LONGEST));
    }

    private void keep(int at) {
        long word = word(at);
        fours[four(word)] = at;
        keepSeven(word, at);
    }

    private void keepSeven(long word, int at) {
        int seven = seven(word);
        earlierSevens[seven] = sevens[seven];
        sevens[seven] = at;
    }

    private long word(int at) {
        return (long) LONG.get(bytes, at);
    }

    private static int four(long word) {
        return ((int) word * FOUR) >>> (32 - BITS);
    }

    private static int seven(long word) {
        return (int) (((word << 8) * SEVEN) >>> (64 - BITS));
    }

    /** How many bytes are the same at two places, up to an end for the second. */
    private int same(int one, int other, int until) {
        int most = until - other;
        int length = 0;
        while (length < most) {
            long difference = word(one + length) ^ word(other + length);
            if (difference != 0) {
                return Math.min(most, length + (Long.numberOfTrailingZeros(difference) >>> 3));
            }
            length += 8;
        }
        return Math.max(0, most);
    }
}
