#include "sink/sesam.h"

#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"

static bool
body_of(const struct sesam_secret *secrets, size_t count, struct arena *a,
    struct str *body, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_char(&b, '{');
	for (size_t i = 0; i < count; i++) {
		buf_add(&b, i ? S(",") : S(""));
		json_quote(&b, secrets[i].name);
		buf_char(&b, ':');
		json_quote(&b, secrets[i].value);
	}
	buf_char(&b, '}');
	return arena_keep(a, &b, body, e);
}

/* "<api>[/systems/<system>]<end>". */
static bool
path_of(const struct sesam *s, struct str system, struct str end,
    struct arena *a, struct str *path, struct err *e)
{
	struct buf b = arena_buf(a, 0);
	struct str base = s->api.path;

	while (str_ends(base, S("/")))
		base.n--;
	buf_add(&b, base);
	if (system.n) {
		buf_add(&b, S("/systems/"));
		buf_percent(&b, system, "");
	}
	buf_add(&b, end);
	return arena_keep(a, &b, path, e);
}

/* The node's own words may explain it; they may also repeat what was sent. */
static bool
refused(struct str path, const struct http_res *res, struct err *e)
{
	return err_set(e, ERR_DENIED, "status %u%s", res->status,
	    res->status == 401 || res->status == 403 ?
	    "; is the token one of an administrator of this node?" :
	    res->status != 404 ? "" : str_contains(path, S("/systems/")) ?
	    "; is there a system of that name?" :
	    "; does the API's URL end in /api?");
}

static bool
send(const struct world *w, const struct sesam *s, struct str method,
    struct str path, struct str body, int64_t deadline, struct arena *a,
    struct err *e)
{
	struct buf bearer = arena_buf(a, S("Bearer ").n + s->jwt.n);
	struct http_field fields[] = {
		{ S("Authorization"), { NULL, 0 } },
		{ S("Content-Type"), S("application/json") },
	};
	struct http_req req = {
		.method = method, .to = s->api, .fields = fields,
		.count = body.n ? 2 : 1, .body = body, .deadline = deadline,
	};
	struct http_res res;

	buf_add(&bearer, S("Bearer "));
	buf_add(&bearer, s->jwt);
	if (bearer.full)
		return err_set(e, ERR_LIMIT, "out of memory");
	fields[0].value = buf_str(&bearer);
	req.to.path = path;
	if (!w->exchange(w->me, &req, a, &res, e))
		return false;
	return (res.status >= 200 && res.status < 300) ||
	    refused(path, &res, e);
}

static bool
in_sesam(const struct sesam *s, struct str path, struct err *e)
{
	return err_in(e, "sesam '%.*s' %.*s", STR_ARG(s->api.host),
	    STR_ARG(path));
}

bool
sesam_write(const struct world *w, const struct sesam *s,
    const struct sesam_secret *secrets, size_t count, int64_t deadline,
    struct arena *a, struct err *e)
{
	struct str path, body;

	if (!path_of(s, s->system, S("/secrets"), a, &path, e) ||
	    !body_of(secrets, count, a, &body, e))
		return false;
	if (!send(w, s, s->put ? S("PUT") : S("POST"), path, body, deadline,
	    a, e))
		return in_sesam(s, path, e);
	if (!s->reload.n)
		return true;
	if (!path_of(s, s->reload, S("/reload"), a, &path, e))
		return false;
	return send(w, s, S("POST"), path, (struct str){ NULL, 0 }, deadline,
	    a, e) || in_sesam(s, path, e);
}
