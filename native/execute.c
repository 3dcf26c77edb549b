/* SPDX-License-Identifier: Apache-2.0 */
/* Executes a plan: one case an operation, one or a few system calls a case. No policy lives here. */
#include "carafe.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>

#define CAPABILITIES 64
#define RESOLVE_ATTEMPTS 128
#define MAX_LINKS 40

/* The arguments of the operation at hand. */
#define NUMBER(i) (operation->arguments[i].number)
#define INT(i) ((int)NUMBER(i))
#define TEXT(i) (operation->arguments[i].bytes)
#define TEXT_OR_NULL(i) (*TEXT(i) ? TEXT(i) : NULL)
#define LENGTH(i) ((size_t)NUMBER(i))
#define FD(i) (NUMBER(i) == SLOT_CWD ? AT_FDCWD : executor->slots[NUMBER(i)])

int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;
	while (length > 0) {
		ssize_t written = write(fd, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		at += written;
		length -= (size_t)written;
	}
	return 0;
}

/* The kernel's control files take a value in one piece or not at all. */
static int write_once(int fd, const void *bytes, size_t length)
{
	ssize_t written = write(fd, bytes, length);
	if (written >= 0 && (size_t)written != length)
		errno = EIO;
	return written >= 0 && (size_t)written == length ? 0 : -1;
}

