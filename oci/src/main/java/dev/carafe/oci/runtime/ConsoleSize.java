package dev.carafe.oci.runtime;

/**
 * The size of the terminal in characters ({@code process.consoleSize}); it means nothing without a terminal.
 *
 * @param height rows, 0 to 65535
 * @param width columns, 0 to 65535
 */
public record ConsoleSize(int height, int width) {

    public ConsoleSize {
        Rules.range("height", height, 0, 0xffff);
        Rules.range("width", width, 0, 0xffff);
    }
}
