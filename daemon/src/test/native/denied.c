/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does what containers are not to do, one act after the other, and prints what comes of each: "ACT RESULT", the result
 * being "done", the name of an error, or the signal that it was answered with. No act changes anything where it is let
 * pass: arguments are such that the kernel has nothing to do, or only for this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define X32 0x40000000
#define YOUNGER 999 /* than every kernel */

static long by_old_gate(void)
{
#ifdef __x86_64__
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory"); /* getpid */
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return 0;
#else
	errno = ENOSYS;
	return -1;
#endif
}

static long new_namespace(unsigned long flag)
{
	long child = syscall(SYS_clone, flag | SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid((pid_t)child, NULL, 0);
	return child;
}

static long act(const char *name)
{
#define ACT(it) (!strcmp(name, it))
	if (ACT("io_uring"))
		return syscall(SYS_io_uring_setup, 0, 0);
	if (ACT("keyctl"))
		return syscall(SYS_keyctl, 0, -3, 0);
	if (ACT("add_key"))
		return syscall(SYS_add_key, "user", "carafe-none", "x", 1, -1);
	if (ACT("request_key"))
		return syscall(SYS_request_key, "user", "carafe-none", 0, 0);
	if (ACT("userfaultfd"))
		return syscall(SYS_userfaultfd, 1);
	if (ACT("kexec"))
		return syscall(SYS_kexec_load, 0, 1000000, 0, 0);
	if (ACT("bpf"))
		return syscall(SYS_bpf, 0, 0, 0);
	if (ACT("perf"))
		return syscall(SYS_perf_event_open, 0, 0, -1, -1, 0);
	if (ACT("alg"))
		return socket(AF_ALG, SOCK_SEQPACKET, 0);
	if (ACT("vsock"))
		return socket(AF_VSOCK, SOCK_STREAM, 0);
	if (ACT("netfilter"))
		return socket(AF_NETLINK, SOCK_RAW, 12);
	if (ACT("clone3"))
		return syscall(SYS_clone3, 0, 0);
	if (ACT("clone-uts"))
		return new_namespace(CLONE_NEWUTS);
	if (ACT("clone-user"))
		return new_namespace(CLONE_NEWUSER);
	if (ACT("unshare"))
		return unshare(CLONE_NEWUTS);
	if (ACT("unshare-user"))
		return unshare(CLONE_NEWUSER);
	if (ACT("setns"))
		return setns(-1, 0);
	if (ACT("mount"))
		return syscall(SYS_mount, 0, 0, 0, 0, 0);
	if (ACT("fsopen"))
		return syscall(SYS_fsopen, 0, 0);
	if (ACT("open_tree"))
		return syscall(SYS_open_tree, -1, 0, 0);
	if (ACT("personality"))
		return syscall(SYS_personality, 0x40000);
	if (ACT("swapon"))
		return syscall(SYS_swapon, 0, 0);
	if (ACT("handle"))
		return syscall(SYS_open_by_handle_at, -1, 0, 0);
	if (ACT("syslog"))
		return syscall(SYS_syslog, 10, 0, 0);
	if (ACT("module"))
		return syscall(SYS_init_module, 0, 0, 0);
	if (ACT("reboot"))
		return syscall(SYS_reboot, 0, 0, 0, 0);
	if (ACT("clock"))
		return syscall(SYS_settimeofday, 0, 0);
	if (ACT("mempolicy"))
		return syscall(SYS_mbind, 0, 0, 0, 0, 0, 0);
	if (ACT("old-gate"))
		return by_old_gate();
	if (ACT("x32"))
		return syscall(X32 | SYS_getpid);
	if (ACT("younger"))
		return syscall(YOUNGER);
	if (ACT("getpid"))
		return syscall(SYS_getpid);
	if (ACT("unix"))
		return socket(AF_UNIX, SOCK_STREAM, 0);
	if (ACT("route"))
		return socket(AF_NETLINK, SOCK_RAW, 0);
	errno = ENOTSUP;
	return -1;
}

int main(int count, char **acts)
{
	for (int i = 1; i < count; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			_exit(act(acts[i]) < 0 ? errno : 0);
		int status = 0;
		waitpid(child, &status, 0);
		if (WIFSIGNALED(status))
			printf("%s signal-%d\n", acts[i], WTERMSIG(status));
		else if (WEXITSTATUS(status) == 0)
			printf("%s done\n", acts[i]);
		else
			printf("%s %d\n", acts[i], WEXITSTATUS(status));
	}
	return 0;
}
