#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"
#include "fake_world.h"
#include "sink/kubernetes.h"

#define MOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"
#define SECRETS "https://10.0.0.1:6443/api/v1/namespaces/ns/secrets"
#define LABELS "\"labels\":{\"" KUBERNETES_LABEL "\":\"" \
    KUBERNETES_OWNER "\"}"
#define HEAD "{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
#define TYPE "\"type\":\"kubernetes.io/dockerconfigjson\""
#define OURS HEAD TYPE ",\"metadata\":{\"name\":\"pull\"," \
    "\"resourceVersion\":\"7\"," LABELS "},\"data\":{"
/* {"auths":{"docker.io":{"auth":"b2xk"}}} */
#define OLD "eyJhdXRocyI6eyJkb2NrZXIuaW8iOnsiYXV0aCI6ImIyeGsifX19"

static struct fake_world f;
static struct arena a;
static struct kubernetes k;

static void
open_pod(void)
{
	struct err e;

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "KUBERNETES_SERVICE_HOST", "10.0.0.1");
	fake_env(&f, "KUBERNETES_SERVICE_PORT", "6443");
	fake_file(&f, MOUNT "token", "JWT\n");
	fake_file(&f, MOUNT "namespace", "ns");
	if (!kubernetes_here(&f.w, &a, &k, &e))
		fail_msg("%s", e.msg);
}

static bool
write_it(bool adopt, struct err *e)
{
	static const struct kubernetes_entry entries[] = {
		{ S_INIT("a.example"), S_INIT("QQ==") },
		{ S_INIT("b.example"), S_INIT("Qg==") },
	};
	const struct kubernetes_secret s = { k.namespace, S("pull"), adopt };

	return kubernetes_write(&f.w, &k, &s, entries, 2,
	    FAKE_CLOCK_MS + 5000, &a, e);
}

static void
answer(const char *method, unsigned status, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = method,
		.status = status, .body = body });
}

/* What is behind path in the body of request i. */
static struct str
sent(size_t i, const char *path)
{
	struct str rest = str_of(path), key, text = { NULL, 0 };
	struct json v;
	struct err e;

	if (!json_parse(str_of(f.requests[i].body), &a, &v, &e))
		fail_msg("%s: %s", e.msg, f.requests[i].body);
	while (rest.n) {
		str_cut(rest, '|', &key, &rest);
		if (!json_get(v, key, &v))
			return text;
	}
	return json_kind(v) == JSON_STRING && json_str(v, &a, &text, &e) ?
	    text : json_raw(v);
}

static void
check_auth(size_t i, const char *host, const char *auth)
{
	struct str text, config;
	struct json v;
	struct err e;

	text = sent(i, "data|.dockerconfigjson");
	assert_true(base64_decode(text, &a, &config, &e));
	assert_true(json_parse(config, &a, &v, &e));
	assert_true(json_get(v, S("auths"), &v));
	if (!json_get(v, str_of(host), &v))
		fail_msg("no %s in %.*s", host, STR_ARG(config));
	assert_true(json_get_str(v, S("auth"), &a, &text, &e));
	assert_str_equal(text, str_of(auth));
}

static void
t_created(void **state)
{
	struct err e;

	(void)state;
	open_pod();
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.url = SECRETS "/pull", .status = 404 });
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = SECRETS, .status = 201 });
	if (!write_it(false, &e))
		fail_msg("%s", e.msg);
	assert_true(fake_done(&f));
	assert_string_equal(fake_field(&f, 1, "authorization"), "Bearer JWT");
	assert_string_equal(fake_field(&f, 1, "content-type"),
	    "application/json");
	assert_null(fake_field(&f, 0, "content-type"));
	assert_str_equal(sent(1, "kind"), S("Secret"));
	assert_str_equal(sent(1, "metadata|name"), S("pull"));
	assert_str_equal(sent(1, "metadata|labels|" KUBERNETES_LABEL),
	    S(KUBERNETES_OWNER));
	assert_str_equal(sent(1, "type"),
	    S("kubernetes.io/dockerconfigjson"));
	check_auth(1, "a.example", "QQ==");
	check_auth(1, "b.example", "Qg==");
}

