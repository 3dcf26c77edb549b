/**
 * systemd as the keeper of cgroups: transient units, over D-Bus.
 *
 * <p>Of D-Bus it knows what that takes: one connection, calls one at a time, a few signals, no dictionaries and no
 * descriptors. {@link dev.carafe.linux.systemd.Systemd} is the way in.
 */
@NullMarked
package dev.carafe.linux.systemd;

import org.jspecify.annotations.NullMarked;
