package dev.carafe.cli;

/** How a command ends. */
public sealed interface Ending {

    /** With a status, now. */
    record Status(int number) implements Ending {}

    /** With the status of the instance that it has started: the client stays as its monitor. */
    record InstanceStatus() implements Ending {}

    Ending SUCCESS = new Status(0);
    Ending FAILURE = new Status(1);
}
