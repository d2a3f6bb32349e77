#include "aws/endpoint.h"

#include "base/limits.h"

struct row {
	struct str name;	/* in signatures, where there are any */
	const char *env;	/* AWS_ENDPOINT_URL_<SERVICE> */
	struct str section;	/* in a services section */
	/* What stands before ".<region>.<suffix>", by FIPS and dual-stack. */
	struct str plain, dual_stack, fips, fips_dual_stack;
};

static const struct row rows[SERVICE_COUNT] = {
	[SERVICE_ECR] = {
		S_INIT("ecr"), "AWS_ENDPOINT_URL_ECR", S_INIT("ecr"),
		S_INIT("api.ecr"), S_INIT("ecr"),
		S_INIT("api.ecr-fips"), S_INIT("ecr-fips"),
	},
	[SERVICE_ECR_PUBLIC] = {
		S_INIT("ecr-public"), "AWS_ENDPOINT_URL_ECR_PUBLIC",
		S_INIT("ecr_public"),
		S_INIT("api.ecr-public"), S_INIT("api.ecr-public"),
		S_INIT("api.ecr-public-fips"), S_INIT("api.ecr-public-fips"),
	},
	[SERVICE_STS] = {
		S_INIT("sts"), "AWS_ENDPOINT_URL_STS", S_INIT("sts"),
		S_INIT("sts"), S_INIT("sts"),
		S_INIT("sts-fips"), S_INIT("sts-fips"),
	},
	[SERVICE_SSO] = {
		S_INIT("sso"), "AWS_ENDPOINT_URL_SSO", S_INIT("sso"),
		S_INIT("portal.sso"), S_INIT("portal.sso"),
		S_INIT("portal.sso-fips"), S_INIT("portal.sso-fips"),
	},
	[SERVICE_SSO_OIDC] = {
		S_INIT("sso-oidc"), "AWS_ENDPOINT_URL_SSO_OIDC",
		S_INIT("sso_oidc"),
		S_INIT("oidc"), S_INIT("oidc"),
		S_INIT("oidc-fips"), S_INIT("oidc-fips"),
	},
	[SERVICE_SIGNIN] = {
		S_INIT("signin"), "AWS_ENDPOINT_URL_SIGNIN", S_INIT("signin"),
		S_INIT("signin"), S_INIT("signin"),
		S_INIT("signin-fips"), S_INIT("signin-fips"),
	},
};

/* The exceptions of the rule sets stand here, the rule in the table. */
static struct str
prefix_of(enum service s, const struct partition *p, bool fips,
    bool dual_stack)
{
	const struct row *row = &rows[s];

	if (s == SERVICE_ECR_PUBLIC && dual_stack && !fips &&
	    str_eq(p->id, S("aws")))
		return S("ecr-public");
	/* What answers there under the plain name is FIPS already. */
	if ((s == SERVICE_STS || s == SERVICE_SSO || s == SERVICE_SSO_OIDC) &&
	    fips && !dual_stack && str_eq(p->id, S("aws-us-gov")))
		return row->plain;
	if (fips)
		return dual_stack ? row->fips_dual_stack : row->fips;
	return dual_stack ? row->dual_stack : row->plain;
}

/* Sign-in's plain name is a web page's: "<region>.signin.aws.amazon.com". Empty
 * in partitions that follow the rule.
 */
static struct str
signin_site(const struct partition *p)
{
	static const struct {
		struct str id, site;
	} sites[] = {
		{ S_INIT("aws"), S_INIT("signin.aws.amazon.com") },
		{ S_INIT("aws-cn"), S_INIT("signin.amazonaws.cn") },
		{ S_INIT("aws-us-gov"), S_INIT("signin.amazonaws-us-gov.com") },
	};

	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		if (str_eq(p->id, sites[i].id))
			return sites[i].site;
	return (struct str){ NULL, 0 };
}

static void
add_host(enum service s, struct str region, bool fips, bool dual_stack,
    struct buf *host)
{
	const struct partition *p = partition_of(region);
	struct str site = { NULL, 0 };

	if (s == SERVICE_SIGNIN && !fips && !dual_stack)
		site = signin_site(p);
	if (!site.n) {
		buf_add(host, prefix_of(s, p, fips, dual_stack));
		buf_char(host, '.');
		site = dual_stack ? p->dual_stack_suffix : p->dns_suffix;
	}
	buf_add(host, region);
	buf_char(host, '.');
	buf_add(host, site);
}

static bool
is_global(enum service s, struct str region)
{
	return s == SERVICE_STS &&
	    (region.n == 0 || str_eq(region, S("aws-global")));
}

static bool
check_region(enum service s, struct str region, struct err *e)
{
	if (region.n == 0)
		return err_set(e, ERR_USAGE, "no region for %.*s",
		    STR_ARG(rows[s].name));
	if (!region_ok(region))
		return err_set(e, ERR_USAGE, "region '%.*s': not a name of "
		    "letters, digits and hyphens", STR_ARG(region));
	return true;
}

bool
endpoint_host(enum service s, struct str region, bool fips, bool dual_stack,
    struct buf *host, struct err *e)
{
	if (is_global(s, region)) {
		if (!fips && !dual_stack) {
			buf_add(host, S("sts.amazonaws.com"));
			return true;
		}
		region = partition_of(region)->global_region;
	}
	if (!check_region(s, region, e))
		return false;
	add_host(s, region, fips, dual_stack, host);
	if (host->full)
		return err_set(e, ERR_LIMIT, "region '%.*s': host name too "
		    "long", STR_ARG(region));
	return true;
}

