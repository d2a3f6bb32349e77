#include "sys/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/file.h"
#include "sys/process.h"

void
terminal_remember(struct terminal *t)
{
	/* Not to wait for a terminal that is held (Ctrl-S). */
	t->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (t->fd >= 0 && tcgetattr(t->fd, &t->was) < 0) {
		close(t->fd);
		t->fd = -1;
	}
}

void
terminal_restore(const struct terminal *t)
{
	if (t->fd >= 0 && tcgetpgrp(t->fd) == getpgrp())
		(void)tcsetattr(t->fd, TCSANOW, &t->was);
}

/* The signals that end or stop a process at its terminal. They wait, and are
 * read like the answer; so there is no handler, and nothing is left behind.
 */
struct watch {
	int fd;
	sigset_t set, before;
};

/* Those that the caller ignores or holds back stay his. */
static bool
watch_begin(struct watch *w, struct err *e)
{
	static const int signals[] = {
		SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP,
	};
	struct sigaction act;

	(void)sigprocmask(SIG_BLOCK, NULL, &w->before);
	(void)sigemptyset(&w->set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &act) == 0 &&
		    act.sa_handler != SIG_IGN &&
		    !sigismember(&w->before, signals[i]))
			(void)sigaddset(&w->set, signals[i]);
	w->fd = signalfd(-1, &w->set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (w->fd < 0)
		return err_sys(e, "ask at the terminal: signalfd");
	(void)sigprocmask(SIG_BLOCK, &w->set, NULL);
	return true;
}

static void
watch_end(const struct watch *w)
{
	(void)sigprocmask(SIG_SETMASK, &w->before, NULL);
	close(w->fd);
}

/* The signal does what it would have done. */
static void
watch_let(const struct watch *w, int sig)
{
	(void)raise(sig);
	(void)sigprocmask(SIG_SETMASK, &w->before, NULL);
	(void)sigprocmask(SIG_BLOCK, &w->set, NULL);
}

/* Its settings while there is a question. */
static struct termios
quiet_of(const struct terminal *t)
{
	struct termios quiet = t->was;

	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	quiet.c_lflag |= ICANON | ISIG;
	quiet.c_iflag |= ICRNL;
	return quiet;
}

/* From the background this stops us (SIGTTOU) until we are in the foreground;
 * so it comes before the question.
 */
static bool
open_question(const struct terminal *t, struct str question, struct err *e)
{
	const struct termios quiet = quiet_of(t);
	char text[ERR_MSG_MAX];
	struct buf b = BUF(text);

	if (tcsetattr(t->fd, TCSANOW, &quiet) < 0)
		return err_sys(e, "ask at the terminal: turn its echo off");
	(void)tcflush(t->fd, TCIFLUSH);
	buf_safe(&b, question);
	return write_all(t->fd, buf_str(&b)) ||
	    err_sys(e, "ask at the terminal: write");
}

/* Ctrl-C ends our parent too, and the shell may have taken the terminal back
 * before we come to it. Some shells leave it as they find it: if it is still as
 * we have made it, it is put back even so.
 */
static void
restore_behind(const struct terminal *t)
{
	const struct termios quiet = quiet_of(t);
	struct termios now;
	sigset_t set, before;

	if (tcgetattr(t->fd, &now) < 0 || now.c_lflag != quiet.c_lflag ||
	    now.c_iflag != quiet.c_iflag)
		return;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	(void)tcsetattr(t->fd, TCSANOW, &t->was);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The line end that was not echoed; and what is left of a line too long is no
 * command for the shell.
 */
static void
close_question(const struct terminal *t)
{
	if (tcgetpgrp(t->fd) != getpgrp()) {
		restore_behind(t);
		return;
	}
	(void)tcflush(t->fd, TCIFLUSH);
	(void)tcsetattr(t->fd, TCSANOW, &t->was);
	if (!write_all(t->fd, S("\n")))
		return;
}

/* *sig is 0, or the signal that came instead of the line. */
static bool
read_line(int fd, const struct watch *w, int64_t deadline, struct buf *line,
    int *sig, struct err *e)
{
	while (line->n < line->cap) {
		struct pollfd p[] = {
			{ .fd = w->fd, .events = POLLIN },
			{ .fd = fd, .events = POLLIN },
		};
		int64_t left = deadline - process_clock_ms();
		struct signalfd_siginfo info;
		ssize_t got;

		if (left <= 0)
			return err_set(e, ERR_NET, "ask at the terminal: no"
			    " answer in time");
		(void)poll(p, 2, left > INT_MAX ? INT_MAX : (int)left);
		if (read(w->fd, &info, sizeof(info)) == sizeof(info)) {
			*sig = (int)info.ssi_signo;
			return true;
		}
		got = read(fd, line->p + line->n, line->cap - line->n);
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got <= 0)
			return err_set(e, ERR_SYS, "ask at the terminal: end"
			    " of input");
		line->n += (size_t)got;
		if (line->p[line->n - 1] == '\n') {
			line->n--;
			return true;
		}
	}
	return err_set(e, ERR_LIMIT, "ask at the terminal: an answer of more"
	    " than %u bytes", ANSWER_MAX);
}

static bool
ask(const struct terminal *t, const struct watch *w, struct str question,
    int64_t deadline, struct buf *line, struct err *e)
{
	for (;;) {
		int sig = 0;
		bool done = open_question(t, question, e) &&
		    read_line(t->fd, w, deadline, line, &sig, e);

		close_question(t);
		if (!sig)
			return done;
		buf_wipe(line);
		watch_let(w, sig);
	}
}

bool
terminal_ask(struct str question, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e)
{
	size_t mark = a->used;
	/* With its line end. */
	struct buf line = arena_buf(a, ANSWER_MAX + 1);
	struct terminal t;
	struct watch w;
	bool done;

	if (line.full)
		return err_set(e, ERR_LIMIT, "ask at the terminal: out of"
		    " memory");
	terminal_remember(&t);
	if (t.fd < 0) {
		arena_back(a, mark);
		return err_set(e, ERR_ABSENT, "no terminal to ask at");
	}
	done = watch_begin(&w, e);
	if (done) {
		done = ask(&t, &w, question, deadline, &line, e);
		watch_end(&w);
	}
	close(t.fd);
	if (done)
		return arena_keep(a, &line, answer, e);
	arena_back(a, mark);
	return false;
}
