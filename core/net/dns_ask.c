#include "net/dns_ask.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "net/dial.h"
#include "net/dns_tcp.h"
#include "sys/process.h"

enum { QUESTIONS = 2 };	/* AAAA and A, side by side */

/* One question under way at all servers. */
struct asking {
	struct dns_question q;
	char wire[DNS_QUESTION_MAX];
	struct str msg;
	enum dns_says says;	/* DNS_NOT_OURS: not known yet */
	struct addr found[ADDR_MAX];
	size_t count;
	/* One socket for each server and question. Two questions from one
	 * port are lost to a race in the kernel's connection tracking when a
	 * packet filter rewrites the server's address, as in Kubernetes. It
	 * stays open to the end, so a late answer still counts; and it is
	 * connected, so only the server's answers and the network's refusals
	 * come in. The kernel gives each a random port.
	 */
	int fd[DNS_SERVERS_MAX];	/* -1: not open */
	bool failed[DNS_SERVERS_MAX];	/* of no use to ask again */
};

struct lookup {
	struct dns_servers *v;
	struct arena *a;
	int64_t deadline;
	struct asking ask[QUESTIONS];
	struct err why[DNS_SERVERS_MAX];	/* what each failed with */
	bool spoke;
	size_t answered;	/* the last server to say something definite */
};

static bool
known(const struct asking *q)
{
	return q->says != DNS_NOT_OURS;
}

static bool
all_known(const struct lookup *l)
{
	return known(&l->ask[0]) && known(&l->ask[1]);
}

static bool
found(const struct lookup *l)
{
	return l->ask[0].says == DNS_FOUND || l->ask[1].says == DNS_FOUND;
}

/* Is there anything to wait for from server s? */
static bool
hopeful(const struct lookup *l, size_t s)
{
	for (size_t i = 0; i < QUESTIONS; i++)
		if (!known(&l->ask[i]) && !l->ask[i].failed[s])
			return true;
	return false;
}

/* l->why[s] has been set. */
static void
give_up(struct asking *q, size_t s)
{
	q->failed[s] = true;
	if (q->fd[s] >= 0)
		close(q->fd[s]);
	q->fd[s] = -1;
}

static bool
open_socket(const struct dns_servers *v, size_t s, int *fd, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_sockaddr(&v->at[s], v->port, &ss);
	int code;

	*fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_UDP);
	if (*fd < 0)
		return dial_errno(errno, e);
	if (connect(*fd, (struct sockaddr *)&ss, n) == 0)
		return true;
	code = errno;
	close(*fd);
	*fd = -1;
	return dial_errno(code, e);
}

/* Would a later try be any better? A packet that the kernel has no room for
 * is like one lost on the way.
 */
static bool
passing(int code)
{
	return code == EAGAIN || code == EINTR || code == ENOBUFS;
}

static void
send_to(struct lookup *l, struct asking *q, size_t s)
{
	if (q->fd[s] < 0 && !open_socket(l->v, s, &q->fd[s], &l->why[s])) {
		give_up(q, s);
		return;
	}
	if (send(q->fd[s], q->msg.p, q->msg.n, MSG_NOSIGNAL) < 0 &&
	    !passing(errno)) {
		dial_errno(errno, &l->why[s]);
		give_up(q, s);
	}
}

/* Take in what server s has to say to q. DNS_CUT and DNS_NOT_OURS are the
 * caller's to act on.
 */
static enum dns_says
hear(struct lookup *l, struct asking *q, size_t s, struct str msg)
{
	unsigned rcode = 0;
	enum dns_says says = dns_answer_read(msg, &q->q, q->found, ADDR_MAX,
	    &q->count, &rcode);

	switch (says) {
	case DNS_FOUND:
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		q->says = says;
		l->answered = s;
		break;
	case DNS_FAILED:
		l->spoke = true;
		err_set(&l->why[s], ERR_NET, "%s", dns_rcode_text(rcode));
		give_up(q, s);
		break;
	case DNS_BROKEN:
		err_set(&l->why[s], ERR_NET, "malformed answer");
		give_up(q, s);
		break;
	case DNS_CUT:
	case DNS_NOT_OURS:
		break;
	}
	return says;
}

static void
ask_tcp(struct lookup *l, struct asking *q, size_t s)
{
	int64_t now = process_clock_ms(), until = l->deadline;
	size_t mark = l->a->used;
	struct str msg;

	if (until - now > l->v->timeout_ms)
		until = now + l->v->timeout_ms;
	if (now >= until)
		return;
	if (!dns_tcp(&l->v->at[s], l->v->port, q->msg, until, l->a, &msg,
	    &l->why[s])) {
		give_up(q, s);
	} else {
		enum dns_says says = hear(l, q, s, msg);

		if (says == DNS_CUT || says == DNS_NOT_OURS) {
			err_set(&l->why[s], ERR_NET,
			    "over TCP: malformed answer");
			give_up(q, s);
		}
	}
	arena_back(l->a, mark);
}

/* A datagram, or an error that the network sent, waits on q's socket. */
static void
receive(struct lookup *l, struct asking *q, size_t s)
{
	char msg[DNS_UDP_MAX];
	ssize_t n = recv(q->fd[s], msg, sizeof(msg), MSG_TRUNC);

	if (n < 0) {
		if (passing(errno))
			return;
		dial_errno(errno, &l->why[s]);
		give_up(q, s);
	} else if ((size_t)n > sizeof(msg) ||
	    hear(l, q, s, (struct str){ msg, (size_t)n }) == DNS_CUT) {
		ask_tcp(l, q, s);
	}
}

