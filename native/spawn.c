/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts an instance's first process and, as its monitor, stays until it ends.
 *
 * The child executes the plan; this side passes what it says on to Java, and Java's word back: Java saves the
 * instance's state between "everything is ready" and "go on", so that no instance runs that nobody knows of. If Java
 * goes away before that, the child goes too.
 */
#include "carafe.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BUFFER 4096
#define PAGE 4096
#define DRAIN_ROUNDS 4096 /* each of a buffer or a part of one; a terminal keeps a few of them */

/* What is heard until an instance has begun: memory that its monitor then gives back. */
static _Alignas(PAGE) union {
	struct report report;
	char page[PAGE];
} told;

/* Bytes on their way from one descriptor to another. */
struct stream {
	int from, to; /* -1 once at its end */
	size_t start, end;
	char *bytes; /* of BUFFER bytes */
};

/* How the streams are kept. How many descriptors that takes; too many if they have not come. */
static unsigned read_keeping(struct keeping *keeping, const struct message *message, const int *fds, unsigned count)
{
	unsigned flags = (unsigned)message->b, taken = 0;
	*keeping = (struct keeping){
		.terminal = (flags & SPAWN_TERMINAL) != 0,
		.input = (flags & SPAWN_INPUT) != 0,
		.input_once = (flags & SPAWN_INPUT_ONCE) != 0,
		.bound = (flags & SPAWN_BOUND) != 0,
		.journal = (flags & SPAWN_JOURNAL) != 0,
		.log_most = (uint64_t)(uint32_t)message->c << 10,
		.log_files = flags >> SPAWN_LOG_FILES ? flags >> SPAWN_LOG_FILES : 1,
	};
	int *const filled[] = {&keeping->log, &keeping->listener, &keeping->client};
	const unsigned given[] = {SPAWN_HAS_LOG, SPAWN_HAS_LISTENER, SPAWN_HAS_CLIENT};
	for (unsigned i = 0; i < 3; i++) {
		*filled[i] = flags & given[i] && taken < count ? fds[taken] : -1;
		taken += (flags & given[i]) != 0;
	}
	return taken;
}

int spawn_read(struct spawn *spawn, const struct message *message, int *fds, unsigned count)
{
	unsigned has_ending = ((unsigned)message->b & SPAWN_HAS_ENDING) != 0;
	unsigned has_hooks = ((unsigned)message->b & SPAWN_HAS_HOOKS) != 0;
	unsigned first = 2 + has_ending + has_hooks;
	unsigned beside = ((unsigned)message->b & SPAWN_KEEPS)
				  ? read_keeping(&spawn->keeping, message, fds + first, count < first ? 0 : count - first)
				  : 0;
	spawn->keeping.keeps = ((unsigned)message->b & SPAWN_KEEPS) != 0;
	first += beside;
	if (count < first || message->a < SPAWN_CHILD || message->a > SPAWN_NOTHING ||
	    (spawn->keeping.keeps && message->a != SPAWN_DETACHED))
		return -1;
	spawn->mode = (enum spawn_mode)message->a;
	spawn->control = fds[0];
	spawn->plan = fds[1];
	spawn->ending = has_ending ? fds[2] : -1;
	spawn->hooks = has_hooks ? fds[2 + has_ending] : -1;
	spawn->maps = ((unsigned)message->b & SPAWN_MAPS_MOUNTS) != 0;
	spawn->inputs = fds + first;
	spawn->input_count = count - first;
	return 0;
}

