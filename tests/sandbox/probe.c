/* probe.c - enter a sandbox, do one thing, say how it went.
 *
 * usage: probe MODE [NEED...] -- ACTION [ARG...]
 *
 * A need is read=PATH, write=PATH, connect=PORT, listen=PORT (0: any),
 * connect-any, or a flag of struct sandbox_needs. On standard output: the
 * report, and "ok", "errno N", or the message of an error of ours. It is a
 * program of its own, built as what is shipped is, since a sanitized build
 * calls the system in ways that ours does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/dns.h"
#include "net/http.h"
#include "net/serve.h"
#include "sys/broker.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/notify.h"
#include "sys/process.h"
#include "sys/program.h"
#include "sys/sandbox.h"
#include "sys/signals.h"
#include "sys/terminal.h"

enum { WAIT_MS = 5000 };

static _Alignas(16) char mem[16 << 20];
static struct arena a = { mem, sizeof(mem), 0 };

static int64_t
soon(void)
{
	return process_clock_ms() + WAIT_MS;
}

static long
number(const char *text)
{
	return strtol(text, NULL, 0);
}

/* Calls as such: -1 and errno. */

static int
do_open(char **arg)
{
	static const struct {
		const char *how;
		int flags;
	} ways[] = {
		{ "read", O_RDONLY }, { "write", O_WRONLY },
		{ "make", O_WRONLY | O_CREAT | O_EXCL },
		{ "cut", O_WRONLY | O_TRUNC }, { "dir", O_DIRECTORY },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(arg[0], ways[i].how) == 0)
			return open(arg[1], ways[i].flags, 0600);
	return -1;
}

static int
do_mkdir(char **arg)
{
	return mkdir(arg[0], 0700);
}

static int
do_rmdir(char **arg)
{
	return rmdir(arg[0]);
}

static int
do_unlink(char **arg)
{
	return unlink(arg[0]);
}

static int
do_rename(char **arg)
{
	return rename(arg[0], arg[1]);
}

static int
do_symlink(char **arg)
{
	return symlink(arg[0], arg[1]);
}

static int
do_chmod(char **arg)
{
	return chmod(arg[0], 0644);
}

static int
do_execve(char **arg)
{
	char *const none[] = { NULL };

	return execve(arg[0], arg, none);
}

static int
do_socket(char **arg)
{
	return socket((int)number(arg[0]), (int)number(arg[1]),
	    (int)number(arg[2]));
}

static struct sockaddr_in
loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)number(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int
tcp(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
}

static int
do_connect(char **arg)
{
	const struct sockaddr_in to = loopback(arg[0]);

	return connect(tcp(), (const struct sockaddr *)&to, sizeof(to));
}

/* A connection that no connect(2) made */
static int
do_fastopen(char **arg)
{
	const struct sockaddr_in to = loopback(arg[0]);

	return (int)sendto(tcp(), "x", 1, MSG_FASTOPEN,
	    (const struct sockaddr *)&to, sizeof(to));
}

static int
do_listen(char **arg)
{
	const struct sockaddr_in at = loopback(arg[0]);
	int fd = tcp(), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 1) < 0)
		return -1;
	return 0;
}

/* Listen, and be one's own client. */
static int
do_accept(char **arg)
{
	struct sockaddr_in at = loopback(arg[0]);
	socklen_t n = sizeof(at);
	int fd = tcp(), to = tcp(), from;
	char c = 0;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 ||
	    listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0 ||
	    connect(to, (struct sockaddr *)&at, n) < 0)
		return -1;
	from = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (from < 0 || send(to, "y", 1, MSG_NOSIGNAL) != 1 ||
	    poll(&(struct pollfd){ from, POLLIN, 0 }, 1, WAIT_MS) != 1 ||
	    recv(from, &c, 1, 0) != 1 || c != 'y')
		return -1;
	return shutdown(from, SHUT_RDWR);
}

static int
do_notify(char **arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(arg[0]);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path, arg[0], n);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	return (int)sendto(fd, "READY=1", 7, MSG_NOSIGNAL,
	    (struct sockaddr *)&to, (socklen_t)(sizeof(sa_family_t) + n));
}

