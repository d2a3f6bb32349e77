#include "served.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

static bool
answer(void *me, const struct serve_request *r, struct serve_answer *a)
{
	struct served *w = me;

	w->asked++;
	a->status = 200;
	a->type = S("text/plain");
	if (str_eq(r->path, S("/"))) {
		a->body = S("hello");
	} else if (str_eq(r->path, S("/later"))) {
		if (w->later)
			return false;
		a->body = S("now");
	} else if (str_eq(r->path, S("/big"))) {
		a->body = (struct str){ w->big, sizeof(w->big) };
	} else if (str_eq(r->path, S("/fields"))) {
		a->status = 401;
		a->type = S("");
		a->fields[0] = (struct http_field){ S("WWW-Authenticate"),
			S("Bearer") };
		/* Of the request's own bytes. */
		a->fields[1] = (struct http_field){ S("X-Was"), r->path };
	} else if (str_eq(r->path, S("/four"))) {
		for (size_t i = 0; i < SERVE_FIELDS_MAX; i++)
			a->fields[i] = (struct http_field){ S("X"), S("y") };
	} else if (str_eq(r->path, S("/status"))) {
		a->status = r->query.n ? 600 : 199;
	} else if (str_eq(r->path, S("/bad"))) {
		a->fields[0] = (struct http_field){ S("X"), S("a\r\nb: c") };
	} else if (str_eq(r->path, S("/path"))) {
		memcpy(w->big, r->query.p, r->query.n);
		a->body = (struct str){ w->big, r->query.n };
	} else {
		a->status = 404;
		a->body = S("no such path");
	}
	return true;
}

static void
refused(void *me, unsigned status, const char *reason)
{
	struct served *w = me;

	w->refused = status;
	w->reason = reason;
	w->refusals++;
}

void
served_open(struct served *w, const char *ip)
{
	struct serve_address at = { .port = 0 };
	struct err e;

	signal(SIGPIPE, SIG_IGN);
	memset(w, 0, sizeof(*w));
	memset(w->big, 'b', sizeof(w->big));
	w->clock = (struct serve_clock){ 5000, 1440938160 };
	assert_true(addr_parse(str_of(ip), &at.ip));
	if (!serve_open(&w->s, &at, &e))
		fail_msg("%s", e.msg);
	assert_true(serve_port(&w->s) > 0);
}

void
served_close(struct served *w)
{
	serve_close(&w->s);
}

int
served_client(const struct served *w)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	int fd, one = 1;

	assert_int_equal(getsockname(w->s.fd, (struct sockaddr *)&ss, &n), 0);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&ss, n) < 0)
		fail_msg("connect: %s", strerror(errno));
	/* What is said is there at once. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

void
served_say(int fd, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

static const struct serve_handler *
handler(struct served *w)
{
	static struct serve_handler h;

	h = (struct serve_handler){ w, answer, refused };
	return &h;
}

void
served_turn(struct served *w, unsigned times)
{
	while (times--) {
		struct pollfd p[SERVE_POLL_MAX];

		size_t n;

		w->wake = INT64_MAX;
		n = serve_watch(&w->s, p, &w->wake);
		assert_true(poll(p, n, 0) >= 0);
		serve_turn(&w->s, p, w->clock, handler(w));
	}
}

void
served_turn_spurious(struct served *w)
{
	struct pollfd p[SERVE_POLL_MAX];
	int64_t wake = INT64_MAX;
	size_t n = serve_watch(&w->s, p, &wake);

	for (size_t i = 0; i < n; i++)
		p[i].revents = p[i].events;
	serve_turn(&w->s, p, w->clock, handler(w));
}

void
served_again(struct served *w)
{
	serve_again(&w->s, w->clock, handler(w));
}

const char *
served_heard(int fd, int *end)
{
	static char text[SERVED_BIG + 4096];
	size_t at = 0;
	ssize_t n;

	while ((n = recv(fd, text + at, sizeof(text) - 1 - at,
	    MSG_DONTWAIT)) > 0)
		at += (size_t)n;
	if (end)
		*end = n == 0 ? 1 : errno == EAGAIN ? 0 : -1;
	text[at] = '\0';
	return text;
}

size_t
served_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

size_t
served_at(const struct served *w, int at)
{
	size_t n = 0;

	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		n += (int)w->s.connections[i].at == at;
	return n;
}
