/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carafe: one binary in three roles.
 *
 *   client   what people call: hands its arguments and descriptors to Carafe's Java and does what it asks (client.c)
 *   monitor  parent of an instance's first process: keeps its streams and its log (keep.c), ends when it ends, and
 *            records how (spawn.c)
 *   init     that first process, until it becomes the program that it was asked for (execute.c)
 */
#ifndef CARAFE_H
#define CARAFE_H

#include "plan.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* For what a monitor writes to: beside other such things, as a page of memory for each is too much for one. */
#define IN_DATA __attribute__((section(".data")))

/* The fixed part of every message; descriptors travel beside it. Java's side is the class Message. */
struct message {
	uint32_t type;
	int32_t a, b, c;
};

enum message_type {
	/* client to Java */
	MSG_REQUEST = 1, /* a arguments, b environment variables; stdin, stdout, stderr, cwd, memory with both and a build */
	MSG_SIGNAL = 2,	 /* a number */
	/* Java to client */
	MSG_SPAWN = 10, /* a mode, b flags, c most KiB of a log's file; control, plan, [ending], [hooks], [folder of the log,
			   or memory with the fields of its entries], [listener], [first client], inputs of the plan */
	MSG_EXIT = 11,	/* a status */
	MSG_TAKEN = 12,	/* the daemon's first word, if it does what is asked; without it nothing has happened */
	MSG_ATTACH = 13, /* a flags; a monitor's socket, memory with the keys that detach: the client relays, and ends */
	/* init and its parent to Java */
	MSG_SYNC = 21,	   /* a point, c a number that belongs to it; waits for MSG_GO */
	MSG_TERMINAL = 22, /* the terminal's master */
	MSG_FAILED = 23,   /* a operation, counted from 0, b errno */
	MSG_DIED = 24,	   /* a wait status: init ended without a word */
	MSG_EXECUTED = 25, /* a its process, b its parent: the program runs; or the plan that the client executes is done */
	MSG_MAP_MOUNT = 27,   /* to its parent only: a 1 if recursive; a mount, a user namespace; waits for MSG_GO */
	MSG_HOOK_FAILED = 26, /* a errno or 0, b wait status, c length of its label; label and output follow */
	/* Java to init */
	MSG_GO = 30, /* at READY a: 1 if the program gives way to another process; at POINT_GIVING_WAY see there; after
			MAP_MOUNT a: errno */
};

enum spawn_mode {
	SPAWN_CHILD = 0,    /* a child of the client, which outlives it */
	SPAWN_ATTACHED = 1, /* the client stays as its monitor, on the caller's terminal */
	SPAWN_DETACHED = 2, /* with a monitor of its own */
	SPAWN_NOTHING = 3,  /* the client itself executes the plan */
};

#define SPAWN_HAS_ENDING 1
#define SPAWN_HAS_HOOKS 2
#define SPAWN_MAPS_MOUNTS 4 /* the plan has mounts mapped; without it nobody is obeyed who asks for that */
#define SPAWN_KEEPS 8	    /* the monitor of its own keeps the streams; else they are the caller's */
#define SPAWN_HAS_LOG 16
#define SPAWN_HAS_LISTENER 32
#define SPAWN_HAS_CLIENT 64
#define SPAWN_TERMINAL 128   /* the streams are a terminal, which the plan makes, instead of pipes */
#define SPAWN_INPUT 256	     /* there is a standard input */
#define SPAWN_INPUT_ONCE 512 /* which ends with the first of the clients that may write to it */
#define SPAWN_BOUND 1024     /* when the first client goes before its end, it and its process group are killed */
#define SPAWN_JOURNAL 2048   /* the log is the machine's journal */
#define SPAWN_LOG_FILES 16   /* by how many bits the number of a log's files is shifted */
#define MAX_DESCRIPTORS 250 /* in one message: SCM_MAX_FD less a few */

/*
 * Who attaches to a monitor and the monitor say this to each other, over a SOCK_SEQPACKET socket: a message, and for some
 * types bytes behind it. Java's side is the class Packet.
 */
enum packet_type {
	/* to the monitor */
	PACKET_BEGIN = 40,     /* a what is wanted: first of all, or nothing comes; answered by BEGUN */
	PACKET_INPUT = 41,     /* bytes; the next come when TAKEN has answered, so that what is said besides passes them */
	PACKET_INPUT_END = 42, /* no more INPUT */
	PACKET_SIZE = 43,      /* a rows, b columns of the terminal */
	PACKET_SIGNAL = 44,    /* a number, for the first process */
	PACKET_CLOSED = 45,    /* a ATTACH_OUTPUT or ATTACH_ERROR: nobody reads that where the client passes it on to */
	/* from the monitor */
	PACKET_BEGUN = 50,   /* a what there is; before all output */
	PACKET_OUTPUT = 51,  /* bytes; all of a terminal's */
	PACKET_ERROR = 52,   /* bytes */
	PACKET_TAKEN = 53,   /* the INPUT has been passed on, or there is nobody to take it */
	PACKET_ENDED = 54,   /* a wait status: after all output, and after the ending; nothing follows */
	PACKET_DROPPED = 55, /* the client has taken nothing for too long, and gets nothing more */
};

