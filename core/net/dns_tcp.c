#include "net/dns_tcp.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/dial.h"
#include "net/dns_message.h"
#include "sys/process.h"

static bool
ready(int fd, short events, int64_t deadline, struct err *e)
{
	for (;;) {
		struct pollfd p = { fd, events, 0 };
		int64_t now = process_clock_ms();
		int n;

		if (now >= deadline)
			return err_set(e, ERR_NET, "no answer");
		n = poll(&p, 1, deadline - now < READ_MS ?
		    (int)(deadline - now) : READ_MS);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return dial_errno(errno, e);
	}
}

static bool
send_all(int fd, struct str s, int64_t deadline, struct err *e)
{
	while (s.n > 0) {
		ssize_t n;

		if (!ready(fd, POLLOUT, deadline, e))
			return false;
		n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n > 0)
			s = str_skip(s, (size_t)n);
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return dial_errno(errno, e);
	}
	return true;
}

/* Exactly size bytes. */
static bool
receive_all(int fd, char *p, size_t size, int64_t deadline, struct err *e)
{
	while (size > 0) {
		ssize_t n;

		if (!ready(fd, POLLIN, deadline, e))
			return false;
		n = recv(fd, p, size, 0);
		if (n == 0)
			return err_set(e, ERR_NET,
			    "closed the connection before its answer's end");
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		} else if (errno != EAGAIN && errno != EINTR) {
			return dial_errno(errno, e);
		}
	}
	return true;
}

static bool
converse(int fd, struct str question, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e)
{
	char frame[2 + DNS_QUESTION_MAX];
	unsigned char head[2];
	struct buf b = BUF(frame);
	size_t n;
	char *p;

	/* in one piece: some servers read no further than the first segment */
	buf_char(&b, (char)(question.n >> 8));
	buf_char(&b, (char)(question.n & 0xff));
	buf_add(&b, question);
	if (!send_all(fd, buf_str(&b), deadline, e) ||
	    !receive_all(fd, (char *)head, sizeof(head), deadline, e))
		return false;
	n = (size_t)head[0] << 8 | head[1];
	p = arena_get(a, n);
	if (!p)
		return err_set(e, ERR_LIMIT, "out of memory for its answer");
	if (!receive_all(fd, p, n, deadline, e))
		return false;
	*answer = (struct str){ p, n };
	return true;
}

bool
dns_tcp(const struct addr *server, uint16_t port, struct str question,
    int64_t deadline, struct arena *a, struct str *answer, struct err *e)
{
	int fd;
	bool ok;

	if (!dial(server, 1, port, CONNECT_MS, deadline, NULL, &fd,
	    NULL, e))
		return err_in(e, "over TCP");
	ok = converse(fd, question, deadline, a, answer, e);
	close(fd);
	return ok || err_in(e, "over TCP");
}