static void
t_changed(void **state)
{
	static const struct {
		const char *body;
		bool adopt, old;
	} cases[] = {
		{ OURS "\".dockerconfigjson\":\"" OLD "\",\"x\":\"eA==\"}}",
		    false, true },
		{ OURS "\".dockerconfigjson\":\"\",\"x\":\"eA==\"}}", false,
		    false },
		{ OURS "\"x\":\"eA==\"}}", false, false },
		{ HEAD TYPE ",\"metadata\":{\"name\":\"pull\","
		    "\"resourceVersion\":\"7\"},\"data\":{\"x\":\"eA==\"}}",
		    true, false },
		{ HEAD TYPE ",\"metadata\":{\"name\":\"pull\","
		    "\"resourceVersion\":\"7\",\"labels\":null},\"data\":{"
		    "\"x\":\"eA==\"}}", true, false },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_pod();
		answer("GET", 200, cases[i].body);
		fake_answer(&f, (struct fake_answer){ .method = "PUT",
			.url = SECRETS "/pull", .status = 200 });
		if (!write_it(cases[i].adopt, &e))
			fail_msg("row %zu: %s", i, e.msg);
		/* What was there stays, and says which version it was. */
		assert_str_equal(sent(1, "metadata|resourceVersion"), S("7"));
		assert_str_equal(sent(1, "data|x"), S("eA=="));
		assert_str_equal(sent(1, "metadata|labels|"
		    KUBERNETES_LABEL), S(KUBERNETES_OWNER));
		check_auth(1, "a.example", "QQ==");
		check_auth(1, "b.example", "Qg==");
		if (cases[i].old)
			check_auth(1, "docker.io", "b2xk");
	}
}

static void
t_conflict(void **state)
{
	struct err e;

	(void)state;
	open_pod();
	answer("GET", 200, OURS "}}");
	answer("PUT", 409, "");
	/* Removed between the two. */
	answer("GET", 200, OURS "}}");
	answer("PUT", 404, "");
	/* Removed meanwhile, and made again by another. */
	answer("GET", 404, "");
	answer("POST", 409, "");
	answer("GET", 200, OURS "\".dockerconfigjson\":\"" OLD "\"}}");
	answer("PUT", 200, "");
	assert_true(write_it(false, &e));
	assert_true(fake_done(&f));
	check_auth(7, "docker.io", "b2xk");

	open_pod();
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = OURS "}}", .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 409,
		.always = true });
	assert_false(write_it(false, &e));
	assert_string_equal(e.msg, "kubernetes secret 'ns/pull': status 409");
	assert_int_equal(f.request_count, 2 * KUBERNETES_ATTEMPTS);
}

static void
t_refused(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		unsigned second;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ 403, "", 0, ERR_DENIED, "status 403; the service account"
		    " needs the verb 'get' on secrets" },
		{ 401, "", 0, ERR_DENIED, "status 401; the service account's"
		    " token is not accepted" },
		{ 500, "secret!", 0, ERR_DENIED, "status 500" },
		{ 404, "", 403, ERR_DENIED, "status 403; the service account"
		    " needs the verb 'create' on secrets" },
		{ 200, OURS "}}", 403, ERR_DENIED, "status 403; the service"
		    " account needs the verb 'update' on secrets" },
		{ 200, HEAD "\"type\":\"Opaque\"}", 0, ERR_USAGE, "it is of"
		    " type 'Opaque', not kubernetes.io/dockerconfigjson; name"
		    " another secret" },
		{ 200, HEAD TYPE "}", 0, ERR_USAGE, "it has no label "
		    "app.kubernetes.io/managed-by=ecrbox, so it may be"
		    " another's; --adopt takes it over" },
		{ 200, HEAD TYPE ",\"metadata\":{\"labels\":{\""
		    KUBERNETES_LABEL "\":\"Helm\"}}}", 0, ERR_USAGE, "it has"
		    " no label app.kubernetes.io/managed-by=ecrbox, so it may"
		    " be another's; --adopt takes it over" },
		{ 200, "{}", 0, ERR_REPLY, "no 'type'" },
		{ 200, HEAD TYPE ",\"immutable\":true}", 0, ERR_USAGE, "it is"
		    " immutable; name another secret, or remove it" },
		{ 200, HEAD TYPE ",\"metadata\":{" LABELS "}}", 0, ERR_REPLY,
		    "no 'resourceVersion'" },
		{ 200, OURS "},\"immutable\":false}", 422, ERR_DENIED,
		    "status 422" },
		{ 404, "", 404, ERR_DENIED, "status 404; is there such a"
		    " namespace?" },
		{ 200, OURS "\".dockerconfigjson\":\"*\"}}", 0, ERR_REPLY,
		    NULL },
		{ 200, OURS "\".dockerconfigjson\":\"W10=\"}}", 0, ERR_REPLY,
		    NULL },
		{ 200, "<html>", 0, ERR_REPLY, NULL },
	};
	const char *prefix = "kubernetes secret 'ns/pull': ";
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_pod();
		answer("GET", cases[i].status, cases[i].body);
		if (cases[i].second)
			answer(NULL, cases[i].second, "");
		assert_false(write_it(false, &e));
		assert_true(fake_done(&f));
		assert_int_equal(strncmp(e.msg, prefix, strlen(prefix)), 0);
		if (cases[i].msg)
			assert_string_equal(e.msg + strlen(prefix),
			    cases[i].msg);
		if (e.kind != cases[i].kind)
			fail_msg("row %zu: kind %d: %s", i, (int)e.kind, e.msg);
	}
}

