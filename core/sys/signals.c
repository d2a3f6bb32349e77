#include "sys/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	int number;
	enum signal_seen seen;
	struct str name;
	bool keyboard;
} signals[] = {
	{ SIGTERM, SIGNAL_END, S_INIT("SIGTERM"), false },
	{ SIGINT, SIGNAL_END, S_INIT("SIGINT"), true },
	{ SIGQUIT, SIGNAL_END, S_INIT("SIGQUIT"), true },
	{ SIGHUP, SIGNAL_AGAIN, S_INIT("SIGHUP"), false },
	{ SIGCHLD, SIGNAL_CHILD, S_INIT("SIGCHLD"), false },
};

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* A signal that is blocked waits to be read even where it is ignored. */
static bool
wanted(size_t i)
{
	struct sigaction now;

	return !signals[i].keyboard ||
	    sigaction(signals[i].number, NULL, &now) < 0 ||
	    now.sa_handler != SIG_IGN;
}

bool
signals_open(int *fd, struct err *e)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < SIGNALS; i++)
		if (wanted(i))
			(void)sigaddset(&set, signals[i].number);
	*fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (*fd < 0)
		return err_sys(e, "signalfd");
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return true;
}

enum signal_seen
signals_next(int fd, struct str *name)
{
	struct signalfd_siginfo info;
	ssize_t n;

	do
		n = read(fd, &info, sizeof(info));
	while (n < 0 && errno == EINTR);
	for (size_t i = 0; n == sizeof(info) && i < SIGNALS; i++)
		if (info.ssi_signo == (uint32_t)signals[i].number) {
			*name = signals[i].name;
			return signals[i].seen;
		}
	return SIGNAL_NONE;
}

void
signals_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}
