/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of an instance: its text, just as the instance writes it, and beside it when it was written. The folder "log" is
 * made when there is a first byte, with two files:
 *
 *   text   what standard output and standard error have written, as it came
 *   times  a mark of 16 bytes for what was written at once: the time, in nanoseconds since 1970, and what kind of mark it
 *          is, in eight bits, before where in the text that ends, in 56; both little-endian
 *
 * When they are full, the folder becomes "log.1", and that "log.2", between two lines. Text has no mark for a moment; a
 * monitor that finds some without, as another was killed, says with a mark of its own that its text begins behind that.
 *
 * What cannot be written is counted. As soon as there is room again, a mark says how many bytes are missing.
 */
#include "carafe.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST_OVERDUE (1 << 20) /* by how much a log may be too long until a line ends, if not by its own length */
#define STREAMS 2
/* What is written in pieces of this size, each where one begins, takes the file system a quarter less of time. */
#define PIECE 65536
#define HASTE 4096 /* bytes of a stream at once, from which on it is worth while to wait for the rest of a piece */

enum kind { OUTPUT, ERROR, LOST /* so many bytes */, BEGUN /* another monitor's text */ };

struct mark {
	uint64_t time, value;
};

static struct {
	int folder, text, times; /* -1 for none */
	int journal;		 /* whether all goes there instead */
	uint64_t most;		 /* bytes of both files, 0 for any number */
	unsigned files;		 /* of each */
	uint64_t size, end;	 /* of both, and of the text */
	int in_line[STREAMS];
	int holds[STREAMS]; /* whether some of it waits to be in a piece with more */
	uint64_t lost; /* bytes since the last mark that could be written */
} state = {.folder = -1, .text = -1, .times = -1};

void log_open(int folder, uint64_t most, unsigned files)
{
	state.folder = folder;
	state.most = most;
	state.files = files;
}

void log_open_journal(int memory)
{
	state.journal = 1;
	journal_open(memory);
}

static void close_files(void)
{
	close(state.text);
	close(state.times);
	state.text = state.times = -1;
}

static ssize_t write_once(int file, const void *bytes, size_t length)
{
	ssize_t written;
	do
		written = write(file, bytes, length);
	while (written < 0 && errno == EINTR);
	return written;
}

/* Writes to the end of a file all, or nothing. Where it ends then; -1 for nothing. */
static off_t append(int file, const void *bytes, size_t length)
{
	ssize_t written = write_once(file, bytes, length);
	off_t end = lseek(file, 0, SEEK_CUR);
	if (written == (ssize_t)length)
		return end;
	/* Where that fails too, it is seen when the files are opened again. */
	if (written > 0 && ftruncate(file, end - written))
		close_files();
	return -1;
}

static struct mark new_mark(enum kind kind, uint64_t value)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (struct mark){htole64((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec),
			     htole64((uint64_t)kind << 56 | value)};
}

/* Behind what there is to be said of earlier bytes. */
static int append_mark(enum kind kind, uint64_t value)
{
	struct mark marks[2] = {new_mark(LOST, state.lost), new_mark(kind, value)};
	unsigned first = state.lost && kind != LOST ? 0 : 1;
	if (append(state.times, marks + first, (2 - first) * sizeof(*marks)) < 0)
		return -1;
	state.size += (2 - first) * sizeof(*marks);
	state.lost = 0;
	return 0;
}

/* Marks of text that is not there, as the machine lost its power or somebody has emptied the file, are no good. */
static int drop_marks(uint64_t size, off_t text)
{
	struct mark last;
	uint64_t count = size / sizeof(last);
	while (count > 0) {
		if (pread(state.times, &last, sizeof(last), (off_t)((count - 1) * sizeof(last))) != sizeof(last))
			return -1;
		uint64_t value = le64toh(last.value);
		if (value >> 56 == LOST || (value & ~0ULL >> 8) <= (uint64_t)text)
			break;
		count--;
	}
	state.end = (uint64_t)text;
	state.size = state.end + count * sizeof(last);
	return count * sizeof(last) == size ? 0 : ftruncate(state.times, (off_t)(count * sizeof(last)));
}

/* Goes on in files that are there. */
static int resume(void)
{
	struct stat text, times;
	state.size = state.end = 0;
	if (fstat(state.text, &text) || fstat(state.times, &times))
		return -1;
	if (!text.st_size && !times.st_size)
		return 0;
	return drop_marks((uint64_t)times.st_size, text.st_size) || append_mark(BEGUN, (uint64_t)text.st_size) ? -1 : 0;
}

static int open_both(const char *text, const char *times)
{
	const int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
	state.text = openat(state.folder, text, flags, 0600);
	state.times = state.text < 0 ? -1 : openat(state.folder, times, flags, 0600);
	return state.times < 0 ? -1 : 0;
}

