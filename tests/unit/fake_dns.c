#include "fake_dns.h"

#include "t.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

enum {
	ASKED_MAX = 4096,
	MSG_MAX = 4096,
	A = 1,
	AAAA = 28,
	CNAME = 5,
	TC = 0x02,		/* in the third byte of a message */
	SERVFAIL = 2,
	NXDOMAIN = 3,
	REFUSED = 5,
};

/* What is known; a name that is not here does not exist, and one without the
 * type asked for has no data.
 */
static const struct {
	const char *name;
	int type;		/* 0: no data; -1: SERVFAIL */
	const char *data;	/* address, or the name aliased */
} zone[] = {
	{ "four.test", A, "192.0.2.4" },
	{ "six.test", AAAA, "2001:db8::6" },
	{ "both.test", A, "192.0.2.1" },
	{ "both.test", A, "192.0.2.2" },
	{ "both.test", A, "192.0.2.3" },
	{ "both.test", AAAA, "2001:db8::1" },
	{ "alias.test", CNAME, "both.test" },
	{ "empty.test", 0, NULL },
	{ "single", A, "192.0.2.10" },
	{ "web.corp.test", A, "192.0.2.11" },
	{ "web.lab.test", A, "192.0.2.12" },
	{ "lab.lab.test", A, "192.0.2.13" },
	{ "a.b.corp.test", A, "192.0.2.14" },
	{ "void.corp.test", 0, NULL },
	{ "sick.corp.test", -1, NULL },
	{ "sick.lab.test", A, "192.0.2.15" },
	{ "ill.corp.test", -1, NULL },
};

struct message {
	unsigned char p[MSG_MAX];
	size_t n;
};

static void
put(struct message *m, const void *p, size_t n)
{
	memcpy(m->p + m->n, p, n);
	m->n += n;
}

static void
put_name(struct message *m, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		m->p[m->n++] = (unsigned char)n;
		put(m, name, n);
		name += n + (name[n] == '.');
	}
	m->p[m->n++] = 0;
}

static void
put_record(struct message *m, const char *owner, int type, const char *data)
{
	const unsigned char head[] = { 0, (unsigned char)type, 0, 1,
	    0, 0, 0, 60, 0, 0 };
	size_t at;

	put_name(m, owner);
	put(m, head, sizeof(head));
	at = m->n;
	if (type == CNAME) {
		put_name(m, data);
	} else {
		unsigned char ip[16];

		inet_pton(type == A ? AF_INET : AF_INET6, data, ip);
		put(m, ip, type == A ? 4 : 16);
	}
	m->p[at - 1] = (unsigned char)(m->n - at);
	m->p[7]++;
}

/* Records for name; the rcode is returned. */
static int
look_up(struct message *m, const char *name, int type)
{
	int rcode = NXDOMAIN;

	for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++) {
		if (strcmp(zone[i].name, name) != 0)
			continue;
		rcode = zone[i].type < 0 ? SERVFAIL : 0;
		if (zone[i].type == type || zone[i].type == CNAME)
			put_record(m, name, zone[i].type, zone[i].data);
		if (zone[i].type == CNAME)
			return look_up(m, zone[i].data, type);
	}
	return rcode;
}

/* The question's name in text; its type is returned. */
static int
read_question(const struct message *q, char name[256])
{
	size_t at = 12, n = 0;

	while (q->p[at] != 0) {
		if (n > 0)
			name[n++] = '.';
		memcpy(name + n, q->p + at + 1, q->p[at]);
		n += q->p[at];
		at += (size_t)q->p[at] + 1;
	}
	name[n] = '\0';
	return q->p[at + 2];
}

/* An answer's beginning: the question with QR, RA and no records. */
static struct message
reply_to(const struct message *q)
{
	struct message m = *q;

	m.p[2] |= 0x80;
	m.p[3] = 0x80;
	return m;
}

static struct message
truth(const struct message *q)
{
	struct message m = reply_to(q);
	char name[256];
	int type = read_question(q, name);

	m.p[3] |= (unsigned char)look_up(&m, name, type);
	return m;
}

/* Each of these claims an address, and none may be believed. */
static void
send_lies(int fd, const struct message *q, const struct sockaddr_in *to)
{
	struct message lie = reply_to(q);
	struct sockaddr_in stranger = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(0x7f000063) },
	};
	int other = socket(AF_INET, SOCK_DGRAM, 0);
	char name[256];

	read_question(q, name);
	put_record(&lie, name, q->p[q->n - 3], q->p[q->n - 3] == A ?
	    "192.0.2.66" : "2001:db8::66");
	/* right in all, but from another address */
	if (bind(other, (struct sockaddr *)&stranger, sizeof(stranger)) == 0)
		(void)sendto(other, lie.p, lie.n, 0,
		    (const struct sockaddr *)to, sizeof(*to));
	close(other);
	lie.p[0] ^= 1;		/* another id */
	(void)sendto(fd, lie.p, lie.n, 0, (const struct sockaddr *)to,
	    sizeof(*to));
	lie.p[0] ^= 1;
	lie.p[13] ^= 1;		/* another name */
	(void)sendto(fd, lie.p, lie.n, 0, (const struct sockaddr *)to,
	    sizeof(*to));
	lie.p[13] ^= 1;
	lie.p[2] &= 0x7f;	/* a question */
	(void)sendto(fd, lie.p, lie.n, 0, (const struct sockaddr *)to,
	    sizeof(*to));
	(void)sendto(fd, lie.p, 5, 0, (const struct sockaddr *)to,
	    sizeof(*to));
}

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Does the mode say nothing over UDP to a question of that type? */
static bool
silent(enum fake_dns_mode mode, int type)
{
	return mode == FAKE_NONE || mode == FAKE_MUTE ||
	    mode == FAKE_ONLY_LIES || (mode == FAKE_AAAA_MUTE && type == AAAA);
}

