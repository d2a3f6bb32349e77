#include "applets/applet.h"
#include "applets/session.h"
#include "aws/endpoint.h"
#include "aws/imds.h"
#include "cred/login_token.h"
#include "cred/role_cache.h"
#include "cred/sso_token.h"
#include "login/auto_profile.h"
#include "login/cache.h"
#include "login/registry_map.h"

struct gathering {
	struct config *c;
	struct sandbox_needs *n;
	bool programs;		/* a profile has a credential_process, */
	bool nowhere;		/* and one has no region */
};

/* Whoever has more of them than fit may go to any. */
static void
add_url(struct gathering *g, struct str url)
{
	struct uri u;
	struct err ignored;

	if (!url.n || !uri_parse(url, &u, &ignored))
		return;
	if (g->n->connects[SANDBOX_PORTS_MAX - 4])
		g->n->connect_any = true;
	else
		sandbox_connect(g->n, u.port);
}

static void
add_path(struct gathering *g, struct str path,
    void (*add)(struct sandbox_needs *n, const char *path))
{
	const char *z;
	struct err ignored;

	if (path.n && profile_path(g->c->w, path, g->c->a, &z, &ignored))
		add(g->n, z);
}

static void
add_variables(struct gathering *g)
{
	static const char *const urls[] = {
		"AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	};
	static const char *const files[] = {
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ACCESS_KEY_ID_FILE",
		"AWS_SECRET_ACCESS_KEY_FILE", "AWS_SESSION_TOKEN_FILE",
	};
	const struct world *w = g->c->w;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		add_url(g, world_env(w, urls[i]));
	for (enum service s = 0; s < SERVICE_COUNT; s++)
		add_url(g, world_env(w, endpoint_variable(s)));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		add_path(g, world_env(w, files[i]), sandbox_read);
}

/* Of profiles and services alike. */
static void
add_endpoints(struct gathering *g, const struct ini *ini)
{
	const struct str key = S("endpoint_url");

	for (size_t i = 0; i < ini->count; i++)
		if (str_eq(ini->items[i].key, key) ||
		    str_eq(ini->items[i].sub, key))
			add_url(g, ini->items[i].value);
}

static void
add_profile(struct gathering *g, const struct profile *p)
{
	struct str dir = world_env(g->c->w, LOGIN_CACHE_VARIABLE);

	add_path(g, profile_get(p, S("web_identity_token_file")),
	    sandbox_read);
	add_path(g, profile_get(p, S("ca_bundle")), sandbox_read);
	if (profile_get(p, S("sso_account_id")).n)
		add_path(g, S(SSO_CACHE), sandbox_write);
	if (profile_get(p, S("login_session")).n) {
		add_path(g, dir.n ? dir : S(LOGIN_CACHE), sandbox_write);
		sandbox_read(g->n, SIGNIN_UUIDS);
	}
	if (profile_get(p, S("mfa_serial")).n) {
		add_path(g, S(ROLE_CACHE), sandbox_write);
		g->n->terminal = true;
	}
	g->programs |= profile_get(p, S("credential_process")).n > 0;
}

/* One that may be chosen, and those whose credentials it takes. */
static void
add_chain(struct gathering *g, struct str name)
{
	struct profile p = profile_other(&g->c->profile, name);

	if (!profile_get(&p, S("region")).n)
		g->nowhere = true;
	for (size_t i = 0; i <= ROLE_CHAIN_MAX && p.found; i++) {
		add_profile(g, &p);
		p = profile_other(&p, profile_get(&p, S("source_profile")));
	}
}

static void
add_map(struct gathering *g)
{
	const struct world *w = g->c->w;
	struct str named = world_env(w, REGISTRY_MAP_VARIABLE);
	struct registry_map map;
	struct err ignored;

	add_path(g, named.n ? named : S(REGISTRY_MAP_OWN), sandbox_read);
	if (!named.n)
		add_path(g, S(REGISTRY_MAP_ALL), sandbox_read);
	if (!registry_map_load(w, g->c->a, &map, &ignored))
		return;
	for (size_t i = 0; i < map.count; i++) {
		add_url(g, map.rules[i].endpoint_url);
		if (map.rules[i].profile.n)
			add_chain(g, map.rules[i].profile);
	}
}

/* For those that nobody has named no program is run. */
static void
add_all_profiles(struct gathering *g)
{
	bool programs = g->programs;
	struct str *names;
	size_t count;
	struct err ignored;

	if (!profile_names(&g->c->profile, g->c->a, &names, &count, &ignored))
		return;
	for (size_t i = 0; i < count; i++)
		add_chain(g, names[i]);
	g->programs = programs;
}

static void
add_metadata(struct gathering *g)
{
	struct uri u;
	struct err ignored;

	if (imds_endpoint(g->c, &u, &ignored))
		sandbox_connect(g->n, u.port);
}

static void
add_aws(struct gathering *g)
{
	struct config *c = g->c;
	const char *bundle = config_ca_bundle(c);

	sandbox_connect(g->n, 443);
	sandbox_connect(g->n, 80);	/* agents, metadata */
	sandbox_read(g->n, MACHINE_ID);
	if (bundle)
		sandbox_read(g->n, bundle);
	add_metadata(g);
	add_url(g, str_of(c->flags.endpoint_url));
	add_variables(g);
	add_endpoints(g, &c->profile.config);
	add_endpoints(g, &c->profile.credentials);
	add_chain(g, c->profile.name);
	add_map(g);
	if (auto_profile_wanted(c))
		add_all_profiles(g);
}

/* Is the metadata service asked for the region, before any program is run? */
static bool
asks_first(const struct gathering *g)
{
	return g->nowhere && !g->c->flags.region &&
	    !world_env(g->c->w, "AWS_REGION").n &&
	    !world_env(g->c->w, "AWS_DEFAULT_REGION").n;
}

void
session_needs(struct session *s, unsigned which, struct sandbox_needs *n)
{
	struct gathering g = { .c = &s->config, .n = n };
	const char *dir;
	struct err ignored;

	*n = s->more;
	if (which & NEEDS_METADATA)
		add_metadata(&g);
	if (which & NEEDS_AWS)
		add_aws(&g);
	if (which & NEEDS_CACHE && cache_directory(s->w, s->config.a, &dir,
	    &ignored))
		sandbox_write(n, dir);
	n->children |= which & NEEDS_CHILDREN;
	n->early_programs |= g.programs;
	n->programs |= g.programs &&
	    (which & NEEDS_PROGRAMS || asks_first(&g));
}
