package dev.carafe.daemon;

/** The same again, answered by a daemon. */
@WithDaemon
class InstanceWithDaemonTest extends InstanceTest {}
