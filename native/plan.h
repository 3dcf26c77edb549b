/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: a flat list of primitive operations, compiled by Carafe's Java and executed here. This side knows nothing of
 * containers; it reads a plan, checks its form, and does what it says.
 *
 * Form, in the machine's byte order, every item aligned to 8 bytes:
 *
 *   header     u32 magic, u16 version, u16 slots, u16 inputs, u16 cgroup, u32 operations, u64 clone flags, u64 bytes in all
 *   operation  u16 code, u16 0, u32 bytes of its arguments, arguments
 *   argument   i, o, s   u64
 *              t, b, v   u64 length, then that many bytes, padded to 8
 *
 * `cgroup` is the input slot of the cgroup v2 folder that the first process is born in, or SLOT_CWD for none.
 *
 * A slot holds a descriptor. The first `inputs` slots are filled by whoever sends the plan. An operation that is given
 * an empty slot does nothing: that is how an optional file is left out. The last operation that names a slot says so, by
 * SLOT_LAST, and the descriptor is closed after it: none lives longer than it is needed.
 */
#ifndef CARAFE_PLAN_H
#define CARAFE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#define PLAN_MAGIC 0x50465243u /* "CRFP" */
#define PLAN_VERSION 2
#define PLAN_MAX_SLOTS 1024
#define PLAN_MAX_ARGS 9
#define PLAN_MAX_BYTES (16u << 20)

/* Stands where a slot could: the current directory, or no descriptor. */
#define SLOT_CWD 0xffffu
/* Added to a slot's number by the last operation that names it. */
#define SLOT_LAST 0x10000u

/* Of HOOK. Its point is one of those that a parent's plan for hooks has; 0 in any other plan. */
#define HOOK_MAY_FAIL 1		   /* a failure is told, and no more */
#define HOOK_CALLERS_ENVIRONMENT 2 /* if it has none of its own */
#define POINT_MOUNTED 1		   /* all is mounted, and the root not yet changed; SYNC tells */
#define POINT_EXECUTED 2	   /* the process has become the program */
/*
 * Told by the parent in SYNC: the program runs that makes another child of the parent's and gives way to it. Java answers
 * with TERMINAL, that one's; with GO, a its number, b a point, to have that point's hooks run for it; each time the parent
 * tells of the point again. At last, with b 0, the child takes the program's place.
 */
#define POINT_GIVING_WAY 6

/*
 * Code, name, arguments: i number, o slot that it fills, s slot that it uses, t text without NUL, b bytes, v texts, each
 * ended by NUL. Java's side of this table is the class Operation; a test holds the two together.
 */
