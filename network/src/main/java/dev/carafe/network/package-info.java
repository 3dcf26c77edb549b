/**
 * Networks: what an instance reaches, and who reaches it.
 *
 * <p>A {@link dev.carafe.network.Network} is a subnet with a switch of its own. An {@link dev.carafe.network.Endpoint} is an
 * instance's place in one: an address, leased for as long as the instance runs, and the {@link dev.carafe.network.Port}s
 * under which others find it at the machine's own addresses. {@link dev.carafe.network.Networks} is where to begin.
 */
@NullMarked
package dev.carafe.network;

import org.jspecify.annotations.NullMarked;