static void
t_here(void **state)
{
	static const struct {
		const char *host, *port, *token, *msg;
		uint16_t at;
	} cases[] = {
		{ "10.0.0.1", "6443", "t", NULL, 6443 },
		{ "10.0.0.1", NULL, "t", NULL, 443 },
		{ "fd00::1", "443", "t", NULL, 443 },
		{ NULL, NULL, "t", "KUBERNETES_SERVICE_HOST is not set: this"
		    " is no pod of a Kubernetes cluster", 0 },
		{ "10.0.0.1", "x", "t", "KUBERNETES_SERVICE_HOST and _PORT:",
		    0 },
		{ "10.0.0.1", "443", NULL, "service account of this pod:", 0 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool found;

		open_pod();
		fake_env(&f, "KUBERNETES_SERVICE_HOST", cases[i].host);
		fake_env(&f, "KUBERNETES_SERVICE_PORT", cases[i].port);
		fake_file(&f, MOUNT "token", cases[i].token);
		found = kubernetes_here(&f.w, &a, &k, &e);
		if (found != !cases[i].msg)
			fail_msg("row %zu", i);
		if (found)
			assert_int_equal(k.api.port, cases[i].at);
		else
			assert_int_equal(strncmp(e.msg, cases[i].msg,
			    strlen(cases[i].msg)), 0);
	}
}

#define NAMESPACES "https://10.0.0.1:6443/api/v1/namespaces?limit=500"

static bool
list(struct str **names, size_t *count, struct err *e)
{
	return kubernetes_namespaces(&f.w, &k, FAKE_CLOCK_MS + 1, &a, names,
	    count, e);
}

static void
t_namespaces(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		const char *msg;
	} cases[] = {
		{ 200, "{\"items\":[{\"metadata\":{\"name\":\"a\"}},"
		    "{\"metadata\":{\"name\":\"b\"}}]}", NULL },
		{ 200, "{\"metadata\":{\"continue\":\"\"},\"items\":["
		    "{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":"
		    "\"gone\",\"deletionTimestamp\":\"2026-11-21T00:00:00Z\"}},"
		    "{\"metadata\":{\"name\":\"b\"}}]}", NULL },
		{ 403, "", "status 403; the service account needs the verb"
		    " 'list' on namespaces" },
		{ 410, "", "status 410" },
		{ 200, "{}", "no 'items'" },
		{ 200, "{\"items\":{}}", "no 'items'" },
		{ 200, "{\"items\":[{}]}", "no 'metadata'" },
		{ 200, "{\"items\":[{\"metadata\":{}}]}", "no 'name'" },
		{ 200, "{\"metadata\":{\"continue\":1},\"items\":[]}",
		    "'continue': json string expected" },
	};
	struct str *names;
	size_t count;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *prefix = "kubernetes namespaces: ";
		bool found;

		open_pod();
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.url = NAMESPACES, .status = cases[i].status,
			.body = cases[i].body });
		found = list(&names, &count, &e);
		assert_int_equal(found, !cases[i].msg);
		if (!found) {
			assert_int_equal(strncmp(e.msg, prefix,
			    strlen(prefix)), 0);
			assert_string_equal(e.msg + strlen(prefix),
			    cases[i].msg);
			continue;
		}
		assert_int_equal(count, 2);
		assert_str_equal(names[0], S("a"));
		assert_str_equal(names[1], S("b"));
	}
}

/* As many as come, each with that many bytes to its name. */
static const char *
page_of(unsigned count, unsigned bytes, const char *next)
{
	static char text[1 << 20];
	struct buf b = BUF(text);

	buf_add(&b, S("{\"metadata\":{\"continue\":\""));
	buf_add(&b, str_of(next));
	buf_add(&b, S("\"},\"items\":["));
	for (unsigned i = 0; i < count; i++) {
		buf_add(&b, i ? S(",{\"metadata\":{\"name\":\"") :
		    S("{\"metadata\":{\"name\":\""));
		for (unsigned n = 0; n < bytes; n++)
			buf_char(&b, 'n');
		buf_add(&b, S("\"}}"));
	}
	buf_add(&b, S("]}"));
	buf_char(&b, '\0');
	assert_false(b.full);
	return text;
}