/* Wait until some server answers what is not known yet, or until then. False:
 * no time is left, for none of them.
 */
static bool
wait_any(struct lookup *l, int64_t now, int64_t until)
{
	const int *stop = l->v->stop;
	struct pollfd p[DNS_SERVERS_MAX * QUESTIONS + 1];
	nfds_t count = 0, at = 0;

	for (size_t s = 0; s < l->v->count; s++)
		for (size_t i = 0; i < QUESTIONS; i++)
			p[count++] = (struct pollfd){
				known(&l->ask[i]) ? -1 : l->ask[i].fd[s],
				POLLIN, 0,
			};
	p[count] = (struct pollfd){ stop ? *stop : -1, POLLIN, 0 };
	if (poll(p, count + 1, (int)(until - now)) <= 0)
		return true;
	if (p[count].revents != 0)
		l->deadline = now;
	for (size_t s = 0; s < l->v->count; s++)
		for (size_t i = 0; i < QUESTIONS; i++)
			if (p[at++].revents != 0 && !known(&l->ask[i]))
				receive(l, &l->ask[i], s);
	return p[count].revents == 0;
}

/* Server s's turn. */
static void
ask_server(struct lookup *l, size_t s)
{
	int64_t now = process_clock_ms(), until = l->deadline;

	if (until - now > l->v->timeout_ms)
		until = now + l->v->timeout_ms;
	for (size_t i = 0; i < QUESTIONS; i++)
		if (!known(&l->ask[i]) && !l->ask[i].failed[s])
			send_to(l, &l->ask[i], s);
	while (hopeful(l, s) && now < until && wait_any(l, now, until))
		now = process_clock_ms();
}

static void
ask_all(struct lookup *l)
{
	for (unsigned n = 0; n < l->v->attempts; n++)
		for (size_t s = 0; s < l->v->count; s++) {
			if (found(l) || process_clock_ms() >= l->deadline)
				return;
			if (hopeful(l, s))
				ask_server(l, s);
		}
}

static bool
prepare(struct lookup *l, struct str name, struct err *e)
{
	static const enum dns_type types[QUESTIONS] = { DNS_AAAA, DNS_A };
	uint16_t ids[QUESTIONS];

	if (!process_random(ids, sizeof(ids), e))
		return false;
	for (size_t i = 0; i < QUESTIONS; i++) {
		struct asking *q = &l->ask[i];
		struct buf b = BUF(q->wire);

		q->q = (struct dns_question){ ids[i], types[i], name };
		q->says = DNS_NOT_OURS;
		dns_question_write(&q->q, &b);
		q->msg = buf_str(&b);
		for (size_t s = 0; s < DNS_SERVERS_MAX; s++)
			q->fd[s] = -1;
	}
	return true;
}

static bool
no_answer(const struct lookup *l, struct err *e)
{
	char text[512];
	struct buf b = BUF(text);

	for (size_t s = 0; s < l->v->count; s++) {
		const struct err *why = &l->why[s];

		buf_add(&b, s > 0 ? S("; ") : S("name server "));
		addr_format(&l->v->at[s], &b);
		buf_add(&b, S(": "));
		buf_add(&b, str_of(why->kind == ERR_NONE ? "no answer" :
		    why->msg));
	}
	return err_set(e, ERR_NET, "%.*s", STR_ARG(buf_str(&b)));
}

static bool
conclude(struct lookup *l, struct dns_said *said, struct err *e)
{
	struct addr first = l->v->at[l->answered];

	said->spoke = l->spoke;
	if (!found(l) && !all_known(l))
		return no_answer(l, e);
	for (size_t i = 0; i < QUESTIONS; i++)
		for (size_t n = 0; n < l->ask[i].count; n++)
			said->at[said->count++] = l->ask[i].found[n];
	if (found(l))
		said->says = DNS_FOUND;
	else if (l->ask[0].says == DNS_NO_DATA ||
	    l->ask[1].says == DNS_NO_DATA)
		said->says = DNS_NO_DATA;
	else
		said->says = DNS_NO_NAME;
	for (size_t s = l->answered; s > 0; s--)
		l->v->at[s] = l->v->at[s - 1];
	l->v->at[0] = first;
	return true;
}

bool
dns_ask(struct dns_servers *v, struct str name, int64_t deadline,
    struct arena *a, struct dns_said *said, struct err *e)
{
	size_t mark = a->used;
	struct lookup *l = arena_get(a, sizeof(*l));
	bool ok;

	*said = (struct dns_said){ .says = DNS_NO_NAME };
	if (!l)
		return err_set(e, ERR_LIMIT, "out of memory");
	l->v = v;
	l->a = a;
	l->deadline = deadline;
	ok = prepare(l, name, e);
	if (ok) {
		ask_all(l);
		for (size_t i = 0; i < QUESTIONS; i++)
			for (size_t s = 0; s < v->count; s++)
				if (l->ask[i].fd[s] >= 0)
					close(l->ask[i].fd[s]);
		ok = conclude(l, said, e);
	}
	arena_back(a, mark);
	return ok;
}
