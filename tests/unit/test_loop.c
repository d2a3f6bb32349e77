/* The loop runs in a process of its own, as in life; its log is what it is
 * judged by.
 */
#include "t.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sidecar/loop.h"
#include "sidecar/report.h"
#include "sys/file.h"
#include "sys/process.h"

enum { PATIENCE_MS = 15000, OFFERED = 8 };

#define EXPIRES INT64_C(4102444800)	/* 2100-01-01T00:00:00Z */
#define UNTIL ": token until 2100-01-01T00:00:00Z\n"

/* What a refresh is to say, of which the first is the first. */
struct scene {
	struct report reports[4];
	const char *dirt;	/* said as it is */
	const char *failure;	/* what it fails with; NULL: it succeeds */
	bool dies, big;
	int64_t nap_ms;		/* before all that */
};

/* Seen by all processes. */
static struct shared {
	unsigned refreshes;
	uint64_t words[OFFERED];
} *shared;

static const struct scene *scenes;
static size_t scene_count;

static bool
say_report(const struct broker_order *o, const struct report *r,
    struct err *e)
{
	static char text[REPORT_TEXT_MAX + 64];
	struct buf b = BUF(text);

	report_write(r, &b);
	return broker_say(o, buf_str(&b), e);
}

/* More than is served. */
static bool
say_big(const struct broker_order *o, struct err *e)
{
	static char bytes[REPORT_TEXT_MAX];
	struct report r = { .kind = REPORT_BODY,
		.text = { bytes, sizeof(bytes) } };

	for (size_t n = 0; n <= SIDECAR_BODY_MAX; n += sizeof(bytes)) {
		r.good = n == SIDECAR_BODY_MAX;
		if (!say_report(o, &r, e))
			return false;
	}
	return true;
}

static bool
work(void *me, const struct broker_order *o, struct buf *keep, struct err *e)
{
	size_t n = shared->refreshes;
	const struct scene *s = &scenes[n < scene_count ? n :
	    scene_count - 1];

	(void)me;
	(void)keep;
	shared->words[n % OFFERED] = o->word;
	shared->refreshes++;
	process_sleep_ms(s->nap_ms);
	if (s->dies)
		(void)raise(SIGKILL);
	if (s->dirt && !broker_say(o, str_of(s->dirt), e))
		return false;
	if (s->big && !say_big(o, e))
		return false;
	for (size_t i = 0; i < 4; i++)
		if ((s->reports[i].text.p || s->reports[i].good) &&
		    !say_report(o, &s->reports[i], e))
			return false;
	return !s->failure || err_set(e, ERR_NET, "%s", s->failure);
}

static struct {
	pid_t pid;
	int fd;
	char text[1 << 20];
	size_t n, at;	/* read; looked through */
} loop;

static void
start(const struct loop_conf *conf, const struct scene *all, size_t count)
{
	int ends[2];

	scenes = all;
	scene_count = count;
	*shared = (struct shared){ 0 };
	assert_int_equal(pipe(ends), 0);
	loop.n = loop.at = 0;
	loop.pid = fork();
	assert_true(loop.pid >= 0);
	if (loop.pid == 0) {
		struct arena a = t_arena();
		struct err e = { ERR_NONE, "" };
		bool good;

		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		good = loop_run(conf, work, NULL, &a, &e);
		if (!good)
			(void)!write_all(2, str_of(e.msg));
		_exit(good ? 0 : 1);
	}
	close(ends[1]);
	loop.fd = ends[0];
}

/* Read on, until that is there. */
static void
sees(const char *text)
{
	int64_t until = process_clock_ms() + PATIENCE_MS;

	for (;;) {
		struct pollfd p = { loop.fd, POLLIN, 0 };
		char *found;
		ssize_t n;

		loop.text[loop.n] = '\0';
		found = strstr(loop.text + loop.at, text);
		if (found) {
			loop.at = (size_t)(found - loop.text) + strlen(text);
			return;
		}
		n = poll(&p, 1, (int)(until - process_clock_ms())) > 0 ?
		    read(loop.fd, loop.text + loop.n,
		    sizeof(loop.text) - loop.n - 1) : 0;
		if (n <= 0) {
			print_error("no \"%s\" in \"%s\"\n", text,
			    loop.text + loop.at);
			kill(loop.pid, SIGKILL);
			fail();
		}
		loop.n += (size_t)n;
	}
}

static void
ends(int code)
{
	int status;

	assert_int_equal(waitpid(loop.pid, &status, 0), loop.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
	close(loop.fd);
}

static void
stop(void)
{
	kill(loop.pid, SIGTERM);
	sees("info SIGTERM: end\n");
	ends(0);
}

#define REGISTRY(i, host) { REPORT_REGISTRY, i, true, ERR_NONE, EXPIRES, \
	S_INIT(host) }
#define NO_REGISTRY(i, kind, why) { REPORT_REGISTRY, i, false, kind, 0, \
	S_INIT(why) }