/* Whoever sees the folder sees both files. */
static int make_files(void)
{
	if (mkdirat(state.folder, "log.new", 0700) && errno != EEXIST)
		return -1;
	return open_both("log.new/text", "log.new/times") ? -1 : renameat(state.folder, "log.new", state.folder, "log");
}

static int open_files(void)
{
	if (state.text >= 0)
		return 0;
	int result = open_both("log/text", "log/times");
	if (result && errno == ENOENT)
		result = make_files();
	if (!result && !resume())
		return 0;
	close_files();
	return -1;
}

/* The name of a folder, or of a file in it. */
static void put_name(char *to, unsigned number, const char *file)
{
	if (number)
		make_path(to, "log.", number, file);
	else
		strcat(strcpy(to, "log"), file);
}

/*
 * The folder gives its name to a new one. The oldest goes before its name is taken: whom a rename(2) replaces ext4 takes for
 * a file that is being saved, and writes the new one to the disk at once.
 */
static int rotate(void)
{
	char from[32], to[32];
	close_files();
	state.size = state.end = 0;
	put_name(to, state.files - 1, "/text");
	unlinkat(state.folder, to, 0);
	put_name(to, state.files - 1, "/times");
	unlinkat(state.folder, to, 0);
	put_name(to, state.files - 1, "");
	int result = unlinkat(state.folder, to, AT_REMOVEDIR);
	for (unsigned number = state.files - 1; number > 0; number--) {
		put_name(from, number - 1, "");
		put_name(to, number, "");
		result = renameat(state.folder, from, state.folder, to);
	}
	return result && errno != ENOENT ? -1 : 0;
}

/* Whole or not at all, into files that are open. */
static int put(int stream, const char *bytes, size_t length)
{
	off_t end = append(state.text, bytes, length);
	if (end < 0)
		return -1;
	if ((uint64_t)end != state.end + length) {
		/* Somebody has emptied the file: what was in it needs no marks. */
		if (ftruncate(state.times, 0))
			return -1;
		state.size = (uint64_t)end - length;
	}
	if (append_mark((enum kind)stream, (uint64_t)end)) {
		if (state.text >= 0 && ftruncate(state.text, end - (off_t)length))
			close_files();
		return -1;
	}
	state.size += length;
	state.end = (uint64_t)end;
	state.in_line[stream] = bytes[length - 1] != '\n';
	return 0;
}

/* How much of some text still belongs into these files. */
static size_t share(int stream, const char *bytes, size_t length)
{
	uint64_t size = state.size + sizeof(struct mark);
	if (!state.most || size + length <= state.most)
		return length;
	uint64_t overdue = state.most < MOST_OVERDUE ? state.most : MOST_OVERDUE;
	size_t fits = size < state.most ? (size_t)(state.most - size) : 0;
	size_t most = size < state.most + overdue ? (size_t)(state.most + overdue - size) : 0;
	if (most > length)
		most = length;
	if (state.in_line[!stream])
		return most;
	for (size_t at = fits < length ? fits : length; at > 0; at--)
		if (bytes[at - 1] == '\n')
			return at;
	if (state.size && !state.in_line[stream])
		return 0;
	const char *end = memchr(bytes, '\n', most);
	return end ? (size_t)(end - bytes) + 1 : most;
}

static void take(int stream, const char *bytes, size_t length)
{
	for (size_t at = 0; at < length;) {
		if (open_files()) {
			state.lost += length - at;
			return;
		}
		size_t part = share(stream, bytes + at, length - at);
		if (part && put(stream, bytes + at, part))
			state.lost += part;
		at += part;
		if (at < length && state.text >= 0 && rotate()) {
			state.lost += length - at;
			return;
		}
	}
}

/* Of so many bytes those that end with a piece; all, if they are few or nothing more comes. */
static size_t whole_pieces(size_t length, enum log_haste haste)
{
	if (haste != LOG_MORE_MAY_COME || length < HASTE)
		return length;
	size_t rest = (state.end + length) % PIECE;
	return rest < length ? length - rest : 0;
}

size_t log_take(int stream, const char *bytes, size_t length, enum log_haste haste)
{
	if (state.journal)
		return journal_take(stream, bytes, length, haste == LOG_UNFINISHED_TOO);
	if (state.folder < 0)
		return length;
	size_t taken = whole_pieces(length, haste);
	take(stream, bytes, taken);
	state.holds[stream] = taken < length;
	return taken;
}

int log_holds(void)
{
	return state.holds[0] | state.holds[1];
}

void log_flush(void)
{
	if (state.journal)
		journal_flush();
	else if (state.lost && !open_files())
		append_mark(LOST, state.lost);
}
