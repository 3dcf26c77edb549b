/* SPDX-License-Identifier: Apache-2.0 */
/* What a monitor does when its instance has ended: each step goes as far as it can, and is safe to do twice. */
#include "carafe.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define KILL_ROUNDS 2000	 /* of at most 5 ms: a process in uninterruptible sleep dies late or never */
#define MAX_CGROUP_DEPTH 64
#define TYPE_DIRECTORY 4

const struct entry *next_entry(struct listing *listing)
{
	for (;;) {
		if (listing->at >= listing->end) {
			listing->at = 0;
			listing->end = syscall(SYS_getdents64, listing->fd, listing->bytes, sizeof(listing->bytes));
			if (listing->end <= 0)
				return NULL;
		}
		const struct entry *entry = (const struct entry *)(const void *)(listing->bytes + listing->at);
		listing->at += entry->length;
		if (strcmp(entry->name, ".") && strcmp(entry->name, ".."))
			return entry;
	}
}

static void pause_millisecond(int times)
{
	struct timespec time = {0, times * 1000000l};
	nanosleep(&time, NULL);
}

/* Sends SIGKILL to every process that a cgroup lists. How many they were. */
static int kill_listed(int directory)
{
	char bytes[1024];
	int killed = 0;
	pid_t pid = 0;
	int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	for (ssize_t length; (length = read(fd, bytes, sizeof(bytes))) > 0;) {
		for (ssize_t i = 0; i < length; i++) {
			if (bytes[i] != '\n') {
				pid = pid * 10 + (bytes[i] - '0');
				continue;
			}
			if (pid > 0) {
				kill(pid, SIGKILL);
				killed++;
			}
			pid = 0;
		}
	}
	close(fd);
	return killed;
}

/* Kills all at once, with what is below, where the kernel can. */
static void kill_at_once(int directory)
{
	int all = openat(directory, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (all >= 0) {
		/* A refusal shows where processes are left. */
		if (write(all, "1", 1) < 0)
			errno = 0;
		close(all);
	}
}

int kill_cgroup(const char *path)
{
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? 0 : -1;
	kill_at_once(directory);
	kill_listed(directory);
	close(directory);
	return 0;
}

/* Kills what is in a cgroup and removes it, the ones below it first. */
static int remove_cgroup_at(int parent, const char *name, int depth)
{
	int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? 0 : -1;
	kill_at_once(directory);
	if (depth >= MAX_CGROUP_DEPTH) {
		close(directory);
		return -1;
	}
	struct listing listing = {.fd = directory};
	for (const struct entry *entry; (entry = next_entry(&listing));)
		if (entry->type == TYPE_DIRECTORY)
			remove_cgroup_at(directory, entry->name, depth + 1);
	int result = -1;
	for (int round = 0; round < KILL_ROUNDS && result; round++) {
		int left = kill_listed(directory);
		result = unlinkat(parent, name, AT_REMOVEDIR);
		if (result && errno != EBUSY)
			break;
		if (result)
			pause_millisecond(left || round > 20 ? 5 : 1);
	}
	int error = errno;
	close(directory);
	errno = error;
	return result && errno != ENOENT ? -1 : 0;
}

int remove_cgroup(const char *path)
{
	return remove_cgroup_at(AT_FDCWD, path, 0);
}

/*
 * Empties a directory. A directory in it that is not empty is first moved up, so that no depth of nesting needs more
 * than two descriptors or any recursion.
 */
static int remove_content(int top, int directory, unsigned *moved)
{
	struct listing listing = {.fd = directory};
	int result = 0;
	for (const struct entry *entry; (entry = next_entry(&listing));) {
		const char *name = entry->name;
		if (unlinkat(directory, name, 0) == 0)
			continue;
		if (errno != EISDIR && errno != EPERM) {
			result = -1;
			continue;
		}
		if (unlinkat(directory, name, AT_REMOVEDIR) == 0)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST) {
			result = -1;
			continue;
		}
		if (top == directory)
			continue; /* its turn comes */
		char unique[24] = ".carafe-removed-";
		unsigned number = (*moved)++;
		for (int at = 23; at-- > 16; number >>= 4)
			unique[at] = "0123456789abcdef"[number & 15];
		if (renameat(directory, name, top, unique))
			result = -1;
	}
	close(directory);
	return result;
}

