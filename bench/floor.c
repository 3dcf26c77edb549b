/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor under every container runtime: the system calls that starting a container of the default bundle takes, with
 * no runtime around them. No configuration is read, no state is kept, nothing is checked for safety; what remains is
 * what the kernel asks for, and nothing that keeps its promises can be faster.
 *
 *   floor ROOTFS COUNT PROGRAM   starts PROGRAM in ROOTFS so often; prints the nanoseconds of each start, one a line,
 *                                from the first cgroup made to the last one removed
 *
 * The list is that of `carafe explain`, for the bundle that `runc spec` writes. Keep the two alike.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NR_open_tree 428
#define NR_move_mount 429
#define NR_fsopen 430
#define NR_fsconfig 431
#define NR_fsmount 432
#define NR_clone3 435
#define NR_close_range 436
#define NR_openat2 437
#define NR_mount_setattr 442

#define TREE_CLONE 1
#define TREE_RECURSIVE 0x8000
#define FSCONFIG_FLAG 0
#define FSCONFIG_STRING 1
#define FSCONFIG_CREATE 6
#define RDONLY 0x1
#define NOSUID 0x2
#define NODEV 0x4
#define NOEXEC 0x8
#define STRICTATIME 0x20
#define IN_ROOT (0x10 | 0x02 /* no magic links */)

struct open_how { uint64_t flags, mode, resolve; };
struct attributes { uint64_t set, clear, propagation, userns; };
struct clone_arguments { uint64_t flags, pidfd, child, parent, signal, stack, size, tls, tids, count, cgroup; };

#define MOST_HIERARCHIES 32
static struct hierarchy {
	char path[256];    /* of the container's cgroup */
	char above[256];   /* its parent's */
	const char *name;  /* its last part: memory */
	int cpuset, devices;
} hierarchies[MOST_HIERARCHIES];
static int hierarchy_count;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static long sure(long result, const char *what)
{
	if (result < 0)
		fail(what);
	return result;
}

static void put(const char *path, const char *name, const char *content)
{
	char file[512];
	snprintf(file, sizeof(file), "%s/%s", path, name);
	int fd = (int)sure(open(file, O_WRONLY | O_CLOEXEC), file);
	sure(write(fd, content, strlen(content)), file);
	close(fd);
}

static void get(const char *path, const char *name, char *content, size_t size)
{
	char file[512];
	snprintf(file, sizeof(file), "%s/%s", path, name);
	int fd = (int)sure(open(file, O_RDONLY | O_CLOEXEC), file);
	content[sure(read(fd, content, size - 1), file)] = 0;
	close(fd);
}

/* A cgroup is made in each hierarchy below /sys/fs/cgroup, as every runtime does. */
static void find_hierarchies(void)
{
	char device[256], point[200], type[64], rest[512];
	FILE *mounts = fopen("/proc/self/mounts", "re");
	if (!mounts)
		fail("/proc/self/mounts");
	while (fscanf(mounts, "%255s %199s %63s %511[^\n]", device, point, type, rest) == 4) {
		if ((strcmp(type, "cgroup") && strcmp(type, "cgroup2")) || hierarchy_count == MOST_HIERARCHIES ||
		    strncmp(point, "/sys/fs/cgroup", 14))
			continue;
		struct hierarchy *hierarchy = &hierarchies[hierarchy_count++];
		snprintf(hierarchy->path, sizeof(hierarchy->path), "%s/carafe-floor-%d", point, (int)getpid());
		snprintf(hierarchy->above, sizeof(hierarchy->above), "%s", point);
		hierarchy->name = strdup(strrchr(point, '/') + 1);
		hierarchy->cpuset = strstr(rest, "cpuset") != NULL;
		hierarchy->devices = strstr(rest, "devices") != NULL;
	}
	fclose(mounts);
}

static void make_cgroups(void)
{
	static const char *const allowed[] = {"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:8 rwm", "c 1:7 rwm", "c 5:0 rwm",
					      "c 1:5 rwm", "c 1:9 rwm", "c 136:* rwm", "c 5:2 rwm"};
	for (int i = 0; i < hierarchy_count; i++) {
		struct hierarchy *hierarchy = &hierarchies[i];
		sure(mkdir(hierarchy->path, 0755), hierarchy->path);
		if (hierarchy->cpuset) {
			static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
			for (int file = 0; file < 2; file++) {
				char content[256];
				get(hierarchy->above, files[file], content, sizeof(content));
				put(hierarchy->path, files[file], content);
			}
		}
		if (hierarchy->devices) {
			put(hierarchy->path, "devices.deny", "a");
			for (size_t rule = 0; rule < sizeof(allowed) / sizeof(*allowed); rule++)
				put(hierarchy->path, "devices.allow", allowed[rule]);
		}
	}
}

