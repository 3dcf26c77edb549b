/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps ids that the caller may not map himself, through a program that may if the machine's administrator lets it:
 * newuidmap(1), newgidmap(1). It says on standard error what it has against a map.
 */
#include "carafe.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_MAPPINGS 340 /* that the kernel takes */
#define MOST_TEXT (MOST_MAPPINGS * 3 * 11 + 1)

extern char **environ;

/* A map as the kernel takes it, cut into words. How many they are, or -1. */
static int cut(char *text, const char *map, char **words)
{
	int count = 0;
	size_t length = strlen(map);
	if (length >= MOST_TEXT) {
		errno = E2BIG;
		return -1;
	}
	memcpy(text, map, length + 1);
	for (char *at = text; *(at += strspn(at, " \n"));) {
		if (count == MOST_MAPPINGS * 3) {
			errno = E2BIG;
			return -1;
		}
		words[count++] = at;
		at += strcspn(at, " \n");
		if (*at)
			*at++ = 0;
	}
	return count;
}

int run_mapper(const char *program, unsigned long process, const char *map)
{
	static char text[MOST_TEXT];
	static char *words[MOST_MAPPINGS * 3 + 3];
	char number[24];
	number[put_number(number, process, 1)] = 0;
	int count = cut(text, map, words + 2);
	if (count < 0)
		return -1;
	words[0] = (char *)(uintptr_t)program;
	words[1] = number;
	words[count + 2] = NULL;
	pid_t pid = fork();
	if (pid == 0) {
		execve(program, words, environ);
		_exit(127);
	}
	int status = 0;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0 || status) {
		errno = pid < 0 ? errno : ECHILD;
		return -1;
	}
	return 0;
}
