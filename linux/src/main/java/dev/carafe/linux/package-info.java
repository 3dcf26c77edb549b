/**
 * One seam to the kernel.
 *
 * <p>{@link dev.carafe.linux.SystemCalls} is the choke point: a single method through which every system call of
 * Carafe's Java passes, so that a test can record, refuse or fail any of them. The classes that stand on it each speak
 * for one area of the kernel's interface and give its calls types: {@link dev.carafe.linux.Files}, {@link
 * dev.carafe.linux.Mounts}, {@link dev.carafe.linux.Sockets} and their neighbours, all handed out by {@link
 * dev.carafe.linux.Kernel}. They add no policy.
 *
 * <p>A call that the kernel refuses throws {@link dev.carafe.linux.SystemCallException}. A call may block the thread
 * that makes it, and a virtual thread's carrier with it: use platform threads for calls that wait. Calls that change
 * the calling thread's namespaces belong on a thread that ends right after.
 */
@NullMarked
package dev.carafe.linux;

import org.jspecify.annotations.NullMarked;
