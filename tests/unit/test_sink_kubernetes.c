/* Image pull secrets in some namespaces, or in all that fit. */
#include "fake_world.h"
#include "sink/kubernetes.h"
#include "sink/sink.h"

#define API "https://10.0.0.1:6443/api/v1/namespaces"
#define LIST API "?limit=500"

static const struct format_entry entries[] = {
	{ S_INIT("a.example"), S_INIT("1"), S_INIT("r"), S_INIT("AWS"),
	    S_INIT("pwA"), S_INIT("QQ=="), FAKE_NOW },
	{ S_INIT("b.example"), S_INIT("2"), S_INIT("r"), S_INIT("AWS"),
	    S_INIT("pwB"), S_INIT("Qg=="), FAKE_NOW },
};

static struct fake_world f;
static struct arena a;
static struct err e;

static void
open_pod(const char *namespaces)
{
	char body[1024];
	struct buf b = BUF(body);
	struct str rest = str_of(namespaces), name;
	bool first = true;

	fake_open(&f);
	fake_env(&f, "KUBERNETES_SERVICE_HOST", "10.0.0.1");
	fake_env(&f, "KUBERNETES_SERVICE_PORT", "6443");
	fake_file(&f, KUBERNETES_MOUNT "/token", "JWT\n");
	fake_file(&f, KUBERNETES_MOUNT "/namespace", "own");
	if (!namespaces)
		return;
	buf_add(&b, S("{\"items\":["));
	while (rest.n) {
		str_cut(rest, ' ', &name, &rest);
		buf_add(&b, first ? S("{\"metadata\":{\"name\":\"") :
		    S(",{\"metadata\":{\"name\":\""));
		buf_add(&b, name);
		buf_add(&b, S("\"}}"));
		first = false;
	}
	buf_add(&b, S("]}"));
	buf_char(&b, '\0');
	fake_answer(&f, (struct fake_answer){ .url = LIST, .status = 200,
		.body = body });
}

/* Every secret can be made, but for those of denied. */
static void
answer(const char *denied)
{
	if (denied)
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.url = denied, .status = 403, .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.url = API "/*", .status = 404, .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = API "/*", .status = 201, .always = true });
}

static bool
write_to(const char *target, const char *exclude)
{
	const struct sink s = { .kind = SINK_KUBERNETES,
		.target = str_of(target), .exclude = str_of(exclude) };

	a = t_arena();
	return sink_write(&f.w, &s, entries, 2, 0, FAKE_CLOCK_MS + 500, &a,
	    NULL, &e);
}

/* In whose namespaces, in order. */
static struct str
made(void)
{
	static char text[1024];
	struct buf b = BUF(text);

	for (size_t i = 0; i < f.request_count; i++) {
		struct str url = str_of(f.requests[i].url), name, rest;

		if (strcmp(f.requests[i].method, "POST"))
			continue;
		str_cut(str_skip(url, sizeof(API)), '/', &name, &rest);
		assert_str_equal(rest, S("secrets"));
		buf_add(&b, name);
		buf_char(&b, ' ');
	}
	return buf_str(&b);
}