/* Maps and checks a plan. */
static int load(int fd, struct plan *plan, void **memory, size_t *length)
{
	struct stat status;
	if (fstat(fd, &status))
		return -1;
	*length = (size_t)status.st_size;
	*memory = mmap(NULL, *length ? *length : 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (*memory == MAP_FAILED)
		return -1;
	if (plan_open(plan, *memory, *length)) {
		munmap(*memory, *length);
		errno = ENOEXEC;
		return -1;
	}
	return 0;
}

void reset_signals(void)
{
	sigset_t none;
	for (int number = 1; number < NSIG; number++)
		syscall(SYS_rt_sigaction, number, &(struct default_action){0}, NULL, sizeof(uint64_t));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void end_by_signal(int number)
{
	_exit(128 + number);
}

/* The kernel spares the first process of a PID namespace what it has no handler for. The program will have none. */
static void end_by_signals(void)
{
	const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		signal(numbers[i], end_by_signal);
}

static _Noreturn void run_init(const struct spawn *spawn, struct plan plan, int control)
{
	static struct executor executor;
	/* No process of the instance may look into this one before it has become the program (CVE-2016-9962). */
	prctl(PR_SET_DUMPABLE, 0);
	reset_signals();
	end_by_signals();
	umask(0); /* modes are what the plan says; it sets the program's mask itself */
	close(spawn->control); /* Java is to see when the parent ends */
	struct message failure = {MSG_FAILED, 0, 0, 0};
	if (spawn->keeping.keeps && keep_enter()) {
		failure = (struct message){MSG_FAILED, -1, errno, 0};
		write_all(control, &failure, sizeof(failure));
		_exit(255);
	}

	for (unsigned slot = 0; slot < PLAN_MAX_SLOTS; slot++)
		executor.slots[slot] = slot < spawn->input_count ? spawn->inputs[slot] : -1;
	if (plan.cgroup != SLOT_CWD) { /* It is born there; a way to the host's files is nothing for the program. */
		close(executor.slots[plan.cgroup]);
		executor.slots[plan.cgroup] = -1;
	}
	executor.control = control;
	executor.failure_log = -1;
	unsigned operation = 0;
	if (execute(&executor, plan, &operation) && !executor.reported) {
		failure.a = (int32_t)operation;
		failure.b = errno;
		int fd = executor.control >= 0 ? executor.control : executor.failure_log;
		write_all(fd, &failure, sizeof(failure));
	}
	_exit(255);
}

static int clone_init(const struct spawn *spawn, struct child *child)
{
	struct plan plan;
	void *memory;
	size_t length;
	int pair[2];
	if (load(spawn->plan, &plan, &memory, &length))
		return -1;
	if (plan.inputs != spawn->input_count) {
		errno = EINVAL;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int)))
		return -1;
	if (spawn->keeping.keeps && keep_prepare(&spawn->keeping))
		return -1;
	int cgroup = plan.cgroup == SLOT_CWD ? -1 : spawn->inputs[plan.cgroup];
	child->pid = clone_process(plan.clone_flags | CLONE_PIDFD, cgroup, &child->pidfd);
	if (child->pid == 0) {
		close(pair[0]);
		run_init(spawn, plan, pair[1]);
	}
	int error = errno;
	munmap(memory, length);
	close(pair[1]);
	keep_leave_child();
	for (unsigned i = 0; i < spawn->input_count; i++)
		close(spawn->inputs[i]);
	child->control = pair[0];
	child->terminal = -1;
	errno = error;
	return child->pid < 0 ? -1 : 0;
}

