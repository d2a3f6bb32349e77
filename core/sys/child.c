#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/file.h"
#include "sys/process.h"

enum { CHILD_FDS = 256 };	/* looked through; we open a handful */

/* What goes through the pipe first. Both ends are one program. */
struct head {
	uint64_t kind;	/* ERR_NONE: an answer follows; else a message */
	uint64_t n;	/* bytes of it */
};

static bool
tell(int fd, enum err_kind kind, struct str text)
{
	const struct head head = { kind, text.n };

	return write_all(fd, (struct str){ (const char *)&head,
	    sizeof(head) }) && write_all(fd, text);
}

static bool
do_work(child_work *work, void *me, struct buf *out, struct err *e)
{
	if (!out->p)
		return err_set(e, ERR_LIMIT, "child process: out of memory");
	return work(me, out, e) && (!out->full || err_set(e, ERR_LIMIT,
	    "child process: answer of more than %u bytes", CHILD_ANSWER_MAX));
}

static bool
tell_failure(const struct child *ch, const struct err *e)
{
	const uint64_t one = 1;

	return tell(ch->fd, e->kind, str_of(e->msg)) && (ch->failed < 0 ||
	    write_all(ch->failed, (struct str){ (const char *)&one,
	    sizeof(one) }));
}

static bool
answer_with(const struct child *ch, child_work *work, void *me,
    struct arena *a)
{
	struct buf out = { arena_end(a, CHILD_ANSWER_MAX), 0,
		CHILD_ANSWER_MAX, false };
	struct err e;
	bool told = do_work(work, me, &out, &e) ?
	    tell(ch->fd, ERR_NONE, buf_str(&out)) : tell_failure(ch, &e);

	if (out.p)
		buf_wipe(&out);
	return told;
}

/* What we have opened closes on exec(2); what we were given did not. */
static void
close_ours(const struct child *ch)
{
	for (int fd = STDERR_FILENO + 1; fd < CHILD_FDS; fd++)
		if (fd != ch->fd && fd != ch->failed &&
		    fcntl(fd, F_GETFD) == FD_CLOEXEC)
			close(fd);
}

/* A parent that died before we asked to be told is seen by our having another
 * one.
 */
static _Noreturn void
be_child(const struct child *ch, pid_t parent, child_work *work, void *me,
    struct arena *a)
{
	bool told = prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0 &&
	    getppid() == parent && answer_with(ch, work, me, a);

	arena_back(a, 0);
	_exit(told ? 0 : 1);
}

static void
close_failed(const struct child *ch)
{
	if (ch->failed >= 0)
		close(ch->failed);
}

static bool
start(struct child *ch, bool alone, child_work *work, void *me,
    struct arena *a, struct err *e)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	ch->failed = eventfd(0, EFD_CLOEXEC);
	ch->pid = fork();
	if (ch->pid < 0) {
		err_sys(e, "fork");
		close(ends[0]);
		close(ends[1]);
		close_failed(ch);
		return false;
	}
	if (ch->pid == 0) {
		close(ends[0]);
		ch->fd = ends[1];
		if (alone)
			close_ours(ch);
		be_child(ch, parent, work, me, a);
	}
	close(ends[1]);
	ch->fd = ends[0];
	return true;
}

bool
child_start(struct child *ch, child_work *work, void *me, struct arena *a,
    struct err *e)
{
	return start(ch, false, work, me, a, e);
}

bool
child_start_alone(struct child *ch, child_work *work, void *me,
    struct arena *a, struct err *e)
{
	return start(ch, true, work, me, a, e);
}

static bool
wait_for(int fd, int64_t deadline, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - process_clock_ms();
		int n;

		if (left <= 0)
			return err_set(e, ERR_NET, "child process: no answer"
			    " in time");
		n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return err_sys(e, "child process: poll");
	}
}

/* Exactly n bytes. *died: no more will come. */
static bool
hear(int fd, char *p, size_t n, int64_t deadline, bool *died, struct err *e)
{
	while (n > 0) {
		ssize_t got;

		if (!wait_for(fd, deadline, e))
			return false;
		got = read(fd, p, n);
		*died = got == 0;
		if (*died)
			return err_set(e, ERR_SYS,
			    "child process: ended without an answer");
		if (got < 0 && errno != EINTR)
			return err_sys(e, "child process: read");
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
	return true;
}

static bool
hear_all(int fd, int64_t deadline, struct arena *a, struct head *head,
    struct str *text, bool *died, struct err *e)
{
	char *p;

	if (!hear(fd, (char *)head, sizeof(*head), deadline, died, e))
		return false;
	p = arena_get(a, head->n);
	if (!p)
		return err_set(e, ERR_LIMIT, "child process: out of memory"
		    " for its answer");
	*text = (struct str){ p, head->n };
	return hear(fd, p, head->n, deadline, died, e);
}

/* By itself if it has answered. The status is 0 where it is not to be had. */
static int
end(const struct child *ch, bool answered)
{
	int64_t until = process_clock_ms() + CHILD_END_MS;
	int status = 0;
	pid_t gone = 0;

	close(ch->fd);
	close_failed(ch);
	if (!answered) {
		kill(ch->pid, SIGTERM);
		while ((gone = waitpid(ch->pid, &status, WNOHANG)) == 0 &&
		    process_clock_ms() < until)
			process_sleep_ms(1);
		if (gone == 0)
			kill(ch->pid, SIGKILL);
	}
	while (gone == 0 || (gone < 0 && errno == EINTR))
		gone = waitpid(ch->pid, &status, 0);
	return status;
}

void
child_end(struct child *ch)
{
	(void)end(ch, false);
}

bool
child_finish(struct child *ch, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e)
{
	size_t mark = a->used;
	struct head head;
	struct str text;
	bool died = false;
	bool heard = hear_all(ch->fd, deadline, a, &head, &text, &died, e);
	int status = end(ch, heard);

	if (heard && head.kind == ERR_NONE) {
		*answer = text;
		return true;
	}
	if (heard)
		err_set(e, (enum err_kind)head.kind, "%.*s", STR_ARG(text));
	else if (died && WIFSIGNALED(status))
		err_set(e, ERR_SYS, "child process: killed by signal %d before"
		    " it answered", WTERMSIG(status));
	arena_back(a, mark);
	return false;
}
