/**
 * Control groups: what a group of processes may use, what it has used, and a handle on all of it at once.
 *
 * <p>{@link dev.carafe.linux.cgroup.CgroupLayout} says which of the kernel's two interfaces this machine offers, or
 * both; {@link dev.carafe.linux.cgroup.Resources} is what may be limited; {@link dev.carafe.linux.cgroup.Cgroup} is one
 * group, which lives in every mounted hierarchy under v1 and in a single one under v2. Each controller has a file of its
 * own that knows both interfaces.
 *
 * <p>What cannot be done throws {@link dev.carafe.linux.cgroup.CgroupException}. A limit that the kernel cannot keep is
 * refused by its name and never ignored.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">cgroup v2</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/">cgroup v1</a>
 */
@NullMarked
package dev.carafe.linux.cgroup;

import org.jspecify.annotations.NullMarked;
