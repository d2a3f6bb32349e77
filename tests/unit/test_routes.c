#include "base/json.h"
#include "sidecar/routes.h"
#include "t.h"

#define NOW 1440938160	/* 2015-08-30T12:36:00Z */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define UPDATED "[{\"_id\":\"ecr_token_updated\"}]"
#define NOTHING "{\"error\":\"there is nothing here, or --serve does not" \
	" name it\"}\n"
#define NO_TOKEN "{\"error\":\"there is no token yet\"}\n"
#define UNKNOWN "{\"error\":\"the token is missing or wrong\"}\n"
#define FOREIGN "{\"error\":\"on loopback a secret is given only to who asks" \
    " for it by address, or from localhost\"}\n"
#define TOO_LONG "{\"error\":\"the answer is too long\"}\n"
#define JSON "application/json"
#define HTML "text/html; charset=utf-8"
#define GZIP "application/gzip"
#define TOKEN "s3cret/token+of=ours"
/* "anybody:" and the token */
#define BASIC "YW55Ym9keTpzM2NyZXQvdG9rZW4rb2Y9b3Vycw=="

static char made_bytes[1 << 16];

static void
ask(struct serve_request *r, const char *text)
{
	struct str in = t_edge(str_of(text));

	memset(r, 0, sizeof(*r));
	if (serve_request_take(r, &in) != SERVE_COMPLETE || in.n)
		fail_msg("no request: %s", text);
}

/* GET path, with further fields. */
static void
get(struct serve_request *r, const char *path, const char *fields)
{
	char text[SERVE_REQUEST_MAX + 1];
	struct buf b = { text, 0, sizeof(text) - 1, false };

	buf_add(&b, S("GET "));
	buf_add(&b, str_of(path));
	buf_add(&b, S(" HTTP/1.1\r\n"));
	buf_add(&b, str_of(fields));
	buf_add(&b, S("\r\n"));
	assert_false(b.full);
	text[b.n] = '\0';
	ask(r, text);
}

enum state {
	NEW,		/* nothing has happened yet */
	WELL,
	REFUSED,	/* AWS said no, and there never was a token */
	AWAY,		/* AWS could not be reached; the token still good */
	SINK_REFUSED,
	SINK_AWAY,
	DEAD,		/* the token is over */
	STATES,
};

static const struct {
	bool token, written, dead;
	const char *failure;
	enum err_kind kind;
	bool sink;
} states[STATES] = {
	[NEW] = { .token = false },
	[WELL] = { true, true, false, "", ERR_NONE, false },
	[REFUSED] = { false, false, false, "a \"b\\", ERR_DENIED, false },
	[AWAY] = { true, true, false, "dial", ERR_NET, false },
	[SINK_REFUSED] = { true, false, false, "node: 403", ERR_DENIED, true },
	[SINK_AWAY] = { true, false, false, "node: dial", ERR_NET, true },
	[DEAD] = { true, true, true, "dial", ERR_NET, false },
};

/* Everything there is, in that state. */
static void
enter(struct routes *t, struct health *h, struct buf *made, enum state s)
{
	struct err e;
	size_t registry, sink;

	memset(h, 0, sizeof(*h));
	h->start_s = NOW - 100;
	assert_true(health_add(h, HEALTH_REGISTRY, S("h"), &registry, &e));
	assert_true(health_add(h, HEALTH_SINK, S("s"), &sink, &e));
	if (states[s].token)
		health_success(h, registry, NOW - 90,
		    NOW + (states[s].dead ? -1 : 43110));
	if (states[s].written)
		health_success(h, sink, NOW - 90, 0);
	if (states[s].kind)
		health_failure(h, states[s].sink ? sink : registry, NOW - 9,
		    str_of(states[s].failure));
	*made = BUF(made_bytes);
	*t = (struct routes){ .tarball = true, .config = true, .health = h,
		.failure = str_of(states[s].failure),
		.failure_kind = states[s].kind,
		.sink_failed = states[s].sink, .made = made };
	if (states[s].token) {
		t->tarball_body = S("\x1f\x8b");
		t->config_body = S("{}");
	}
}

static void
check(const struct routes *t, const struct serve_request *r, unsigned status,
    const char *type, const char *body)
{
	struct serve_answer a = { .status = 0 };

	routes_answer(t, r, NOW, &a);
	assert_int_equal(a.status, status);
	assert_str_equal(a.type, str_of(type));
	if (body)
		assert_str_equal(a.body, str_of(body));
	assert_int_equal(a.fields[0].name.n != 0, status == 401 ||
	    (status == 503 && str_starts(r->path, S("/docker"))) ||
	    (status == 503 && str_starts(r->path, S("/config"))));
}