static int wait_for(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int kill_child(const struct child *child)
{
	kill(child->pid, SIGKILL); /* it is ours and not yet waited for, so that the number is its own */
	return wait_for(child->pid);
}

/* A second child takes the first one's place, which ends. */
static int follow(struct child *child, pid_t pid)
{
	siginfo_t none;
	if (waitid(P_PID, (id_t)pid, &none, WEXITED | WNOHANG | WNOWAIT))
		return -1; /* it is none of ours */
	wait_for(child->pid);
	close(child->pidfd);
	child->pid = pid;
	child->pidfd = (int)syscall(NR_pidfd_open, pid, 0);
	return child->pidfd < 0 ? -1 : 0;
}

/* Java's answer to a point that init has reached. */
static int ask(int control, const struct message *question, struct message *answer)
{
	unsigned none = 0;
	return message_send(control, question, NULL, 0) == 0 &&
			       message_receive(control, answer, NULL, &none) == 1
		       ? 0
		       : -1;
}

/* Executes a plan in this process, which is nobody's instance; such plans have no slots. What fails is told Java. */
static int execute_here(int fd, struct executor *executor)
{
	struct plan plan;
	void *memory;
	size_t length;
	unsigned failed = 0;
	executor->failure_log = -1;
	if (load(fd, &plan, &memory, &length))
		return -1;
	int result = execute(executor, plan, &failed);
	if (result && !executor->reported && executor->control >= 0) {
		struct message failure = {MSG_FAILED, (int32_t)failed, errno, 0};
		message_send(executor->control, &failure, NULL, 0);
	}
	munmap(memory, length);
	return result;
}

/* What is to be done here at a point of the child's way. */
static int pass_point(const struct spawn *spawn, const struct child *child, unsigned point)
{
	static struct executor executor;
	if (spawn->hooks < 0)
		return 0;
	executor.control = spawn->control;
	executor.point = point;
	executor.subject = child->pid;
	return execute_here(spawn->hooks, &executor);
}

/* One that this process relays. Now: the program may write first of all, or ask for its size. */
static void take_terminal(struct child *child, int fd)
{
	terminal_plain_output(fd);
	child->terminal = fd;
	terminal_copy_size(STDIN_FILENO, fd);
}

/* The program is to give way to another child, and only Java knows which: see POINT_GIVING_WAY. */
static int give_way(const struct spawn *spawn, struct child *child)
{
	for (;;) {
		struct message message = {MSG_SYNC, POINT_GIVING_WAY, child->pid, 0};
		struct child heir = *child;
		int fd = -1;
		unsigned count = 1;
		if (message_send(spawn->control, &message, NULL, 0) ||
		    message_receive(spawn->control, &message, &fd, &count) != 1)
			return -1; /* Java is gone or changed its mind */
		heir.pid = message.a;
		if (message.type == MSG_TERMINAL && count)
			take_terminal(child, fd);
		else if (message.type != MSG_GO)
			return -1;
		else if (message.b == 0)
			return follow(child, heir.pid);
		else if (pass_point(spawn, &heir, (unsigned)message.b))
			return -1;
	}
}

/* Maps a mount for init, which is in a user namespace, where its plan says so. */
static int map_for(const struct spawn *spawn, const struct child *child, int recursive, const int *fds, unsigned count)
{
	struct message answer = {MSG_GO, 0, 0, 0};
	if (!spawn->maps || count != 2)
		return -1;
	if (map_mount(fds[0], recursive, fds[1]))
		answer.a = errno;
	return message_send(child->control, &answer, NULL, 0);
}

/* Hears init out until it has become the program, waits to be started, or has failed. 0 in the first two cases. */
static int hear(const struct spawn *spawn, struct child *child)
{
	int ready = 0, gives_way = 0;
	for (;;) {
		struct message message;
		size_t length;
		int fds[2] = {-1, -1};
		unsigned count = 2;
		pid_t from;
		int heard = report_receive(child->control, &told.report, &length, fds, &count, &from);
		message = told.report.message;
		if (heard <= 0) {
			if (ready && ((gives_way && give_way(spawn, child)) || pass_point(spawn, child, POINT_EXECUTED))) {
				kill_child(child);
				return -1;
			}
			if (ready) {
				message = (struct message){MSG_EXECUTED, child->pid, getpid(), 0};
				message_send(spawn->control, &message, NULL, 0);
				return 0;
			}
			message = (struct message){MSG_DIED, wait_for(child->pid), 0, 0};
			message_send(spawn->control, &message, NULL, 0);
			return -1;
		}
		/* Whose number it is nobody can make up: the instance may have got hold of whoever speaks. */
		if (from != child->pid && follow(child, from)) {
			kill_child(child);
			return -1;
		}
		switch (message.type) {
		case MSG_TERMINAL:
			if (spawn->mode == SPAWN_ATTACHED) {
				take_terminal(child, fds[0]);
				continue;
			}
			if (spawn->keeping.keeps) {
				/* As its caller's, until somebody attaches. */
				child->terminal = fds[0];
				if (terminal_copy_size(STDIN_FILENO, fds[0]))
					terminal_copy_size(STDOUT_FILENO, fds[0]);
				continue;
			}
			message_send(spawn->control, &message, fds, 1);
			close(fds[0]);
			continue;
		case MSG_MAP_MOUNT: {
			int answered = map_for(spawn, child, message.a, fds, count);
			for (unsigned i = 0; i < count; i++)
				close(fds[i]);
			if (answered == 0)
				continue;
			break;
		}
		case MSG_SYNC: {
			int at_ready = message.a == 0;
			ready |= at_ready;
			if (message.a == POINT_MOUNTED) {
				message = (struct message){MSG_GO, 0, 0, 0};
				if (pass_point(spawn, child, POINT_MOUNTED) == 0 &&
				    message_send(child->control, &message, NULL, 0) == 0)
					continue;
				break;
			}
			message.b = child->pid;
			if (ask(spawn->control, &message, &message) == 0 &&
			    message_send(child->control, &message, NULL, 0) == 0) {
				gives_way |= at_ready && message.a;
				continue;
			}
			break; /* Java is gone */
		}
		case MSG_FAILED:
			kill_child(child);
			message_send(spawn->control, &message, NULL, 0);
			return -1;
		case MSG_HOOK_FAILED:
			kill_child(child);
			report_send(spawn->control, &told.report, length);
			return -1;
		}
		kill_child(child);
		return -1;
	}
}

static void step(struct stream *stream, short from_events, short to_events)
{
	if (stream->start == stream->end && from_events) {
		ssize_t length = read(stream->from, stream->bytes, BUFFER);
		if (length > 0) {
			stream->start = 0;
			stream->end = (size_t)length;
		} else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
			stream->from = -1;
		}
	} else if (stream->start < stream->end && to_events) {
		ssize_t length =
			write(stream->to, stream->bytes + stream->start, stream->end - stream->start);
		if (length > 0)
			stream->start += (size_t)length;
		else if (errno != EAGAIN && errno != EINTR) {
			stream->start = stream->end = 0;
			stream->from = -1;
		}
	}
}

