package dev.carafe.cli;

/** Which Carafe this is. */
final class Version {

    private Version() {}

    static String current() {
        return System.getProperty("carafe.version", "development");
    }
}