static int
do_mmap(char **arg)
{
	void *p = mmap(NULL, 4096, (int)number(arg[0]),
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : mprotect(p, 4096, (int)number(arg[1]));
}

static int
do_prctl(char **arg)
{
	return prctl((int)number(arg[0]), number(arg[1]), 0, 0, 0);
}

static int
do_kill(char **arg)
{
	return kill((pid_t)number(arg[0]), (int)number(arg[1]));
}

static int
do_fork(char **arg)
{
	pid_t pid = fork();
	int status;

	(void)arg;
	if (pid == 0)
		_exit(7);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : -1;
}

/* Until standard input ends. */
static int
do_wait(char **arg)
{
	char c;

	(void)arg;
	return (int)read(0, &c, 1);
}

/* Any call, by number. */
static int
do_call(char **arg)
{
	long v[6] = { 0 };

	for (size_t i = 0; i < 6 && arg[i + 1]; i++)
		v[i] = number(arg[i + 1]);
	return (int)syscall(number(arg[0]), v[0], v[1], v[2], v[3], v[4], v[5]);
}

/* What is left in any case */
static int
do_nothing(char **arg)
{
	struct timespec t = { 0, 1 };
	sigset_t set;
	int ends[2], fd;
	struct err e;
	char c;

	(void)arg;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR1);
	if (dup(0) != 3 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0 || poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 0) != 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], "z", 1) != 1 ||
	    read(ends[0], &c, 1) != 1 || fcntl(fd, F_GETFL) < 0 ||
	    dup2(ends[0], 9) != 9 || dup3(ends[0], 8, O_CLOEXEC) != 8)
		return -1;
	process_sleep_ms(1);
	if (!process_random(&c, 1, &e) || process_now_s() < 1000 ||
	    nanosleep(&t, NULL) < 0 ||
	    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) < 0)
		return -1;
	return getpid() > 0 && getppid() >= 0 && geteuid() != 12345 &&
	    getpgrp() >= 0 ? 0 : -1;
}

static const struct {
	const char *name;
	int (*act)(char **arg);
} calls[] = {
	{ "nothing", do_nothing }, { "open", do_open }, { "mkdir", do_mkdir },
	{ "rmdir", do_rmdir }, { "unlink", do_unlink },
	{ "rename", do_rename }, { "symlink", do_symlink },
	{ "chmod", do_chmod }, { "execve", do_execve },
	{ "socket", do_socket }, { "connect", do_connect },
	{ "fastopen", do_fastopen }, { "listen", do_listen },
	{ "accept", do_accept }, { "notify", do_notify }, { "mmap", do_mmap },
	{ "prctl", do_prctl }, { "kill", do_kill }, { "fork", do_fork },
	{ "call", do_call }, { "wait", do_wait },
};

/* What our modules do with them */

static bool
act_read(char **arg, struct err *e)
{
	struct str body;

	return file_read(arg[0], 1000, &a, &body, e);
}

static bool
act_read_own(char **arg, struct err *e)
{
	struct str body;

	return file_read_own(arg[0], 1000, &a, &body, e);
}

static bool
act_list(char **arg, struct err *e)
{
	struct str *names;
	size_t count;

	return file_list(arg[0], 100, &a, &names, &count, e);
}

static bool
change(void *me, struct str old, struct str *now, struct err *e)
{
	(void)old;
	(void)e;
	*now = str_of(me);
	return true;
}

static bool
act_edit(char **arg, struct err *e)
{
	const struct file_edit how = { .change = change, .me = arg[1],
		.mode = 0600, .dir_mode = 0700, .wait = true };

	return file_edit(arg[0], &how, &a, NULL, e);
}

/* URL ANCHORS RESOLV DNS-PORT; anchors "" in the clear. */
static bool
act_get(char **arg, struct err *e)
{
	const struct http_conf conf = { .hosts = "/nonexistent",
		.resolv = arg[2], .dns_port = (uint16_t)number(arg[3]),
		.ca_bundle = arg[1], .user_agent = S("probe") };
	struct http_req req = { .method = S("GET"), .deadline = soon() };
	struct http_res res;
	struct http *h;

	return http_new(&conf, &a, &h, e) &&
	    uri_parse(str_of(arg[0]), &req.to, e) &&
	    http_exchange(h, &req, process_now_s(), &a, &res, e);
}

static bool
work(void *me, struct buf *out, struct err *e)
{
	(void)e;
	buf_add(out, str_of(me));
	return true;
}

static bool
act_child(char **arg, struct err *e)
{
	struct child ch;
	struct str answer;

	return child_start(&ch, work, arg[0], &a, e) &&
	    child_finish(&ch, soon(), &a, &answer, e) &&
	    (str_eq(answer, str_of(arg[0])) ||
	    err_set(e, ERR_SYS, "another answer"));
}

