package dev.carafe.runtime.plan;

/**
 * An operation, and why it is there.
 *
 * @param why the configuration key or the rule that asks for it
 */
public record Step(Operation operation, String why) {}
