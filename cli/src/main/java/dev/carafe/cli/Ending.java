package dev.carafe.cli;

/** How a command ends. */
public sealed interface Ending {

    /** With a status, now. */
    record Status(int number) implements Ending {}

    /** With the status of the program that the client is attached to, which it hears of itself. */
    record InstanceStatus() implements Ending {}

    Ending SUCCESS = new Status(0);
    Ending FAILURE = new Status(1);
}
