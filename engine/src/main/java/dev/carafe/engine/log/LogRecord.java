package dev.carafe.engine.log;

import java.time.Instant;

/**
 * What an instance has written at once to one of its outputs, a line or a part of one.
 *
 * @param whole whether the line ends with it; else it goes on in the stream's next record
 */
record LogRecord(Instant time, LogEntry.Stream stream, boolean whole) {}