static void
t_namespaces(void **state)
{
	static const struct {
		const char *target, *exclude;
		const char *there;	/* NULL: they are not asked for */
		const char *made;
	} cases[] = {
		{ "pull", "", NULL, "own " },
		{ "ns/pull", "", NULL, "ns " },
		{ "b,a;c\td\ne f/pull", NULL, NULL, "b a c d e f " },
		{ ", a,,b,/pull", NULL, NULL, "a b " },
		{ "a,b,a,a,b/pull", NULL, NULL, "a b " },
		{ "a,b/pull", "b", NULL, "a " },
		{ "a,b,bb,c/pull", "b*;?x", NULL, "a c " },
		{ "*/pull", "", "a b own", "a b own " },
		{ "*/pull", "kube-*, b", "a kube-public b kube c",
		    "a kube c " },
		{ "a*,*b/pull", "", "ab a b ac c", "ab a b ac " },
		{ "zz,a?/pull", "", "a ab abc zz", "zz ab " },
		/* By name, it need not be there; and it is done once. */
		{ "ab,a*/pull", "", "ab ac", "ab ac " },
		{ "a*,gone/pull", "", "ab", "gone ab " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_pod(cases[i].there);
		answer(NULL);
		if (!write_to(cases[i].target, cases[i].exclude))
			fail_msg("%s: %s", cases[i].target, e.msg);
		assert_str_equal(made(), str_of(cases[i].made));
		assert_true(fake_done(&f));
		assert_string_equal(fake_field(&f, 0, "authorization"),
		    "Bearer JWT");
		assert_int_equal(f.requests[0].deadline, FAKE_CLOCK_MS + 500);
	}
}

static void
t_globs(void **state)
{
	static const struct {
		const char *glob, *name;
		bool fits;
	} cases[] = {
		{ "*", "x", true }, { "**", "x", true }, { "?", "x", true },
		{ "??", "x", false }, { "?", "xy", false },
		{ "x*", "x", true }, { "x*", "xyz", true },
		{ "x*", "yx", false }, { "*x", "yx", true },
		{ "*x", "yxx", true }, { "*x", "xy", false },
		{ "*x*", "axb", true }, { "*x*", "ab", false },
		{ "a*b*c", "abc", true }, { "a*b*c", "axbybzc", true },
		{ "a*b*c", "axbybz", false }, { "a*b?c", "abxbyc", true },
		{ "*ab", "aab", true }, { "*aab", "aaab", true },
		{ "a?*", "a", false }, { "a?*", "ab", true },
		{ "*-prod", "team-a-prod", true },
		{ "*-prod", "team-a-production", false },
		{ "*?", "a", true }, { "?*?", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char target[64];
		struct buf b = BUF(target);

		buf_add(&b, str_of(cases[i].glob));
		buf_add(&b, S("/pull"));
		buf_char(&b, '\0');
		open_pod(cases[i].name);
		answer(NULL);
		if (write_to(target, "") != cases[i].fits)
			fail_msg("%s %s", cases[i].glob, cases[i].name);
		if (!cases[i].fits) {
			assert_int_equal(e.kind, ERR_USAGE);
			assert_true(str_ends(str_of(e.msg), S("': there is no"
			    " such namespace, or all are excluded")));
		}
	}
}

/* What one namespace takes is there again for the next. */
static void
t_memory(void **state)
{
	size_t used;

	(void)state;
	open_pod(NULL);
	answer(NULL);
	assert_true(write_to("a/pull", ""));
	used = a.used;
	assert_true(write_to("a,b,c,d/pull", ""));
	assert_int_equal(a.used, used);
}

/* One that fails does not keep the others. */
static void
t_failures(void **state)
{
	static const struct {
		const char *target, *exclude, *there, *denied;
		const char *made;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ "a/pull", "", NULL, API "/a/*", "", ERR_DENIED, "kubernetes"
		    " secret 'a/pull': status 403; the service account needs"
		    " the verb 'get' on secrets" },
		{ "a,b,c/pull", "", NULL, API "/b/*", "a c ", ERR_DENIED,
		    "1 of 3 namespaces failed, the first of them: kubernetes"
		    " secret 'b/pull': status 403; the service account needs"
		    " the verb 'get' on secrets" },
		{ "c,a*/pull", "", "ax ay az", API "/a*", "c ", ERR_DENIED,
		    "3 of 4 namespaces failed, the first of them: kubernetes"
		    " secret 'ax/pull': status 403; the service account needs"
		    " the verb 'get' on secrets" },
		{ "a,b/pull", "?", NULL, NULL, "", ERR_USAGE, "kubernetes"
		    " secret 'a,b/pull': there is no such namespace, or all"
		    " are excluded" },
		{ "pull", "own", NULL, NULL, "", ERR_USAGE, "kubernetes secret"
		    " 'pull': there is no such namespace, or all are"
		    " excluded" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_pod(cases[i].there);
		answer(cases[i].denied);
		assert_false(write_to(cases[i].target, cases[i].exclude));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_str_equal(made(), str_of(cases[i].made));
	}
}

/* Namespaces cannot be listed, or we are nowhere. */
static void
t_nowhere(void **state)
{
	static const char list[] = "kubernetes namespaces: status 403; the"
	    " service account needs the verb 'list' on namespaces";

	(void)state;
	open_pod(NULL);
	answer(NULL);
	fake_answer(&f, (struct fake_answer){ .url = LIST, .status = 403,
		.always = true });
	assert_false(write_to("*/pull", ""));
	assert_string_equal(e.msg, list);
	assert_false(write_to("a,b,x*/pull", ""));
	assert_true(str_starts(str_of(e.msg), S("1 of 3 namespaces failed, the"
	    " first of them: ")));
	assert_true(str_ends(str_of(e.msg), str_of(list)));
	assert_str_equal(made(), S("a b "));

	fake_open(&f);
	assert_false(write_to("pull", ""));
	assert_string_equal(e.msg, "KUBERNETES_SERVICE_HOST is not set: this is"
	    " no pod of a Kubernetes cluster");
	assert_int_equal(f.request_count, 0);
}

/* The token of the service account is read each time. */
static void
t_token(void **state)
{
	(void)state;
	open_pod(NULL);
	answer(NULL);
	assert_true(write_to("pull", ""));
	fake_file(&f, KUBERNETES_MOUNT "/token", "JWT2\n");
	assert_true(write_to("pull", ""));
	assert_string_equal(fake_field(&f, 1, "authorization"), "Bearer JWT");
	assert_string_equal(fake_field(&f, 2, "authorization"), "Bearer JWT2");
}

/* The entries are there, and what a secret needs is asked for. */
static void
t_content(void **state)
{
	struct sink s = { .kind = SINK_KUBERNETES, .target = S("pull") };

	(void)state;
	open_pod(NULL);
	answer(NULL);
	assert_true(write_to("pull", ""));
	/* {"auths":{...}} of both. */
	assert_non_null(strstr(f.requests[1].body,
	    "\"type\":\"kubernetes.io/dockerconfigjson\""));
	assert_non_null(strstr(f.requests[1].body,
	    "ewoJImF1dGhzIjogewoJCSJhLmV4YW1wbGUi"));

	/* Another's, until it is to be adopted. */
	open_pod(NULL);
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.always = true, .body = "{\"type\":"
		"\"kubernetes.io/dockerconfigjson\",\"metadata\":{"
		"\"resourceVersion\":\"1\"}}" });
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.url = API "/own/secrets/pull" });
	a = t_arena();
	assert_false(sink_write(&f.w, &s, entries, 2, 0, FAKE_CLOCK_MS + 500,
	    &a, NULL, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	s.adopt = true;
	assert_true(sink_write(&f.w, &s, entries, 2, 0, FAKE_CLOCK_MS + 500,
	    &a, NULL, &e));
}

/* Each amount of memory, from none to enough. */
static void
t_no_memory(void **state)
{
	const struct sink s = { .kind = SINK_KUBERNETES,
		.target = S("b,a*/pull") };
	size_t n = 0;

	(void)state;
	do {
		open_pod("a aa");
		answer(NULL);
		a = t_arena();
		a.cap = n += n < 4096 ? 16 : 8192;
		assert_true(n < 4 << 20);
	} while (!sink_write(&f.w, &s, entries, 2, 0, FAKE_CLOCK_MS + 500, &a,
	    NULL, &e));
	assert_str_equal(made(), S("b a aa "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_namespaces),
		cmocka_unit_test(t_globs),
		cmocka_unit_test(t_memory),
		cmocka_unit_test(t_failures),
		cmocka_unit_test(t_nowhere),
		cmocka_unit_test(t_token),
		cmocka_unit_test(t_content),
		cmocka_unit_test(t_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