/* Every route in every state, in every manner. */
static void
t_all(void **state)
{
	static const struct {
		const char *path;
		enum route route;
		struct {
			unsigned status;
			const char *type, *body;
		} in[STATES];
		enum routes_manner manner;
	} cases[] = {
		{ "/", ROUTE_REFRESH, {
			[NEW] = { 503, JSON, NO_TOKEN },
			[WELL] = { 200, JSON, UPDATED },
			[REFUSED] = { 502, JSON,
			    "{\"error\":\"a \\\"b\\\\\"}\n" },
			[AWAY] = { 503, JSON, "{\"error\":\"dial\"}\n" },
			[SINK_REFUSED] = { 502, JSON,
			    "{\"error\":\"node: 403\"}\n" },
			[SINK_AWAY] = { 503, JSON,
			    "{\"error\":\"node: dial\"}\n" },
			[DEAD] = { 503, JSON, "{\"error\":\"dial\"}\n" },
		}, ROUTES_OURS },
		{ "/", ROUTE_REFRESH, {
			[NEW] = { 503, JSON, NO_TOKEN },
			[WELL] = { 200, JSON, UPDATED },
			[REFUSED] = { 502, JSON,
			    "{\"error\":\"a \\\"b\\\\\"}\n" },
			[AWAY] = { 503, JSON, "{\"error\":\"dial\"}\n" },
			[SINK_REFUSED] = { 400, HTML, "Not working." },
			[SINK_AWAY] = { 400, HTML, "Not working." },
			[DEAD] = { 503, JSON, "{\"error\":\"dial\"}\n" },
		}, ROUTES_SESAM },
		{ "/", ROUTE_REFRESH, {
			[NEW] = { 503, JSON, NO_TOKEN },
			[WELL] = { 200, JSON, UPDATED },
			[REFUSED] = { 502, JSON, NULL },
			[AWAY] = { 503, JSON, NULL },
			[SINK_REFUSED] = { 502, JSON, NULL },
			[SINK_AWAY] = { 503, JSON, NULL },
			[DEAD] = { 503, JSON, NULL },
		}, ROUTES_MARATHON },
		{ "/health", ROUTE_HEALTH, {
			[NEW] = { 503, JSON, NULL },
			[WELL] = { 200, JSON, NULL },
			[REFUSED] = { 503, JSON, NULL },
			[AWAY] = { 200, JSON, NULL },
			[SINK_REFUSED] = { 503, JSON, NULL },
			[SINK_AWAY] = { 503, JSON, NULL },
			[DEAD] = { 503, JSON, NULL },
		}, ROUTES_OURS },
		{ "/health", ROUTE_HEALTH, {
			[NEW] = { 503, "text/plain",
			    "registry 'h': no token yet\n" },
			[WELL] = { 200, HTML, "Yey!" },
			[REFUSED] = { 503, "text/plain",
			    "registry 'h': a \"b\\\n" },
			[AWAY] = { 200, HTML, "Yey!" },
			[SINK_REFUSED] = { 503, "text/plain",
			    "sink 's': node: 403\n" },
			[SINK_AWAY] = { 503, "text/plain",
			    "sink 's': node: dial\n" },
			[DEAD] = { 503, "text/plain", "registry 'h': the token"
			    " expired 1 s ago; dial\n" },
		}, ROUTES_MARATHON },
		{ "/health", ROUTE_HEALTH, {
			[NEW] = { 503, JSON, NULL },
			[WELL] = { 200, JSON, NULL },
			[REFUSED] = { 503, JSON, NULL },
			[AWAY] = { 200, JSON, NULL },
			[SINK_REFUSED] = { 503, JSON, NULL },
			[SINK_AWAY] = { 503, JSON, NULL },
			[DEAD] = { 503, JSON, NULL },
		}, ROUTES_SESAM },
		{ "/docker.tar.gz", ROUTE_TARBALL, {
			[NEW] = { 503, JSON, NO_TOKEN },
			[WELL] = { 200, GZIP, "\x1f\x8b" },
			[REFUSED] = { 503, JSON, NO_TOKEN },
			[AWAY] = { 200, GZIP, "\x1f\x8b" },
			[SINK_REFUSED] = { 200, GZIP, "\x1f\x8b" },
			[SINK_AWAY] = { 200, GZIP, "\x1f\x8b" },
			[DEAD] = { 200, GZIP, "\x1f\x8b" },
		}, ROUTES_MARATHON },
		{ "/config.json", ROUTE_CONFIG, {
			[NEW] = { 503, JSON, NO_TOKEN },
			[WELL] = { 200, JSON, "{}" },
			[REFUSED] = { 503, JSON, NO_TOKEN },
			[AWAY] = { 200, JSON, "{}" },
			[SINK_REFUSED] = { 200, JSON, "{}" },
			[SINK_AWAY] = { 200, JSON, "{}" },
			[DEAD] = { 200, JSON, "{}" },
		}, ROUTES_OURS },
	};
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (enum state s = NEW; s < STATES; s++) {
			enter(&t, &h, &made, s);
			t.manner = cases[i].manner;
			get(&r, cases[i].path, "Host: x\r\n");
			assert_int_equal(routes_find(&t, &r), cases[i].route);
			check(&t, &r, cases[i].in[s].status,
			    cases[i].in[s].type, cases[i].in[s].body);
		}
}

