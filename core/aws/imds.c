#include "aws/imds.h"

#include "aws/partition.h"
#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"

static const struct str token_path = S_INIT("/latest/api/token");

/* One conversation: where, and how patient the user wants us to be. */
struct talk {
	struct config *c;
	struct uri to;
	int64_t wait_ms;	/* for a connection, and again for an answer */
	unsigned attempts;
};

static bool
number(struct config *c, const char *env, struct str key, unsigned max,
    uint64_t *v, struct err *e)
{
	struct str s = world_env(c->w, env), name = str_of(env);

	if (s.n == 0) {
		s = profile_get(&c->profile, key);
		name = key;
	}
	if (s.n == 0 || (str_u64(s, max, v) && *v > 0))
		return true;
	return err_set(e, ERR_USAGE, "imds: %.*s '%.*s': not a number from 1 "
	    "to %u", STR_ARG(name), STR_ARG(s), max);
}

/* The budget begins with the first request. Set by the user, it is what one
 * connection and one answer may take, times the attempts: 2 s for botocore's
 * defaults of 1 s and 1 attempt, which is our own default too.
 */
static bool
talk_open(struct config *c, struct talk *t, struct err *e)
{
	uint64_t seconds = 0, attempts = 0;
	int64_t budget_ms = IMDS_BUDGET_MS;

	*t = (struct talk){ c, .wait_ms = c->imds_wait_ms ? c->imds_wait_ms :
		IMDS_READ_MS, .attempts = IMDS_ATTEMPTS };
	if (!imds_enabled(c, e))
		return err_in(e, "imds");
	if (!imds_endpoint(c, &t->to, e) ||
	    !number(c, "AWS_METADATA_SERVICE_TIMEOUT",
	    S("metadata_service_timeout"), IMDS_TIMEOUT_MAX_S, &seconds, e) ||
	    !number(c, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
	    S("metadata_service_num_attempts"), IMDS_ATTEMPTS_MAX, &attempts,
	    e))
		return false;
	if (seconds && !c->imds_wait_ms)
		t->wait_ms = (int64_t)seconds * 1000;
	if (attempts)
		t->attempts = (unsigned)attempts;
	if (seconds || attempts)
		budget_ms = 2 * t->wait_ms * (attempts ? t->attempts : 1);
	if (c->imds_deadline == 0)
		c->imds_deadline = c->w->clock_ms(c->w->me) + budget_ms;
	if (c->imds_deadline > c->deadline)
		c->imds_deadline = c->deadline;
	return true;
}

/* The endpoint's own path and ours, joined by one slash. What cannot stand in
 * a request target is encoded; what is encoded already stays as it is.
 */
static bool
join(const struct talk *t, struct str path, struct arena *a, struct uri *to,
    struct err *e)
{
	struct str base = t->to.path;
	struct buf b = arena_buf(a, base.n + 1 + 3 * path.n);

	while (str_ends(base, S("/")))
		base.n--;
	while (str_starts(path, S("/")))
		path = str_skip(path, 1);
	buf_add(&b, base);
	buf_char(&b, '/');
	buf_percent(&b, path, "%/!$&'()*+,:;=@");
	*to = t->to;
	to->path = buf_str(&b);
	return !b.full || err_set(e, ERR_LIMIT, "out of memory");
}

static bool
busy(unsigned status)
{
	return status >= 500 || status == 429;
}

/* A silent or closed port will be no different in a moment. */
static bool
hopeless(const struct http_res *res, const struct err *e)
{
	return e->kind != ERR_NET || res->refused ||
	    (res->timed_out && res->phase <= HTTP_CONNECT);
}

static bool
wait_turn(struct config *c, unsigned n)
{
	int64_t ms = IMDS_BACKOFF_MS;
	int64_t left = c->imds_deadline - c->w->clock_ms(c->w->me);

	while (--n && ms < left)
		ms *= 2;
	if (ms >= left)
		return false;
	c->w->pause(c->w->me, ms / 2, ms);
	return true;
}

