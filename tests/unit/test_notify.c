#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "sys/notify.h"
#include "t.h"
#include "tests/unit/refuse.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char dir[] = "/tmp/ecrbox-notify-XXXXXX";
static char path[64];

static int
set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* A manager at a path, or at @name; never waits. */
static int
manager(const char *at)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(at);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(to.sun_path, at, n);
	if (at[0] == '@')
		to.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&to, (socklen_t)(
	    offsetof(struct sockaddr_un, sun_path) + n)), 0);
	return fd;
}

static const char *
heard(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? "nothing" : text;
}

static struct notify_env
env_of(const char *socket, const char *usec, const char *pid)
{
	return (struct notify_env){ str_of(socket), str_of(usec),
		str_of(pid) };
}

static void
t_messages(void **state)
{
	static const struct {
		enum notify_what what;
		const char *status, *text;
	} cases[] = {
		{ NOTIFY_READY, "", "READY=1\n" },
		{ NOTIFY_READY, "2 registries", "READY=1\n"
		    "STATUS=2 registries\n" },
		{ NOTIFY_STOPPING, "", "STOPPING=1\n" },
		{ NOTIFY_ALIVE, "", "WATCHDOG=1\n" },
		{ NOTIFY_NOTHING, "x", "STATUS=x\n" },
		/* Not a line of one's own. */
		{ NOTIFY_NOTHING, "x\nMAINPID=1", "STATUS=x?MAINPID=1\n" },
		{ NOTIFY_NOTHING, "", "nothing" },
	};
	char name[64];
	const char *at[] = { path, name };

	(void)state;
	snprintf(name, sizeof(name), "@ecrbox-test-%d", (int)getpid());
	for (size_t k = 0; k < COUNT(at); k++) {
		const struct notify_env env = env_of(at[k], "", "");
		int fd = manager(at[k]);
		struct notify n;
		struct err e;

		if (!notify_open(&n, &env, &e))
			fail_msg("%s", e.msg);
		assert_true(fcntl(n.fd, F_GETFD) & FD_CLOEXEC);
		for (size_t i = 0; i < COUNT(cases); i++) {
			assert_true(notify_tell(&n, cases[i].what,
			    str_of(cases[i].status)));
			assert_string_equal(heard(fd), cases[i].text);
		}
		notify_close(&n);
		notify_close(&n);
		assert_false(notify_tell(&n, NOTIFY_READY, S("")));
		close(fd);
	}
	unlink(path);
}

static void
t_reloading(void **state)
{
	const struct notify_env env = env_of(path, NULL, NULL);
	int fd = manager(path);
	struct str text, usec, rest;
	struct timespec t;
	struct notify n;
	uint64_t at, now;
	struct err e;

	(void)state;
	assert_true(notify_open(&n, &env, &e));
	assert_true(notify_tell(&n, NOTIFY_RELOADING, S("again")));
	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
	text = str_of(heard(fd));
	assert_true(str_starts(text, S("RELOADING=1\nMONOTONIC_USEC=")));
	str_cut(str_skip(text, 27), '\n', &usec, &rest);
	assert_true(str_u64(usec, UINT64_MAX, &at));
	assert_true(at <= now && now - at < 10000000);
	assert_str_equal(rest, S("STATUS=again\n"));
	notify_close(&n);
	close(fd);
	unlink(path);
}

static void
t_watchdog(void **state)
{
	static const struct {
		const char *usec, *pid;	/* pid "": ours */
		int64_t ms;
		const char *error;
	} cases[] = {
		{ NULL, NULL, 0, NULL },
		{ "30000000", NULL, 15000, NULL },
		{ "30000000", "", 15000, NULL },
		{ "30000000", "1", 0, NULL },
		{ "4000", NULL, 2, NULL },
		{ "1999", NULL, 1, NULL },
		{ "1", NULL, 1, NULL },
		{ "9223372036854775807", NULL, 4611686018427387, NULL },
		{ "9223372036854775808", NULL, 0, "WATCHDOG_USEC"
		    " '9223372036854775808': no time in microseconds" },
		{ "0", NULL, 0, "WATCHDOG_USEC '0': no time in microseconds" },
		{ "-1", NULL, 0,
		    "WATCHDOG_USEC '-1': no time in microseconds" },
		{ "30s", NULL, 0,
		    "WATCHDOG_USEC '30s': no time in microseconds" },
		{ "30000000", "x", 0, "WATCHDOG_PID 'x': no process id" },
		{ "30000000", "2147483648", 0,
		    "WATCHDOG_PID '2147483648': no process id" },
	};
	int fd = manager(path);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char pid[16];
		struct notify_env env = env_of(path, cases[i].usec,
		    cases[i].pid);
		struct err e = { ERR_NONE, "" };
		struct notify n;
		bool done;

		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		if (cases[i].pid && !*cases[i].pid)
			env.pid = str_of(pid);
		done = notify_open(&n, &env, &e);
		assert_int_equal(done, !cases[i].error);
		assert_string_equal(e.msg, done ? "" : cases[i].error);
		assert_true(n.watchdog_ms == cases[i].ms);
		/* Whatever the watchdog's time is. */
		assert_true(notify_tell(&n, NOTIFY_READY, S("")));
		assert_string_equal(heard(fd), "READY=1\n");
		notify_close(&n);
	}
	close(fd);
	unlink(path);
}