static int open_in(int root, const char *path, uint64_t flags)
{
	for (int attempt = 0;; attempt++) {
		int fd = open_at2(root, path, flags | O_CLOEXEC, 0,
				  RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		/* EAGAIN: something was renamed or mounted meanwhile, so that ".." could not be trusted. */
		if (fd >= 0 || errno != EAGAIN || attempt == RESOLVE_ATTEMPTS)
			return fd;
	}
}

/* Opens the longest part of a path that is there, and points *rest at what is not. */
static int open_existing_part(int root, const char *path, const char **rest)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	if (length >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(part, path, length + 1);
	for (;;) {
		int fd = open_in(root, length ? part : "/", O_PATH);
		if (fd >= 0 || errno != ENOENT || !length) {
			*rest = path + length;
			return fd;
		}
		while (length && part[length - 1] == '/')
			length--;
		while (length && part[length - 1] != '/')
			length--;
		part[length] = 0;
	}
}

/*
 * Where a path leads whose first missing part, at `rest`, is a symbolic link to what is not there: 1 with the new path in
 * `link`, 0 if that part is no link.
 */
static int follow_dangling(int fd, const char *path, const char *rest, char *link)
{
	char name[NAME_MAX + 1];
	size_t before = (size_t)(rest - path);
	size_t length = strcspn(rest, "/");
	size_t after = strlen(rest + length);
	if (length > NAME_MAX)
		return 0;
	memcpy(name, rest, length);
	name[length] = 0;
	char target[PATH_MAX];
	ssize_t size = readlinkat(fd, name, target, sizeof(target));
	if (size <= 0)
		return 0;
	if (*target == '/')
		before = 0;
	if (before + (size_t)size + after >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(link + before + size, rest + length, after + 1);
	memmove(link, path, before);
	memcpy(link + before, target, (size_t)size);
	return 1;
}

/*
 * A file or directory in a root, made where it is missing: a directory, or a file where `like` is one. What is there may
 * contain symbolic links, also to what has yet to be made, which stay in the root; what is made is walked one verified
 * step at a time, and may not contain ".." (CVE-2024-45310).
 */
static int make_in(int root, const char *path, mode_t mode, int like)
{
	struct stat status;
	const char *rest;
	char resolved[2][PATH_MAX];
	if (like >= 0 && fstat(like, &status))
		return -1;
	int file = like >= 0 && !S_ISDIR(status.st_mode);
	int fd = open_existing_part(root, path, &rest);
	for (int links = 0; fd >= 0 && *rest; links++) {
		int dangling = follow_dangling(fd, path, rest, resolved[links & 1]);
		if (dangling == 0)
			break;
		close(fd);
		if (dangling > 0 && links == MAX_LINKS)
			errno = ELOOP;
		if (dangling < 0 || links == MAX_LINKS)
			return -1;
		path = resolved[links & 1];
		fd = open_existing_part(root, path, &rest);
	}
	while (fd >= 0 && *rest) {
		char name[NAME_MAX + 1];
		size_t length = strcspn(rest, "/");
		const char *after = rest + length + strspn(rest + length, "/");
		if (length == 0 || (length == 1 && *rest == '.')) {
			rest = after;
			continue;
		}
		int next = -1;
		if (length > NAME_MAX) {
			errno = ENAMETOOLONG;
		} else if (length == 2 && memcmp(rest, "..", 2) == 0) {
			errno = ENOENT;
		} else {
			memcpy(name, rest, length);
			name[length] = 0;
			if (file && !*after) {
				/* Nothing that is there by now is opened: it might be a device, or wait. */
				int made = openat(fd, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
				if (made >= 0)
					close(made);
				next = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
			} else if (mkdirat(fd, name, mode | S_IXUSR | S_IXGRP | S_IXOTH) == 0 ||
				   errno == EEXIST) {
				next = openat(fd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
			}
		}
		int error = errno;
		close(fd);
		errno = error;
		fd = next;
		rest = after;
	}
	return fd;
}

static int check(int fd, mode_t type, dev_t device, uint64_t magic)
{
	struct stat status;
	struct statfs system;
	if (fstat(fd, &status) || (magic && fstatfs(fd, &system)))
		return -1;
	if ((type && (status.st_mode & S_IFMT) != type) || (device && status.st_rdev != device) ||
	    (magic && (uint64_t)system.f_type != magic)) {
		errno = EUCLEAN; /* it is not what it should be */
		return -1;
	}
	return 0;
}

static int check_not(int fd, uint64_t magic)
{
	struct statfs system;
	if (fstatfs(fd, &system))
		return -1;
	if ((uint64_t)system.f_type == magic) {
		errno = EUCLEAN;
		return -1;
	}
	return 0;
}

/* The mode of a directory as an option of a file system to be. */
static int configure_mode(int context, int like)
{
	struct stat status;
	char mode[8];
	if (fstat(like, &status))
		return -1;
	for (int digit = 0; digit < 4; digit++)
		mode[digit] = (char)('0' + (status.st_mode >> (9 - 3 * digit) & 7));
	mode[4] = 0;
	return (int)syscall(NR_fsconfig, context, FSCONFIG_SET_STRING, "mode", mode, 0);
}

static int set_mount_attributes(int fd, int recursive, struct mount_attr attributes)
{
	return (int)syscall(NR_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
			    &attributes, sizeof(attributes));
}

int map_mount(int mount, int recursive, int user_namespace)
{
	return set_mount_attributes(mount, recursive,
				    (struct mount_attr){MOUNT_ATTR_IDMAP, 0, 0, (uint64_t)user_namespace});
}

/* How access times are kept, as statvfs(3) tells it. */
static uint64_t access_times(unsigned long flags)
{
	uint64_t mode = flags & ST_NOATIME ? MOUNT_ATTR_NOATIME : flags & ST_RELATIME ? 0 : MOUNT_ATTR_STRICTATIME;
	return mode | (flags & ST_NODIRATIME ? MOUNT_ATTR_NODIRATIME : 0);
}

/* What is not set is cleared, but for access times and for what is locked: that to be cleared is denied. */
static int set_bind_attributes(int mount, uint64_t set, uint64_t clear, int sets_times, int locked)
{
	const uint64_t all = MOUNT_ATTR_LOCKABLE | MOUNT_ATTR_NOSYMFOLLOW;
	uint64_t times = sets_times ? MOUNT_ATTR_ACCESS_TIMES : 0;
	if (!locked) {
		int result = set_mount_attributes(mount, 0, (struct mount_attr){set, all | times, 0, 0});
		if (result == 0 || errno != EPERM)
			return result;
	}
	struct statvfs source;
	if (fstatvfs(mount, &source))
		return -1;
	uint64_t kept = source.f_flag & MOUNT_ATTR_LOCKABLE;
	if (kept & clear || (sets_times && (set & times) != access_times(source.f_flag))) {
		errno = EPERM;
		return -1;
	}
	return set_mount_attributes(mount, 0, (struct mount_attr){(set & ~times) | kept, all, 0, 0});
}

/*
 * Hides a path: an empty read-only directory over a directory, the null device over anything else; nothing over what
 * is missing. Kernels before 6.15 clone only mounts that are attached: there the first one attaches the original.
 */
static int mask(int root, const char *path, int null_device, int empty_directory)
{
	int target = open_in(root, path, O_PATH);
	if (target < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	struct stat status;
	int result = fstat(target, &status);
	if (result == 0) {
		int source = S_ISDIR(status.st_mode) ? empty_directory : null_device;
		int copy = (int)syscall(NR_open_tree, source, "",
					OPEN_TREE_CLONE | AT_EMPTY_PATH | O_CLOEXEC);
		if (copy < 0 && errno != EINVAL)
			result = -1;
		else
			result = (int)syscall(NR_move_mount, copy < 0 ? source : copy, "", target, "",
					      MOVE_MOUNT_BOTH_EMPTY);
		if (copy >= 0)
			close(copy);
	}
	close(target);
	return result;
}

/*
 * Goes on in a child, which is a child of this process' parent too: this one ends. The parent learns the child's number
 * when that says something. By clone(2), as filters of system calls cannot look into what clone3(2) is given.
 */
static int go_on_in_child(uint64_t flags)
{
	long child = syscall(SYS_clone, flags | CLONE_PARENT, 0, 0, 0, 0);
	if (child > 0)
		_exit(0);
	return child < 0 ? -1 : 0;
}

/* What the proc file system at hand calls a process; in the caller's own pid namespace it may have another number. */
static long number_in_proc(int pidfd)
{
	char path[64];
	char bytes[256];
	make_path(path, "/proc/self/fdinfo/", pidfd, "");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes) - 1);
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	if (length < 0)
		return -1;
	bytes[length] = 0;
	long number = number_behind(bytes, "Pid:\t");
	if (number > 0)
		return number;
	errno = ESRCH;
	return -1;
}

/* Writes to a file of a process, or without a text opens it. */
static int write_file_of(long process, const char *name, const char *text)
{
	char path[64];
	make_path(path, "/proc/", process, name);
	if (!text)
		return open(path, O_RDONLY | O_CLOEXEC);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int result = write_once(fd, text, strlen(text));
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

static int write_map(long process, const char *name, const char *map, const char *mapper)
{
	return *mapper ? run_mapper(mapper, (unsigned long)process, map) : write_file_of(process, name, map);
}

/* A user namespace with these maps: made by a child that lives until it is held by a descriptor. */
static int make_user_namespace(const struct operation *operation)
{
	int pidfd = -1;
	pid_t child = clone_process(CLONE_NEWUSER | CLONE_PIDFD, -1, &pidfd);
	if (child < 0)
		return -1;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	int fd = -1;
	long number = number_in_proc(pidfd);
	if (number > 0 && (!NUMBER(3) || write_file_of(number, "/setgroups", "deny") == 0) &&
	    write_map(number, "/gid_map", TEXT(2), TEXT(5)) == 0 &&
	    write_map(number, "/uid_map", TEXT(1), TEXT(4)) == 0)
		fd = write_file_of(number, "/ns/user", NULL);
	int error = errno;
	close(pidfd);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	errno = error;
	return fd;
}

static int loopback_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	struct ifreq request = {.ifr_name = "lo"};
	int result = ioctl(fd, SIOCGIFFLAGS, &request);
	if (result == 0) {
		request.ifr_flags |= IFF_UP;
		result = ioctl(fd, SIOCSIFFLAGS, &request);
	}
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

static int keep_in_bounding_set(uint64_t kept)
{
	for (int capability = 0; capability < CAPABILITIES; capability++) {
		int present = prctl(PR_CAPBSET_READ, capability);
		if (present < 0)
			return 0; /* past the last that this kernel knows */
		if (present && !(kept >> capability & 1) && prctl(PR_CAPBSET_DROP, capability))
			return -1;
	}
	return 0;
}

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct cap_header header = {LINUX_CAPABILITY_VERSION_3, 0};
	struct cap_data data[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
	};
	return (int)syscall(SYS_capset, &header, data);
}

static int raise_ambient(uint64_t raised)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -1;
	for (int capability = 0; capability < CAPABILITIES; capability++)
		if ((raised >> capability & 1) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))
			return -1;
	return 0;
}

static int set_groups(const char *groups, size_t count, int may_be_denied)
{
	/* Where a user namespace denies it, nobody in there can drop any. */
	return syscall(SYS_setgroups, count, groups) && !(may_be_denied && errno == EPERM) ? -1 : 0;
}

/* A new terminal of a devpts that the plan has made; its master goes to the parent, nothing is opened by name twice. */
static int make_terminal(const struct executor *executor, int directory, int columns, int rows)
{
	/* By no way that leads out of it: something may be mounted on ptmx (CVE-2025-52565). */
	int master = open_at2(directory, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0,
			      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (master < 0)
		return -1;
	int unlock = 0;
	int peer = -1;
	struct message message = {MSG_TERMINAL, 0, 0, 0};
	if (ioctl(master, TIOCSPTLCK, &unlock) == 0)
		peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer >= 0 && columns > 0 && rows > 0) {
		struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
		ioctl(peer, TIOCSWINSZ, &size);
	}
	if (peer >= 0 && message_send(executor->control, &message, &master, 1)) {
		close(peer);
		peer = -1;
	}
	int error = errno;
	close(master);
	errno = error;
	return peer;
}

/*
 * Gives standard input, output and error to a user, so that he can open them again by name. What cannot be given stays
 * as it is, and the null device is everybody's.
 */
static int own_stdio(uid_t uid)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat status;
		if (fstat(fd, &status))
			return -1;
		int shared = S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
		if (status.st_uid != uid && !shared && fchown(fd, uid, (gid_t)-1) && errno != EPERM &&
		    errno != EROFS && errno != EINVAL)
			return -1;
	}
	return 0;
}