static void remove_cgroups(void)
{
	for (int i = 0; i < hierarchy_count; i++)
		while (rmdir(hierarchies[i].path)) {
			if (errno != EBUSY)
				fail(hierarchies[i].path);
			usleep(100);
		}
}

static int tree(int at, const char *path, unsigned flags)
{
	return (int)sure(syscall(NR_open_tree, at, path, TREE_CLONE | O_CLOEXEC | flags), path);
}

static void attach(int mount, int target)
{
	sure(syscall(NR_move_mount, mount, "", target, "", 0x44), "move_mount");
}

static void set(int mount, unsigned recursive, uint64_t on, uint64_t off)
{
	struct attributes attributes = {on, off, 0, 0};
	sure(syscall(NR_mount_setattr, mount, "", AT_EMPTY_PATH | recursive, &attributes, sizeof(attributes)),
	     "mount_setattr");
}

/* -1 if it is not there. */
static int look(int root, const char *path)
{
	struct open_how how = {O_PATH | O_CLOEXEC, 0, IN_ROOT};
	return (int)syscall(NR_openat2, root, path, &how, sizeof(how));
}

static int made(int at, const char *name)
{
	sure(mkdirat(at, name, 0755), name);
	return (int)sure(openat(at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC), name);
}

/* Options: key, value, key, value ...; a value of NULL makes a flag. */
static int file_system(const char *type, unsigned attributes, const char *const *options)
{
	int context = (int)sure(syscall(NR_fsopen, type, 1), type);
	for (; options && *options; options += 2)
		sure(syscall(NR_fsconfig, context, options[1] ? FSCONFIG_STRING : FSCONFIG_FLAG, options[0],
			     options[1], 0),
		     options[0]);
	sure(syscall(NR_fsconfig, context, FSCONFIG_CREATE, NULL, NULL, 0), type);
	return (int)sure(syscall(NR_fsmount, context, 1, attributes), type);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL, NULL})

static void mask(int root, const char *path, int device, int folder)
{
	struct stat status;
	int target = look(root, path);
	if (target < 0)
		return;
	sure(fstat(target, &status), path);
	int cover = tree(S_ISDIR(status.st_mode) ? folder : device, "", AT_EMPTY_PATH);
	attach(cover, target);
	close(cover);
	close(target);
}