/*
 * What is still in the terminal when the instance has ended: a reader who is slow gets it all. Whoever is not of the
 * instance and writes to its terminal still, is not heard for ever.
 */
static void drain(struct stream *output)
{
	for (int round = 0; round < DRAIN_ROUNDS; round++) {
		struct pollfd to = {output->to, POLLOUT, 0};
		if (output->start == output->end)
			step(output, POLLIN, 0);
		if (output->start == output->end)
			return; /* nothing more */
		if (poll(&to, 1, 2000) != 1)
			return; /* nobody reads */
		step(output, 0, POLLOUT);
	}
}

static int signals_of(const sigset_t *set)
{
	sigprocmask(SIG_BLOCK, set, NULL);
	return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void pass_signals(int signals, const struct child *child)
{
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH && child->terminal >= 0)
			terminal_copy_size(STDIN_FILENO, child->terminal);
		else if (info.ssi_signo == SIGCHLD)
			reap_java();
		else if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGPIPE)
			kill(child->pid, (int)info.ssi_signo);
	}
}

/* Relays terminal and signals until the instance has ended. Its wait status. */
static int attend(const struct child *child)
{
	static char bytes[2][BUFFER]; /* memory that a monitor without a terminal never touches */
	struct stream input = {.from = -1, .bytes = bytes[0]};
	struct stream output = {.from = -1, .bytes = bytes[1]};
	sigset_t all;
	sigfillset(&all);
	int signals = signals_of(&all);
	if (child->terminal >= 0) {
		fcntl(child->terminal, F_SETFL, O_RDWR | O_NONBLOCK);
		input.from = STDIN_FILENO;
		input.to = output.from = child->terminal;
		output.to = STDOUT_FILENO;
		terminal_copy_size(STDIN_FILENO, child->terminal);
		terminal_raw(STDIN_FILENO);
	}
	for (;;) {
		int input_waits = input.start < input.end;
		int output_waits = output.start < output.end;
		struct pollfd polled[] = {
			{child->pidfd, POLLIN, 0},
			{signals, POLLIN, 0},
			{input_waits ? -1 : input.from, POLLIN, 0},
			{input_waits ? input.to : -1, POLLOUT, 0},
			{output_waits ? -1 : output.from, POLLIN, 0},
			{output_waits ? output.to : -1, POLLOUT, 0},
		};
		if (poll(polled, 6, -1) < 0 && errno != EINTR)
			break;
		if (polled[1].revents)
			pass_signals(signals, child);
		step(&input, polled[2].revents, polled[3].revents);
		step(&output, polled[4].revents, polled[5].revents);
		if (polled[0].revents)
			break;
	}
	drain(&output);
	terminal_restore();
	return wait_for(child->pid);
}

static void execute_ending(const struct spawn *spawn, int wait_status)
{
	static struct executor executor;
	executor.control = -1;
	executor.persists = 1;
	executor.wait_status = wait_status;
	if (spawn->ending >= 0)
		execute_here(spawn->ending, &executor);
}

/* Closes everything but some descriptors, and standard input, output and error. */
static void close_others(const int *kept, unsigned count)
{
	for (unsigned first = 3;;) {
		unsigned next = ~0u;
		for (unsigned i = 0; i < count; i++)
			if (kept[i] >= (int)first && (unsigned)kept[i] < next)
				next = (unsigned)kept[i];
		if (next > first)
			syscall(NR_close_range, first, next == ~0u ? next : next - 1, 0);
		if (next == ~0u)
			return;
		first = next + 1;
	}
}

