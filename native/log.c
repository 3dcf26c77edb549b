/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of an instance, in the form that Kubernetes' CRI gives to logs: one record a line,
 *
 *   2016-10-06T00:17:09.669794202Z stdout F text
 *
 * with P where the line goes on in the next record of the stream. The file "log" is made when there is a first byte. When
 * it is full it becomes "log.1", and that "log.2", between two lines.
 *
 * What cannot be written is counted. As soon as there is room again, a record says how many bytes are missing; its tag is
 * F:lost, which nobody else's has.
 *
 * Records are put together in memory, for one write(2) of many.
 */
#include "carafe.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BATCH 131072 /* what a pipe has room for, with its heads */
#define MOST_HEAD 64	      /* bytes of a record before its text */
#define MOST_OVERDUE (1 << 20) /* by how much a file may be too long until a line ends, if not by its own length */
#define STREAMS 2

#define MOST_RECORD (MOST_HEAD + LOG_PIECE + 1)

static const char *const stream_names[STREAMS] = {" stdout ", " stderr "};

static struct {
	int folder, file; /* -1 for none */
	int journal;	  /* whether all goes there instead */
	uint64_t most;	  /* bytes a file, 0 for any number */
	unsigned files;
	uint64_t size; /* of the file */
	int in_line[STREAMS];
	uint64_t lost;	   /* bytes since the last record that could be written */
	uint64_t batched;  /* bytes of the instance's in the batch */
	size_t length;	   /* of the batch */
	int64_t second;	   /* that the time's text is of */
	char time[32];
} state = {.folder = -1, .file = -1};

static _Alignas(4096) char batch[BATCH];

struct head {
	char text[MOST_HEAD];
	size_t length;
};

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

/* Makes the text of a time of day, in the calendar as it goes on from 1 March to the end of February. */
static void set_second(int64_t second)
{
	unsigned long days = (unsigned long)(second / 86400) + 719468; /* since 1 March of the year 0 */
	unsigned of_day = (unsigned)(second % 86400);
	unsigned long era = days / 146097; /* of 400 years */
	unsigned day = (unsigned)(days % 146097);
	unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	unsigned month = (5 * day + 2) / 153; /* from March on */
	const unsigned numbers[] = {month < 10 ? month + 3 : month - 9, day - (153 * month + 2) / 5 + 1, of_day / 3600,
				    of_day / 60 % 60, of_day % 60};
	size_t at = put_number(state.time, era * 400 + year + (month >= 10), 4);
	for (unsigned i = 0; i < 5; i++) {
		state.time[at++] = "--T::"[i];
		at += put_number(state.time + at, numbers[i], 2);
	}
	state.time[at] = 0;
	state.second = second;
}

/* With nine digits behind the second. Its length. */
static size_t put_time(char *to)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != state.second || !state.time[0])
		set_second(now.tv_sec);
	size_t length = strlen(state.time);
	memcpy(to, state.time, length);
	to[length++] = '.';
	length += put_number(to + length, (unsigned long)now.tv_nsec, 9);
	to[length++] = 'Z';
	return length;
}

/* Before a record's text. Its length. */
static size_t put_head(char *to, int stream, const char *tag)
{
	size_t at = put_time(to);
	const char *const parts[] = {stream_names[stream], tag, " "};
	for (unsigned i = 0; i < 3; i++) {
		size_t length = strlen(parts[i]);
		memcpy(to + at, parts[i], length);
		at += length;
	}
	return at;
}

/* A record that whoever wrote it has not finished is not to run into the next one. */
static int end_torn_record(void)
{
	struct stat status;
	char last = '\n';
	if (fstat(state.file, &status)) {
		close(state.file);
		state.file = -1;
		return -1;
	}
	state.size = (uint64_t)status.st_size;
	if (status.st_size > 0 && pread(state.file, &last, 1, status.st_size - 1) == 1 && last != '\n' &&
	    write(state.file, "\n", 1) == 1)
		state.size++;
	return 0;
}

