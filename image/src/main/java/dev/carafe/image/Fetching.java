package dev.carafe.image;

/** When an image of a registry is fetched that is asked for. */
public enum Fetching {
    /** If it is not here. */
    IF_MISSING,
    /** In any case: the registry is asked whether there is a newer one. */
    ALWAYS,
    /** Not at all. */
    NEVER
}