static int load_filter(uint64_t flags, const char *filter, size_t length)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			    &(struct filter_program){(unsigned short)(length / 8), filter});
}

/* Waits for the parent's word to go on. */
static int await_go(const struct executor *executor, struct message *message)
{
	ssize_t length;
	do
		length = read(executor->control, message, sizeof(*message));
	while (length < 0 && errno == EINTR);
	if (length != sizeof(*message) || message->type != MSG_GO) {
		errno = ECANCELED; /* the parent is gone or changed its mind */
		return -1;
	}
	return 0;
}

/* Tells the parent that a point is reached, with a number that belongs to it, and waits for its word to go on. */
static int synchronise(const struct executor *executor, int point, int number)
{
	struct message message = {MSG_SYNC, point, 0, number};
	return write_all(executor->control, &message, sizeof(message)) ? -1 : await_go(executor, &message);
}

/* The kernel wants more of whoever maps a mount than root of a user namespace has. */
static int have_mapped(const struct executor *executor, int mount, int recursive, int user_namespace)
{
	struct message message = {MSG_MAP_MOUNT, recursive, 0, 0};
	const int fds[] = {mount, user_namespace};
	if (message_send(executor->control, &message, fds, 2) || await_go(executor, &message))
		return -1;
	errno = message.a;
	return message.a ? -1 : 0;
}

