package dev.carafe.runtime;

/** Where a monitor writes what its instance says. */
public sealed interface LogSink permits LogFiles, LogJournal {}
