package dev.carafe.engine;

import dev.carafe.linux.Fd;

/**
 * Who is attached to an instance from the beginning.
 *
 * @param connection one of a pair of {@code SEQUENCED_PACKETS}; stays the caller's to close
 * @param bound whether the instance is killed when he goes
 */
record FirstClient(Fd connection, boolean bound) {}
