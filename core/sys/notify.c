#include "sys/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

enum { STATUS_MAX = 256 };

/* A path, or '@' for the byte that begins an abstract name. */
static bool
address(struct notify *n, struct str s, struct err *e)
{
	bool path = str_starts(s, S("/")), name = str_starts(s, S("@"));

	if ((!path && !name) || s.n < 2 || str_has(s, '\0'))
		return err_set(e, ERR_USAGE, "NOTIFY_SOCKET '%.*s': neither a"
		    " path nor an abstract name", STR_ARG(s));
	/* The path's NUL counts. */
	if (s.n + path > sizeof(n->to.sun_path))
		return err_set(e, ERR_USAGE, "NOTIFY_SOCKET '%.*s': longer"
		    " than %zu bytes", STR_ARG(s),
		    sizeof(n->to.sun_path) - path);
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, s.p, s.n);
	if (name)
		n->to.sun_path[0] = '\0';
	n->to_n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + s.n +
	    path);
	return true;
}

/* Half of what the manager waits, as it recommends. A time that is for another
 * process is nobody's.
 */
static bool
watchdog(struct notify *n, const struct notify_env *env, struct err *e)
{
	uint64_t usec, pid;

	if (!env->usec.n)
		return true;
	if (!str_u64(env->usec, INT64_MAX, &usec) || usec == 0)
		return err_set(e, ERR_USAGE, "WATCHDOG_USEC '%.*s': no time in"
		    " microseconds", STR_ARG(env->usec));
	if (env->pid.n && !str_u64(env->pid, INT32_MAX, &pid))
		return err_set(e, ERR_USAGE, "WATCHDOG_PID '%.*s': no process"
		    " id", STR_ARG(env->pid));
	if (env->pid.n && pid != (uint64_t)getpid())
		return true;
	n->watchdog_ms = (int64_t)(usec / 2000);
	if (!n->watchdog_ms)
		n->watchdog_ms = 1;
	return true;
}

static bool
join(const struct notify *n)
{
	return connect(n->fd, (const struct sockaddr *)&n->to, n->to_n) == 0;
}

bool
notify_open(struct notify *n, const struct notify_env *env, struct err *e)
{
	bool joined = true;

	*n = (struct notify){ .open = false };
	if (!env->socket.n)
		return true;
	if (!address(n, env->socket, e))
		return false;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (n->fd < 0)
		return err_sys(e, "NOTIFY_SOCKET: socket");
	n->open = true;
	if (!join(n)) {
		err_sys(e, "NOTIFY_SOCKET '%.*s': connect",
		    STR_ARG(env->socket));
		joined = false;
	}
	return watchdog(n, env, e) && joined;
}

/* Type=notify-reload wants to know when, by CLOCK_MONOTONIC. */
static void
add_reloading(struct buf *b)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	buf_add(b, S("RELOADING=1\nMONOTONIC_USEC="));
	buf_u64(b, (uint64_t)t.tv_sec * 1000000 +
	    (uint64_t)t.tv_nsec / 1000);
	buf_char(b, '\n');
}

static bool
send_message(const struct notify *n, struct str text)
{
	return send(n->fd, text.p, text.n, MSG_NOSIGNAL) == (ssize_t)text.n;
}

bool
notify_tell(struct notify *n, enum notify_what what, struct str status)
{
	static const struct str lines[] = {
		[NOTIFY_READY] = S_INIT("READY=1\n"),
		[NOTIFY_STOPPING] = S_INIT("STOPPING=1\n"),
		[NOTIFY_ALIVE] = S_INIT("WATCHDOG=1\n"),
	};
	char text[128 + STATUS_MAX];
	struct buf b = BUF(text);

	if (!n->open)
		return false;
	if (what == NOTIFY_RELOADING)
		add_reloading(&b);
	else
		buf_add(&b, lines[what]);
	if (status.n) {
		buf_add(&b, S("STATUS="));
		buf_safe(&b, str_head(status, STATUS_MAX));
		buf_char(&b, '\n');
	}
	if (!b.n || send_message(n, buf_str(&b)))
		return true;
	/* Another manager has taken the place of the first. */
	return (errno == ECONNREFUSED || errno == ENOTCONN ||
	    errno == ECONNRESET) && join(n) && send_message(n, buf_str(&b));
}

void
notify_close(struct notify *n)
{
	if (n->open)
		close(n->fd);
	n->open = false;
}