/* Has nothing of its caller's left, so that it keeps nothing from ending. */
static void leave_caller(const struct spawn *spawn, const struct child *child)
{
	int kept[3 + KEPT_MOST] = {child->pidfd, child->terminal, spawn->ending};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	madvise(&told, sizeof(told), MADV_DONTNEED);
	close_others(kept, 3 + (spawn->keeping.keeps ? keep_list(&spawn->keeping, kept + 3) : 0));
	if (chdir("/"))
		return;
}

/*
 * Whoever lets go of an overlay last waits until the kernel has written everything that is dirty on the file system under
 * it, of others too. That is to be this process, when all know of the end, and not the instance's last one.
 */
static void hold_root(const struct child *child)
{
	char path[32];
	make_path(path, "/proc/", child->pid, "/root");
	if (open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) < 0)
		return; /* then it is the instance's */
}

/* As attend, of one whose streams are kept here; its ending is done too. */
static int keep(const struct spawn *spawn, const struct child *child)
{
	sigset_t all;
	sigfillset(&all);
	hold_root(child);
	keep_attend(&spawn->keeping, child, signals_of(&all));
	int wait_status = wait_for(child->pid);
	execute_ending(spawn, wait_status);
	keep_end(wait_status);
	return wait_status;
}

static int run(const struct spawn *spawn)
{
	struct child child;
	if (clone_init(spawn, &child)) {
		struct message failure = {MSG_FAILED, -1, errno, 0};
		message_send(spawn->control, &failure, NULL, 0);
		return -1;
	}
	int heard = hear(spawn, &child);
	close(child.control);
	close(spawn->control);
	close(spawn->plan);
	if (spawn->hooks >= 0)
		close(spawn->hooks);
	if (heard || spawn->mode == SPAWN_CHILD) {
		close(child.pidfd);
		return -1;
	}
	if (spawn->mode == SPAWN_DETACHED)
		leave_caller(spawn, &child);
	int wait_status;
	if (spawn->keeping.keeps) {
		wait_status = keep(spawn, &child);
	} else {
		wait_status = attend(&child);
		execute_ending(spawn, wait_status);
	}
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/* Java is told when the plan is done, or why not. */
static void start_nothing(const struct spawn *spawn)
{
	static struct executor executor;
	struct message done = {MSG_EXECUTED, 0, 0, 0};
	executor.control = spawn->control;
	executor.reported = 0;
	if (execute_here(spawn->plan, &executor) == 0)
		message_send(spawn->control, &done, NULL, 0);
}

static void start_monitor(const struct spawn *spawn)
{
	pid_t monitor = fork();
	if (monitor == 0) {
		setsid();
		prctl(PR_SET_NAME, "carafe-monitor");
		forget_arguments();
		run(spawn);
		_exit(0);
	}
	if (monitor < 0) {
		struct message failure = {MSG_FAILED, -1, errno, 0};
		message_send(spawn->control, &failure, NULL, 0);
	}
}

int spawn_process(const struct spawn *spawn)
{
	signal(SIGCHLD, SIG_DFL); /* a caller may ignore it, and how a child ends would be lost on us */
	if (spawn->mode == SPAWN_CHILD || spawn->mode == SPAWN_ATTACHED)
		return run(spawn);
	if (spawn->mode == SPAWN_DETACHED)
		start_monitor(spawn);
	else
		start_nothing(spawn);
	close(spawn->control);
	close(spawn->plan);
	if (spawn->ending >= 0)
		close(spawn->ending);
	if (spawn->hooks >= 0)
		close(spawn->hooks);
	for (unsigned i = 0; i < spawn->input_count; i++)
		close(spawn->inputs[i]);
	int kept[KEPT_MOST];
	unsigned count = spawn->keeping.keeps ? keep_list(&spawn->keeping, kept) : 0;
	for (unsigned i = 0; i < count; i++)
		close(kept[i]);
	return -1;
}

/*
 * Started by Java itself, with one message waiting on descriptor 3. Java waits for this process, which is soon done: the
 * monitor is its child.
 */
int monitor_main(void)
{
	int fds[MAX_DESCRIPTORS];
	struct message message;
	struct spawn spawn;
	unsigned count = MAX_DESCRIPTORS;
	if (message_receive(3, &message, fds, &count) != 1 || message.type != MSG_SPAWN ||
	    spawn_read(&spawn, &message, fds, count) || spawn.mode == SPAWN_ATTACHED)
		die("monitor: started by hand; Carafe starts it", NULL);
	close(3);
	spawn_process(&spawn);
	return 0;
}
