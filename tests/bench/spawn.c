/* spawn.c - time whole commands, in turn, as often as wanted.
 *
 * usage: spawn RUNS INPUT CMD [ARG...] [-- CMD [ARG...]]...
 *
 * Runs every command once for the memory it takes, and then RUNS times, one
 * after the other in turn, so that a machine that slows down slows all of
 * them and runs of one turn can be compared. Every other turn goes backwards:
 * what ran before leaves its mark on the caches. INPUT is a file for standard
 * input; output is thrown away. On standard output, a line for each command
 * with its peak memory in KiB, then a line for each turn with wall-clock and
 * processor time of each command, in microseconds. A command that does not
 * exit with 0 ends it all.
 *
 * The peak is VmHWM at the moment of exit, seen as tracer: ru_maxrss has the
 * parent's size as its floor.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 8

extern char **environ;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
time_us(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

struct figures {
	int64_t wall, cpu;	/* microseconds */
};

static struct figures
run(char **argv, const posix_spawn_file_actions_t *files)
{
	struct rusage use;
	int64_t start = clock_us(), wall;
	pid_t pid;
	int status;

	errno = posix_spawn(&pid, argv[0], files, NULL, argv, environ);
	if (errno)
		die(argv[0]);
	if (wait4(pid, &status, 0, &use) != pid)
		die("wait4");
	wall = clock_us() - start;
	if (status != 0) {
		fprintf(stderr, "spawn: %s: status %d\n", argv[0], status);
		exit(1);
	}
	return (struct figures){ wall,
		time_us(use.ru_utime) + time_us(use.ru_stime) };
}

static long
high_water(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(f);
	return kib;
}

static void
trace_child(char **argv, const char *input)
{
	int in = open(input, O_RDONLY), out = open("/dev/null", O_WRONLY);

	if (in < 0 || out < 0)
		_exit(126);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execv(argv[0], argv);
	_exit(127);
}

static long
peak(char **argv, const char *input)
{
	long kib = -1;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		trace_child(argv, input);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("trace");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXIT);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int sig = WSTOPSIG(status);

		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			kib = high_water(pid);
			sig = 0;
		}
		ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)sig);
	}
	return kib;
}

/* Where each command begins in argv; every "--" becomes its end. */
static size_t
read_commands(int argc, char **argv, char **commands[])
{
	size_t n = 0;

	for (int i = 3; i < argc && n < COMMANDS_MAX; i++) {
		commands[n++] = argv + i;
		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		argv[i] = NULL;
	}
	return n;
}

int
main(int argc, char **argv)
{
	char **commands[COMMANDS_MAX];
	posix_spawn_file_actions_t files;
	size_t n;
	long runs;

	if (argc < 4 || (runs = strtol(argv[1], NULL, 10)) < 1) {
		fputs("usage: spawn RUNS INPUT CMD [ARG...]"
		    " [-- CMD [ARG...]]...\n", stderr);
		return 2;
	}
	n = read_commands(argc, argv, commands);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, argv[2], O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	for (size_t k = 0; k < n; k++)
		printf("%ld\n", peak(commands[k], argv[2]));
	for (long i = 0; i < runs; i++) {
		struct figures f[COMMANDS_MAX];

		for (size_t k = 0; k < n; k++) {
			size_t at = i % 2 ? n - 1 - k : k;

			f[at] = run(commands[at], &files);
		}
		for (size_t k = 0; k < n; k++)
			printf("%lld %lld ", (long long)f[k].wall,
			    (long long)f[k].cpu);
		putchar('\n');
	}
	return 0;
}