static int open_file(void)
{
	if (state.file >= 0)
		return 0;
	state.file = openat(state.folder, "log", O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return state.file < 0 ? -1 : end_torn_record();
}

static void put_name(char *to, unsigned number)
{
	memcpy(to, "log", sizeof("log"));
	if (number) {
		to[3] = '.';
		to[4 + put_number(to + 4, number, 1)] = 0;
	}
}

/*
 * The file gives its name to a new one. The oldest goes before its name is taken: whom a rename(2) replaces ext4 takes for
 * a file that is being saved, and writes the new one to the disk at once.
 */
static int rotate(void)
{
	char from[32], to[32];
	put_name(to, state.files - 1);
	int result = unlinkat(state.folder, to, 0);
	for (unsigned number = state.files - 1; number > 0; number--) {
		put_name(from, number - 1);
		put_name(to, number);
		result = renameat(state.folder, from, state.folder, to);
	}
	if (result && errno != ENOENT)
		return -1;
	close(state.file);
	state.file = -1;
	state.size = 0;
	return 0;
}

/* The batch, after what there is to be said of earlier ones. What is not written whole is not written at all. */
static int write_batch(void)
{
	char lost[MOST_HEAD + 64];
	struct iovec parts[] = {{lost, 0}, {batch, state.length}};
	if (state.lost) {
		static const char text[] = " bytes are missing here, as the log could not be written\n";
		size_t at = put_head(lost, 1, "F:lost");
		at += put_number(lost + at, state.lost, 1);
		memcpy(lost + at, text, sizeof(text) - 1);
		parts[0].iov_len = at + sizeof(text) - 1;
	}
	size_t length = parts[0].iov_len + parts[1].iov_len;
	if (open_file())
		return -1;
	ssize_t written;
	do
		written = writev(state.file, parts, 2);
	while (written < 0 && errno == EINTR);
	if (written == (ssize_t)length) {
		state.size += length;
		return 0;
	}
	/* No half record: the next one would run into it. Where that fails too, it is seen when the file is opened again. */
	if (written > 0 && ftruncate(state.file, (off_t)state.size)) {
		close(state.file);
		state.file = -1;
	}
	return -1;
}

void log_flush(void)
{
	if (state.journal)
		journal_flush();
	if (state.folder < 0 || (!state.length && !state.lost))
		return;
	if (write_batch())
		state.lost += state.batched;
	else
		state.lost = 0;
	state.length = 0;
	state.batched = 0;
}

/* Whether the next record belongs into a new file. */
static int is_full(size_t length)
{
	uint64_t size = state.size + state.length;
	uint64_t overdue = state.most < MOST_OVERDUE ? state.most : MOST_OVERDUE;
	return state.most && size && size + length > state.most &&
	       (!(state.in_line[0] | state.in_line[1]) || size + length > state.most + overdue);
}

static uint64_t copy_word(char *to, const char *from)
{
	uint64_t word;
	memcpy(&word, from, sizeof(word));
	memcpy(to, &word, sizeof(word));
	return le64toh(word);
}

/* The line's end is looked for and the line copied in one go, eight bytes at a time; up to seven more may be written. */
static size_t copy_line(char *to, const char *from, size_t length)
{
	const uint64_t each = 0x0101010101010101;
	size_t at = 0;
	for (; at + sizeof(uint64_t) <= length; at += sizeof(uint64_t)) {
		uint64_t other = copy_word(to + at, from + at) ^ each * '\n';
		/* The lowest bit that is set is in the first byte that is a line's end. */
		uint64_t ends = (other - each) & ~other & each << 7;
		if (ends)
			return at + (size_t)__builtin_ctzll(ends) / 8;
	}
	for (; at < length && from[at] != '\n'; at++)
		to[at] = from[at];
	return at;
}

/* Makes room for the next record: that it is in the batch already, behind it, hurts nobody. */
static int begin_file(char *record, size_t length)
{
	log_flush();
	if (state.file >= 0 && rotate())
		return -1;
	memmove(batch, record, length);
	return 0;
}

/* Puts a line into the log, or a piece of one. How many bytes of the text that takes; 0 if it is to wait for more. */
static size_t put_record(int stream, const struct head *head, const char *text, size_t length, int unfinished_too)
{
	size_t most = length < LOG_PIECE ? length : LOG_PIECE;
	if (sizeof(batch) - state.length < MOST_RECORD)
		log_flush();
	char *record = batch + state.length;
	for (size_t at = 0; at < head->length; at += sizeof(uint64_t))
		copy_word(record + at, head->text + at);
	size_t taken = copy_line(record + head->length, text, most);
	int whole = taken < most;
	if (!whole && most < LOG_PIECE && !unfinished_too)
		return 0;
	size_t size = head->length + taken + 1;
	record[head->length - 2] = whole ? 'F' : 'P';
	record[size - 1] = '\n';
	taken += (size_t)whole;
	if (is_full(size) && begin_file(record, size)) {
		state.lost += taken;
		return taken;
	}
	state.length += size;
	state.batched += taken;
	state.in_line[stream] = !whole;
	return taken;
}

size_t log_take(int stream, const char *bytes, size_t length, int unfinished_too)
{
	struct head head;
	size_t at = 0, taken;
	if (state.journal)
		return journal_take(stream, bytes, length, unfinished_too);
	if (state.folder < 0 || !length)
		return length;
	head.length = put_head(head.text, stream, "F"); /* what comes at once has one time */
	if (state.file < 0)
		open_file(); /* how much is in it already? Where that fails, the batch is lost later. */
	while (at < length && (taken = put_record(stream, &head, bytes + at, length - at, unfinished_too)))
		at += taken;
	return at;
}
void log_rest(void)
{
	madvise(batch, sizeof(batch), MADV_DONTNEED);
}
