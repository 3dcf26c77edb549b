package dev.carafe.image.recipe;

/** Foresees what a certain program makes of content. What it foresees depends on content and earlier tokens alone. */
sealed interface Predictor permits ChainPredictor, TablePredictor {

    /**
     * The token that comes next.
     *
     * @param at where its content begins
     * @param end of what may be looked at
     */
    int predict(int at, int end);

    /** Hears which one it is. */
    void accept(int at, int token);

    /** Hears that a block ends. */
    void end(int at);

    /** Hears that content up to here was not compressed. */
    void pass(int at);

    /** Hears that indexes have become less. */
    void slide(int by);

    /** Begins with other content. */
    void reset();
}