static bool
act_program(char **arg, struct err *e)
{
	const struct program p = { .argv = (const char *const *)arg,
		.deadline = soon(), .out_max = 1000 };
	struct str out;

	return program_run(&p, &a, &out, e);
}

static bool
act_ask(char **arg, struct err *e)
{
	struct str answer;

	(void)arg;
	return terminal_ask(S("? "), soon(), &a, &answer, e);
}

/* Enter one that reads that only; then read something else. */
static bool
act_narrow(char **arg, struct err *e)
{
	struct sandbox_needs needs = { .reads = { arg[0] } };
	struct str body;

	return sandbox_enter(&needs, SANDBOX_STRICT, NULL, e) &&
	    file_read(arg[0], 1000, &a, &body, e) &&
	    file_read(arg[1], 1000, &a, &body, e);
}

/* The process that stays: what it opens before, and all that it does then. */
static struct {
	struct broker broker;
	struct serve serve;
	struct notify notify;
	int signals;
	int clients[2];	/* ours; one asks, the other says what is none */
} stay;

static bool
stay_work(void *me, const struct broker_order *order, struct buf *keep,
    struct err *e)
{
	(void)me;
	(void)keep;
	return broker_say(order, S("word"), e);
}

/* [NOTIFY_SOCKET] */
static bool
stay_open(char **arg, struct err *e)
{
	const struct notify_env env = { .socket = str_of(arg[0]) };
	static const char *const said[] = {
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"GET /\r\n\r\n",
	};
	struct serve_address at = { .port = 0 };
	struct sockaddr_in to;

	if (!broker_start(&stay.broker, stay_work, NULL, &a, e) ||
	    !signals_open(&stay.signals, e) ||
	    !addr_parse(S("127.0.0.1"), &at.ip) ||
	    !serve_open(&stay.serve, &at, e) ||
	    !notify_open(&stay.notify, &env, e))
		return false;
	to = loopback("0");
	to.sin_port = htons(serve_port(&stay.serve));
	for (size_t i = 0; i < 2; i++) {
		stay.clients[i] = tcp();
		if (connect(stay.clients[i], (struct sockaddr *)&to,
		    sizeof(to)) < 0 ||
		    !write_all(stay.clients[i], str_of(said[i])))
			return err_sys(e, "client");
	}
	/* It waits until it is looked for; inside nobody could raise it. */
	raise(SIGHUP);
	return true;
}

static bool
stay_answer(void *me, const struct serve_request *r, struct serve_answer *to)
{
	(void)me;
	(void)r;
	to->status = 200;
	to->body = S("hello");
	return true;
}

/* Until the answers have been read, and the peers are seen to be gone. */
static bool
stay_serve(struct err *e)
{
	const struct serve_handler h = { .answer = stay_answer };
	static struct pollfd p[SERVE_POLL_MAX];
	static const char *const begin[] = { "HTTP/1.1 200", "HTTP/1.1 400" };
	int64_t until = soon(), wake = 0;
	char text[512];
	size_t count;

	if (!serve_port(&stay.serve))
		return err_set(e, ERR_SYS, "no port");
	for (size_t i = 0; i < 2;) {
		ssize_t n;

		count = serve_watch(&stay.serve, p, &wake);
		(void)poll(p, count, 10);
		serve_turn(&stay.serve, p, (struct serve_clock){
		    process_clock_ms(), process_now_s() }, &h);
		if (process_clock_ms() > until)
			return err_set(e, ERR_SYS, "no answer");
		if (poll(&(struct pollfd){ stay.clients[i], POLLIN, 0 }, 1,
		    0) != 1)
			continue;
		n = read(stay.clients[i], text, sizeof(text));
		if (n < 12 || memcmp(text, begin[i], 12) != 0)
			return err_set(e, ERR_SYS, "another answer");
		close(stay.clients[i++]);
	}
	process_sleep_ms(10);
	count = serve_watch(&stay.serve, p, &wake);
	(void)poll(p, count, 10);
	serve_turn(&stay.serve, p, (struct serve_clock){ process_clock_ms(),
	    process_now_s() }, &h);
	serve_close(&stay.serve);
	return true;
}

static bool
stay_ask(struct err *e)
{
	static char text[BROKER_WORD_MAX];
	struct buf said = BUF(text);
	enum broker_said what;

	if (!broker_ask(&stay.broker, 1, soon(), e))
		return false;
	do {
		(void)poll(&(struct pollfd){ stay.broker.fd, POLLIN, 0 }, 1,
		    WAIT_MS);
		what = broker_hear(&stay.broker, &said);
	} while (what == BROKER_WORD);
	return (what == BROKER_DONE && str_eq(buf_str(&said), S("word"))) ||
	    err_set(e, ERR_SYS, "another word");
}

