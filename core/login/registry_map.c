#include "login/registry_map.h"

#include "aws/arn.h"
#include "aws/partition.h"
#include "aws/profile.h"
#include "aws/registry.h"
#include "base/limits.h"
#include "base/uri.h"

/* With what comes before the cause in messages about a rule's value. */
static bool
region_value(struct str s, struct err *e)
{
	return region_ok(s) || err_set(e, ERR_USAGE, "region '%.*s': not a"
	    " name of letters, digits and hyphens", STR_ARG(s));
}

static bool
account_value(struct str s, struct err *e)
{
	return account_ok(s) || err_set(e, ERR_USAGE, "account '%.*s': not %u"
	    " digits", STR_ARG(s), ACCOUNT_LEN);
}

static bool
role_value(struct str s, struct err *e)
{
	return arn_is_role(s) || err_set(e, ERR_USAGE, "role_arn"
	    " '%.*s': not arn:aws:iam::ACCOUNT:role/NAME", STR_ARG(s));
}

static bool
url_value(struct str s, struct err *e)
{
	struct uri u;

	return uri_parse(s, &u, e) || err_in(e, "endpoint_url");
}

#define IN(kind) (1u << (kind))
#define EVERYWHERE (IN(RULE_CUSTOM + 1) - 1)

static const struct key {
	struct str name;
	size_t member;		/* offset in struct rule */
	unsigned kinds;		/* where it has a meaning */
	bool (*check)(struct str s, struct err *e);
} keys[] = {
	{ S_INIT("profile"), offsetof(struct rule, profile),
	    EVERYWHERE, NULL },
	{ S_INIT("role_arn"), offsetof(struct rule, role_arn),
	    EVERYWHERE, role_value },
	{ S_INIT("external_id"), offsetof(struct rule, external_id),
	    EVERYWHERE, NULL },
	{ S_INIT("region"), offsetof(struct rule, region),
	    IN(RULE_ACCOUNT) | IN(RULE_HOST) | IN(RULE_CUSTOM),
	    region_value },
	{ S_INIT("account"), offsetof(struct rule, account),
	    IN(RULE_HOST) | IN(RULE_CUSTOM), account_value },
	{ S_INIT("endpoint_url"), offsetof(struct rule, endpoint_url),
	    EVERYWHERE, url_value },
};

static struct str *
member(struct rule *r, const struct key *key)
{
	return (struct str *)(void *)((char *)r + key->member);
}

