/* --check: against a listener of tables, and files that are there. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "applets/sidecar.h"
#include "fake_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HOST "111122223333.dkr.ecr.eu-west-1.amazonaws.com"

static struct fake_world f;
static char dir[64];

static void
begin(struct sidecar *k, struct arena *a)
{
	struct err e;

	*a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_REGION", "eu-west-1");
	fake_env(&f, "DOCKER_CONFIG", "/nowhere");
	memset(k, 0, sizeof(*k));
	k->s.w = &f.w;
	if (!config_load(&f.w, a, &k->s.flags, &k->s.config, &e))
		fail_msg("%s", e.msg);
}

static void
expect(struct sidecar *k, const char *msg, enum err_kind kind)
{
	struct err e = { ERR_NONE, "" };
	bool good = sidecar_check(k, &e);

	if (msg) {
		assert_str_equal(str_of(e.msg), str_of(msg));
		assert_false(good);
		assert_int_equal(e.kind, kind);
		assert_false(fake_noted(&f, NOTE_DETAIL, "all is well"));
		return;
	}
	if (!good)
		fail_msg("%s", e.msg);
	assert_true(fake_noted(&f, NOTE_DETAIL, "all is well"));
	assert_false(fake_noted(&f, NOTE_WARNING, ""));
}

#define LOOPBACK "http://127.0.0.1:8000/health"
#define SINK(age) "{\"status\":\"ok\",\"sinks\":[{\"name\":\"s\",\"age_s\":" \
    age "}]}"

static void
t_listener(void **state)
{
	static const struct {
		const char *listen, *url;
		unsigned status;	/* 0: the exchange fails */
		const char *body;
		int64_t max_age_s;
		enum routes_manner manner;
		const char *msg;	/* NULL: well */
		enum err_kind kind;
	} cases[] = {
		{ "127.0.0.1:8000", LOOPBACK, 200, SINK("5"), 0,
		    ROUTES_OURS, NULL, ERR_NONE },
		{ "0.0.0.0:8000", LOOPBACK, 200, "", 0,
		    ROUTES_OURS, NULL, ERR_NONE },
		{ ":8000", LOOPBACK, 200, SINK("60"), 60,
		    ROUTES_OURS, NULL, ERR_NONE },
		{ "[::]:8000", "http://[::1]:8000/health", 200, "", 0,
		    ROUTES_OURS, NULL, ERR_NONE },
		{ "[::1]:80", "http://[::1]/health", 200, "", 0,
		    ROUTES_OURS, NULL, ERR_NONE },
		{ "192.0.2.7:5001", "http://192.0.2.7:5001/health", 200, "",
		    0, ROUTES_SESAM, NULL, ERR_NONE },
		{ "0.0.0.1:1", "http://0.0.0.1:1/health", 200, "", 0,
		    ROUTES_OURS, NULL, ERR_NONE },
		{ ":8000", LOOPBACK, 200, "Yey!", 0,
		    ROUTES_MARATHON, NULL, ERR_NONE },
		/* It does not say how old anything is. */
		{ ":8000", LOOPBACK, 200, "Yey!", 60,
		    ROUTES_MARATHON, NULL, ERR_NONE },
		{ ":8000", LOOPBACK, 503, "sink 's': disk\033full\n", 0,
		    ROUTES_MARATHON, "check: status 503: sink 's': disk?full",
		    ERR_DENIED },
		{ ":8000", LOOPBACK, 503, "too many connections", 60,
		    ROUTES_OURS, "check: status 503: too many connections",
		    ERR_DENIED },
		{ ":8000", LOOPBACK, 404, "", 0, ROUTES_MARATHON,
		    "check: status 404 is none of /health's", ERR_REPLY },
		{ ":8000", LOOPBACK, 503, "{\"cause\":\"sink 's': no\"}", 0,
		    ROUTES_OURS, "check: sink 's': no", ERR_DENIED },
		{ ":8000", LOOPBACK, 200, SINK("61"), 60, ROUTES_OURS,
		    "check 's': written 61 s ago, which may be 60 s",
		    ERR_DENIED },
		{ ":8000", LOOPBACK, 200, "Yey!", 60, ROUTES_OURS,
		    "check: status 200: not json at byte 0: value expected",
		    ERR_REPLY },
		{ ":8000", LOOPBACK, 404, "", 0, ROUTES_OURS,
		    "check: status 404 is none of /health's", ERR_REPLY },
		{ ":8000", LOOPBACK, 0, NULL, 0, ROUTES_OURS,
		    "check '" LOOPBACK "': refused", ERR_NET },
		{ "localhost:8000", NULL, 0, NULL, 0, ROUTES_OURS,
		    "listen on 'localhost:8000': 'localhost' is no address;"
		    " one of this machine is wanted, or nothing for loopback",
		    ERR_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct sidecar k;

		begin(&k, &a);
		k.listen = cases[i].listen;
		k.max_age_s = cases[i].max_age_s;
		k.manner = cases[i].manner;
		if (cases[i].url)
			fake_answer(&f, (struct fake_answer){
				.method = "GET", .url = cases[i].url,
				.status = cases[i].status,
				.body = cases[i].body, .kind = ERR_NET,
				.msg = "refused" });
		expect(&k, cases[i].msg, cases[i].kind);
		assert_true(fake_done(&f));
		if (!cases[i].url)
			continue;
		assert_int_equal(f.requests[0].deadline,
		    FAKE_CLOCK_MS + CHECK_MS);
		assert_int_equal(f.apart_count, 1);
		assert_int_equal(f.aparts[0].deadline,
		    FAKE_CLOCK_MS + CHECK_MS);
		assert_int_not_equal(f.aparts[0].needs.connects[0], 0);
		assert_int_equal(f.aparts[0].needs.connects[1], 0);
		assert_null(f.aparts[0].needs.reads[0]);
		assert_null(f.aparts[0].needs.writes[0]);
	}
}

