/* trespass.c - what is shipped, but it does what it should not, once.
 *
 *	TRESPASS="WHO WHEN WHAT ARGUMENT"
 *
 * WHO is * (whoever comes first), - (the first process), or a child: 2 is the
 * second one forked, 1.3 the third one of the first. WHEN is a function of libc
 * that is about to be called: recv is when the network is being heard. WHAT is
 * open or make (a file), execute (a program), connect (to a TCP port of
 * 127.0.0.1) or kill (a process). How it went is said on standard error, by who
 * still can: "trespassed", or errno.
 *
 * Linked to the objects of the program with --wrap for each WHEN.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t __real_recv(int fd, void *p, size_t n, int flags);
ssize_t __real_write(int fd, const void *p, size_t n);
pid_t __real_fork(void);
int __real_flock(int fd, int how);
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap_write(int fd, const void *p, size_t n);
pid_t __wrap_fork(void);
int __wrap_flock(int fd, int how);

static char who[64] = "-";
static unsigned children;
static int done;

static int
go(const char *what, char *argument)
{
	char *const argv[] = { argument, NULL };
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argument)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (strcmp(what, "open") == 0)
		return open(argument, O_RDONLY | O_CLOEXEC);
	if (strcmp(what, "make") == 0)
		return open(argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (strcmp(what, "execute") == 0)
		return execv(argument, argv);
	if (strcmp(what, "kill") == 0)
		return kill(atoi(argument), SIGTERM);
	return connect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC,
	    IPPROTO_TCP), (const struct sockaddr *)&to, sizeof(to));
}

static void
trespass(const char *when)
{
	char place[64], moment[16], what[16], argument[256], said[64];
	const char *order = getenv("TRESPASS");
	int before = errno;

	if (done || !order || sscanf(order, "%63s %15s %15s %255s", place,
	    moment, what, argument) != 4 || strcmp(moment, when) != 0 ||
	    (strcmp(place, "*") != 0 && strcmp(place, who) != 0))
		return;
	done = 1;
	if (go(what, argument) >= 0)
		strcpy(said, "trespassed\n");
	else
		snprintf(said, sizeof(said), "errno %d\n", errno);
	(void)!__real_write(2, said, strlen(said));
	errno = before;
}

ssize_t
__wrap_recv(int fd, void *p, size_t n, int flags)
{
	trespass("recv");
	return __real_recv(fd, p, n, flags);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	trespass("write");
	return __real_write(fd, p, n);
}

int
__wrap_flock(int fd, int how)
{
	trespass("flock");
	return __real_flock(fd, how);
}

pid_t
__wrap_fork(void)
{
	char number[16];
	pid_t pid;

	children++;
	pid = __real_fork();
	if (pid == 0) {
		snprintf(number, sizeof(number), "%s%u",
		    who[0] == '-' ? "" : ".", children);
		if (who[0] == '-')
			who[0] = '\0';
		strncat(who, number, sizeof(who) - strlen(who) - 1);
		children = 0;
	}
	return pid;
}