/* Waits for one byte. From here on the parent may be gone: a failure is told where the byte came from. */
static int await_start(struct executor *executor, int fifo)
{
	close(executor->control);
	executor->control = -1;
	executor->failure_log = fifo;
	char byte;
	ssize_t length;
	do
		length = read(fifo, &byte, 1);
	while (length < 0 && errno == EINTR);
	return length == 1 ? 0 : -1;
}

/* As root, or failing that as the user: root of a user namespace may not go everywhere, nor may every user. */
static int change_directory(struct executor *executor, const char *path, int when)
{
	if (when == 2 && !executor->denied)
		return 0;
	int result = chdir(path);
	executor->denied = result && when == 1 && errno == EACCES;
	return executor->denied ? 0 : result;
}

static int check_cwd(void)
{
	char path[PATH_MAX];
	long length = syscall(SYS_getcwd, path, sizeof(path));
	if (length < 0)
		return -1;
	if (path[0] != '/') { /* "(unreachable)": outside of the root (CVE-2024-21626) */
		errno = EXDEV;
		return -1;
	}
	return 0;
}

int close_from(unsigned first)
{
	if (syscall(NR_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS) /* before Linux 5.11 */
		return -1;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	for (rlim_t fd = first; fd < limit.rlim_max && fd < 1 << 20; fd++)
		fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/*
 * Gives up what is the caller's before somebody of the instance can look: the command line, the environment, and every
 * descriptor from a number on but for those that a slot holds, which execve closes.
 */
static int leave_caller(const struct executor *executor, unsigned first)
{
	/* The kernel lays out arguments, environment and the program's own name one after the other. */
	char *words = program_invocation_name;
	uintptr_t end = getauxval(AT_EXECFN);
	if ((uintptr_t)words < end)
		memset(words, 0, end - (uintptr_t)words);
	for (;;) {
		unsigned kept = executor->control >= (int)first ? (unsigned)executor->control : ~0u;
		for (unsigned slot = 0; slot < PLAN_MAX_SLOTS; slot++)
			if (executor->slots[slot] >= (int)first && (unsigned)executor->slots[slot] < kept)
				kept = (unsigned)executor->slots[slot];
		if (kept > first && syscall(NR_close_range, first, kept == ~0u ? kept : kept - 1, 0))
			return -1;
		if (kept == ~0u)
			return 0;
		first = kept + 1;
	}
}

static int is_program(const char *path)
{
	struct stat status;
	if (stat(path, &status))
		return -1;
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS);
}

/* As execvp(3) looks for a program, in the instance's own search path. */
static int find_program(struct executor *executor, const char *name, const char *search)
{
	size_t length = strlen(name);
	if (length >= sizeof(executor->program)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (strchr(name, '/')) {
		memcpy(executor->program, name, length + 1);
		return is_program(name);
	}
	int denied = 0;
	for (const char *at = length ? search : ""; *at;) {
		size_t part = strcspn(at, ":");
		const char *folder = part ? at : ".";
		size_t folder_length = part ? part : 1;
		if (folder_length + 1 + length < sizeof(executor->program)) {
			memcpy(executor->program, folder, folder_length);
			executor->program[folder_length] = '/';
			memcpy(executor->program + folder_length + 1, name, length + 1);
			if (is_program(executor->program) == 0)
				return 0;
			denied |= errno == EACCES;
		}
		at += part;
		at += *at == ':';
	}
	errno = denied ? EACCES : ENOENT;
	return -1;
}

char **text_pointers(const struct argument *texts)
{
	size_t count = 0;
	for (size_t i = 0; i < texts->number; i++)
		count += texts->bytes[i] == 0;
	char **array = mmap(NULL, (count + 1) * sizeof(char *), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (array == MAP_FAILED)
		return NULL;
	const char *at = texts->bytes;
	for (size_t i = 0; i < count; i++) {
		array[i] = (char *)(uintptr_t)at;
		at += strlen(at) + 1;
	}
	return array;
}

static int execute_program(const struct executor *executor, const struct operation *operation)
{
	char **arguments = text_pointers(&operation->arguments[0]);
	char **environment = text_pointers(&operation->arguments[1]);
	if (!arguments || !environment)
		return -1;
	return execve(executor->program, arguments, environment);
}

/* Fills the slot that an operation names first. */
static int fill(struct executor *executor, const struct operation *operation, int fd)
{
	if (fd < 0)
		return -1;
	int *slot = &executor->slots[NUMBER(0)];
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	return 0;
}

/* A slot's descriptor, to be kept from here on by whoever takes it. */
static int take(struct executor *executor, const struct operation *operation, unsigned argument)
{
	int fd = executor->slots[NUMBER(argument)];
	executor->slots[NUMBER(argument)] = -1;
	return fd;
}

static void close_last_used(struct executor *executor, const struct operation *operation)
{
	for (unsigned i = 0; operation->signature[i]; i++) {
		if (!strchr("os", operation->signature[i]) || !operation->arguments[i].last ||
		    NUMBER(i) == SLOT_CWD || executor->slots[NUMBER(i)] < 0)
			continue;
		close(take(executor, operation, i));
	}
}

/* What has been entered is not entered again: its slot is empty from then on. */
static int enter_namespace(struct executor *executor, const struct operation *operation)
{
	if (setns(FD(0), INT(1)))
		return NUMBER(2) && errno == EPERM ? 0 : -1;
	close(take(executor, operation, 0));
	return 0;
}

static int fill_unless_missing(struct executor *executor, const struct operation *operation, int fd,
			       int may_be_missing)
{
	if (fd < 0 && may_be_missing && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	return fill(executor, operation, fd);
}

static int uses_empty_slot(const struct executor *executor, const struct operation *operation)
{
	for (unsigned i = 0; operation->signature[i]; i++)
		if (operation->signature[i] == 's' && NUMBER(i) != SLOT_CWD &&
		    executor->slots[NUMBER(i)] < 0)
			return 1;
	return 0;
}

static int write_to(int directory, const char *path, const void *bytes, size_t length)
{
	int fd = open_at2(directory, path, O_WRONLY | O_CLOEXEC, 0,
			  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return -1;
	int result = write_once(fd, bytes, length);
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

static int set_attribute(int directory, const char *name, const void *value, size_t length)
{
	/* It may be a place only, which has no attributes. */
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int result = fsetxattr(fd, name, value, length, 0);
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

static int make_node(int directory, const char *name, mode_t mode, dev_t device, uid_t uid, gid_t gid)
{
	if (mknodat(directory, name, mode, device) && errno != EEXIST)
		return -1;
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* What was there already is accepted only if it is the same device. */
	int result = check(fd, mode & S_IFMT, S_ISFIFO(mode) ? 0 : device, 0);
	if (result == 0)
		result = fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

static int execute_operation(struct executor *executor, const struct operation *operation)
{
	switch ((enum operation_code)operation->code) {
	case OP_OPEN:
		return fill(executor, operation,
			    openat(FD(1), TEXT(2), INT(3) | O_CLOEXEC, (mode_t)NUMBER(4)));
	case OP_OPEN_IN:
		return fill_unless_missing(executor, operation, open_in(FD(1), TEXT(2), NUMBER(3)), INT(4));
	case OP_MAKE_IN:
		return fill(executor, operation, make_in(FD(1), TEXT(2), (mode_t)NUMBER(3), FD(4)));
	case OP_WRITE:
		return write_once(FD(0), TEXT(1), LENGTH(1)) &&
				       !(NUMBER(2) && (errno == EACCES || errno == EPERM))
			       ? -1
			       : 0;
	case OP_WRITE_TO:
		return write_to(FD(0), TEXT(1), TEXT(2), LENGTH(2));
	case OP_MAKE_NODE:
		return make_node(FD(0), TEXT(1), (mode_t)NUMBER(2), (dev_t)NUMBER(3), (uid_t)NUMBER(4),
				 (gid_t)NUMBER(5));
	case OP_SYMLINK:
		return symlinkat(TEXT(0), FD(1), TEXT(2)) && errno != EEXIST ? -1 : 0;
	case OP_SET_ATTRIBUTE:
		return set_attribute(FD(0), TEXT(1), TEXT(2), LENGTH(2));
	case OP_COPY_TREE:
		return copy_tree(FD(0), FD(1));
	case OP_CHECK:
		return check(FD(0), (mode_t)NUMBER(1), (dev_t)NUMBER(2), NUMBER(3));
	case OP_CHECK_NOT:
		return check_not(FD(0), NUMBER(1));

	case OP_FSOPEN:
		return fill(executor, operation, (int)syscall(NR_fsopen, TEXT(1), FSOPEN_CLOEXEC));
	case OP_FSPICK:
		return fill(executor, operation,
			    (int)syscall(NR_fspick, FD(1), "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
	case OP_FSCONFIG:
		return (int)syscall(NR_fsconfig, FD(0), INT(1), TEXT_OR_NULL(2), TEXT_OR_NULL(3), 0);
	case OP_FSCONFIG_MODE:
		return configure_mode(FD(0), FD(1));
	case OP_FSMOUNT:
		return fill(executor, operation,
			    (int)syscall(NR_fsmount, FD(1), FSMOUNT_CLOEXEC, INT(2)));
	case OP_OPEN_TREE:
		return fill(executor, operation,
			    (int)syscall(NR_open_tree, FD(1), TEXT(2), INT(3) | O_CLOEXEC));
	case OP_MOVE_MOUNT:
		return (int)syscall(NR_move_mount, FD(0), "", FD(1), "", MOVE_MOUNT_BOTH_EMPTY);
	case OP_MOUNT_SETATTR:
		return set_mount_attributes(FD(0), INT(1),
					    (struct mount_attr){NUMBER(2), NUMBER(3), NUMBER(4), 0});
	case OP_BIND_ATTRIBUTES:
		return set_bind_attributes(FD(0), NUMBER(1), NUMBER(2), INT(3), INT(4));
	case OP_MAP_MOUNT:
		return map_mount(FD(0), INT(1), FD(2));
	case OP_HAVE_MAPPED:
		return have_mapped(executor, FD(0), INT(1), FD(2));
	case OP_MOUNT:
		return mount(TEXT_OR_NULL(0), TEXT(1), TEXT_OR_NULL(2), NUMBER(3), TEXT_OR_NULL(4));
	case OP_UMOUNT:
		return umount2(TEXT(0), INT(1));
	case OP_PIVOT_ROOT:
		return (int)syscall(SYS_pivot_root, TEXT(0), TEXT(1));
	case OP_FCHDIR:
		return fchdir(FD(0));
	case OP_CHDIR:
		return change_directory(executor, TEXT(0), INT(1));
	case OP_CHROOT:
		return chroot(TEXT(0));
	case OP_MASK:
		return mask(FD(0), TEXT(1), FD(2), FD(3));

	case OP_CLONE:
		return go_on_in_child(NUMBER(0));
	case OP_UNSHARE:
		return unshare(INT(0));
	case OP_SETNS:
		return enter_namespace(executor, operation);
	case OP_USER_NAMESPACE:
		return fill(executor, operation, make_user_namespace(operation));
	case OP_LOOPBACK_UP:
		return loopback_up();

	case OP_RLIMIT:
		return setrlimit(INT(0), &(struct rlimit){NUMBER(1), NUMBER(2)});
	case OP_SETSID:
		return setsid() < 0 ? -1 : 0;
	case OP_KEYRING:
		/* A kernel without keyrings has none to share. */
		return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, TEXT(0)) < 0 && errno != ENOSYS
			       ? -1
			       : 0;
	case OP_HOSTNAME:
		return sethostname(TEXT(0), strlen(TEXT(0)));
	case OP_DOMAINNAME:
		return (int)syscall(SYS_setdomainname, TEXT(0), strlen(TEXT(0)));
	case OP_UMASK:
		umask((mode_t)NUMBER(0));
		return 0;
	case OP_PERSONALITY:
		return personality((unsigned long)NUMBER(0)) < 0 ? -1 : 0;
	case OP_PRCTL:
		return prctl(INT(0), NUMBER(1), NUMBER(2), NUMBER(3), NUMBER(4)) < 0 ? -1 : 0;
	case OP_CAP_BOUND:
		return keep_in_bounding_set(NUMBER(0));
	case OP_CAPSET:
		return set_capabilities(NUMBER(0), NUMBER(1), NUMBER(2));
	case OP_CAP_AMBIENT:
		return raise_ambient(NUMBER(0));
	case OP_SETGROUPS:
		return set_groups(TEXT(0), LENGTH(0) / sizeof(gid_t), INT(1));
	case OP_SETGID:
		return (int)syscall(SYS_setresgid, NUMBER(0), NUMBER(0), NUMBER(0));
	case OP_SETUID:
		return (int)syscall(SYS_setresuid, NUMBER(0), NUMBER(0), NUMBER(0));
	case OP_SECCOMP:
		return load_filter(NUMBER(0), TEXT(1), LENGTH(1)) < 0 ? -1 : 0;
	case OP_SECCOMP_LISTEN: {
		/* execve closes it; to do so here would be one more call that the filter may hold up. */
		int listener = load_filter(NUMBER(0), TEXT(1), LENGTH(1));
		return listener < 0 ? -1 : synchronise(executor, INT(2), listener);
	}
	case OP_SCHEDULER:
		return (int)syscall(SYS_sched_setattr, 0, TEXT(0), 0);
	case OP_IO_PRIORITY:
		return (int)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, INT(0));
	case OP_CPU_AFFINITY:
		return (int)syscall(SYS_sched_setaffinity, 0, LENGTH(0), TEXT(0));
	case OP_MEMORY_POLICY: /* the call counts one bit more than it reads */
		return (int)syscall(SYS_set_mempolicy, INT(0), LENGTH(1) ? TEXT(1) : NULL,
				    LENGTH(1) ? LENGTH(1) * 8 + 1 : 0);

	case OP_TERMINAL:
		return fill(executor, operation, make_terminal(executor, FD(1), INT(2), INT(3)));
	case OP_CONTROLLING_TERMINAL:
		return ioctl(FD(0), TIOCSCTTY, 0);
	case OP_DUP:
		return dup2(FD(0), INT(1)) < 0 ? -1 : 0;
	case OP_OWN:
		return fchownat(FD(0), "", (uid_t)NUMBER(1), (gid_t)NUMBER(2), AT_EMPTY_PATH);
	case OP_OWN_STDIO:
		return own_stdio((uid_t)NUMBER(0));

	case OP_SYNC:
		return synchronise(executor, INT(0), 0);
	case OP_AWAIT_START:
		return await_start(executor, take(executor, operation, 0));
	case OP_CHECK_CWD:
		return check_cwd();
	case OP_FIND_PROGRAM:
		return find_program(executor, TEXT(0), TEXT(1));
	case OP_EXEC:
		return execute_program(executor, operation);
	case OP_HOOK:
		return run_hook(executor, operation);
	case OP_LEAVE_CALLER:
		return leave_caller(executor, (unsigned)NUMBER(0));

	case OP_KILL_CGROUP:
		return kill_cgroup(TEXT(0));
	case OP_REMOVE_CGROUP:
		return remove_cgroup(TEXT(0));
	case OP_REMOVE_TREE:
		return remove_tree(TEXT(0));
	case OP_REMOVE_LOCKED:
		return remove_locked(TEXT(0));
	case OP_COUNT_KILLS:
		return count_kills(TEXT(0), &executor->kills);
	case OP_RECORD_EXIT:
		return record_exit(TEXT(0), executor->wait_status, executor->kills);
	}
	errno = ENOSYS;
	return -1;
}

int execute(struct executor *executor, struct plan plan, unsigned *failed)
{
	struct operation operation;
	for (unsigned number = 0; plan_next(&plan, &operation); number++) {
		if (!uses_empty_slot(executor, &operation) && execute_operation(executor, &operation) &&
		    !executor->persists) {
			*failed = number;
			return -1;
		}
		close_last_used(executor, &operation);
	}
	return 0;
}