/* Nobody there: the credential chain's next source may be asked. */
static void
call_absent(const struct http_res *res, struct err *e)
{
	if (e->kind == ERR_NET && (res->refused || res->timed_out))
		e->kind = ERR_ABSENT;
}

/* Ask until there is an answer that is not "busy". *res is set on failure
 * too; *e has no prefix.
 */
static bool
ask(struct talk *t, struct http_req *req, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct config *c = t->c;
	struct err why;

	req->direct = true;
	req->deadline = c->imds_deadline;
	req->connect_ms = t->wait_ms;
	req->read_ms = t->wait_ms;
	req->body_max = IMDS_BODY_MAX;
	for (unsigned n = 1;; n++) {
		bool answered = c->w->exchange(c->w->me, req, a, res, &why);

		if (answered && !busy(res->status))
			return true;
		if (answered)
			(void)err_set(&why, ERR_NET, "status %u", res->status);
		if ((!answered && hopeless(res, &why)) || n == t->attempts ||
		    !wait_turn(c, n))
			break;
		world_detail(c->w, "imds: %s (attempt %u of %u, trying again)",
		    why.msg, n, t->attempts);
	}
	call_absent(res, &why);
	*e = why;
	return false;
}

static bool
token_ok(struct str s)
{
	return s.n > 0 && s.n <= IMDS_TOKEN_MAX && str_visible(s);
}

static bool
fall_back(struct config *c, unsigned status, struct err *e)
{
	if (config_true(c, "AWS_EC2_METADATA_V1_DISABLED",
	    S("ec2_metadata_v1_disabled")))
		return err_set(e, ERR_DENIED, "status %u, and version 1 is "
		    "forbidden by AWS_EC2_METADATA_V1_DISABLED", status);
	world_detail(c->w, "imds: no version 2 (status %u), using version 1",
	    status);
	c->imds_v1 = true;
	return true;
}

static bool
take_token(struct config *c, const struct http_res *res, struct err *e)
{
	struct str token = str_trim(res->body);

	switch (res->status) {
	case 200:
		if (!token_ok(token))
			return err_set(e, ERR_REPLY, "the answer is no token");
		return arena_copy(c->a, token, &c->imds_token, e);
	case 403:
	case 404:
	case 405:
		return fall_back(c, res->status, e);
	default:
		return err_set(e, ERR_REPLY, "status %u", res->status);
	}
}

static bool
get_token(struct talk *t, struct arena *a, struct err *e)
{
	char seconds[20];
	struct buf b = BUF(seconds);
	struct http_field ttl = {
		.name = S("X-aws-ec2-metadata-token-ttl-seconds"),
	};
	struct http_req req = { .method = S("PUT"), .fields = &ttl,
		.count = 1 };
	struct http_res res = { .status = 0 };
	struct err why;

	buf_u64(&b, IMDS_TOKEN_TTL_S);
	ttl.value = buf_str(&b);
	if (!join(t, token_path, a, &req.to, e))
		return err_in(e, "imds");
	if (ask(t, &req, a, &res, &why))
		return take_token(t->c, &res, e) ||
		    err_in(e, "imds %.*s", STR_ARG(token_path));
	/* The answer's IP packets die on the way to a container. */
	if (res.timed_out && res.phase > HTTP_CONNECT)
		return err_set(e, why.kind, "imds %.*s: %s; in a container "
		    "the instance's HttpPutResponseHopLimit must be 2 or more",
		    STR_ARG(token_path), why.msg);
	*e = why;
	return err_in(e, "imds %.*s", STR_ARG(token_path));
}

/* One GET with the token there is; 401 means that it is no longer good. */
static bool
get_once(struct talk *t, struct str path, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct config *c = t->c;
	struct http_field token = { S("X-aws-ec2-metadata-token"),
		{ NULL, 0 } };
	struct http_req req = { .method = S("GET"), .fields = &token };

	if (c->imds_token.n == 0 && !c->imds_v1 && !get_token(t, a, e))
		return false;
	token.value = c->imds_token;
	req.count = c->imds_v1 ? 0 : 1;
	if (join(t, path, a, &req.to, e) && ask(t, &req, a, res, e))
		return true;
	return err_in(e, "imds %.*s", STR_ARG(path));
}

