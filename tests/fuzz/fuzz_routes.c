/* Whatever is asked, in whatever state: the answer can be sent, is what its
 * type says, and holds a secret only for who may have it. The first two bytes
 * choose the state, the rest is the request.
 */
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/json.h"
#include "net/serve_connection.h"
#include "sidecar/routes.h"

#define NOW 1440938160
#define TOKEN "s3cret"
#define TARBALL "\x1f\x8bTARBALL"
#define CONFIG "{\"auths\":{}}"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct health h;
static char made_bytes[1 << 16];

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
enter(struct routes *t, struct buf *made, uint8_t a, uint8_t b)
{
	struct err e;
	size_t registry, sink;

	memset(&h, 0, sizeof(h));
	check(health_add(&h, HEALTH_REGISTRY, S("h"), &registry, &e));
	check(health_add(&h, HEALTH_SINK, S("s"), &sink, &e));
	if (a & 1)
		health_success(&h, registry, NOW - 9, NOW + 99);
	if (a & 2)
		health_success(&h, sink, NOW - 9, 0);
	if (a & 4)
		health_failure(&h, sink, NOW - 9, S("\x1b\"\\"));
	*made = BUF(made_bytes);
	if (b & 64)
		made->cap = 100;
	*t = (struct routes){
		.manner = (enum routes_manner)(b % 3),
		.tarball = a & 8, .config = a & 16,
		.loopback = a & 32,
		.health = &h,
		.failure = a & 4 ? S("\x1b\"\\") : S(""),
		.failure_kind = (enum err_kind)(b % (ERR_LIMIT + 1)),
		.sink_failed = b & 128,
		.made = made,
	};
	if (a & 64)
		t->token = S(TOKEN);
	if (a & 128) {
		t->tarball_body = S(TARBALL);
		t->config_body = S(CONFIG);
	}
}

/* By other means than the guard's. */
static bool
shows_token(struct str field)
{
	char text[SERVE_REQUEST_MAX];
	struct buf b = BUF(text);
	struct str scheme, rest;

	str_cut(field, ' ', &scheme, &rest);
	rest = str_trim(rest);
	if (str_eq_nocase(scheme, S("bearer")))
		return str_eq(rest, S(TOKEN));
	return str_eq_nocase(scheme, S("basic")) &&
	    base64_add(&b, rest, false) && str_ends(buf_str(&b), S(":" TOKEN));
}

static void
check_secret(const struct routes *t, const struct serve_request *r)
{
	check(str_eq(r->path, S("/docker.tar.gz")) ? t->tarball :
	    str_eq(r->path, S("/config.json")) && t->config);
	check(!t->token.n || shows_token(r->authorization));
	if (t->loopback)
		check(r->host.n && (char_digit(r->host.p[0]) ||
		    r->host.p[0] == '[' || str_eq_nocase(str_head(r->host, 9),
		    S("localhost"))));
}

static void
check_answer(const struct routes *t, const struct serve_request *r,
    const struct serve_answer *a)
{
	char head[SERVE_REQUEST_MAX];
	struct buf b = BUF(head);
	struct err e;

	serve_head(&b, a, true, NOW);
	check(!b.full && a->type.n && a->body.n);
	if (str_eq(a->type, S("application/json")))
		check(json_check(a->body, &e));
	if (str_eq(a->body, S(TARBALL)) || str_eq(a->body, S(CONFIG))) {
		check(a->status == 200);
		check_secret(t, r);
		return;
	}
	for (size_t i = 0; i < a->body.n; i++)
		check(a->body.p[i] == '\n' || (a->body.p[i] >= ' ' &&
		    a->body.p[i] <= '~'));
	check((a->status == 404) == (routes_find(t, r) == ROUTE_NONE));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct serve_request r;
	struct serve_answer a = { .status = 0 };
	struct routes t;
	struct buf made;
	struct str in;

	if (n < 2)
		return 0;
	in = (struct str){ (const char *)p + 2, n - 2 };
	memset(&r, 0, sizeof(r));
	if (serve_request_take(&r, &in) != SERVE_COMPLETE)
		return 0;
	enter(&t, &made, p[0], p[1]);
	routes_answer(&t, &r, NOW, &a);
	check_answer(&t, &r, &a);
	return 0;
}