/* What the mode makes of the truth, over UDP. */
static struct message
distort(enum fake_dns_mode mode, int type, const struct message *q)
{
	struct message m = reply_to(q);

	switch (mode) {
	case FAKE_SERVFAIL:
		m.p[3] |= SERVFAIL;
		return m;
	case FAKE_AAAA_SERVFAIL:
		if (type == A)
			return truth(q);
		m.p[3] |= SERVFAIL;
		return m;
	case FAKE_REFUSED:
		m.p[3] |= REFUSED;
		return m;
	case FAKE_MALFORMED:
		m.p[7] = 1;
		return m;
	case FAKE_HUGE:
		m = truth(q);
		memset(m.p + m.n, 0, 2000);
		m.n += 2000;
		return m;
	case FAKE_CUT:
	case FAKE_CUT_NO_TCP:
	case FAKE_CUT_TCP_MUTE:
	case FAKE_CUT_TCP_SHORT:
	case FAKE_CUT_TCP_LIES:
	case FAKE_CUT_TCP_DRIP:
		m.p[2] |= TC;
		return m;
	default:
		return truth(q);
	}
}

static void
serve_udp(int fd, enum fake_dns_mode mode, char *asked)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct message q, m;
	char name[256];
	ssize_t n = recvfrom(fd, q.p, sizeof(q.p), 0,
	    (struct sockaddr *)&from, &len);
	int type;

	if (n < 17)
		return;
	q.n = (size_t)n;
	type = read_question(&q, name);
	if (type == A)
		snprintf(strchr(asked, '\0'), 300, "%s ", name);
	if (mode == FAKE_LATE && type == AAAA)	/* A waits behind it */
		pause_ms(FAKE_LATE_MS);
	if (mode == FAKE_LIAR || mode == FAKE_ONLY_LIES)
		send_lies(fd, &q, &from);
	if (silent(mode, type))
		return;
	m = distort(mode, type, &q);
	(void)sendto(fd, m.p, m.n, 0, (struct sockaddr *)&from, len);
}

static void
serve_tcp(int listener, enum fake_dns_mode mode, char *asked)
{
	int fd = accept(listener, NULL, NULL);
	unsigned char head[2];
	struct message q, m;
	char name[256];

	if (fd < 0)
		return;
	if (mode == FAKE_CUT_TCP_MUTE) {
		pause_ms(10000);
	} else if (recv(fd, head, 2, MSG_WAITALL) == 2) {
		q.n = (size_t)head[0] << 8 | head[1];
		if (recv(fd, q.p, q.n, MSG_WAITALL) != (ssize_t)q.n)
			_exit(3);
		if (read_question(&q, name) == A)
			snprintf(strchr(asked, '\0'), 300, "tcp:%s ", name);
		m = truth(&q);
		if (mode == FAKE_CUT_TCP_LIES)
			m.p[1] ^= 1;
		head[0] = (unsigned char)(m.n >> 8);
		head[1] = (unsigned char)(m.n & 0xff);
		(void)send(fd, head, 2, MSG_NOSIGNAL);
		if (mode == FAKE_CUT_TCP_SHORT)
			m.n--;
		for (size_t i = 0; i < m.n; i++) {
			(void)send(fd, m.p + i, 1, MSG_NOSIGNAL);
			if (mode == FAKE_CUT_TCP_DRIP)
				pause_ms(1);
		}
	}
	close(fd);
}

static bool
bind_both(enum fake_dns_mode mode, unsigned char last, uint16_t *port,
    int *udp, int *tcp)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr = { htonl(0x7f000000u | last) },
	};
	socklen_t len = sizeof(in);
	int one = 1;

	*udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(*tcp, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)), 0);
	if (bind(*udp, (struct sockaddr *)&in, len) < 0 ||
	    getsockname(*udp, (struct sockaddr *)&in, &len) < 0 ||
	    bind(*tcp, (struct sockaddr *)&in, len) < 0) {
		close(*udp);
		close(*tcp);
		return false;
	}
	if (mode != FAKE_CUT_NO_TCP)
		assert_int_equal(listen(*tcp, 8), 0);
	*port = ntohs(in.sin_port);
	return true;
}

void
fake_dns_start(struct fake_dns *f, enum fake_dns_mode mode,
    unsigned char last, uint16_t *port)
{
	int udp, tcp, tries = 0;

	f->asked = mmap(NULL, ASKED_MAX, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(f->asked != MAP_FAILED);
	/* a port free for UDP may be taken for TCP */
	while (!bind_both(mode, last, port, &udp, &tcp))
		assert_true(*port == 0 && ++tries < 50);
	f->pid = mode == FAKE_NONE ? -1 : fork();
	assert_true(mode == FAKE_NONE || f->pid >= 0);
	if (f->pid == 0) {
		struct pollfd p[] = { { udp, POLLIN, 0 }, { tcp, POLLIN, 0 } };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (poll(p, mode == FAKE_CUT_NO_TCP ? 1 : 2, -1) > 0) {
			if (p[0].revents)
				serve_udp(udp, mode, f->asked);
			if (p[1].revents)
				serve_tcp(tcp, mode, f->asked);
		}
		_exit(0);
	}
	close(udp);
	close(tcp);
}

void
fake_dns_stop(struct fake_dns *f)
{
	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	munmap(f->asked, ASKED_MAX);
}
