#include "sys/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/child.h"
#include "sys/process.h"
#include "sys/terminal.h"

const char *const program_secrets[] = {
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY",
	"AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN", "SESAM_JWT_TOKEN", NULL,
};

/* What the broker knows of the program. */
struct run {
	const struct program *p;
	int64_t begun;
	pid_t pid;
	int out;	/* what it prints, not blocking; -1: no more comes */
	int in;		/* what it reads, likewise; -1: no more goes */
	struct str left;	/* of that */
	int signals;	/* signalfd(2) */
	bool asked;	/* we are to come to an end: SIGTERM */
	bool exited, alone;	/* the program; all that it started, too */
	int status;
	sigset_t mask;	/* as it was, like the next */
	struct sigaction child;
};

/* No signal ends or stops a broker: Ctrl-C and Ctrl-Z are for its neighbours.
 * It reads of two, and what the program leaves behind becomes its own child.
 */
static bool
stand_between(struct run *r, struct err *e)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t all, ours;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &r->mask);
	(void)sigaction(SIGCHLD, &usual, &r->child);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGCHLD);
	(void)sigaddset(&ours, SIGTERM);
	r->signals = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	return r->signals >= 0 || err_sys(e, "run '%s': signalfd",
	    r->p->argv[0]);
}

static void
set_environment(const struct program *p)
{
	static const char *const ours[] = {
		"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		(void)unsetenv(ours[i]);
	for (size_t i = 0; p->unset && p->unset[i]; i++)
		(void)unsetenv(p->unset[i]);
	for (size_t i = 0; p->env && p->env[i]; i++)
		(void)putenv((char *)(uintptr_t)p->env[i]);
}

/* What it reads, what it prints, and where it says why it could not start. */
struct ends {
	int in, out, report;
};

/* Become the program. The errno of a failure goes to the report, which is
 * closed when there is none.
 */
static _Noreturn void
become(const struct run *r, const struct ends *ends, pid_t broker)
{
	enum { REPORT = STDERR_FILENO + 1 };
	const struct program *p = r->p;
	int report = ends->report, code;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	    getppid() == broker && (ends->in == STDIN_FILENO ||
	    dup2(ends->in, STDIN_FILENO) >= 0) &&
	    dup2(ends->out, STDOUT_FILENO) >= 0 &&
	    (report == REPORT || dup3(report, REPORT, O_CLOEXEC) >= 0)) {
		report = REPORT;
		/* Ours close by themselves; this is for those that we were
		 * given, where the kernel knows it (Linux 5.9).
		 */
		(void)syscall(SYS_close_range, REPORT + 1, ~0u, 0);
		set_environment(p);
		process_soften();
		(void)sigaction(SIGCHLD, &r->child, NULL);
		(void)sigprocmask(SIG_SETMASK, &r->mask, NULL);
		(void)execvp(p->argv[0],
		    (char *const *)(uintptr_t)p->argv);
	}
	code = errno;
	(void)!write(report, &code, sizeof(code));
	_exit(127);
}

/* A path that is there and yet cannot be found: it is the interpreter that is
 * missing.
 */
static bool
no_start(const char *name, int code, struct err *e)
{
	if (code == ENOENT && str_has(str_of(name), '/') &&
	    access(name, F_OK) == 0)
		return err_set(e, ERR_SYS, "run '%s': it is there, but not"
		    " the interpreter or dynamic linker that it names", name);
	errno = code;
	return err_sys(e, "run '%s'", name);
}

/* Who fails here ends soon, and so do its descriptors. */
static bool
make_pipe(const struct run *r, int *from, int *to, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "run '%s': pipe", r->p->argv[0]);
	*from = ends[0];
	*to = ends[1];
	return true;
}

static bool
start(struct run *r, struct err *e)
{
	struct ends theirs = { STDIN_FILENO, STDERR_FILENO, -1 };
	const char *name = r->p->argv[0];
	pid_t broker = getpid();
	int report = -1, code;
	ssize_t got;

	r->in = r->out = -1;
	if ((r->p->in.p && !make_pipe(r, &theirs.in, &r->in, e)) ||
	    (!r->p->aside && !make_pipe(r, &r->out, &theirs.out, e)) ||
	    !make_pipe(r, &report, &theirs.report, e))
		return false;
	r->pid = fork();
	if (r->pid < 0)
		return err_sys(e, "run '%s': fork", name);
	if (r->pid == 0)
		become(r, &theirs, broker);
	if (r->in >= 0)
		close(theirs.in);
	if (r->out >= 0)
		close(theirs.out);
	close(theirs.report);
	(void)fcntl(r->in, F_SETFL, O_NONBLOCK);
	(void)fcntl(r->out, F_SETFL, O_NONBLOCK);
	got = read(report, &code, sizeof(code));
	close(report);
	return got != sizeof(code) || no_start(name, code, e);
}

/* As much as it takes now. One that has closed its input wants no more: SIGPIPE
 * is held back like the others.
 */
static void
give(struct run *r)
{
	while (r->in >= 0) {
		ssize_t n = r->left.n ?
		    write(r->in, r->left.p, r->left.n) : 0;

		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0) {
			r->left = str_skip(r->left, (size_t)n);
			continue;
		}
		close(r->in);
		r->in = -1;
	}
}