/* Of BEGIN; of MSG_ATTACH too, with the last. */
#define ATTACH_INPUT 1
#define ATTACH_OUTPUT 2
#define ATTACH_ERROR 4
#define ATTACH_SIGNALS 8 /* the client passes its signals on */
/* Of BEGUN. */
#define BEGUN_TERMINAL 1
#define BEGUN_FIRST 2 /* the client has been there since before the program began */

#define PACKET_MOST 32768 /* bytes behind a message */
#define MOST_KEYS 16

#define MOST_LABEL 512 /* bytes of a hook's label that are told */
#define MOST_SAID 1024 /* bytes of its output that are told: the last ones */

/* MSG_HOOK_FAILED, whole. */
struct report {
	struct message message;
	char text[MOST_LABEL + MOST_SAID];
};

/* message.c: messages with descriptors over a SOCK_SEQPACKET socket */
int message_send(int socket, const struct message *message, const int *fds, unsigned count);
/* 1 with a message, 0 at the end, -1 with errno. *count: room in fds, then how many came. */
int message_receive(int socket, struct message *message, int *fds, unsigned *count);
/*
 * The same where a report may come; *length: bytes of its text. *from: the sender's pid, as the kernel has it, if the
 * socket was asked for that (SO_PASSCRED), else 0.
 */
int report_receive(int socket, struct report *report, size_t *length, int *fds, unsigned *count, pid_t *from);
int report_send(int socket, const struct report *report, size_t length);

/* packet.c */
struct packet {
	struct message message;
	char bytes[PACKET_MOST];
};
/* Whether so many bytes, read into a packet, are something that a client may say. */
int packet_valid(const struct packet *packet, size_t length);
/* 1 if it has been sent, 0 if there is no room for it now, -1 if nobody will read it. */
int packet_send(int socket, enum packet_type type, int number, const void *bytes, size_t length);

/* sealed.c: run from memory that nobody can change (CVE-2019-5736) */
#define CARRIED 2
/* Whether this is the sealed copy already, and if so what was carried over: numbers that are not negative. */
int is_sealed(int *carried);
_Noreturn void run_sealed(char **argv, const int *carried);
/* The folder that this program was started from, without an end slash; not in the sealed copy. */
const char *home_folder(void);

/* execute.c */
struct executor {
	int slots[PLAN_MAX_SLOTS];
	int control;		/* to the parent, -1 for none */
	int failure_log;	/* where a failure is told once the parent is gone, -1 for none */
	int denied;		/* whether a chdir has been left for later */
	int wait_status;	/* of the process that has ended, for an ending */
	int persists;		/* goes on after what fails, as an ending does */
	unsigned long kills;	/* of its processes, for want of memory, that COUNT_KILLS has found */
	unsigned point;		/* that the process has reached, for its parent's hooks; else 0 */
	pid_t subject;		/* of whom hooks are told; 0 for this process itself */
	int reported;		/* whether it has been told already what failed */
	char program[4096];	/* found by FIND_PROGRAM */
};
/* Executes every operation. 0, or -1 with errno and the failing operation's number in *failed. */
int execute(struct executor *executor, struct plan plan, unsigned *failed);
/* NUL-ended texts as the array of pointers that execve takes. The memory is never given back: execve follows. */
char **text_pointers(const struct argument *texts);
/* Everything from a number on is closed by execve; until then a failure can still be told. */
int close_from(unsigned first);
/* Has the ids of a mount that is attached nowhere mapped as those of a user namespace. */
int map_mount(int mount, int recursive, int user_namespace);

/* hook.c */
int run_hook(struct executor *executor, const struct operation *operation);

/* A directory being read, by getdents64(2). Not opendir(3): a monitor has no other use for a memory manager. */
struct listing {
	int fd;
	long at, end;
	_Alignas(8) char bytes[1024];
};
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};
/* The next entry other than . and .., or NULL at the end. */
const struct entry *next_entry(struct listing *listing);

/* copy.c: everything in a directory, into one that nobody else can reach */
int copy_tree(int from, int to);

/* mapper.c: gives a process its id map, through a program */
int run_mapper(const char *program, unsigned long process, const char *map);

