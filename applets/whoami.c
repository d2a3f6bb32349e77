/* whoami.c - the identity that the chain finds, and what it would talk to. */
#include "applets/session.h"
#include "applets/stream.h"
#include "aws/endpoint.h"
#include "aws/sts.h"
#include "base/date.h"
#include "base/json.h"
#include "cred/chain.h"
#include "login/choose.h"

#define NAME_COLUMN 10	/* of the text: where values begin */

/* What there is to say; the empty is left out. */
struct answer {
	struct sts_caller who;
	struct str source, profile, region, endpoint, expires;
	char when[DATE_ISO_LEN + 1];	/* what expires views */
};

/* Names as "aws sts get-caller-identity" prints them, and of the same kind. */
static const struct line {
	struct str text, json;
	size_t member;
} lines[] = {
	{ S_INIT(""), S_INIT("UserId"), offsetof(struct answer, who.user_id) },
	{ S_INIT("account"), S_INIT("Account"),
	    offsetof(struct answer, who.account) },
	{ S_INIT("arn"), S_INIT("Arn"), offsetof(struct answer, who.arn) },
	{ S_INIT("source"), S_INIT("Source"),
	    offsetof(struct answer, source) },
	{ S_INIT("profile"), S_INIT("Profile"),
	    offsetof(struct answer, profile) },
	{ S_INIT("region"), S_INIT("Region"),
	    offsetof(struct answer, region) },
	{ S_INIT("endpoint"), S_INIT("Endpoint"),
	    offsetof(struct answer, endpoint) },
	{ S_INIT("expires"), S_INIT("Expires"),
	    offsetof(struct answer, expires) },
};

#define LINES (sizeof(lines) / sizeof(lines[0]))

static struct str
value(const struct answer *answer, const struct line *line)
{
	return *(const struct str *)(const void *)((const char *)answer +
	    line->member);
}

static void
add_text(struct buf *b, const struct answer *answer)
{
	for (size_t i = 0; i < LINES; i++) {
		struct str name = lines[i].text, v = value(answer, &lines[i]);

		if (!name.n || !v.n)
			continue;
		buf_add(b, name);
		for (size_t n = name.n; n < NAME_COLUMN; n++)
			buf_char(b, ' ');
		buf_safe(b, v);
		buf_char(b, '\n');
	}
}

static void
add_json(struct buf *b, const struct answer *answer)
{
	char before = '{';

	for (size_t i = 0; i < LINES; i++) {
		struct str v = value(answer, &lines[i]);

		if (!v.n)
			continue;
		buf_char(b, before);
		json_quote(b, lines[i].json);
		buf_char(b, ':');
		json_quote(b, v);
		before = ',';
	}
	buf_add(b, S("}\n"));
}

/* Without a registry or a region there is no endpoint to name. */
static bool
find_endpoint(struct config *c, const struct registry *r, struct str *url,
    struct err *e)
{
	enum service s = r->is_public ? SERVICE_ECR_PUBLIC : SERVICE_ECR;
	struct endpoint at;
	struct buf b;

	if (!c->registry_region.n)
		return true;
	if (!endpoint_resolve(c, s, c->registry_region, r->fips,
	    r->dual_stack, &at, e))
		return false;
	b = arena_buf(c->a, 0);
	buf_add(&b, at.uri.tls ? S("https://") : S("http://"));
	uri_authority(&at.uri, &b);
	buf_add(&b, at.uri.path);
	return arena_keep(c->a, &b, url, e);
}

/* Whom to ask for: the registry's identity, or the run's, which needs no
 * region.
 */
static bool
choose(const struct config *base, const char *text, struct config *c,
    struct registry *r, struct err *e)
{
	struct err why;

	if (registry_choose(base, str_of(text), c, r, &why))
		return true;
	if (text || why.kind != ERR_ABSENT) {
		*e = why;
		return false;
	}
	world_detail(base->w, "%s", why.msg);
	*c = *base;
	*r = (struct registry){ .is_public = false };
	return true;
}

static bool
find(struct session *s, const char *registry, struct answer *answer,
    struct err *e)
{
	struct config c;
	struct registry r;
	struct cred cred;

	if (!choose(&s->config, registry, &c, &r, e))
		return false;
	session_trust(s, &c);
	if (!cred_find(&c, CRED_ORDER_CLI, &cred, e) ||
	    !sts_caller(&c, c.registry_region, &cred, c.a, &answer->who, e))
		return false;
	answer->source = str_of(cred.source);
	if (c.profile.found)
		answer->profile = c.profile.name;
	answer->region = c.registry_region;
	if (cred.expires) {
		date_format_iso(cred.expires, answer->when);
		answer->expires = str_of(answer->when);
	}
	return find_endpoint(&c, &r, &answer->endpoint, e);
}

static bool
print(struct arena *a, const struct answer *answer, bool json, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	if (json)
		add_json(&b, answer);
	else
		add_text(&b, answer);
	return stream_built(a, &b, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct session s = { .verbose = false };
	struct answer answer = { .source = { NULL, 0 } };
	const char *registry = NULL;
	bool json = false, help, done;
	const struct opt opts[] = {
		OPT_STR(0, "registry", "REGISTRY", &registry,
		    "the identity for this registry"),
		OPT_FLAG(0, "json", &json, "print one JSON object"),
		SESSION_AUTO_PROFILE(&s),
		SESSION_OPTIONS(&s),
		OPT_END
	};

	if (!opt_parse(opts, &argc, &argv, &help, e))
		return false;
	if (help)
		return opt_help(app, opts, e);
	if (argc)
		return err_set(e, ERR_USAGE, "unexpected argument '%s'",
		    argv[0]);
	done = session_open(&s, app, e) &&
	    find(&s, registry, &answer, e) &&
	    print(app->a, &answer, json, e);
	session_close(&s);
	return done;
}

const struct applet applet_whoami = {
	.name = "whoami",
	.synopsis = "[-v] [--registry REGISTRY] [--json] [OPTION...]",
	.help =
"Print the AWS identity that is there: account and ARN, as AWS says, and the\n"
"source, profile, region and ECR endpoint that led to them. With --registry,\n"
"those for a registry, as ecrbox.conf and --auto-profile have it; it is named\n"
"as for ecr-login.",
	.link_named = true,
	.needs = NEEDS_AWS,
	.run = run,
};