/* No message is no failure, whatever else is said; and it is the token that
 * / is about.
 */
static void
t_no_failure(void **state)
{
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	enter(&t, &h, &made, SINK_REFUSED);
	t.failure = S("");
	t.manner = ROUTES_SESAM;
	get(&r, "/", "Host: x\r\n");
	check(&t, &r, 200, JSON, UPDATED);
}

/* The kinds of failure, whatever they are of. */
static void
t_kinds(void **state)
{
	static const unsigned want[] = {
		[ERR_NONE] = 503, [ERR_USAGE] = 503, [ERR_ABSENT] = 503,
		[ERR_SYS] = 503, [ERR_NET] = 503, [ERR_TRUST] = 502,
		[ERR_REPLY] = 502, [ERR_DENIED] = 502, [ERR_LIMIT] = 503,
	};
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	get(&r, "/", "Host: x\r\n");
	for (size_t k = 0; k < COUNT(want); k++) {
		enter(&t, &h, &made, AWAY);
		t.failure_kind = (enum err_kind)k;
		check(&t, &r, want[k], JSON, "{\"error\":\"dial\"}\n");
	}
}

static void
t_paths(void **state)
{
	static const struct {
		const char *path;
		enum route route;
	} cases[] = {
		{ "/", ROUTE_REFRESH },
		{ "/?", ROUTE_REFRESH },
		{ "/?since=1&limit=2&subset=%5B%22eq%22%5D", ROUTE_REFRESH },
		{ "/health?x", ROUTE_HEALTH },
		{ "/metrics", ROUTE_METRICS },
		{ "/docker.tar.gz?token=x", ROUTE_TARBALL },
		{ "/config.json?/../", ROUTE_CONFIG },
		{ "http://elsewhere/health", ROUTE_HEALTH },
		{ "//", ROUTE_NONE },
		{ "//health", ROUTE_NONE },
		{ "/health/", ROUTE_NONE },
		{ "/Health", ROUTE_NONE },
		{ "/health%3f", ROUTE_NONE },
		{ "/%68ealth", ROUTE_NONE },
		{ "/./health", ROUTE_NONE },
		{ "/health;v=1", ROUTE_NONE },
		{ "/healthz", ROUTE_NONE },
		{ "/metrics/", ROUTE_NONE },
		{ "/docker.tar.gz/", ROUTE_NONE },
		{ "/docker%2Etar.gz", ROUTE_NONE },
		{ "/docker.tar", ROUTE_NONE },
		{ "//config.json", ROUTE_NONE },
		{ "/.docker/config.json", ROUTE_NONE },
		{ "/config.json/..", ROUTE_NONE },
		{ "/index.html", ROUTE_NONE },
		{ "/favicon.ico", ROUTE_NONE },
	};
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enter(&t, &h, &made, WELL);
		get(&r, cases[i].path, "Host: x\r\n");
		if (routes_find(&t, &r) != cases[i].route)
			fail_msg("%s", cases[i].path);
		if (cases[i].route == ROUTE_NONE)
			check(&t, &r, 404, JSON, NOTHING);
	}
}

