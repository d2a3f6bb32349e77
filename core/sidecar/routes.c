#include "sidecar/routes.h"

#include "sidecar/routes_guard.h"

#define JSON "application/json"
/* What Flask says of a text, and so the services replaced. */
#define HTML "text/html; charset=utf-8"
#define ERROR(text) S("{\"error\":\"" text "\"}\n")

enum route
routes_find(const struct routes *t, const struct serve_request *r)
{
	const struct {
		struct str path;
		enum route route;
		bool there;
	} all[] = {
		{ S("/"), ROUTE_REFRESH, true },
		{ S("/health"), ROUTE_HEALTH, true },
		{ S("/metrics"), ROUTE_METRICS, true },
		{ S("/docker.tar.gz"), ROUTE_TARBALL, t->tarball },
		{ S("/config.json"), ROUTE_CONFIG, t->config },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (str_eq(r->path, all[i].path))
			return all[i].there ? all[i].route : ROUTE_NONE;
	return ROUTE_NONE;
}

static void
say(struct serve_answer *a, unsigned status, struct str type, struct str body)
{
	a->status = status;
	a->type = type;
	a->body = body;
}

/* What was appended to made since it had from bytes. */
static void
say_made(const struct routes *t, struct serve_answer *a, unsigned status,
    struct str type, size_t from)
{
	if (t->made->full)
		say(a, 500, S(JSON), ERROR("the answer is too long"));
	else
		say(a, status, type, str_skip(buf_str(t->made), from));
}

/* Somebody has a registry whose first token is still to come. */
static bool
no_token_yet(const struct health *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->parts[i].kind == HEALTH_REGISTRY &&
		    !h->parts[i].success_s)
			return true;
	return false;
}

/* Did somebody say no, or was nobody there? */
static unsigned
failed_status(enum err_kind k)
{
	return k == ERR_DENIED || k == ERR_REPLY || k == ERR_TRUST ? 502 : 503;
}

static void
refreshed(const struct routes *t, struct serve_answer *a)
{
	size_t from = t->made->n;

	if (t->failure.n && t->sink_failed && t->manner == ROUTES_SESAM) {
		say(a, 400, S(HTML), S("Not working."));
	} else if (t->failure.n) {
		buf_add(t->made, S("{\"error\":\""));
		health_text(t->made, t->failure);
		buf_add(t->made, S("\"}\n"));
		say_made(t, a, failed_status(t->failure_kind), S(JSON), from);
	} else if (no_token_yet(t->health)) {
		say(a, 503, S(JSON), ERROR("there is no token yet"));
	} else {
		say(a, 200, S(JSON), S("[{\"_id\":\"ecr_token_updated\"}]"));
	}
}

static void
health(const struct routes *t, int64_t now_s, struct serve_answer *a)
{
	size_t from = t->made->n;
	bool good = health_good(t->health, now_s, NULL);

	if (t->manner != ROUTES_MARATHON) {
		health_json(t->health, now_s, t->made);
		say_made(t, a, good ? 200 : 503, S(HEALTH_JSON_TYPE), from);
	} else if (good) {
		say(a, 200, S(HTML), S("Yey!"));
	} else {
		health_good(t->health, now_s, t->made);
		buf_char(t->made, '\n');
		say_made(t, a, 503, S("text/plain"), from);
	}
}

static void
metrics(const struct routes *t, int64_t now_s, struct serve_answer *a)
{
	size_t from = t->made->n;

	health_metrics(t->health, now_s, t->made);
	say_made(t, a, 200, S(HEALTH_METRICS_TYPE), from);
}

static void
secret(const struct routes *t, const struct serve_request *r, struct str type,
    struct str body, struct serve_answer *a)
{
	switch (routes_guard(t, r)) {
	case GUARD_FOREIGN:
		say(a, 403, S(JSON), ERROR("on loopback a secret is given only"
		    " to who asks for it by address, or from localhost"));
		return;
	case GUARD_UNKNOWN:
		say(a, 401, S(JSON), ERROR("the token is missing or wrong"));
		a->fields[0] = (struct http_field){ S("WWW-Authenticate"),
			S("Bearer realm=\"ecrbox\"") };
		a->fields[1] = (struct http_field){ S("WWW-Authenticate"),
			S("Basic realm=\"ecrbox\"") };
		return;
	case GUARD_PASSES:
		break;
	}
	if (body.n) {
		say(a, 200, type, body);
		return;
	}
	say(a, 503, S(JSON), ERROR("there is no token yet"));
	a->fields[0] = (struct http_field){ S("Retry-After"), S("5") };
}

void
routes_answer(const struct routes *t, const struct serve_request *r,
    int64_t now_s, struct serve_answer *answer)
{
	switch (routes_find(t, r)) {
	case ROUTE_REFRESH:
		refreshed(t, answer);
		break;
	case ROUTE_HEALTH:
		health(t, now_s, answer);
		break;
	case ROUTE_METRICS:
		metrics(t, now_s, answer);
		break;
	case ROUTE_TARBALL:
		secret(t, r, S("application/gzip"), t->tarball_body, answer);
		break;
	case ROUTE_CONFIG:
		secret(t, r, S(JSON), t->config_body, answer);
		break;
	case ROUTE_NONE:
		say(answer, 404, S(JSON), ERROR("there is nothing here, or"
		    " --serve does not name it"));
		break;
	}
}

bool
routes_named(struct str names, struct routes *t, struct err *e)
{
	bool tarball = t->tarball, config = t->config, more = true;
	struct str name;

	while (more) {
		more = str_cut(names, ',', &name, &names);
		if (str_starts(name, S("/")))
			name = str_skip(name, 1);
		if (str_eq(name, S("docker.tar.gz")))
			tarball = true;
		else if (str_eq(name, S("config.json")))
			config = true;
		else
			return err_set(e, ERR_USAGE, "serve '%.*s': there is"
			    " docker.tar.gz and config.json", STR_ARG(name));
	}
	t->tarball = tarball;
	t->config = config;
	return true;
}
