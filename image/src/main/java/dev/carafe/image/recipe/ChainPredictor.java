package dev.carafe.image.recipe;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Programs that find matches by chains of places with the same hash, newest first: zlib and those like it, and Go's
 * {@code compress/flate}.
 *
 * @see <a href="https://github.com/madler/zlib/blob/master/doc/algorithm.txt">zlib's description of its algorithm</a>
 */
final class ChainPredictor implements Predictor {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, LITTLE_ENDIAN);

    private static final int MASK = Token.FARTHEST - 1;
    private static final int NOTHING = 0;
    private static final int NOWHERE = -2 * Token.FARTHEST;
    private static final char NONE = 0xffff;

    private final Window window;
    private final Manner.Chain manner;
    private final byte[] bytes;
    private final int[] head;
    /** How far before a place the one before it in its chain is. */
    private final char[] previous = new char[Token.FARTHEST];
    /** The first place that has not been put into a chain. */
    private int next;
    /** What was found at the place after a byte that is left a byte for its sake. */
    private int waiting;

    private int waitingAt;

    ChainPredictor(Window window, Manner.Chain manner) {
        this.window = window;
        this.manner = manner;
        bytes = window.bytes;
        head = new int[1 << manner.hashBits()];
        reset();
    }

    @Override
    public void reset() {
        Arrays.fill(head, NOWHERE);
        Arrays.fill(previous, NONE);
        next = 0;
        waitingAt = -1;
    }

    @Override
    public void slide(int by) {
        for (int i = 0; i < head.length; i++) {
            head[i] = Math.max(NOWHERE, head[i] - by);
        }
        next -= by;
        waitingAt = Math.max(-1, waitingAt - by);
    }

    @Override
    public int predict(int at, int end) {
        int shortest = manner.shortest();
        int found = waitingAt == at ? waiting : search(at, end, shortest - 1, false);
        waitingAt = -1;
        if (found == NOTHING) {
            return Token.LITERAL;
        }
        int length = Token.length(found);
        if (length < manner.lazy() && at + 1 + (manner.isFresh() ? length : 0) < end) {
            int better = manner.isFresh()
                    ? search(at + 1, end, shortest - 1, false)
                    : search(at + 1, end, length, length >= manner.good());
            if (better != NOTHING && Token.length(better) > length) {
                waiting = better;
                waitingAt = at + 1;
                return Token.LITERAL;
            }
        }
        return found;
    }

    @Override
    public void accept(int at, int token) {
        if (!Token.isMatch(token)) {
            if (waitingAt != at + 1) {
                waitingAt = -1;
            }
            return;
        }
        waitingAt = -1;
        int length = Token.length(token);
        if (length > manner.longestKept()) {
            next = Math.max(next, at + length);
        }
    }

    @Override
    public void end(int at) {
        // Matches do not care where blocks end.
    }

    @Override
    public void pass(int at) {
        waitingAt = -1;
        keep(at - manner.hashed(), at);
    }

    /** Puts all places up to one into their chains. */
    private void keep(int last, int end) {
        int most = Math.min(last, end - manner.hashed());
        for (; next <= most; next++) {
            int hash = hash(next);
            previous[next & MASK] = (char) Math.min(next - head[hash], NONE);
            head[hash] = next;
        }
    }

    private int hash(int at) {
        if (manner.hashed() == 3) {
            return ((bytes[at] & 0xff) << 10 ^ (bytes[at + 1] & 0xff) << 5 ^ (bytes[at + 2] & 0xff)) & 0x7fff;
        }
        return (Integer.reverseBytes((int) INT.get(bytes, at)) * 0x1e35a7bd) >>> (32 - manner.hashBits());
    }

    /**
     * The best match at a place that is longer than something.
     *
     * @param hasGood whether there is one already that is good enough not to look for long
     */
    private int search(int at, int end, int longerThan, boolean hasGood) {
        int most = Math.min(Token.LONGEST, end - at);
        if (most < manner.hashed() || most <= longerThan) {
            return NOTHING;
        }
        keep(at, end);
        int nice = Math.min(manner.nice(), most);
        int tries = hasGood ? manner.tries() >> 2 : manner.tries();
        int nearest = manner.excludesFirst() && window.base == 0 ? 1 : 0;
        int first = Math.max(nearest, at - manner.farthest());
        int limit = manner.isFresh() ? first : Math.max(nearest, at - manner.farthest() + 1);
        int best = longerThan;
        int bestAt = NOWHERE;
        byte[] content = bytes;
        char[] chain = previous;
        int mask = chain.length - 1;
        short tail = (short) SHORT.get(content, at + best - 1);
        int place = at - chain[at & mask];
        if (place < first) {
            return NOTHING;
        }
        while (true) {
            if ((short) SHORT.get(content, place + best - 1) == tail) {
                int length = same(place, at, most);
                if (length > best) {
                    best = length;
                    bestAt = place;
                    if (length >= nice) {
                        break;
                    }
                    tail = (short) SHORT.get(content, at + best - 1);
                }
            }
            if (--tries == 0 || at - place == Token.FARTHEST) {
                break;
            }
            place -= chain[place & mask];
            if (place < limit) {
                break;
            }
        }
        if (bestAt == NOWHERE || (best == manner.shortest() && at - bestAt > manner.tooFar())) {
            return NOTHING;
        }
        return Token.match(best, at - bestAt);
    }

    private int same(int one, int other, int most) {
        int length = 0;
        while (length < most) {
            long difference = (long) LONG.get(bytes, one + length) ^ (long) LONG.get(bytes, other + length);
            if (difference != 0) {
                return Math.min(most, length + (Long.numberOfTrailingZeros(difference) >>> 3));
            }
            length += 8;
        }
        return most;
    }
}