#define OPERATIONS(X)                                                                             \
	X(1, OPEN, "ostii")            /* slot, directory, path, flags, mode */                   \
	X(2, OPEN_IN, "ostii")         /* slot, root, path, flags, 1 if it may be missing */      \
	X(3, MAKE_IN, "ostis")         /* slot, root, path, mode, like what: a file, a directory */ \
	X(4, WRITE, "sbi")             /* file, content, 1 if EACCES or EPERM may be ignored */    \
	X(5, WRITE_TO, "stb")          /* directory, path, content */                             \
	X(6, MAKE_NODE, "stiiii")      /* directory, name, mode, device, uid, gid */              \
	X(7, SYMLINK, "tst")           /* target, directory, name */                              \
	X(8, CHECK_NOT, "si")          /* file, file system that it may not be in */              \
	X(9, CHECK, "siii")            /* file, type bits or 0, device or 0, file system or 0 */  \
	X(10, FSOPEN, "ot")            /* slot, type */                                           \
	X(11, FSCONFIG, "sitt")        /* file system, command, key, value */                     \
	X(12, FSMOUNT, "osi")          /* slot, file system, attributes */                        \
	X(13, OPEN_TREE, "osti")       /* slot, directory, path, flags */                         \
	X(14, MOVE_MOUNT, "ss")        /* mount, target */                                        \
	X(15, MOUNT_SETATTR, "siiii")  /* mount, recursive, set, clear, propagation */            \
	X(16, MAP_MOUNT, "sis")        /* mount, recursive, user namespace */                     \
	X(17, MOUNT, "tttit")          /* source, target, type, flags, data */                    \
	X(18, UMOUNT, "ti")            /* target, flags */                                        \
	X(19, PIVOT_ROOT, "tt")        /* new root, where the old one goes */                     \
	X(20, FCHDIR, "s")             /* directory */                                            \
	X(21, CHDIR, "ti")             /* path, 1 if EACCES may be left for later, 2 if it was */  \
	X(22, CHROOT, "t")             /* path */                                                 \
	X(23, MASK, "stss")            /* root, path, null device, empty directory */             \
	X(24, CLONE, "i")              /* flags */                                                \
	X(25, UNSHARE, "i")            /* flags */                                                \
	X(26, SETNS, "sii")            /* namespace, type, 1 if EPERM may be left for later */    \
	X(27, USER_NAMESPACE, "ottitt") /* slot, uid map, gid map, 1 if setgroups is denied,      \
					   what maps uids, what maps gids: a program, or "" */    \
	X(28, LOOPBACK_UP, "")                                                                    \
	X(29, FSPICK, "os")            /* slot, mount */                                          \
	X(30, RLIMIT, "iii")           /* resource, soft, hard */                                 \
	X(31, SETSID, "")                                                                         \
	X(32, KEYRING, "t")            /* name */                                                 \
	X(33, HOSTNAME, "t")                                                                      \
	X(34, DOMAINNAME, "t")                                                                    \
	X(35, UMASK, "i")                                                                         \
	X(36, PERSONALITY, "i")                                                                   \
	X(37, PRCTL, "iiiii")          /* option, four arguments */                               \
	X(38, CAP_BOUND, "i")          /* capabilities to keep */                                 \
	X(39, CAPSET, "iii")           /* effective, permitted, inheritable */                    \
	X(40, CAP_AMBIENT, "i")        /* capabilities to raise */                                \
	X(41, SETGROUPS, "bi")         /* u32 each, 1 if EPERM means that they stay */            \
	X(42, SETGID, "i")                                                                        \
	X(43, SETUID, "i")                                                                        \
	X(44, SECCOMP, "ib")           /* flags, filter */                                        \
	X(45, SCHEDULER, "b")          /* struct sched_attr */                                    \
	X(46, IO_PRIORITY, "i")                                                                   \
	X(47, CPU_AFFINITY, "b")       /* a bit for each processor */                             \
	X(50, TERMINAL, "osii")        /* slot, directory of ptmx, columns, rows */               \
	X(51, CONTROLLING_TERMINAL, "s")                                                          \
	X(52, DUP, "si")               /* file, number */                                         \
	X(53, OWN, "sii")              /* file, uid, gid */                                       \
	X(54, OWN_STDIO, "i")          /* uid */                                                  \
	X(60, SYNC, "i")               /* point */                                                \
	X(61, AWAIT_START, "s")        /* where the word comes from, and then a failure is told */ \
	X(62, CHECK_CWD, "")                                                                      \
	X(64, FIND_PROGRAM, "tt")      /* name, search path */                                    \
	X(65, EXEC, "vv")              /* arguments, environment */                               \
	X(66, HOOK, "iittvvtvi")       /* point, flags, label, path, arguments, environment,      \
					  directory or "", state around the pid, seconds or 0 */  \
	X(67, LEAVE_CALLER, "i")       /* number from which on what is in no slot is closed */    \
	X(70, REMOVE_CGROUP, "t")      /* path */                                                 \
	X(71, REMOVE_TREE, "t")        /* path */                                                 \
	X(72, RECORD_EXIT, "t")        /* path */                                                 \
	X(73, KILL_CGROUP, "t")        /* path */                                                 \
	X(74, COUNT_KILLS, "t")        /* file that says how often memory was wanting: RECORD_EXIT tells */ \
	X(75, REMOVE_LOCKED, "t")      /* directory, whose flock(2) is waited for */              \
	X(80, FSCONFIG_MODE, "ss")     /* file system, directory whose mode its top gets */       \
	X(81, COPY_TREE, "ss")         /* directory, directory that gets what is in it */         \
	X(82, MEMORY_POLICY, "ib")     /* mode, a bit for each node */                            \
	X(83, SECCOMP_LISTEN, "ibi")   /* flags, filter, point at which the listener is told */   \
	X(84, SET_ATTRIBUTE, "stb")    /* directory, name, value */                               \
	X(85, BIND_ATTRIBUTES, "siiii") /* mount, set, clear, 1 if access times are set, 1 if what its \
					   source has is locked in any case */     \
	X(86, HAVE_MAPPED, "sis")      /* as MAP_MOUNT, by the parent, who is in no other user namespace */

enum operation_code {
#define X(code, name, arguments) OP_##name = (code),
	OPERATIONS(X)
#undef X
};

struct argument {
	uint64_t number; /* of i, o and s; length of t, b and v */
	const char *bytes;
	int last; /* of o and s: no operation after this one names the slot */
};

struct operation {
	unsigned code;
	const char *signature;
	struct argument arguments[PLAN_MAX_ARGS];
};

struct plan {
	const unsigned char *next; /* the operation that comes next */
	const unsigned char *end;
	unsigned slots;
	unsigned inputs;
	unsigned cgroup;
	unsigned operations;
	uint64_t clone_flags;
};

/* Checks a plan's form from end to end. 0, or -1 where anything is amiss. */
int plan_open(struct plan *plan, const void *bytes, size_t length);

/* Reads the next operation of a plan that plan_open has checked. 1, or 0 at its end. */
int plan_next(struct plan *plan, struct operation *operation);

#endif