#define SINK(i) { REPORT_SINK, i, true, ERR_NONE, 0, { NULL, 0 } }
#define NO_SINK(i, why) { REPORT_SINK, i, false, ERR_SYS, 0, S_INIT(why) }
#define BODY(last, bytes) { REPORT_BODY, 0, last, ERR_NONE, 0, S_INIT(bytes) }

static const struct str registries[] = { S_INIT("r1"), S_INIT("r2") };
static const struct str sinks[] = { S_INIT("s1"), S_INIT("s2") };

static struct loop_conf
conf_of(size_t registry_count, size_t sink_count)
{
	return (struct loop_conf){
		.version = S("1"), .refresh_ms = 5000,
		.registries = registries, .registry_count = registry_count,
		.sinks = sinks, .sink_count = sink_count,
		.tarball = SIZE_MAX, .config = SIZE_MAX,
		.sandbox = SANDBOX_OFF,
	};
}

static void
t_good(void **state)
{
	static const struct scene all[] = {
		{ .reports = { REGISTRY(0, "h1"), SINK(0) } },
		/* That which the loop did not ask for is no news of it. */
		{ .reports = { REGISTRY(0, "h1"), NO_SINK(0, "disk full") } },
		{ .reports = { SINK(0) } },
	};
	struct loop_conf conf = conf_of(1, 1);

	(void)state;
	start(&conf, all, 3);
	sees("info registry 'h1'" UNTIL);
	sees("info 's1': written\n");
	sees("info refresh done, next at ");
	kill(loop.pid, SIGHUP);
	sees("info SIGHUP: refresh\n");
	sees("info registry 'h1'" UNTIL);
	sees("error disk full\n");
	sees("warning refresh failed, next at ");
	/* Soon, and only what failed. */
	sees("info 's1': written\n");
	sees("info refresh done, next at ");
	assert_int_equal(shared->refreshes, 3);
	assert_int_equal(shared->words[0], LOOP_REFRESH);
	assert_int_equal(shared->words[1], LOOP_REFRESH);
	assert_int_equal(shared->words[2], LOOP_AGAIN);
	stop();
	assert_null(strstr(loop.text, "debug"));
}

/* A registry is named once; two do not take one name. */
static void
t_names(void **state)
{
	static const struct scene all[] = {
		{ .reports = { REGISTRY(0, "h1"), REGISTRY(1, "h1") } },
		{ .reports = { NO_REGISTRY(0, ERR_DENIED, "AWS says no"),
		    NO_REGISTRY(1, ERR_DENIED, "registry 'r2': no") } },
	};
	struct loop_conf conf = conf_of(2, 0);

	(void)state;
	conf.verbose = true;
	start(&conf, all, 2);
	sees("debug refresh begins\n");
	sees("info registry 'h1'" UNTIL);
	sees("info registry 'r2'" UNTIL);
	kill(loop.pid, SIGHUP);
	sees("error registry 'h1': AWS says no\n");
	sees("error registry 'r2': no\n");
	stop();
}

/* Whatever the process of a refresh does. */
static void
t_bad_work(void **state)
{
	static const struct {
		struct scene scene;
		const char *line;
	} rows[] = {
		{ { .failure = "profile 'x': no such profile" },
		    "error refresh: profile 'x': no such profile\n" },
		{ { .failure = "never mind", .reports = {
		    NO_REGISTRY(0, ERR_NET, "r1: unreachable") } },
		    "error r1: unreachable\n" },
		{ { .dies = true }, "error refresh: child process: killed by"
		    " signal 9 before it answered\n" },
		{ { .dirt = "!", .reports = { REGISTRY(0, "h1"), SINK(0) } },
		    "error " },
		/* It came to the registry only. */
		{ { .failure = "too late", .reports = { REGISTRY(0, "h1") } },
		    "error refresh: too late\n" },
	};
	struct loop_conf conf = conf_of(1, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&conf, &rows[i].scene, 1);
		sees(rows[i].line);
		sees(rows[i].scene.dirt ? "info refresh done" :
		    "warning refresh failed");
		stop();
		assert_null(strstr(loop.text, "never mind"));
	}
}

static pid_t
child_of(pid_t pid)
{
	char path[64], text[64] = "";
	int n = snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)pid, (int)pid);
	FILE *f = fopen(path, "r");

	assert_true(n > 0 && f && fgets(text, sizeof(text), f));
	fclose(f);
	return (pid_t)strtol(text, NULL, 10);
}

static void
t_broker_gone(void **state)
{
	static const struct scene good = { .reports = { REGISTRY(0, "h1") } };
	struct loop_conf conf = conf_of(1, 0);

	(void)state;
	start(&conf, &good, 1);
	sees("refresh done");
	kill(child_of(loop.pid), SIGKILL);
	sees("the broker, which does the work, is gone");
	ends(1);
}

static uint16_t
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static char answer[64 << 10];