static _Noreturn void become_container(const char *rootfs, const char *program)
{
	static const char *const masked[] = {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
					     "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
					     "/sys/firmware", "/proc/scsi"};
	static const char *const fixed[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
	static const struct { const char *name; unsigned major, minor; } devices[] = {
		{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
	static const char *const links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"},
					       {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
					       {"pts/ptmx", "ptmx"}};
	int cgroups[MOST_HIERARCHIES];

	for (int i = 0; i < hierarchy_count; i++)
		put(hierarchies[i].path, "cgroup.procs", "0");
	sure(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "/");
	int root = tree(AT_FDCWD, rootfs, TREE_RECURSIVE);
	for (int i = 0; i < hierarchy_count; i++)
		cgroups[i] = tree(AT_FDCWD, hierarchies[i].path, 0);
	int null = tree(AT_FDCWD, "/dev/null", 0);
	sure(setsid(), "setsid");
	syscall(SYS_keyctl, 1 /* join a session's keyring */, "_ses.floor");
	struct ifreq loopback = {.ifr_name = "lo"};
	int netlink = (int)sure(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	sure(ioctl(netlink, SIOCGIFFLAGS, &loopback), "lo");
	loopback.ifr_flags |= IFF_UP;
	sure(ioctl(netlink, SIOCSIFFLAGS, &loopback), "lo");

	int host = (int)sure(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "/");
	attach(root, host);
	attach(file_system("proc", 0, OPTIONS("source", "proc")), (int)sure(look(root, "/proc"), "/proc"));
	int dev = file_system("tmpfs", NOSUID | STRICTATIME, OPTIONS("source", "tmpfs", "mode", "755", "size", "65536k"));
	attach(dev, (int)sure(look(root, "/dev"), "/dev"));
	attach(file_system("devpts", NOSUID | NOEXEC,
			   OPTIONS("source", "devpts", "newinstance", NULL, "ptmxmode", "0666", "mode", "0620", "gid", "5")),
	       made(dev, "pts"));
	attach(file_system("tmpfs", NOSUID | NODEV | NOEXEC, OPTIONS("source", "shm", "mode", "1777", "size", "65536k")),
	       made(dev, "shm"));
	attach(file_system("mqueue", NOSUID | NODEV | NOEXEC, OPTIONS("source", "mqueue")), made(dev, "mqueue"));
	attach(file_system("sysfs", RDONLY | NOSUID | NODEV | NOEXEC, OPTIONS("source", "sysfs")),
	       (int)sure(look(root, "/sys"), "/sys"));
	if (hierarchy_count == 1) { /* of cgroup v2 alone */
		set(cgroups[0], 0, RDONLY | NOSUID | NODEV | NOEXEC, 0);
		attach(cgroups[0], (int)sure(look(root, "/sys/fs/cgroup"), "/sys/fs/cgroup"));
	} else {
		int all = file_system("tmpfs", NOSUID | NODEV | NOEXEC, OPTIONS("mode", "755"));
		attach(all, (int)sure(look(root, "/sys/fs/cgroup"), "/sys/fs/cgroup"));
		for (int i = 0; i < hierarchy_count; i++) {
			set(cgroups[i], 0, RDONLY | NOSUID | NODEV | NOEXEC, 0);
			attach(cgroups[i], made(all, hierarchies[i].name));
		}
		set(all, 0, RDONLY, 0);
	}
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		sure(mknodat(dev, devices[i].name, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)),
		     devices[i].name);
		sure(fchownat(dev, devices[i].name, 0, 0, AT_SYMLINK_NOFOLLOW), devices[i].name);
		sure(fchmodat(dev, devices[i].name, 0666, 0), devices[i].name);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		sure(symlinkat(links[i][0], dev, links[i][1]), links[i][1]);

	sure(fchdir(root), "root");
	sure(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	sure(fchdir(host), "/");
	sure(mount(NULL, ".", NULL, MS_REC | MS_SLAVE, NULL), "/");
	sure(umount2(".", MNT_DETACH), "/");
	sure(chdir("/"), "/");
	sure(sethostname("floor", 5), "sethostname");
	set(root, 0, RDONLY, 0);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		int target = look(root, fixed[i]);
		if (target < 0)
			continue;
		int copy = tree(target, "", TREE_RECURSIVE | AT_EMPTY_PATH);
		set(copy, TREE_RECURSIVE, RDONLY, 0);
		attach(copy, target);
	}
	int empty = file_system("tmpfs", NOSUID | NODEV | NOEXEC, NULL);
	set(empty, 0, RDONLY, 0);
	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++)
		mask(root, masked[i], null, empty);

	struct rlimit files = {1024, 1024};
	umask(022);
	sure(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
	sure(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	sure(syscall(NR_close_range, 3, ~0u, 4 /* on execve */), "close_range");
	const uint32_t kept = 1u << 5 | 1u << 10 | 1u << 29; /* kill, net_bind_service, audit_write */
	for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
		if (number > 31 || !(kept & 1u << number))
			sure(prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "bounding set");
	sure(syscall(SYS_setgroups, 0, NULL), "setgroups");
	sure(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
	sure(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
	struct { uint32_t version; int pid; } header = {0x20080522, 0};
	struct { uint32_t effective, permitted, inheritable; } data[2] = {{kept, kept, 0}, {0, 0, 0}};
	sure(syscall(SYS_capset, &header, data), "capset");
	execve(program, (char *[]){(char *)(uintptr_t)program, NULL},
	       (char *[]){"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL});
	fail(program);
}

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(int count, char **words)
{
	if (count != 4) {
		fprintf(stderr, "usage: floor ROOTFS COUNT PROGRAM\n");
		return 2;
	}
	find_hierarchies();
	for (int left = atoi(words[2]); left > 0; left--) {
		long long start = now();
		make_cgroups();
		struct clone_arguments arguments = {
			.flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET, .signal = SIGCHLD};
		int pid = (int)sure(syscall(NR_clone3, &arguments, sizeof(arguments)), "clone3");
		if (pid == 0)
			become_container(words[1], words[3]);
		int status;
		sure(waitpid(pid, &status, 0), "waitpid");
		remove_cgroups();
		if (status) {
			fprintf(stderr, "floor: the container ended with wait status %d\n", status);
			return 1;
		}
		printf("%lld\n", now() - start);
	}
	return 0;
}