/* What nobody asked for is not there, whoever asks. */
static void
t_not_served(void **state)
{
	static const struct {
		const char *path;
		bool tarball, config, there;
	} cases[] = {
		{ "/docker.tar.gz", true, false, true },
		{ "/docker.tar.gz", false, true, false },
		{ "/docker.tar.gz", false, false, false },
		{ "/config.json", false, true, true },
		{ "/config.json", true, false, false },
		{ "/config.json", false, false, false },
	};
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enter(&t, &h, &made, WELL);
		t.tarball = cases[i].tarball;
		t.config = cases[i].config;
		t.token = S(TOKEN);
		get(&r, cases[i].path, "Host: x\r\nAuthorization: Bearer "
		    TOKEN "\r\n");
		if (cases[i].there)
			assert_int_not_equal(routes_find(&t, &r), ROUTE_NONE);
		else
			check(&t, &r, 404, JSON, NOTHING);
	}
}

static void
t_authorization(void **state)
{
	static const struct {
		const char *field;
		bool good;
	} cases[] = {
		{ "Authorization: Bearer " TOKEN "\r\n", true },
		{ "authorization: bearer   " TOKEN " \r\n", true },
		{ "Authorization: BASIC " BASIC "\r\n", true },
		/* ":" and the token */
		{ "Authorization: Basic OnMzY3JldC90b2tlbitvZj1vdXJz\r\n",
		    true },
		{ "", false },
		{ "Authorization:\r\n", false },
		{ "Authorization: Bearer\r\n", false },
		{ "Authorization: Bearer \t\r\n", false },
		{ "Authorization: " TOKEN "\r\n", false },
		{ "Authorization: Bearer\t" TOKEN "\r\n", false },
		{ "Authorization: Bearer " TOKEN "x\r\n", false },
		{ "Authorization: Bearer " TOKEN " x\r\n", false },
		{ "Authorization: Bearer " TOKEN TOKEN "\r\n", false },
		{ "Authorization: Bearer s3cret/token+of=our\r\n", false },
		{ "Authorization: Bearer S3cret/token+of=ours\r\n", false },
		{ "Authorization: Bearer s3cret/token+of=ourS\r\n", false },
		{ "Authorization: Bearer s3cret/Token+of=ours\r\n", false },
		{ "Authorization: Bearer \"" TOKEN "\"\r\n", false },
		{ "Authorization: Bearer " BASIC "\r\n", false },
		{ "Authorization: Token " TOKEN "\r\n", false },
		{ "Authorization: Basic " TOKEN "\r\n", false },
		{ "Authorization: Basic\r\n", false },
		{ "Authorization: Digest " BASIC "\r\n", false },
		{ "Authorization: Basic OnMzY3JldC90b2tlbitvZj1vdXJz!!!!\r\n",
		    false },
		{ "Authorization: Basic OnMzY3JldC90b2tlbitvZj1vdXJz OnMz\r\n",
		    false },
		{ "Authorization: Basic " BASIC "=\r\n", false },
		{ "Authorization: Basic YW55Ym9keTpzM2NyZXQv\r\n", false },
		/* the token alone; as the user; a blank behind it */
		{ "Authorization: Basic czNjcmV0L3Rva2VuK29mPW91cnM=\r\n",
		    false },
		{ "Authorization: Basic czNjcmV0L3Rva2VuK29mPW91cnM6\r\n",
		    false },
		{ "Authorization: Basic YTpzM2NyZXQvdG9rZW4rb2Y9b3VycyA=\r\n",
		    false },
		{ "Proxy-Authorization: Bearer " TOKEN "\r\n", false },
		{ "Cookie: " TOKEN "\r\n", false },
	};
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char fields[256];
		struct buf b = BUF(fields);

		buf_add(&b, S("Host: x\r\n"));
		buf_add(&b, (struct str){ cases[i].field,
		    strlen(cases[i].field) + 1 });
		enter(&t, &h, &made, WELL);
		t.token = S(TOKEN);
		get(&r, "/config.json", fields);
		if (cases[i].good)
			check(&t, &r, 200, JSON, "{}");
		else
			check(&t, &r, 401, JSON, UNKNOWN);
		get(&r, "/docker.tar.gz", fields);
		if (cases[i].good)
			check(&t, &r, 200, GZIP, "\x1f\x8b");
		else
			check(&t, &r, 401, JSON, UNKNOWN);
		/* Nothing else asks for it, and nobody where there is none. */
		get(&r, "/", fields);
		check(&t, &r, 200, JSON, UPDATED);
		t.token = S("");
		get(&r, "/config.json", fields);
		check(&t, &r, 200, JSON, "{}");
	}
}