/* From the profile: its services section, else its own endpoint_url. */
static bool
from_profile(struct config *c, const struct row *row, struct str *url,
    const char **what, struct err *e)
{
	struct str services = profile_get(&c->profile, S("services"));
	bool section = false;

	if (services.n) {
		*url = profile_get_service(&c->profile, services,
		    row->section, S("endpoint_url"), &section);
		*what = "endpoint_url of the services section";
		/* Going on would talk to the real AWS instead. */
		if (!section)
			return err_set(e, ERR_USAGE, "profile '%.*s': there "
			    "is no section [services %.*s]",
			    STR_ARG(c->profile.name), STR_ARG(services));
		if (url->n)
			return true;
	}
	*url = profile_get(&c->profile, S("endpoint_url"));
	*what = "endpoint_url of the profile";
	return true;
}

/* The override that counts; empty when there is none. */
static bool
find_override(struct config *c, const struct row *row, struct str *url,
    const char **what, struct err *e)
{
	bool ecr = row == &rows[SERVICE_ECR] ||
	    row == &rows[SERVICE_ECR_PUBLIC];

	*url = str_of(c->flags.endpoint_url);
	*what = "--endpoint-url";
	if (ecr && url->n)
		return true;
	*url = c->ecr_url;
	*what = "endpoint_url of the registry map";
	if (ecr && url->n)
		return true;
	*url = S("");
	if (config_true(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	    S("ignore_configured_endpoint_urls")))
		return true;
	*what = row->env;
	*url = world_env(c->w, *what);
	if (url->n)
		return true;
	*what = "AWS_ENDPOINT_URL";
	*url = world_env(c->w, *what);
	if (url->n)
		return true;
	return from_profile(c, row, url, what, e);
}

static bool
host_of(struct config *c, enum service s, struct str region, bool fips,
    bool dual_stack, struct endpoint *out, struct err *e)
{
	const struct str old = S("ecr-fips."), scheme = S("https://");
	struct buf b = arena_buf(c->a, scheme.n + DNS_NAME_MAX);
	struct str url, host;

	buf_add(&b, scheme);
	if (!endpoint_host(s, region, fips, dual_stack, &b, e))
		return false;
	url = buf_str(&b);
	/* The rule sets name api.ecr-fips; the guides and older clients
	 * ecr-fips, which may be the only one a private resolver knows.
	 */
	host = str_skip(url, scheme.n + S("api.").n);
	if (s == SERVICE_ECR && str_starts(host, old))
		out->fallback_host = host;
	return uri_parse(url, &out->uri, e);
}

/* Before STS had regional endpoints, these regions' calls went to the global
 * one. Source: SDK reference guide, "AWS STS Regional endpoints".
 */
static bool
is_old(struct str region)
{
	static const struct str regions[] = {
		S_INIT("ap-northeast-1"), S_INIT("ap-south-1"),
		S_INIT("ap-southeast-1"), S_INIT("ap-southeast-2"),
		S_INIT("ca-central-1"), S_INIT("eu-central-1"),
		S_INIT("eu-north-1"), S_INIT("eu-west-1"),
		S_INIT("eu-west-2"), S_INIT("eu-west-3"),
		S_INIT("sa-east-1"), S_INIT("us-east-1"),
		S_INIT("us-east-2"), S_INIT("us-west-1"),
		S_INIT("us-west-2"),
	};

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (str_eq(region, regions[i]))
			return true;
	return false;
}

/* Does the user want what STS calls "legacy"? */
static bool
wants_legacy(struct config *c, bool *legacy, struct err *e)
{
	const char *what = "AWS_STS_REGIONAL_ENDPOINTS";
	struct str s = world_env(c->w, what);

	if (!s.n) {
		what = "sts_regional_endpoints of the profile";
		s = profile_get(&c->profile, S("sts_regional_endpoints"));
	}
	*legacy = str_eq_nocase(s, S("legacy"));
	return !s.n || *legacy || str_eq_nocase(s, S("regional")) ||
	    err_set(e, ERR_USAGE, "%s '%.*s': neither legacy nor regional",
		what, STR_ARG(s));
}

/* AWS's own endpoint. */
static bool
resolve_own(struct config *c, enum service s, struct str region, bool fips,
    bool dual_stack, struct endpoint *out, struct err *e)
{
	bool legacy = false;

	if (s == SERVICE_STS && !wants_legacy(c, &legacy, e))
		return false;
	if (legacy && !fips && !dual_stack && is_old(region)) {
		region = S("");
		out->region = S("us-east-1");
	}
	return host_of(c, s, region, fips, dual_stack, out, e);
}

bool
endpoint_resolve(struct config *c, enum service s, struct str region,
    bool fips, bool dual_stack, struct endpoint *out, struct err *e)
{
	const struct row *row = &rows[s];
	struct endpoint found = { .custom = false };
	const char *what;
	struct str url;

	if (config_true(c, "AWS_USE_FIPS_ENDPOINT", S("use_fips_endpoint")))
		fips = true;
	if (config_true(c, "AWS_USE_DUALSTACK_ENDPOINT",
	    S("use_dualstack_endpoint")))
		dual_stack = true;
	found.signing_name = row->name;
	found.region = is_global(s, region) ? S("us-east-1") : region;
	if (!check_region(s, found.region, e) ||
	    !find_override(c, row, &url, &what, e))
		return false;
	if (url.n) {
		found.custom = true;
		if (!uri_parse(url, &found.uri, e))
			return err_in(e, "%s", what);
		if ((fips || dual_stack) && !c->custom_told)
			world_detail(c->w, "%s is set: FIPS and dual-stack "
			    "settings do not apply", what);
		c->custom_told = c->custom_told || fips || dual_stack;
	} else if (!resolve_own(c, s, region, fips, dual_stack, &found, e)) {
		return false;
	}
	*out = found;
	return true;
}

const char *
endpoint_variable(enum service s)
{
	return rows[s].env;
}