static int
enter(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_check.XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

/* Every file that the cases may make. */
static const char *const names[] = {
	"old", "new", "111122223333", HOST, "444455556666",
};

static int
leave(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void
put(const char *name, int64_t age_s)
{
	const struct timeval at[2] = { { FAKE_NOW, 0 },
		{ FAKE_NOW - age_s, 0 } };
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(utimes(name, at), 0);
}

#define NOTHING "--check: there is neither a listener to ask (--listen, as" \
    " the sidecar has it) nor a file whose age could tell"

/* old was written six hours ago, new ten seconds ago. */
static void
t_files(void **state)
{
	static const struct {
		struct {
			enum sink_kind kind;
			const char *target;
		} sinks[3];
		int64_t interval_s, max_age_s;
		const char *msg;
		enum err_kind kind;
	} cases[] = {
		{ { { SINK_AUTH_FILE, "new" } }, 0, 10, NULL, ERR_NONE },
		{ { { SINK_AUTH_FILE, "new" }, { SINK_DOCKERCFG, "old" } },
		    0, 21600, NULL, ERR_NONE },
		/* Nine hours; one and a half intervals; a minute. */
		{ { { SINK_AUTH_FILE, "old" } }, 0, 0, NULL, ERR_NONE },
		{ { { SINK_AUTH_FILE, "old" } }, 14400, 0, NULL, ERR_NONE },
		{ { { SINK_AUTH_FILE, "new" } }, 1, 0, NULL, ERR_NONE },
		/* What else it does cannot be seen from here. */
		{ { { SINK_SESAM, "http://node/api" },
		    { SINK_AUTH_FILE, "new" } }, 0, 10, NULL, ERR_NONE },
		{ { { SINK_AUTH_FILE, "new" } }, 0, 9, "check 'new': written"
		    " 10 s ago, which may be 9 s", ERR_DENIED },
		{ { { SINK_AUTH_FILE, "old" } }, 14399, 0, "check 'old':"
		    " written 21600 s ago, which may be 21598 s", ERR_DENIED },
		{ { { SINK_AUTH_FILE, "old" } }, 14400, 20000, "check 'old':"
		    " written 21600 s ago, which may be 20000 s", ERR_DENIED },
		{ { { SINK_AUTH_FILE, "new" }, { SINK_DOCKERCFG, "old" } },
		    0, 60, "check 'old': written 21600 s ago, which may be"
		    " 60 s", ERR_DENIED },
		{ { { SINK_AUTH_FILE, "new" }, { SINK_AUTH_FILE, "absent" } },
		    0, 0, "check: 'absent': not written yet", ERR_DENIED },
		{ { { SINK_AUTH_FILE, "/dev/null" } }, 0, 0, "check: look at"
		    " '/dev/null': not a regular file", ERR_SYS },
		{ { { SINK_AUTH_FILE, "new/x" } }, 0, 0,
		    "check: 'new/x': not written yet", ERR_DENIED },
		/* Docker's own, as in a run. */
		{ { { SINK_AUTH_FILE, NULL } }, 0, 0, "check:"
		    " '/nowhere/config.json': not written yet", ERR_DENIED },
		{ { { SINK_KUBERNETES, "name" }, { SINK_EXEC, "true" } },
		    0, 60, NOTHING, ERR_USAGE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct sidecar k;

		assert_int_equal(enter(state), 0);
		put("old", 21600);
		put("new", 10);
		begin(&k, &a);
		k.interval_s = cases[i].interval_s;
		k.max_age_s = cases[i].max_age_s;
		for (; cases[i].sinks[k.sink_count].target; k.sink_count++)
			k.sinks[k.sink_count] = (struct sink){
				.kind = cases[i].sinks[k.sink_count].kind,
				.target = str_of(
				    cases[i].sinks[k.sink_count].target) };
		expect(&k, cases[i].msg, cases[i].kind);
		assert_int_equal(leave(state), 0);
	}
}

/* Files named after registries. */
static void
t_passwords(void **state)
{
	static const struct {
		const char *pattern;
		const char *registries[3];
		const char *msg;
		enum err_kind kind;
	} cases[] = {
		{ "new", { NULL }, NULL, ERR_NONE },
		{ "{account}", { "111122223333" }, NULL, ERR_NONE },
		{ "{host}", { HOST }, NULL, ERR_NONE },
		{ "{account}", { "111122223333@eu-west-1", "444455556666" },
		    "check '444455556666': written 61 s ago, which may be"
		    " 60 s", ERR_DENIED },
		{ "{account}", { HOST, "777788889999" },
		    "check: '777788889999': not written yet", ERR_DENIED },
		{ "{account}", { NULL }, "check '{account}': for which"
		    " registries? Give them, as the sidecar has them",
		    ERR_USAGE },
		{ "{account}", { "public.ecr.aws" }, "password file"
		    " '{account}': registry 'public.ecr.aws' has no account;"
		    " write {host}", ERR_USAGE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct sidecar k;

		assert_int_equal(enter(state), 0);
		put("new", 60);
		put("111122223333", 60);
		put(HOST, 60);
		put("444455556666", 61);
		begin(&k, &a);
		k.max_age_s = 60;
		k.sinks[k.sink_count++] = (struct sink){
			.kind = SINK_PASSWORD_FILE,
			.target = str_of(cases[i].pattern) };
		for (; cases[i].registries[k.registry_count];
		    k.registry_count++)
			k.registries[k.registry_count] = str_of(
			    cases[i].registries[k.registry_count]);
		expect(&k, cases[i].msg, cases[i].kind);
		assert_int_equal(leave(state), 0);
	}
}

/* Only served, which has no file; a registry that is none; and a listener is
 * asked whatever files there are.
 */
static void
t_others(void **state)
{
	struct arena a;
	struct sidecar k;

	(void)state;
	begin(&k, &a);
	k.serve = "config.json";
	expect(&k, NOTHING, ERR_USAGE);
	k.sinks[k.sink_count++] = (struct sink){ .kind = SINK_PASSWORD_FILE,
		.target = S("/nowhere/{account}") };
	k.registries[k.registry_count++] = S("x y");
	expect(&k, "registry 'x y': not an ECR host, an account id or"
	    " ACCOUNT@REGION, nor a host of ecrbox.conf", ERR_USAGE);
	k.listen = ":8000";
	fake_answer(&f, (struct fake_answer){ .url = LOOPBACK, .status = 200,
		.body = "" });
	expect(&k, NULL, ERR_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_listener),
		cmocka_unit_test(t_files),
		cmocka_unit_test(t_passwords),
		cmocka_unit_test(t_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