/* cleanup.c: the operations of an ending */
int remove_cgroup(const char *path);
int kill_cgroup(const char *path);
int remove_tree(const char *path);
int remove_locked(const char *path);
int count_kills(const char *path, unsigned long *kills);
int record_exit(const char *path, int wait_status, unsigned long kills);
int write_all(int fd, const void *bytes, size_t length);
/* The number behind a key that a line of a text begins with; -1 if none does. */
long number_behind(const char *text, const char *key);
/* In decimal, with at least so many digits and no end mark. How many there are. */
size_t put_number(char *to, unsigned long number, int digits);
/* A path with a number in it, and its end mark. */
void make_path(char *to, const char *before, long number, const char *after);

/* log.c: what an instance writes, and when */
#define LOG_PIECE 16384 /* bytes of a line that the journal is given at once */
void log_open(int folder, uint64_t most, unsigned files);
/* It goes to the journal instead; the descriptor is given away. */
void log_open_journal(int memory);
enum log_haste { LOG_MORE_MAY_COME, LOG_NOW, LOG_UNFINISHED_TOO };
/*
 * Takes what a stream has written: files all, but for what they hold back if more may come; the journal lines, and of an
 * unfinished one whole pieces, or what there is of it. How many bytes that is; the rest is to be given again.
 */
size_t log_take(int stream, const char *bytes, size_t length, enum log_haste haste);
/* Whether something is held back, which is to be given as soon as nothing more comes. */
int log_holds(void);
/* Says what is missing, if there is room again. */
void log_flush(void);

/* journal.c: the same in the machine's journal */
#define JOURNAL_FIELDS_MOST 262144 /* bytes of the fields that all entries have */
/* The fields, as entries have them; the descriptor is given away. */
void journal_open(int memory);
/* As log_take. */
size_t journal_take(int stream, const char *bytes, size_t length, int unfinished_too);
/* Says what is missing, if the journal takes that. */
void journal_flush(void);

/* keep.c: the streams of an instance, kept by its monitor */
struct keeping {
	int keeps, terminal, input, input_once;
	int bound; /* to its first client */
	int log; /* its folder, or memory with the fields of its entries in the journal; -1 for none */
	int journal;
	uint64_t log_most;
	unsigned log_files;
	int listener; /* -1 for none */
	int client;   /* who is attached from the beginning, -1 for nobody */
};
struct child {
	pid_t pid;
	int pidfd;
	int control;
	int terminal; /* master, -1 for none */
};
/* Makes the pipes, if there are to be any. */
int keep_prepare(const struct keeping *keeping);
/* In the child: they are its standard streams. */
int keep_enter(void);
/* In the parent, when there is a child: its ends are not ours. */
void keep_leave_child(void);
/* Adds the descriptors that are needed to a list. */
unsigned keep_list(const struct keeping *keeping, int *fds);
#define KEPT_MOST 8
/* Attends to streams and clients until the child has ended and what it has written is kept. */
void keep_attend(const struct keeping *keeping, const struct child *child, int signals);
/* When its ending is done: tells the clients. */
void keep_end(int wait_status);

/* attach.c: from the client's side. The exit status. */
int attach(int flags, int socket, int keys);

/* spawn.c */
struct spawn {
	enum spawn_mode mode;
	int control; /* to Java */
	int plan;
	int ending; /* a plan to execute after the end, -1 for none */
	int hooks;  /* a plan to execute at points of the process' way, -1 for none */
	int maps;   /* whether the process may have mounts mapped */
	struct keeping keeping;
	int *inputs;
	unsigned input_count;
};
/* What a SPAWN message asks for. -1 if it makes no sense. */
int spawn_read(struct spawn *spawn, const struct message *message, int *fds, unsigned count);
/* Does it. The exit status if the process ended here, or -1: to go on and hear what Java says. */
int spawn_process(const struct spawn *spawn);
int monitor_main(void);
/* As a program finds them that nobody has prepared anything for. */
void reset_signals(void);

/* terminal.c: relays between the caller's terminal and an instance's */
void terminal_raw(int fd);
void terminal_restore(void);
/* Where nobody sits at a terminal, line ends come out as they were written. */
void terminal_plain_output(int fd);
/* -1 if the one that it is copied from is no terminal. */
int terminal_copy_size(int from, int to);
/* Whether it is one. */
int terminal_size(int fd, int *rows, int *columns);

/* daemon.c */
/* A connection to the daemon of the caller's state folder; -1 if there is none. */
int daemon_connect(void);
/* Whether it does what was asked for. If not, it has done nothing and will not. */
int daemon_takes_on(int socket);

/* client.c */
/* NULL carried: not yet sealed. */
int client_main(char **argv, const int *carried);
/* Java has done its part when an instance runs: it must not stay as a zombie for as long. */
void reap_java(void);

/* What this process was called with may hold secrets; from here on it is called with nothing. */
void forget_arguments(void);

_Noreturn void die(const char *what, const char *detail);

#endif