static void
t_pages(void **state)
{
	static char longest[KUBERNETES_CONTINUE_MAX + 2];
	struct str *names;
	size_t count, used;
	struct err e;

	(void)state;
	open_pod();
	fake_answer(&f, (struct fake_answer){ .url = NAMESPACES,
		.status = 200, .body = page_of(2, 3, "a+/=") });
	fake_answer(&f, (struct fake_answer){
		.url = NAMESPACES "&continue=a%2B%2F%3D", .status = 200,
		.body = page_of(0, 0, "b") });
	fake_answer(&f, (struct fake_answer){ .url = NAMESPACES "&continue=b",
		.status = 200, .body = page_of(1, 4, "") });
	if (!list(&names, &count, &e))
		fail_msg("%s", e.msg);
	assert_true(fake_done(&f));
	assert_int_equal(count, 3);
	assert_str_equal(names[1], S("nnn"));
	assert_str_equal(names[2], S("nnnn"));
	used = a.used;

	/* One that is forgotten meanwhile begins anew. */
	open_pod();
	answer("GET", 200, page_of(2, 3, "old"));
	fake_answer(&f, (struct fake_answer){ .url = NAMESPACES
		"&continue=old", .status = 410 });
	fake_answer(&f, (struct fake_answer){ .url = NAMESPACES,
		.status = 200, .body = page_of(1, 5, "") });
	assert_true(list(&names, &count, &e));
	assert_int_equal(count, 1);
	assert_str_equal(names[0], S("nnnnn"));
	open_pod();
	fake_answer(&f, (struct fake_answer){ .url = NAMESPACES,
		.status = 200, .body = page_of(1, 5, "old"), .always = true });
	fake_answer(&f, (struct fake_answer){ .url = NAMESPACES
		"&continue=old", .status = 410, .always = true });
	assert_false(list(&names, &count, &e));
	assert_string_equal(e.msg, "kubernetes namespaces: there are more than"
	    " 10000");

	/* One that has no end. */
	open_pod();
	fake_answer(&f, (struct fake_answer){ .status = 200,
		.body = page_of(0, 0, "on"), .always = true });
	assert_false(list(&names, &count, &e));
	assert_string_equal(e.msg, "kubernetes namespaces: there are more than"
	    " 10000");
	assert_int_equal(f.request_count, 20);
	open_pod();
	fake_answer(&f, (struct fake_answer){ .status = 200,
		.body = page_of(10000, 1, "") });
	assert_true(list(&names, &count, &e));
	assert_int_equal(count, 10000);
	/* Pages leave nothing behind. */
	assert_int_equal(a.used, used);
	open_pod();
	fake_answer(&f, (struct fake_answer){ .status = 200,
		.body = page_of(10001, 1, "") });
	assert_false(list(&names, &count, &e));
	assert_string_equal(e.msg, "kubernetes namespaces: there are more than"
	    " 10000, or one has a name of more than 63 bytes");
	open_pod();
	fake_answer(&f, (struct fake_answer){ .status = 200,
		.body = page_of(1, 63 * 10000 + 1, "") });
	assert_false(list(&names, &count, &e));
	assert_int_equal(e.kind, ERR_LIMIT);

	memset(longest, 'x', sizeof(longest) - 2);
	open_pod();
	fake_answer(&f, (struct fake_answer){ .status = 200,
		.body = page_of(0, 0, longest) });
	answer("GET", 200, page_of(0, 0, ""));
	assert_true(list(&names, &count, &e));
	assert_int_equal(count, 0);
	longest[sizeof(longest) - 2] = 'x';
	open_pod();
	fake_answer(&f, (struct fake_answer){ .status = 200,
		.body = page_of(0, 0, longest) });
	assert_false(list(&names, &count, &e));
	assert_string_equal(e.msg, "kubernetes namespaces: 'continue' of more"
	    " than 1024 bytes");
}

/* Each amount of memory, from none to enough. */
static void
t_no_memory(void **state)
{
	struct str *names;
	size_t count, bytes, n = 0;
	bool listed = false;
	struct arena all;
	struct err e;

	(void)state;
	open_pod();
	all = t_arena();
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.url = SECRETS "/pull", .status = 200, .body = OURS
		"\".dockerconfigjson\":\"" OLD "\"}}", .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "PUT",
		.status = 200, .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.url = NAMESPACES, .status = 200, .body = "{\"items\":[{"
		"\"metadata\":{\"name\":\"a\"}}]}", .always = true });
	bytes = f.bytes_used;
	for (bool done = false; !done || !listed; n += n < 8192 ? 16 : 4096) {
		assert_true(n < 2 << 20);
		f.request_count = 0;
		f.bytes_used = bytes;
		a = (struct arena){ all.p + (1 << 20), n, 0 };
		done = write_it(false, &e);
		a = (struct arena){ all.p + (1 << 20), n, 0 };
		listed = list(&names, &count, &e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_created),
		cmocka_unit_test(t_changed),
		cmocka_unit_test(t_conflict),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_here),
		cmocka_unit_test(t_namespaces),
		cmocka_unit_test(t_pages),
		cmocka_unit_test(t_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
