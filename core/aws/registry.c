#include "aws/registry.h"

#include "aws/partition.h"
#include "base/limits.h"

bool
account_ok(struct str s)
{
	if (s.n != ACCOUNT_LEN)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!char_digit(s.p[i]))
			return false;
	return true;
}

/* Between "https://" and the first '/': the host, with or without a port.
 * User information is no part of a registry's name, and what comes before an
 * '@' would not be the host that is talked to.
 */
static bool
cut_host(struct str text, struct str *host)
{
	const struct str scheme = S("https://");
	struct str authority, rest, port;
	uint64_t number;

	if (str_eq_nocase(str_head(text, scheme.n), scheme))
		text = str_skip(text, scheme.n);
	str_cut(text, '/', &authority, &rest);
	if (str_cut(authority, ':', host, &port))
		return str_u64(port, UINT16_MAX, &number) && number > 0;
	return true;
}

static bool
cut_suffix(struct str *s, struct str suffix)
{
	if (suffix.n == 0 || !str_ends(*s, suffix) || s->n == suffix.n ||
	    s->p[s->n - suffix.n - 1] != '.')
		return false;
	s->n -= suffix.n + 1;
	return true;
}

/* <account>.<service>.<region>, r->host without its suffix. */
static bool
parse_labels(struct str s, struct registry *r)
{
	static const struct {
		struct str labels;
		bool fips, dual_stack;
	} services[] = {
		{ S_INIT("dkr.ecr."), false, false },
		{ S_INIT("dkr.ecr-fips."), true, false },
		{ S_INIT("dkr-ecr."), false, true },
		{ S_INIT("dkr-ecr-fips."), true, true },
	};

	str_cut(s, '.', &r->account, &s);
	if (!account_ok(r->account))
		return false;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (!str_starts(s, services[i].labels))
			continue;
		r->region = str_skip(s, services[i].labels.n);
		r->fips = services[i].fips;
		r->dual_stack = services[i].dual_stack;
		return region_ok(r->region);
	}
	return false;
}

static bool
parse_private(struct registry *r)
{
	for (const struct partition *p = partitions; p->id.n; p++) {
		struct str s = r->host;
		bool dual = cut_suffix(&s, p->registry_dual_suffix);

		if (!dual && !cut_suffix(&s, p->registry_suffix))
			continue;
		if (!parse_labels(s, r))
			return false;
		/* The official pattern takes either mark with any suffix. */
		r->dual_stack = r->dual_stack || dual;
		return true;
	}
	return false;
}

static bool
parse_public(struct registry *r)
{
	r->dual_stack = str_eq(r->host, S("ecr-public.aws.com"));
	r->is_public = r->dual_stack || str_eq(r->host, S("public.ecr.aws"));
	return r->is_public;
}

static bool
lower(struct str s, struct arena *a, struct str *out, struct err *e)
{
	char *p = arena_get(a, s.n);

	if (!p)
		return err_set(e, ERR_LIMIT, "registry name: out of memory");
	for (size_t i = 0; i < s.n; i++)
		p[i] = char_lower(s.p[i]);
	*out = (struct str){ p, s.n };
	return true;
}

bool
registry_parse(struct str text, struct arena *a, struct registry *r,
    struct err *e)
{
	struct registry found = { .is_public = false };
	struct str host;

	if (str_eq_nocase(str_head(text, 7), S("http://")))
		return err_set(e, ERR_ABSENT, "registry '%.*s': passwords are "
		    "for https only", STR_ARG(text));
	if (!cut_host(text, &host))
		return err_set(e, ERR_ABSENT, "registry '%.*s': not the name "
		    "of an ECR registry", STR_ARG(text));
	if (!lower(host, a, &found.host, e))
		return false;
	if (!parse_public(&found) && !parse_private(&found))
		return err_set(e, ERR_ABSENT, "registry '%.*s': not the name "
		    "of an ECR registry", STR_ARG(text));
	*r = found;
	return true;
}

static void
add_host(struct str account, struct str region, bool fips, bool dual_stack,
    struct buf *b)
{
	const struct partition *p = partition_of(region);

	buf_add(b, account);
	buf_add(b, dual_stack ? S(".dkr-ecr") : S(".dkr.ecr"));
	if (fips)
		buf_add(b, S("-fips"));
	buf_char(b, '.');
	buf_add(b, region);
	buf_char(b, '.');
	buf_add(b, dual_stack ? p->registry_dual_suffix : p->registry_suffix);
}

bool
registry_make(struct str account, struct str region, bool fips,
    bool dual_stack, struct arena *a, struct registry *r, struct err *e)
{
	char text[DNS_NAME_MAX];
	struct buf b = BUF(text);

	if (!account_ok(account))
		return err_set(e, ERR_USAGE, "account '%.*s': not 12 digits",
		    STR_ARG(account));
	if (!region_ok(region))
		return err_set(e, ERR_USAGE, "region '%.*s': not a name of "
		    "letters, digits and hyphens", STR_ARG(region));
	if (dual_stack && partition_of(region)->registry_dual_suffix.n == 0)
		return err_set(e, ERR_USAGE, "region '%.*s': no dual-stack "
		    "registry names are known there", STR_ARG(region));
	/* One label of checked length between constants: it fits. */
	add_host(account, region, fips, dual_stack, &b);
	return registry_parse(buf_str(&b), a, r, e);
}