static const struct key *
find_key(struct str name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (str_eq(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static const char *
kind_name(enum rule_kind kind)
{
	static const char *const names[] = {
		[RULE_ACCOUNT] = "an account's section",
		[RULE_HOST] = "the section of a host of ECR's",
		[RULE_PUBLIC] = "ECR Public's section",
		[RULE_PATTERN] = "a pattern's section",
		[RULE_CUSTOM] = "a host's section",
	};

	return names[kind];
}

static bool
set_value(struct rule *r, const struct ini_item *it, struct err *e)
{
	const struct key *key = find_key(it->key);

	if (!key)
		return err_set(e, ERR_USAGE, "unknown key '%.*s' (there are"
		    " profile, role_arn, external_id, region, account and"
		    " endpoint_url)", STR_ARG(it->key));
	if (!(key->kinds & IN(r->kind)))
		return err_set(e, ERR_USAGE, "'%.*s' has no meaning in %s%s",
		    STR_ARG(it->key), kind_name(r->kind),
		    r->kind == RULE_PATTERN ? ": a host of your own is named"
		    " in full" : "");
	if (it->value.n == 0)
		return err_set(e, ERR_USAGE, "'%.*s' is empty",
		    STR_ARG(it->key));
	if (str_has(it->value, '\n'))
		return err_set(e, ERR_USAGE, "'%.*s' goes on in the next line,"
		    " which is indented: here it may not", STR_ARG(it->key));
	if (member(r, key)->n)
		return err_set(e, ERR_USAGE, "'%.*s' comes twice in its"
		    " section", STR_ARG(it->key));
	*member(r, key) = it->value;
	return !key->check || key->check(it->value, e);
}

/* host[:port] in the one form in which two can be compared. */
static bool
normal_host(struct str text, struct buf *b)
{
	struct uri u = { .tls = true };
	struct err ignored;

	if (!uri_parse_authority(text, &u, &ignored))
		return false;
	uri_authority(&u, b);
	return !b->full;
}

static bool
pattern_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!char_alnum(s.p[i]) && !str_has(S("-_.*?"), s.p[i]))
			return false;
	return s.n <= DNS_NAME_MAX;
}

/* What the section's name says, into r->kind and r->name. */
static bool
read_name(struct str section, struct arena *a, struct rule *r, struct err *e)
{
	char text[DNS_NAME_MAX + sizeof(":65535")];
	struct buf b = BUF(text);
	struct registry reg;
	struct err ignored;

	if (account_ok(section)) {
		r->name = section;
		return true;
	}
	if (str_has(section, '*') || str_has(section, '?')) {
		for (size_t i = 0; i < section.n; i++)
			buf_char(&b, char_lower(section.p[i]));
		r->kind = RULE_PATTERN;
		if (pattern_ok(section))
			return arena_copy(a, buf_str(&b), &r->name, e);
	} else if (normal_host(section, &b)) {
		r->kind = RULE_CUSTOM;
		if (!registry_parse(buf_str(&b), a, &reg, &ignored))
			return arena_copy(a, buf_str(&b), &r->name, e);
		r->kind = reg.is_public ? RULE_PUBLIC : RULE_HOST;
		r->name = reg.host;
		return str_eq(reg.host, buf_str(&b)) || err_set(e, ERR_USAGE,
		    "section '%.*s': a host of ECR's is named without a port",
		    STR_ARG(section));
	}
	return err_set(e, ERR_USAGE, "section '%.*s': neither an account id of"
	    " %u digits, nor a host name, nor a pattern of host names",
	    STR_ARG(section), ACCOUNT_LEN);
}

static bool
agree(struct str said, struct str true_one, struct str key, struct err *e)
{
	return said.n == 0 || str_eq(said, true_one) || err_set(e, ERR_USAGE,
	    "%.*s '%.*s' is not that of the host, '%.*s'", STR_ARG(key),
	    STR_ARG(said), STR_ARG(true_one));
}

/* Once all of the section has been read. */
static bool
check_rule(const struct rule *r, struct arena *a, struct err *e)
{
	struct registry reg;

	if (r->external_id.n && !r->role_arn.n)
		return err_set(e, ERR_USAGE, "'external_id' without"
		    " 'role_arn'");
	if (r->kind == RULE_HOST)
		return registry_parse(r->name, a, &reg, e) &&
		    agree(r->account, reg.account, S("account"), e) &&
		    agree(r->region, reg.region, S("region"), e);
	if (r->kind == RULE_CUSTOM && (!r->account.n || !r->region.n))
		return err_set(e, ERR_USAGE, "'%.*s' is not a host of ECR's, so"
		    " its section needs '%s', that of the registry behind it",
		    STR_ARG(r->name), r->account.n ? "region" : "account");
	return true;
}

static bool
check_first(const struct rule *rules, size_t count, struct err *e)
{
	const struct rule *last = &rules[count];

	for (size_t i = 0; i < count; i++)
		if (str_eq(rules[i].name, last->name))
			return err_set(e, ERR_USAGE, "section '%.*s' was there"
			    " before, in line %zu", STR_ARG(last->name),
			    rules[i].line);
	return true;
}

/* The section whose header is ini->items[i], which is left at its last item.
 * *line is where a mistake is.
 */
static bool
read_section(const struct ini *ini, size_t *i, struct arena *a,
    struct rule *r, size_t *line, struct err *e)
{
	*line = r->line = ini->items[*i].line;
	if (!read_name(ini->items[*i].section, a, r, e))
		return false;
	while (*i + 1 < ini->count && ini->items[*i + 1].key.n) {
		const struct ini_item *it = &ini->items[++*i];

		*line = it->line;
		if (!set_value(r, it, e))
			return false;
	}
	*line = r->line;
	return check_rule(r, a, e);
}

bool
registry_map_parse(struct str text, const char *path, struct arena *a,
    struct registry_map *map, struct err *e)
{
	struct rule *rules;
	struct ini ini;
	size_t count = 0, line;

	if (!ini_parse(text, a, &ini, e))
		return err_in(e, "'%s'", path);
	if (ini.skipped) {
		err_set(e, ERR_USAGE, "neither [section], key = value nor a"
		    " comment");
		return err_in(e, "'%s' line %zu", path, ini.skipped_line);
	}
	rules = arena_get(a, (ini.count + 1) * sizeof(*rules));
	if (!rules)
		return err_set(e, ERR_LIMIT, "'%s': out of memory", path);
	for (size_t i = 0; i < ini.count; i++) {
		rules[count].path = path;
		if (!read_section(&ini, &i, a, &rules[count], &line, e) ||
		    !check_first(rules, count, e))
			return err_in(e, "'%s' line %zu", path, line);
		count++;
	}
	*map = (struct registry_map){ rules, count };
	return true;
}

/* One file. With must it has to be there. */
static bool
load(const struct world *w, struct str where, bool must, struct arena *a,
    struct registry_map *map, struct err *e)
{
	const char *path;
	struct str text;
	struct err why;

	*map = (struct registry_map){ NULL, 0 };
	if (str_eq(where, S("/dev/null")))
		return true;
	if (profile_path(w, where, a, &path, &why) &&
	    w->own_file(w->me, path, a, &text, &why))
		return registry_map_parse(text, path, a, map, e);
	if (!must && why.kind == ERR_ABSENT)
		return true;
	*e = why;
	if (e->kind == ERR_ABSENT)
		e->kind = ERR_USAGE;
	return false;
}

bool
registry_map_load(const struct world *w, struct arena *a,
    struct registry_map *map, struct err *e)
{
	struct str named = world_env(w, REGISTRY_MAP_VARIABLE);
	struct registry_map own, all;
	struct rule *rules;

	if (named.n)
		return load(w, named, true, a, map, e) ||
		    err_in(e, REGISTRY_MAP_VARIABLE);
	if (!load(w, S(REGISTRY_MAP_OWN), false, a, &own, e) ||
	    !load(w, S(REGISTRY_MAP_ALL), false, a, &all, e))
		return false;
	rules = arena_get(a, (own.count + all.count + 1) * sizeof(*rules));
	if (!rules)
		return err_set(e, ERR_LIMIT, "ecrbox.conf: out of memory");
	for (size_t i = 0; i < own.count; i++)
		rules[i] = own.rules[i];
	for (size_t i = 0; i < all.count; i++)
		rules[own.count + i] = all.rules[i];
	*map = (struct registry_map){ rules, own.count + all.count };
	return true;
}

/* * is any run of characters, dots among them, and ? is one. On a miss the
 * last * takes one character more.
 */
static bool
matches(struct str pattern, struct str s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = i;
		} else if (p < pattern.n && (pattern.p[p] == '?' ||
		    pattern.p[p] == s.p[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool
fits(const struct rule *r, struct str account, struct str host)
{
	switch (r->kind) {
	case RULE_ACCOUNT:
		return str_eq(r->name, account);
	case RULE_HOST:
	case RULE_PUBLIC:
		return str_eq(r->name, host);
	case RULE_PATTERN:
		return host.n && matches(r->name, host);
	case RULE_CUSTOM:
		break;
	}
	return false;
}

const struct rule *
registry_map_find(const struct registry_map *map, struct str account,
    struct str host)
{
	for (size_t i = 0; i < map->count; i++)
		if (fits(&map->rules[i], account, host))
			return &map->rules[i];
	return NULL;
}

const struct rule *
registry_map_custom(const struct registry_map *map, struct str text)
{
	const struct str scheme = S("https://");
	char host[DNS_NAME_MAX + sizeof(":65535")];
	struct buf b = BUF(host);
	struct str path;

	if (str_eq_nocase(str_head(text, scheme.n), scheme))
		text = str_skip(text, scheme.n);
	str_cut(text, '/', &text, &path);
	if (!normal_host(text, &b))
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (map->rules[i].kind == RULE_CUSTOM &&
		    str_eq(map->rules[i].name, buf_str(&b)))
			return &map->rules[i];
	return NULL;
}