/* The longest that a request can hold neither passes nor overflows. */
static void
t_long_authorization(void **state)
{
	char fields[SERVE_REQUEST_MAX];
	struct buf b = BUF(fields);
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	enter(&t, &h, &made, WELL);
	t.token = S(TOKEN);
	buf_add(&b, S("Host: x\r\nAuthorization: Basic "));
	for (size_t i = 0; i < 940; i++)
		buf_char(&b, 'A');
	buf_add(&b, (struct str){ "\r\n", 3 });
	get(&r, "/config.json", fields);
	check(&t, &r, 401, JSON, UNKNOWN);
}

static void
t_fields(void **state)
{
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;
	struct serve_answer a = { .status = 0 }, b = { .status = 0 };

	(void)state;
	enter(&t, &h, &made, NEW);
	get(&r, "/config.json", "Host: x\r\n");
	routes_answer(&t, &r, NOW, &a);
	assert_str_equal(a.fields[0].name, S("Retry-After"));
	assert_str_equal(a.fields[0].value, S("5"));
	t.token = S(TOKEN);
	routes_answer(&t, &r, NOW, &b);
	assert_str_equal(b.fields[0].name, S("WWW-Authenticate"));
	assert_str_equal(b.fields[0].value, S("Bearer realm=\"ecrbox\""));
	assert_str_equal(b.fields[1].name, S("WWW-Authenticate"));
	assert_str_equal(b.fields[1].value, S("Basic realm=\"ecrbox\""));
	assert_int_equal(b.fields[2].name.n, 0);
}

/* On loopback a name of somebody's own opens nothing (DNS rebinding). */
static void
t_host(void **state)
{
	static const struct {
		const char *host;
		bool good;
	} cases[] = {
		{ "localhost", true },
		{ "LocalHost:8000", true },
		{ "127.0.0.1", true },
		{ "127.0.0.1:8000", true },
		{ "192.0.2.7:1", true },
		{ "[::1]", true },
		{ "[::1]:8000", true },
		{ "127.0.0.1:", true },
		{ "", false },
		{ ":8000", false },
		{ "evil.example", false },
		{ "evil.example:8000", false },
		{ "localhost.evil.example", false },
		{ "localhost.", false },
		{ "xlocalhost", false },
		{ "127.0.0.1.evil.example", false },
		{ "127.1", false },
		{ "2130706433", false },
		{ "0x7f.0.0.1", false },
		{ "127.0.0.1:80x", false },
		{ "127.0.0.1:65536", false },
		{ "127.0.0.1:80:80", false },
		{ "127.0.0.1 evil.example", false },
		{ "localhost, evil.example", false },
		{ "user@localhost", false },
		{ "::1", false },
		{ "[::1", false },
		{ "[127.0.0.1]", false },
		{ "[localhost]", false },
		{ "[::1]8000", false },
		{ "[::1]:x", false },
		{ "[]", false },
		{ "[", false },
	};
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char fields[128];
		struct buf b = BUF(fields);

		buf_add(&b, S("Host: "));
		buf_add(&b, str_of(cases[i].host));
		buf_add(&b, (struct str){ "\r\n", 3 });
		enter(&t, &h, &made, WELL);
		get(&r, "/config.json", fields);
		check(&t, &r, 200, JSON, "{}");
		t.loopback = true;
		if (cases[i].good)
			check(&t, &r, 200, JSON, "{}");
		else
			check(&t, &r, 403, JSON, FOREIGN);
		get(&r, "/health", fields);
		check(&t, &r, 200, JSON, NULL);
	}
	/* HTTP/1.0 need not say: then it is no browser, but nobody knows. */
	ask(&r, "GET /config.json HTTP/1.0\r\n\r\n");
	check(&t, &r, 403, JSON, FOREIGN);
	/* A stranger does not even learn whether his token is right. */
	t.token = S(TOKEN);
	check(&t, &r, 403, JSON, FOREIGN);
}

