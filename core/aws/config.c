#include "aws/config.h"

#include "aws/partition.h"
#include "base/limits.h"

bool
config_load(const struct world *w, struct arena *a,
    const struct config_flags *flags, struct config *c, struct err *e)
{
	*c = (struct config){ .w = w, .a = a, .flags = *flags };
	c->deadline = w->clock_ms(w->me) +
	    (flags->timeout_ms ? flags->timeout_ms : EXCHANGE_MS);
	return flags->no_profile ||
	    profile_load(w, flags->profile, a, &c->profile, e);
}

bool
config_use_profile(struct config *c, struct str name, struct err *e)
{
	struct profile p = profile_other(&c->profile, name);

	if (!p.found)
		return profile_missing(&p, e);
	p.named = p.explicit = true;
	c->profile = p;
	return true;
}

void
config_learn(struct config *base, const struct config *c)
{
	base->skew_s = c->skew_s;
	base->cred_id = c->cred_id;
	base->cred = c->cred;
	base->imds_deadline = c->imds_deadline;
	base->imds_token = c->imds_token;
	base->imds_v1 = c->imds_v1;
	base->imds_plain = c->imds_plain;
	base->custom_told = c->custom_told;
}

/* Who said it is for the message. */
static struct str
region_said(struct config *c, const char **where)
{
	static const char *const variables[] = {
		"AWS_REGION", "AWS_DEFAULT_REGION",
	};
	struct str s = str_of(c->flags.region);

	*where = "--region";
	for (size_t i = 0; i < 2 && !s.n; i++) {
		*where = variables[i];
		s = world_env(c->w, variables[i]);
	}
	if (!s.n) {
		*where = "the profile";
		s = profile_get(&c->profile, S("region"));
	}
	return s;
}

bool
config_region(struct config *c, struct str *region, bool *fips, struct err *e)
{
	const char *where;
	struct str said = region_said(c, &where), s = said;
	char *p;

	if (!said.n)
		return err_set(e, ERR_ABSENT, "no region: give --region, or"
		    " set AWS_REGION or the profile's region");
	p = arena_get(c->a, s.n);
	if (!p)
		return err_set(e, ERR_LIMIT, "region: out of memory");
	for (size_t i = 0; i < s.n; i++)
		p[i] = char_lower(s.p[i]);
	s.p = p;
	if (str_starts(s, S("fips-")))
		s = str_skip(s, 5);
	else if (str_ends(s, S("-fips")))
		s = str_head(s, s.n - 5);
	if (!region_ok(s))
		return err_set(e, ERR_USAGE, "region '%.*s' of %s cannot be"
		    " part of a host name: letters, digits and '-' only",
		    STR_ARG(said), where);
	if (fips)
		*fips = s.n < said.n;
	*region = s;
	return true;
}

/* NULL means the usual anchors, so what was asked for and cannot be had must
 * be some other path: reading it fails, and nothing is trusted.
 */
static const char *
profile_bundle(struct config *c, struct str path)
{
	const char *z;
	struct err ignored;

	if (profile_path(c->w, path, c->a, &z, &ignored) ||
	    arena_z(c->a, path, &z, &ignored))
		return z;
	return "ca_bundle of the profile";
}

const char *
config_ca_bundle(struct config *c)
{
	struct str s;

	if (c->flags.ca_bundle && *c->flags.ca_bundle)
		return c->flags.ca_bundle;
	s = world_env(c->w, "AWS_CA_BUNDLE");
	if (s.n)
		return s.p;
	s = profile_get(&c->profile, S("ca_bundle"));
	if (s.n)
		return profile_bundle(c, s);
	s = world_env(c->w, "SSL_CERT_FILE");
	return s.n ? s.p : NULL;
}

bool
config_true(struct config *c, const char *env, struct str key)
{
	struct str s = world_env(c->w, env);

	if (!s.n)
		s = profile_get(&c->profile, key);
	return str_eq_nocase(s, S("true"));
}
