/**
 * System-call filters: an OCI seccomp {@link dev.carafe.linux.seccomp.Profile} becomes a classic BPF {@link
 * dev.carafe.linux.seccomp.Filter}.
 *
 * <p>{@link dev.carafe.linux.seccomp.FilterCompiler} does that with libseccomp, which takes milliseconds; {@link
 * dev.carafe.linux.seccomp.FilterCache} does it once for each profile. Loading the filter is the business of the process
 * that will live under it.
 *
 * @see <a href="https://docs.kernel.org/userspace-api/seccomp_filter.html">Seccomp BPF</a>
 */
@NullMarked
package dev.carafe.linux.seccomp;

import org.jspecify.annotations.NullMarked;
