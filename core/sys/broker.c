#include "sys/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/process.h"

/* What goes through the socket, each in one message (SOCK_SEQPACKET). Both ends
 * are one program.
 */
struct order {
	uint64_t word;
	int64_t deadline;
};

struct head {		/* before a word or a message */
	uint8_t said;	/* enum broker_said */
	uint8_t kind;	/* enum err_kind */
};

/* What the broker knows. */
struct desk {
	int fd;
	broker_work *work;
	void *me;
	struct arena *a;
	struct buf kept;
};

/* One order, as its child sees it. */
struct task {
	const struct desk *d;
	struct broker_order order;
};

static bool
tell(int fd, struct head head, struct str text, int flags)
{
	struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ (char *)(uintptr_t)text.p, text.n },
	};
	const struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n;

	do
		n = sendmsg(fd, &m, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n >= 0;
}

static int
left_ms(int64_t until)
{
	int64_t left = until - process_clock_ms();

	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static bool
do_task(void *me, struct buf *keep, struct err *e)
{
	const struct task *t = me;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return t->d->work(t->d->me, &t->order, keep, e);
}

/* False: the parent has gone first. */
static bool
wait_for(const struct desk *d, const struct child *ch, int64_t until)
{
	struct pollfd p[] = {
		{ .fd = d->fd },	/* for POLLHUP */
		{ .fd = ch->fd, .events = POLLIN },
	};

	while (process_wait(p, 2, until, d->a) < 0 && errno == EINTR)
		;
	return !p[0].revents;
}

/* One piece of work. False: there is nobody to work for. */
static bool
serve(struct desk *d, const struct order *o)
{
	struct task t = { d, { o->word, o->deadline, buf_str(&d->kept),
		d->fd } };
	int64_t until = o->deadline + CHILD_GRACE_MS;
	size_t mark = d->a->used;
	struct str answer;
	struct child ch;
	struct err e;
	bool begun = child_start(&ch, do_task, &t, d->a, &e);

	if (begun && !wait_for(d, &ch, until)) {
		child_end(&ch);
		return false;
	}
	if (!begun || !child_finish(&ch, until, d->a, &answer, &e))
		return tell(d->fd, (struct head){ BROKER_FAILED,
		    (uint8_t)e.kind }, str_of(e.msg), 0);
	buf_wipe(&d->kept);
	buf_add(&d->kept, answer);
	process_forget(d->kept.p + d->kept.n, d->kept.cap - d->kept.n);
	arena_back(d->a, mark);
	return tell(d->fd, (struct head){ BROKER_DONE, ERR_NONE }, S(""), 0);
}

static _Noreturn void
be_broker(struct desk *d)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	struct order o;
	ssize_t n;

	do {
		(void)process_wait(&p, 1, INT64_MAX, d->a);
		n = read(d->fd, &o, sizeof(o));
	} while ((n < 0 && errno == EINTR) ||
	    (n == sizeof(o) && serve(d, &o)));
	buf_wipe(&d->kept);
	arena_back(d->a, 0);
	_exit(0);
}

/* From its first moment all signals are blocked: systemd and terminals mean the
 * whole group, and the broker ends by the end of its parent. Nothing that is
 * pending goes over to its children.
 */
static pid_t
fork_blocked(void)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid != 0)
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

bool
broker_start(struct broker *b, broker_work *work, void *me, struct arena *a,
    struct err *e)
{
	struct arena rest = *a;
	struct desk d = { -1, work, me, &rest, { NULL, 0, CHILD_ANSWER_MAX,
		false } };
	int room = 2 * (int)BROKER_WORD_MAX, ends[2];

	d.kept.p = arena_end(&rest, CHILD_ANSWER_MAX);
	if (!d.kept.p)
		return err_set(e, ERR_LIMIT, "broker: out of memory");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "broker: socketpair");
	/* Where the administrator has made buffers small. */
	(void)setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	b->pid = fork_blocked();
	if (b->pid < 0) {
		err_sys(e, "broker: fork");
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	if (b->pid == 0) {
		close(ends[0]);
		d.fd = ends[1];
		be_broker(&d);
	}
	close(ends[1]);
	b->fd = ends[0];
	b->why = ERR_NONE;
	return true;
}

bool
broker_ask(struct broker *b, uint64_t word, int64_t deadline, struct err *e)
{
	const struct order o = { word, deadline };

	return write(b->fd, &o, sizeof(o)) == sizeof(o) ||
	    err_sys(e, "ask the broker");
}

enum broker_said
broker_hear(struct broker *b, struct buf *said)
{
	struct head head;
	struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ said->p + said->n, said->cap - said->n },
	};
	ssize_t n;

	do
		n = readv(b->fd, parts, 2);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return BROKER_NOTHING;
	if (n < (ssize_t)sizeof(head) || head.said < BROKER_WORD ||
	    head.said > BROKER_FAILED)
		return BROKER_GONE;
	said->n += (size_t)n - sizeof(head);
	if (head.said == BROKER_FAILED)
		b->why = (enum err_kind)head.kind;
	return (enum broker_said)head.said;
}

bool
broker_say(const struct broker_order *order, struct str word, struct err *e)
{
	const struct head head = { BROKER_WORD, ERR_NONE };
	struct pollfd p = { .fd = order->fd, .events = POLLOUT };

	if (word.n > BROKER_WORD_MAX)
		return err_set(e, ERR_LIMIT, "broker: a word of more than %u"
		    " bytes", BROKER_WORD_MAX);
	while (!tell(order->fd, head, word, MSG_DONTWAIT)) {
		if (errno != EAGAIN)
			return err_sys(e, "broker: send");
		if (left_ms(order->deadline) == 0)
			return err_set(e, ERR_NET, "broker: nobody listens");
		(void)poll(&p, 1, left_ms(order->deadline));
	}
	return true;
}

/* It is told by the end of the socket only: see the head of broker.h. */
void
broker_stop(struct broker *b, int64_t wait_ms)
{
	int64_t until = process_clock_ms() + wait_ms;

	close(b->fd);
	while (waitpid(b->pid, NULL, WNOHANG) == 0 &&
	    process_clock_ms() < until)
		process_sleep_ms(1);
}
