package dev.carafe.engine.options;

/** When an image is fetched; {@code toString} is what people write. */
public enum PullPolicy {
    /** If it is not here. */
    MISSING("missing"),
    /** Whenever an instance is made of it, if there is a newer one. */
    ALWAYS("always"),
    /** Not at all: it has to be here. */
    NEVER("never");

    private final String word;

    PullPolicy(String word) {
        this.word = word;
    }

    @Override
    public String toString() {
        return word;
    }
}