/* HEAD is answered like GET; serve.h leaves out the body. */
static void
t_head(void **state)
{
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	enter(&t, &h, &made, WELL);
	ask(&r, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
	check(&t, &r, 200, JSON, UPDATED);
	ask(&r, "HEAD /docker.tar.gz HTTP/1.1\r\nHost: x\r\n\r\n");
	check(&t, &r, 200, GZIP, "\x1f\x8b");
}

/* Answers are made one behind the other, and one that does not fit is none. */
static void
t_made(void **state)
{
	struct arena a = t_arena();
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;
	struct serve_answer one = { .status = 0 }, two = { .status = 0 };
	struct json root;
	struct str cause;
	struct err e;

	(void)state;
	enter(&t, &h, &made, DEAD);
	get(&r, "/health", "Host: x\r\n");
	routes_answer(&t, &r, NOW, &one);
	get(&r, "/metrics", "Host: x\r\n");
	routes_answer(&t, &r, NOW, &two);
	assert_true(json_parse(one.body, &a, &root, &e));
	assert_true(json_get_str(root, S("cause"), &a, &cause, &e));
	assert_str_equal(cause, S("registry 'h': the token expired 1 s ago;"
	    " dial"));
	assert_int_equal(two.status, 200);
	assert_str_equal(two.type, S(HEALTH_METRICS_TYPE));
	assert_true(str_starts(two.body, S("# ")));
	assert_true(one.body.p == made.p);
	assert_true(one.body.p + one.body.n == two.body.p);
	assert_true(two.body.p + two.body.n == made.p + made.n);
	for (const char *const *path = (const char *const []){ "/", "/health",
	    "/metrics", NULL }; *path; path++) {
		enter(&t, &h, &made, DEAD);
		made.cap = 8;
		get(&r, *path, "Host: x\r\n");
		check(&t, &r, 500, JSON, TOO_LONG);
	}
	enter(&t, &h, &made, DEAD);
	made.cap = 8;
	t.manner = ROUTES_MARATHON;
	get(&r, "/health", "Host: x\r\n");
	check(&t, &r, 500, JSON, TOO_LONG);
}

/* What came from outside drives nobody's terminal. */
static void
t_printable(void **state)
{
	struct health h;
	struct buf made;
	struct routes t;
	struct serve_request r;

	(void)state;
	enter(&t, &h, &made, AWAY);
	t.failure = S("\033[2J\n\xff\"");
	get(&r, "/", "Host: x\r\n");
	check(&t, &r, 503, JSON, "{\"error\":\"?[2J??\\\"\"}\n");
}

static void
t_named(void **state)
{
	static const struct {
		const char *names;
		bool tarball, config;
		const char *refused;	/* the name; NULL: none */
	} cases[] = {
		{ "docker.tar.gz", true, false, NULL },
		{ "/docker.tar.gz", true, false, NULL },
		{ "config.json", false, true, NULL },
		{ "docker.tar.gz,config.json", true, true, NULL },
		{ "/config.json,/docker.tar.gz", true, true, NULL },
		{ "config.json,config.json", false, true, NULL },
		{ "", false, false, "" },
		{ "/", false, false, "" },
		{ ",", false, false, "" },
		{ "config.json,", false, false, "" },
		{ "config.json,health", false, false, "health" },
		{ "docker.tar.gz;config.json", false, false,
		    "docker.tar.gz;config.json" },
		{ "config.json, docker.tar.gz", false, false,
		    " docker.tar.gz" },
		{ "//config.json", false, false, "/config.json" },
		{ "Config.json", false, false, "Config.json" },
		{ "config.jso", false, false, "config.jso" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct routes t = { .tarball = false };
		struct err e = { ERR_NONE, "" };
		char want[128];
		struct buf b = BUF(want);
		bool good = routes_named(t_edge(str_of(cases[i].names)), &t,
		    &e);

		assert_int_equal(good, !cases[i].refused);
		assert_int_equal(t.tarball, cases[i].tarball);
		assert_int_equal(t.config, cases[i].config);
		if (good)
			continue;
		buf_add(&b, S("serve '"));
		buf_add(&b, str_of(cases[i].refused));
		buf_add(&b, S("': there is docker.tar.gz and config.json"));
		assert_str_equal(str_of(e.msg), buf_str(&b));
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

/* Said twice it is both. */
static void
t_named_more(void **state)
{
	struct routes t = { .tarball = false };
	struct err e;

	(void)state;
	assert_true(routes_named(S("config.json"), &t, &e));
	assert_true(routes_named(S("docker.tar.gz"), &t, &e));
	assert_true(t.tarball && t.config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_all),
		cmocka_unit_test(t_no_failure),
		cmocka_unit_test(t_kinds),
		cmocka_unit_test(t_paths),
		cmocka_unit_test(t_not_served),
		cmocka_unit_test(t_authorization),
		cmocka_unit_test(t_long_authorization),
		cmocka_unit_test(t_fields),
		cmocka_unit_test(t_host),
		cmocka_unit_test(t_head),
		cmocka_unit_test(t_made),
		cmocka_unit_test(t_printable),
		cmocka_unit_test(t_named),
		cmocka_unit_test(t_named_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