static bool
act_stay(char **arg, struct err *e)
{
	struct str name;

	if (!stay_serve(e) || !stay_ask(e))
		return false;
	if (signals_next(stay.signals, &name) != SIGNAL_AGAIN)
		return err_set(e, ERR_SYS, "no signal");
	if (arg[0] && !notify_tell(&stay.notify, NOTIFY_READY, S("up")))
		return err_sys(e, "notify");
	broker_stop(&stay.broker, WAIT_MS);
	signals_reap();
	return signals_next(stay.signals, &name) == SIGNAL_CHILD ||
	    err_set(e, ERR_SYS, "no child");
}

__attribute__((noinline)) static void
use_stack(void)
{
	char text[100000];

	explicit_bzero(text, sizeof(text));
}

/* After some use of memory, until standard input ends. */
static bool
act_rest(char **arg, struct err *e)
{
	struct pollfd p = { 0, POLLIN, 0 };

	(void)arg;
	use_stack();
	memset(a.p, 'x', a.cap);
	return process_wait(&p, 1, INT64_MAX, &a) == 1 ||
	    err_sys(e, "wait");
}

static const struct {
	const char *name;
	bool (*act)(char **arg, struct err *e);
} modules[] = {
	{ "file_read", act_read }, { "file_read_own", act_read_own },
	{ "file_list", act_list }, { "file_edit", act_edit },
	{ "get", act_get }, { "child", act_child },
	{ "program", act_program }, { "ask", act_ask },
	{ "narrow", act_narrow }, { "stay", act_stay },
	{ "rest", act_rest },
};

static bool
act(char **argv, struct err *e)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (strcmp(argv[0], modules[i].name) == 0)
			return modules[i].act(argv + 1, e);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(argv[0], calls[i].name) == 0)
			return calls[i].act(argv + 1) >= 0 ||
			    err_set(e, ERR_SYS, "errno %d", errno);
	return err_set(e, ERR_USAGE, "no action '%s'", argv[0]);
}

static void
need(struct sandbox_needs *n, const char *word)
{
	const struct {
		const char *name;
		bool *it;
	} flags[] = {
		{ "connect-any", &n->connect_any }, { "udp", &n->udp },
		{ "notify", &n->notify }, { "terminal", &n->terminal },
		{ "children", &n->children }, { "programs", &n->programs },
		{ "early-children", &n->early_children },
		{ "narrower", &n->narrower }, { "accepts", &n->accepts },
	};
	const char *value = strchr(word, '=');

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(word, flags[i].name) == 0)
			*flags[i].it = true;
	if (!value++)
		return;
	if (word[0] == 'r')
		sandbox_read(n, value);
	else if (word[0] == 'w')
		sandbox_write(n, value);
	else if (word[0] == 'c')
		sandbox_connect(n, (uint16_t)number(value));
	else
		sandbox_listen(n, (uint16_t)number(value));
}

/* One line, in one write, as stdio would not. */
static void
say(struct str s)
{
	if (!write_all(1, s) || !write_all(1, S("\n")))
		_exit(2);
}

static double
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int
main(int argc, char **argv)
{
	struct sandbox_needs needs = { 0 };
	enum sandbox_mode mode;
	struct err e = { ERR_NONE, "ok" };
	char text[512];
	struct buf report = BUF(text);
	bool timed = getenv("TIMED") != NULL;
	double begun;
	int i = 2;

	if (argc < 4 || !sandbox_mode(str_of(argv[1]), &mode, &e))
		return 2;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		need(&needs, argv[i]);
	process_harden();
	if (argc > i + 1 && strcmp(argv[i + 1], "stay") == 0 &&
	    !stay_open(argv + i + 2, &e)) {
		say(str_of(e.msg));
		return 1;
	}
	begun = clock_us();
	if (!sandbox_enter(&needs, mode, &report, &e)) {
		say(str_of(e.msg));
		return 1;
	}
	if (timed) {
		snprintf(text, sizeof(text), "%.1f", clock_us() - begun);
		say(str_of(text));
		return 0;
	}
	say(buf_str(&report));
	(void)act(argv + i + 1, &e);
	say(str_of(e.msg));
	return 0;
}
