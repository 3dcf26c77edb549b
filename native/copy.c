/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies what an image has where a file system of the instance's own is to stand. The source may hold anything and is
 * reached by descriptors only; the target is attached nowhere yet, so that in it a name stays what it was made as.
 */
#include "carafe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_DEPTH 128 /* two descriptors and a listing on the stack each */
#define MAX_ATTRIBUTES 65536
#define PIECE (1 << 24)

/* Extended attributes, file capabilities among them; those that the target cannot have stay behind. */
static int copy_attributes(int from, int to)
{
	static char names[MAX_ATTRIBUTES]; /* never touched where there are none */
	static char value[MAX_ATTRIBUTES];
	ssize_t length = flistxattr(from, names, sizeof(names));
	for (const char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
		ssize_t size = fgetxattr(from, name, value, sizeof(value));
		if (size >= 0 && fsetxattr(to, name, value, (size_t)size, 0) == 0)
			continue;
		if (errno != ENODATA && errno != ENOTSUP && errno != EPERM)
			return -1;
	}
	return length < 0 && errno != ENOTSUP ? -1 : 0;
}

/* Owner before mode, and both before capabilities: each change takes away what comes after it. */
static int copy_owner_mode(int from, int to, const struct stat *status)
{
	return fchown(to, status->st_uid, status->st_gid) || fchmod(to, status->st_mode & 07777) ||
			       copy_attributes(from, to)
		       ? -1
		       : 0;
}

static int copy_content(int from, int to)
{
	ssize_t length;
	do
		length = sendfile(to, from, NULL, PIECE);
	while (length > 0 || (length < 0 && errno == EINTR));
	return length < 0 ? -1 : 0;
}

static int copy_link(int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);
	if (length < 0)
		return -1;
	target[length] = 0;
	return symlinkat(target, to, name);
}

static int copy_directory(int from, int to, int depth);

/* A file or a directory, its content first. */
static int copy_opened(int from, int to, const char *name, mode_t type, int depth)
{
	struct stat status;
	int directory = S_ISDIR(type);
	int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int target = -1;
	int result = -1;
	if (source >= 0 && fstat(source, &status) == 0) {
		if ((status.st_mode & S_IFMT) != type)
			errno = EUCLEAN; /* somebody put another in its place */
		else if (!directory)
			target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		else if (mkdirat(to, name, 0700) == 0)
			target = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (target >= 0)
		result = directory ? copy_directory(source, target, depth) : copy_content(source, target);
	if (result == 0)
		result = copy_owner_mode(source, target, &status);
	int error = errno;
	if (target >= 0)
		close(target);
	if (source >= 0)
		close(source);
	errno = error;
	return result;
}

static int copy_entry(int from, int to, const char *name, int depth)
{
	struct stat status;
	if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
		return copy_opened(from, to, name, status.st_mode & S_IFMT, depth);
	int link = S_ISLNK(status.st_mode);
	if (link ? copy_link(from, to, name) : mknodat(to, name, status.st_mode, status.st_rdev))
		return -1;
	if (fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW))
		return -1;
	return link ? 0 : fchmodat(to, name, status.st_mode & 07777, 0);
}

static int copy_directory(int from, int to, int depth)
{
	struct listing listing = {.fd = from};
	if (depth == MAX_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	for (const struct entry *entry; (entry = next_entry(&listing));)
		if (copy_entry(from, to, entry->name, depth + 1))
			return -1;
	return listing.end < 0 ? -1 : 0;
}

int copy_tree(int from, int to)
{
	/* Both may be places only, which cannot be read. */
	int source = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int target = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = source < 0 || target < 0 ? -1 : copy_directory(source, target, 0);
	int error = errno;
	if (source >= 0)
		close(source);
	if (target >= 0)
		close(target);
	errno = error;
	return result;
}