static void
get(uint16_t port, const char *path)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t n = 0;
	ssize_t got;
	char text[128];
	int len = snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n",
	    path);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(write(fd, text, (size_t)len), len);
	while ((got = read(fd, answer + n, sizeof(answer) - 1 - n)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
}

#define ANSWERS(path, status, body) do { \
	get(conf.at.port, (path)); \
	assert_non_null(strstr(answer, " " status " ")); \
	assert_non_null(strstr(answer, "\r\n\r\n" body)); \
} while (0)

static void
t_served(void **state)
{
	static const struct scene all[] = {
		{ .failure = "not yet" },
		{ .reports = { REGISTRY(0, "h1"), BODY(false, "one "),
		    BODY(true, "two"), SINK(0) } },
		{ .big = true, .reports = { SINK(0) } },
		{ .reports = { BODY(true, "three"), SINK(0) } },
	};
	struct loop_conf conf = conf_of(1, 1);

	(void)state;
	conf.listen = true;
	conf.at.port = free_port();
	conf.tarball = 0;
	conf.routes.tarball = true;
	assert_true(addr_parse(S("127.0.0.1"), &conf.at.ip));
	start(&conf, all, 4);
	sees("warning refresh failed");
	ANSWERS("/docker.tar.gz", "503", "");
	ANSWERS("/health", "503", "{\"status\":\"failing\"");
	/* A failure is fresh for a while. */
	ANSWERS("/", "503", "{\"error\":");
	assert_int_equal(shared->refreshes, 1);
	sees("refresh done");
	ANSWERS("/docker.tar.gz", "200", "one two");
	ANSWERS("/", "200", "[{\"_id\":\"ecr_token_updated\"}]");
	assert_int_equal(shared->refreshes, 2);
	kill(loop.pid, SIGHUP);
	sees("error a body of more than 524288 bytes is not served\n");
	sees("refresh done");
	ANSWERS("/docker.tar.gz", "200", "one two");
	kill(loop.pid, SIGHUP);
	sees("SIGHUP");
	sees("refresh done");
	ANSWERS("/docker.tar.gz", "200", "three");
	ANSWERS("/config.json", "404", "");
	stop();
}

/* Who asks for a refresh waits for the one under way, and others do not wait
 * for him.
 */
static void
t_waits(void **state)
{
	static const struct scene all[] = {
		{ .nap_ms = 500, .reports = { REGISTRY(0, "h1") } },
	};
	struct loop_conf conf = conf_of(1, 0);

	(void)state;
	conf.listen = conf.verbose = true;
	conf.at.port = free_port();
	assert_true(addr_parse(S("127.0.0.1"), &conf.at.ip));
	start(&conf, all, 1);
	sees("debug sandbox off");
	ANSWERS("/health", "503", "");
	ANSWERS("/", "200", "[{\"_id\":\"ecr_token_updated\"}]");
	assert_int_equal(shared->refreshes, 1);
	sees("refresh done");
	stop();
}

/* What cannot be begun. */
static void
t_refused(void **state)
{
	static const struct str twice[] = { S_INIT("r"), S_INIT("r") };
	static const struct scene good = { .reports = { REGISTRY(0, "h1") } };
	struct loop_conf conf = conf_of(2, 0), other = conf_of(1, 0);
	char line[128];

	(void)state;
	conf.registries = twice;
	start(&conf, &good, 1);
	sees("registry 'r' is named twice");
	ends(1);

	other.listen = true;
	other.at.port = free_port();
	assert_true(addr_parse(S("127.0.0.1"), &other.at.ip));
	start(&other, &good, 1);
	sees("refresh done");
	{
		pid_t first = loop.pid;
		int fd = loop.fd;

		start(&other, &good, 1);
		(void)snprintf(line, sizeof(line), "127.0.0.1:%u",
		    other.at.port);
		sees(line);
		ends(1);
		loop.pid = first;
		loop.fd = fd;
	}
	stop();

	/* A manager that is not there is no reason not to work. */
	other = conf_of(1, 0);
	other.notify.socket = S("nonsense");
	start(&other, &good, 1);
	sees("warning NOTIFY_SOCKET 'nonsense'");
	sees("refresh done");
	stop();
}

/* Before anything is begun. */
static void
t_no_memory(void **state)
{
	struct loop_conf conf = conf_of(1, 0);

	(void)state;
	conf.tarball = conf.config = 0;
	for (size_t cap = 64; cap < ROUTES_MADE_MAX + 4 * SIDECAR_BODY_MAX;
	    cap += SIDECAR_BODY_MAX) {
		struct arena a = t_arena();
		struct err e = { ERR_NONE, "" };

		a.cap = cap;
		assert_false(loop_run(&conf, work, NULL, &a, &e));
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_string_equal(e.msg, "out of memory at the start");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_good),
		cmocka_unit_test(t_names),
		cmocka_unit_test(t_bad_work),
		cmocka_unit_test(t_broker_gone),
		cmocka_unit_test(t_served),
		cmocka_unit_test(t_waits),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_no_memory),
	};

	process_harden();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL,
	    NULL);
}