/* All that there is to read now. */
static bool
take(struct run *r, struct buf *out, struct err *e)
{
	while (r->out >= 0) {
		size_t room = r->p->out_max - out->n;
		char beyond;
		ssize_t got = room ? read(r->out, out->p + out->n, room) :
		    read(r->out, &beyond, 1);

		if (got < 0)
			return true;
		if (got > 0 && !room)
			return err_set(e, ERR_LIMIT, "run '%s': it printed"
			    " more than %zu bytes", r->p->argv[0],
			    r->p->out_max);
		out->n += (size_t)got;
		if (got == 0) {
			close(r->out);
			r->out = -1;
		}
	}
	return true;
}

/* Note which signals came and who ended. */
static void
take_signals(struct run *r)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM)
			r->asked = true;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == r->pid) {
			r->exited = true;
			r->status = status;
		}
	r->alone = pid < 0;
}

/* Until something happens, or that time is reached. */
static void
wait_until(struct run *r, int64_t time_ms, bool pipes)
{
	struct pollfd p[] = {
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = pipes ? r->out : -1, .events = POLLIN },
		{ .fd = pipes ? r->in : -1, .events = POLLOUT },
	};
	int64_t left = time_ms - process_clock_ms();

	(void)poll(p, 3, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
	take_signals(r);
}

/* What it printed last is there when it has ended; who else holds the pipe is
 * not waited for.
 */
static bool
collect(struct run *r, struct buf *out, struct err *e)
{
	while (!r->exited) {
		int64_t now = process_clock_ms();

		if (r->asked)
			return err_set(e, ERR_SYS, "run '%s': interrupted",
			    r->p->argv[0]);
		if (now >= r->p->deadline)
			return err_set(e, ERR_NET, "run '%s': not done after"
			    " %lld ms; it was ended", r->p->argv[0],
			    (long long)(now - r->begun));
		give(r);
		wait_until(r, r->p->deadline, true);
		if (!take(r, out, e))
			return false;
	}
	return true;
}

/* SIGKILL to our children. Where /proc does not tell them we know of one. */
static void
kill_children(const struct run *r)
{
	char path[64], text[1024];
	struct buf b = BUF(path);
	struct str rest, word;
	uint64_t pid;
	ssize_t got;
	int fd;

	buf_add(&b, S("/proc/self/task/"));
	buf_u64(&b, (uint64_t)getpid());
	buf_add(&b, S("/children"));
	buf_char(&b, '\0');
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		if (!r->exited)
			(void)kill(r->pid, SIGKILL);
		return;
	}
	got = read(fd, text, sizeof(text));
	close(fd);
	rest = (struct str){ text, got > 0 ? (size_t)got : 0 };
	/* A number that was cut off has no blank behind it. */
	while (str_cut(rest, ' ', &word, &rest))
		if (str_u64(word, INT_MAX, &pid) && pid > 1)
			(void)kill((pid_t)pid, SIGKILL);
}

/* The program is asked first. When it is gone its children become ours, and
 * theirs after them, until there are none; or until it is clear that they
 * cannot be killed, as another user's.
 */
static void
end_all(struct run *r)
{
	int64_t until = process_clock_ms() + CHILD_END_MS;

	if (!r->exited) {
		(void)kill(r->pid, SIGTERM);
		(void)kill(r->pid, SIGCONT);
	}
	while (!r->exited && process_clock_ms() < until)
		wait_until(r, until, false);
	until = process_clock_ms() + CHILD_END_MS;
	while (!r->alone && process_clock_ms() < until) {
		kill_children(r);
		wait_until(r, until, false);
	}
}

static bool
judge(const struct run *r, struct err *e)
{
	const char *name = r->p->argv[0];

	if (WIFSIGNALED(r->status))
		return err_set(e, ERR_DENIED, "run '%s': was killed by signal"
		    " %d", name, WTERMSIG(r->status));
	return WEXITSTATUS(r->status) == 0 || err_set(e, ERR_DENIED,
	    "run '%s': exited with status %d", name, WEXITSTATUS(r->status));
}

static bool
broker(void *me, struct buf *out, struct err *e)
{
	const struct program *p = me;
	struct run r = { .p = p, .begun = process_clock_ms(), .left = p->in };
	struct terminal t;

	if (r.begun >= r.p->deadline)
		return err_set(e, ERR_NET, "run '%s': no time is left",
		    r.p->argv[0]);
	if (!stand_between(&r, e))
		return false;
	terminal_remember(&t);
	if (!start(&r, e))
		return false;
	if (!collect(&r, out, e)) {
		end_all(&r);
		terminal_restore(&t);
		return false;
	}
	return judge(&r, e);
}

bool
program_run(const struct program *p, struct arena *a, struct str *out,
    struct err *e)
{
	struct program copy = *p;
	struct child ch;

	if (copy.out_max > CHILD_ANSWER_MAX)
		copy.out_max = CHILD_ANSWER_MAX;
	/* The broker has its own deadline, and needs time to end things. */
	return child_start(&ch, broker, &copy, a, e) &&
	    child_finish(&ch, p->deadline + 2 * CHILD_END_MS + CHILD_GRACE_MS,
	    a, out, e);
}
