/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What musl does not declare: newer system calls and their structures. Numbers from 424 on are the same on every
 * architecture; see include/uapi/asm-generic/unistd.h and the section 2 manual page of each call.
 */
#ifndef CARAFE_KERNEL_H
#define CARAFE_KERNEL_H

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NR_open_tree 428
#define NR_move_mount 429
#define NR_fsopen 430
#define NR_fsconfig 431
#define NR_fsmount 432
#define NR_fspick 433
#define NR_pidfd_open 434
#define NR_clone3 435
#define NR_close_range 436
#define NR_openat2 437
#define NR_mount_setattr 442

#define FSOPEN_CLOEXEC 1
#define FSCONFIG_SET_STRING 1
#define FSPICK_CLOEXEC 1
#define FSPICK_EMPTY_PATH 8
#define FSMOUNT_CLOEXEC 1
#define OPEN_TREE_CLONE 1
#define MOVE_MOUNT_BOTH_EMPTY (0x04 | 0x40)
#define MOUNT_ATTR_NOATIME 0x10
#define MOUNT_ATTR_STRICTATIME 0x20
#define MOUNT_ATTR_ACCESS_TIMES 0xf0 /* the field of modes, and nodiratime */
#define MOUNT_ATTR_NODIRATIME 0x80
#define MOUNT_ATTR_LOCKABLE 0x0f /* rdonly, nosuid, nodev, noexec: the same bits as ST_*, statvfs(3) */
#define MOUNT_ATTR_IDMAP 0x100000
#define MOUNT_ATTR_NOSYMFOLLOW 0x200000
#define AT_RECURSIVE 0x8000
#define RESOLVE_NO_XDEV 0x01
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_NO_SYMLINKS 0x04
#define RESOLVE_BENEATH 0x08
#define RESOLVE_IN_ROOT 0x10
#define CLOSE_RANGE_CLOEXEC 4
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#define KEYCTL_JOIN_SESSION_KEYRING 1
#define SECCOMP_SET_MODE_FILTER 1
#define LINUX_CAPABILITY_VERSION_3 0x20080522
#define IOPRIO_WHO_PROCESS 1
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#endif
#define ALL_SEALS 0xf /* seal, shrink, grow, write */

struct open_how {
	uint64_t flags, mode, resolve;
};

struct mount_attr {
	uint64_t attr_set, attr_clr, propagation, userns_fd;
};

struct clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};

struct cap_header {
	uint32_t version;
	int pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

struct filter_program {
	unsigned short length; /* of instructions, 8 bytes each */
	const void *filter;
};

/* What rt_sigaction(2) takes, zero for the default. The C library's own form leaves out the signals that it uses. */
struct default_action {
	uint64_t handler, flags, restorer, mask;
};

static inline int open_at2(int directory, const char *path, uint64_t flags, uint64_t mode,
			   uint64_t resolve)
{
	struct open_how how = {flags, mode, resolve};
	return (int)syscall(NR_openat2, directory, path, &how, sizeof(how));
}

/* fork(2), with more to say. */
static inline int clone_process(uint64_t flags, int cgroup, int *pidfd)
{
	struct clone_args arguments = {
		.flags = flags, .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = 17 /* SIGCHLD */};
	if (flags & 0x8000 /* CLONE_PARENT: its parent's signal holds */)
		arguments.exit_signal = 0;
	if (cgroup >= 0) {
		arguments.flags |= 0x200000000ull; /* CLONE_INTO_CGROUP */
		arguments.cgroup = (uint64_t)cgroup;
	}
	return (int)syscall(NR_clone3, &arguments, sizeof(arguments));
}

#endif