int remove_tree(const char *path)
{
	unsigned moved = 0;
	int removed = unlinkat(AT_FDCWD, path, 0);
	if (removed == 0 || errno == ENOENT)
		return 0;
	while (unlinkat(AT_FDCWD, path, AT_REMOVEDIR)) {
		if (errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return -1;
		int top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (top < 0)
			return -1;
		/* Plain files and empty directories at once, then what each full directory holds. */
		struct listing listing = {.fd = top};
		int progress = 0;
		for (const struct entry *entry; (entry = next_entry(&listing));) {
			if (unlinkat(top, entry->name, 0) == 0 ||
			    unlinkat(top, entry->name, AT_REMOVEDIR) == 0) {
				progress = 1;
				continue;
			}
			int below = openat(top, entry->name,
					   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (below >= 0 && remove_content(top, below, &moved) == 0)
				progress = 1;
		}
		close(top);
		if (!progress) {
			errno = EBUSY;
			return -1;
		}
	}
	return 0;
}

/* Likewise, a directory, alone with it: who waits for it to be free finds nothing, and what he makes there then stays. */
int remove_locked(const char *path)
{
	struct stat locked;
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? 0 : -1;
	int locking;
	while ((locking = flock(directory, LOCK_EX)) && errno == EINTR)
		;
	int result = locking || fstat(directory, &locked) ? -1 : locked.st_nlink ? remove_tree(path) : 0;
	int error = errno;
	close(directory);
	errno = error;
	return result;
}

long number_behind(const char *text, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *at = line + length;
		long number = 0;
		if (strncmp(line, key, length))
			continue;
		for (; *at >= '0' && *at <= '9'; at++)
			number = number * 10 + (*at - '0');
		return number;
	}
	return -1;
}

size_t put_number(char *to, unsigned long number, int digits)
{
	char reversed[24];
	int count = 0;
	do {
		reversed[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number || count < digits);
	for (int i = 0; i < count; i++)
		to[i] = reversed[count - 1 - i];
	return (size_t)count;
}

void make_path(char *to, const char *before, long number, const char *after)
{
	size_t at = strlen(before);
	memcpy(to, before, at);
	at += put_number(to + at, (unsigned long)number, 1);
	memcpy(to + at, after, strlen(after) + 1);
}

/* From memory.events or memory.oom_control. What cannot be read counts nothing. */
int count_kills(const char *path, unsigned long *kills)
{
	char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = 0;
	long found = number_behind(text, "oom_kill ");
	*kills = found > 0 ? (unsigned long)found : 0;
	return 0;
}

/* The wait status, the time and the count, as "status seconds.nanoseconds kills", wholly there or not at all. */
int record_exit(const char *path, int wait_status, unsigned long kills)
{
	char temporary[PATH_MAX];
	char line[96];
	size_t length = strlen(path);
	struct timespec now;
	if (length + 5 > sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(temporary, path, length);
	memcpy(temporary + length, ".new", 5);
	clock_gettime(CLOCK_REALTIME, &now);
	size_t at = put_number(line, (unsigned)wait_status, 1);
	line[at++] = ' ';
	at += put_number(line + at, (unsigned long)now.tv_sec, 1);
	line[at++] = '.';
	at += put_number(line + at, (unsigned long)now.tv_nsec, 9);
	line[at++] = ' ';
	at += put_number(line + at, kills, 1);
	line[at++] = '\n';
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int result = write_all(fd, line, at);
	if (close(fd) || result)
		return -1;
	return rename(temporary, path);
}
