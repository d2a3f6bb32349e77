#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* A descriptor that exists, so that no later open takes its number, and that
 * neither reads nor writes.
 */
static void
fill_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			/* cppcheck-suppress leakReturnValNotUsed */
			(void)open("/", O_PATH);
}

/* What process_harden found, for who runs programs: written once, before
 * anything else happens.
 */
static struct {
	bool known;
	struct rlimit core;
	struct sigaction pipe, fsize;
} before;

void
process_harden(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct rlimit none;

	fill_standard();
	/* setrlimit(2) as musl has it brings locks for all threads with it. The
	 * hard limit stays, since it could not be given back to programs.
	 */
	before.known = prlimit(0, RLIMIT_CORE, NULL, &before.core) == 0;
	none = (struct rlimit){ 0, before.core.rlim_max };
	(void)prlimit(0, RLIMIT_CORE, &none, NULL);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)sigaction(SIGPIPE, &ignore, &before.pipe);
	(void)sigaction(SIGXFSZ, &ignore, &before.fsize);
}

void
process_soften(void)
{
	if (!before.known)
		return;
	(void)prlimit(0, RLIMIT_CORE, &before.core, NULL);
	(void)sigaction(SIGPIPE, &before.pipe, NULL);
	(void)sigaction(SIGXFSZ, &before.fsize, NULL);
}

void
process_forget_variables(const char *const *names)
{
	for (; *names; names++) {
		char *value = getenv(*names);

		if (value)
			explicit_bzero(value, strlen(value));
	}
}

bool
process_random(void *p, size_t n, struct err *e)
{
	unsigned char *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "getrandom");
		at += got;
		n -= (size_t)got;
	}
	return true;
}

int64_t
process_clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
process_now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

void
process_sleep_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	if (ms <= 0)
		return;
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}