static void
t_refused(void **state)
{
	static const struct {
		const char *socket;
		enum err_kind kind;
		const char *error;
	} cases[] = {
		{ "vsock:2:1234", ERR_USAGE, "NOTIFY_SOCKET 'vsock:2:1234':"
		    " neither a path nor an abstract name" },
		{ "run/notify", ERR_USAGE, "NOTIFY_SOCKET 'run/notify':"
		    " neither a path nor an abstract name" },
		{ "@", ERR_USAGE, "NOTIFY_SOCKET '@': neither a path nor an"
		    " abstract name" },
		{ "/", ERR_USAGE, "NOTIFY_SOCKET '/': neither a path nor an"
		    " abstract name" },
		{ "/nonexistent/socket", ERR_ABSENT, "NOTIFY_SOCKET"
		    " '/nonexistent/socket': connect: No such file or"
		    " directory" },
		{ "@ecrbox-nobody", ERR_SYS, "NOTIFY_SOCKET '@ecrbox-nobody':"
		    " connect: Connection refused" },
	};
	struct notify n;
	struct notify_env env;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		env = env_of(cases[i].socket, "1000000", "");
		assert_false(notify_open(&n, &env, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.msg, cases[i].error);
		assert_false(notify_tell(&n, NOTIFY_READY, S("")));
		notify_close(&n);
	}
	/* 107 bytes of a path, 108 of a name. */
	for (size_t i = 0; i < 4; i++) {
		size_t n_bytes = 107 + i / 2;
		char text[128];

		memset(text, 'x', sizeof(text));
		text[0] = i % 2 ? '@' : '/';
		env = (struct notify_env){ .socket = { text, n_bytes +
		    i % 2 } };
		assert_false(notify_open(&n, &env, &e));
		assert_int_equal(str_contains(str_of(e.msg), S("longer than ")),
		    i >= 2);
		notify_close(&n);
	}
	/* Nobody asked for it. */
	env.socket = (struct str){ "/x\0y", 4 };
	assert_false(notify_open(&n, &env, &e));
	assert_string_equal(e.msg, "NOTIFY_SOCKET '/x': neither a path nor"
	    " an abstract name");
	env = env_of("", "1000000", "");
	assert_true(notify_open(&n, &env, &e));
	assert_false(n.open);
	assert_true(n.watchdog_ms == 0);
	assert_false(notify_tell(&n, NOTIFY_READY, S("x")));
	notify_close(&n);
}

static bool
open_only(void *me, struct err *e)
{
	const struct notify_env env = env_of(path, NULL, NULL);
	struct notify *n = me;

	return notify_open(n, &env, e) || (n->open &&
	    err_set(e, ERR_SYS, "open without a socket"));
}

static void
t_no_socket(void **state)
{
	const struct refuse call = { .call = SYS_socket, .code = EMFILE };
	struct notify n;
	struct err e;

	(void)state;
	assert_false(refuse_run(&call, 1, open_only, &n, &e));
	assert_string_equal(e.msg,
	    "NOTIFY_SOCKET: socket: Too many open files");
	assert_int_equal(e.kind, ERR_SYS);
}

/* It goes, comes back, or does not listen. */
static void
t_manager(void **state)
{
	const struct notify_env env = env_of(path, NULL, NULL);
	struct notify n;
	struct err e;
	int fd;

	(void)state;
	assert_false(notify_open(&n, &env, &e));
	fd = manager(path);
	assert_true(notify_tell(&n, NOTIFY_READY, S("")));
	assert_string_equal(heard(fd), "READY=1\n");
	close(fd);
	assert_false(notify_tell(&n, NOTIFY_ALIVE, S("")));
	unlink(path);
	assert_false(notify_tell(&n, NOTIFY_ALIVE, S("")));
	fd = manager(path);
	assert_true(notify_tell(&n, NOTIFY_ALIVE, S("")));
	assert_string_equal(heard(fd), "WATCHDOG=1\n");
	/* Before anything was lost, too. */
	close(fd);
	unlink(path);
	fd = manager(path);
	assert_true(notify_tell(&n, NOTIFY_ALIVE, S("")));
	assert_string_equal(heard(fd), "WATCHDOG=1\n");
	n.open = false;
	assert_false(notify_tell(&n, NOTIFY_ALIVE, S("")));
	assert_string_equal(heard(fd), "nothing");
	n.open = true;
	/* Full: not waited for. */
	for (int i = 0; i < 100000 && notify_tell(&n, NOTIFY_ALIVE, S(""));
	    i++)
		;
	assert_false(notify_tell(&n, NOTIFY_ALIVE, S("")));
	assert_int_equal(errno, EAGAIN);
	assert_string_equal(heard(fd), "WATCHDOG=1\n");
	assert_true(notify_tell(&n, NOTIFY_STOPPING, S("")));
	notify_close(&n);
	close(fd);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_messages),
		cmocka_unit_test(t_reloading),
		cmocka_unit_test(t_watchdog),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_no_socket),
		cmocka_unit_test(t_manager),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
