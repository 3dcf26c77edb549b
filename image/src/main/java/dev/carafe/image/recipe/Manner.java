package dev.carafe.image.recipe;

import java.util.ArrayList;
import java.util.List;

/** How a program compresses: which one it seems to be, and how hard it tries. */
sealed interface Manner {

    Predictor predictor(Window window);

    /**
     * By chains of places with the same hash.
     *
     * @param hashed how many bytes the hash is of
     * @param shortest match
     * @param good a match from this length on is not bettered with much effort
     * @param lazy nor one from this length on at all
     * @param nice one from this length on ends the search
     * @param tries how many places are looked at
     * @param longestKept places within longer matches are not put into chains
     * @param farthest distance
     * @param tooFar the distance from which on the shortest matches are none
     * @param isFresh whether a better match is looked for as if there were none, as Go does
     * @param excludesFirst whether the very first place is never found, as in zlib
     */
    record Chain(
            int hashed,
            int hashBits,
            int shortest,
            int good,
            int lazy,
            int nice,
            int tries,
            int longestKept,
            int farthest,
            int tooFar,
            boolean isFresh,
            boolean excludesFirst)
            implements Manner {

        @Override
        public Predictor predictor(Window window) {
            return new ChainPredictor(window, this);
        }

        private static Chain zlib(int good, int lazy, int nice, int tries) {
            return new Chain(3, 15, 3, good, lazy, nice, tries, Token.LONGEST, 32506, 4096, false, true);
        }

        private static Chain zlibFast(int lazy, int nice, int tries) {
            return new Chain(3, 15, 3, 4, 0, nice, tries, lazy, 32506, Token.FARTHEST, false, true);
        }

        private static Chain go(int good, int lazy, int nice, int tries) {
            return new Chain(4, 17, 4, good, lazy, nice, tries, Token.LONGEST, 32768, 4096, true, false);
        }
    }

    /** By tables of places that have the same first bytes. */
    record Table() implements Manner {

        @Override
        public Predictor predictor(Window window) {
            return new TablePredictor(window);
        }
    }

    /** All that are known. A recipe has the number of one of them in this list: it is only ever added to. */
    static List<Manner> all() {
        List<Manner> all = new ArrayList<>();
        all.add(Chain.zlibFast(4, 8, 4));
        all.add(Chain.zlibFast(5, 16, 8));
        all.add(Chain.zlibFast(6, 32, 32));
        all.add(Chain.zlib(4, 4, 16, 16));
        all.add(Chain.zlib(8, 16, 32, 32));
        all.add(Chain.zlib(8, 16, 128, 128));
        all.add(Chain.zlib(8, 32, 128, 256));
        all.add(Chain.zlib(32, 128, 258, 1024));
        all.add(Chain.zlib(32, 258, 258, 4096));
        all.add(Chain.go(4, 4, 16, 16));
        all.add(Chain.go(8, 16, 32, 32));
        all.add(Chain.go(8, 16, 128, 128));
        all.add(Chain.go(8, 32, 128, 256));
        all.add(Chain.go(32, 128, 258, 1024));
        all.add(Chain.go(32, 258, 258, 4096));
        all.add(new Table());
        return all;
    }
}