static bool
take_body(struct str path, bool v1, const struct http_res *res,
    struct str *body, struct err *e)
{
	switch (res->status) {
	case 200:
		*body = res->body;
		return true;
	case 401:
		return err_set(e, ERR_DENIED, "imds %.*s: status 401, %s",
		    STR_ARG(path), v1 ? "version 1 is refused, and no token "
		    "for version 2 was given" : "the token is refused");
	case 403:
		return err_set(e, ERR_DENIED, "imds %.*s: status 403, the "
		    "metadata service is switched off or closed to us",
		    STR_ARG(path));
	default:
		return err_set(e, ERR_REPLY, "imds %.*s: status %u",
		    STR_ARG(path), res->status);
	}
}

bool
imds_find(struct config *c, struct str path, struct arena *a, bool *found,
    struct str *body, struct err *e)
{
	struct http_res res = { .status = 0 };
	struct talk t;

	if (!talk_open(c, &t, e) || !get_once(&t, path, a, &res, e))
		return false;
	if (res.status == 401 && !c->imds_v1) {
		c->imds_token = (struct str){ NULL, 0 };
		if (!get_once(&t, path, a, &res, e))
			return false;
	}
	*found = res.status != 404;
	return !*found || take_body(path, c->imds_v1, &res, body, e);
}

bool
imds_get(struct config *c, struct str path, struct arena *a,
    struct str *body, struct err *e)
{
	bool found;

	if (!imds_find(c, path, a, &found, body, e))
		return false;
	return found || err_set(e, ERR_ABSENT,
	    "imds %.*s: not there (status 404)", STR_ARG(path));
}

bool
imds_token(struct config *c, struct str given, struct err *e)
{
	struct talk t;

	if (!talk_open(c, &t, e))
		return false;
	if (token_ok(given))
		c->imds_token = given;
	else if (!get_token(&t, c->a, e))
		return false;
	return c->imds_token.n || err_set(e, ERR_DENIED,
	    "imds %.*s: there is no version 2", STR_ARG(token_path));
}

/* Instances whose metadata has no placement/region yet have the document. */
static bool
document_region(struct config *c, struct str *region, struct err *e)
{
	const struct str path = S("/latest/dynamic/instance-identity/document");
	struct json root;
	struct str body;

	if (!imds_get(c, path, c->a, &body, e))
		return false;
	return (json_parse(body, c->a, &root, e) &&
	    json_get_str(root, S("region"), c->a, region, e)) ||
	    err_in(e, "imds %.*s", STR_ARG(path));
}

static bool
ask_region(struct config *c, struct str *region, struct err *e)
{
	struct err why;

	if (imds_get(c, S("/latest/meta-data/placement/region"), c->a, region,
	    &why)) {
		*region = str_trim(*region);
		return true;
	}
	/* With a token or without the need of one, the service is there. */
	if (why.kind == ERR_ABSENT && (c->imds_token.n || c->imds_v1))
		return document_region(c, region, e);
	*e = why;
	return false;
}

bool
imds_region(struct config *c, struct str *region, bool *fips, struct err *e)
{
	struct err unset, why;
	struct str s;

	if (config_region(c, region, fips, &unset))
		return true;
	if (unset.kind != ERR_ABSENT) {
		*e = unset;
		return false;
	}
	if (!ask_region(c, &s, &why))
		return err_set(e, why.kind, "%s; %s", unset.msg, why.msg);
	if (!region_ok(s))
		return err_set(e, ERR_REPLY, "imds: '%.*s' is no region",
		    STR_ARG(str_head(s, REGION_MAX)));
	*region = s;
	if (fips)
		*fips = false;
	return true;
}
