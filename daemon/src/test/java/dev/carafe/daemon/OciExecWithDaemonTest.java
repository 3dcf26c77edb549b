package dev.carafe.daemon;

/** The same again, answered by a daemon. */
@WithDaemon(shared = true)
class OciExecWithDaemonTest extends OciExecTest {}
