#include "aws/profile.h"

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The real user id, as the kernel tells it: "Uid:\t<real>\t<effective>...". */
static bool
user_id(const struct world *w, struct arena *a, struct str *uid)
{
	struct str rest, line, key;
	struct err ignored;

	if (!w->file(w->me, "/proc/self/status", a, &rest, &ignored))
		return false;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		if (!str_cut(line, ':', &key, &line) || !str_eq(key, S("Uid")))
			continue;
		str_cut(str_trim(line), '\t', uid, &line);
		return uid->n > 0;
	}
	return false;
}

/* name:password:uid:gid:gecos:home:shell, passwd(5). */
static bool
passwd_home(const struct world *w, struct arena *a, struct str *home)
{
	struct str rest, line, uid, field[6];
	struct err ignored;

	if (!user_id(w, a, &uid) ||
	    !w->file(w->me, "/etc/passwd", a, &rest, &ignored))
		return false;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		for (size_t i = 0; i < 6; i++)
			str_cut(line, ':', &field[i], &line);
		if (str_eq(field[2], uid)) {
			*home = field[5];
			return home->n > 0;
		}
	}
	return false;
}

bool
profile_path(const struct world *w, struct str path, struct arena *a,
    const char **z, struct err *e)
{
	struct str home, whole;
	struct buf b;

	if (!str_starts(path, S("~/")))
		return arena_z(a, path, z, e);
	home = world_env(w, "HOME");
	if (!home.n && !passwd_home(w, a, &home))
		return err_set(e, ERR_ABSENT, "expand '%.*s': HOME is not set",
		    STR_ARG(path));
	/* Home in a container is often "/". */
	while (str_ends(home, S("/")))
		home.n--;
	b = arena_buf(a, 0);
	buf_add(&b, home);
	buf_add(&b, str_skip(path, 1));
	return arena_keep(a, &b, &whole, e) && arena_z(a, whole, z, e);
}

/* Letters, digits and - _ / . % @ : +; anything but its own quotes inside a
 * pair of quotes. Sections with other names are nobody's.
 */
static bool
section_name(struct str s, struct str *name)
{
	if (s.n > 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
	    s.p[s.n - 1] == s.p[0]) {
		*name = str_head(str_skip(s, 1), s.n - 2);
		return !str_has(*name, s.p[0]);
	}
	for (size_t i = 0; i < s.n; i++)
		if (!char_alnum(s.p[i]) && !str_has(S("-_/.%@:+"), s.p[i]))
			return false;
	*name = s;
	return s.n > 0;
}

/* Is it [NAME] or, with a kind such as "profile", [kind NAME]? */
static bool
section_is(struct str section, struct str kind, struct str name)
{
	struct str found;

	if (kind.n) {
		if (!str_starts(section, kind))
			return false;
		section = str_skip(section, kind.n);
		if (section.n == 0 || !blank(section.p[0]))
			return false;
		section = str_trim(section);
	}
	return section_name(section, &found) && str_eq(found, name);
}

static bool
has_section(const struct ini *ini, struct str kind, struct str name)
{
	for (size_t i = 0; i < ini->count; i++)
		if (section_is(ini->items[i].section, kind, name))
			return true;
	return false;
}

static bool
is_default(struct str name)
{
	return str_eq(name, S("default"));
}

static bool
in_config(const struct profile *p, struct str section)
{
	if (section_is(section, S("profile"), p->name))
		return true;
	return is_default(p->name) && !p->prefixed && is_default(section);
}

/* The last one counts, in a section that is there twice too. */
struct str
profile_get_config(const struct profile *p, struct str key)
{
	for (size_t i = p->config.count; i > 0; i--) {
		const struct ini_item *it = &p->config.items[i - 1];

		if (str_eq(it->key, key) && it->sub.n == 0 &&
		    in_config(p, it->section))
			return it->value;
	}
	return (struct str){ NULL, 0 };
}

struct str
profile_get_credentials(const struct profile *p, struct str key)
{
	for (size_t i = p->credentials.count; i > 0; i--) {
		const struct ini_item *it = &p->credentials.items[i - 1];

		if (str_eq(it->key, key) && it->sub.n == 0 &&
		    section_is(it->section, S(""), p->name))
			return it->value;
	}
	return (struct str){ NULL, 0 };
}

struct str
profile_get(const struct profile *p, struct str key)
{
	struct str value = profile_get_credentials(p, key);

	return value.n ? value : profile_get_config(p, key);
}

struct str
profile_get_service(const struct profile *p, struct str services,
    struct str service, struct str key, bool *found_section)
{
	struct str value = { NULL, 0 };

	*found_section = false;
	for (size_t i = 0; i < p->config.count; i++) {
		const struct ini_item *it = &p->config.items[i];

		if (!section_is(it->section, S("services"), services))
			continue;
		*found_section = true;
		if (str_eq(it->key, service) && str_eq(it->sub, key))
			value = it->value;
	}
	return value;
}

/* A file that cannot be read is no reason to stop (botocore and Go agree), but
 * the person who wonders where the keys went is told.
 */
static bool
load(const struct world *w, struct profile *p, const char *path,
    struct arena *a, struct ini *ini, struct err *e)
{
	struct str text;
	struct err why;

	if (!path)
		return true;
	if (!w->file(w->me, path, a, &text, &why)) {
		if (why.kind == ERR_ABSENT)
			return true;
		world_detail(w, "%s; going on without it", why.msg);
		return arena_copy(a, str_of(why.msg), &p->trouble, e);
	}
	if (!ini_parse(text, a, ini, e))
		return err_in(e, "'%s'", path);
	if (ini->skipped)
		world_detail(w, "'%s': %zu of its lines not understood and"
		    " left out, the first is line %zu", path, ini->skipped,
		    ini->skipped_line);
	return true;
}

/* *z stays NULL when there is no home directory. */
static bool
locate(const struct world *w, const char *variable, struct str usual,
    struct arena *a, const char **z, struct err *e)
{
	struct str path = world_env(w, variable);
	struct err why;

	if (profile_path(w, path.n ? path : usual, a, z, &why))
		return true;
	if (why.kind != ERR_ABSENT) {
		*e = why;
		return err_in(e, "%s", variable);
	}
	world_detail(w, "%s", why.msg);
	return true;
}

bool
profile_missing(const struct profile *p, struct err *e)
{
	if (p->trouble.n)
		return err_set(e, ERR_USAGE, "profile '%.*s' not found: %.*s",
		    STR_ARG(p->name), STR_ARG(p->trouble));
	if (!p->config_path && !p->credentials_path)
		return err_set(e, ERR_USAGE, "profile '%.*s' not found: HOME is"
		    " not set, so there is no ~/.aws/config to look in",
		    STR_ARG(p->name));
	if (has_section(&p->config, S(""), p->name))
		return err_set(e, ERR_USAGE, "profile '%.*s' not found: its"
		    " section in '%s' must be headed [profile %.*s]",
		    STR_ARG(p->name), p->config_path, STR_ARG(p->name));
	return err_set(e, ERR_USAGE, "profile '%.*s' not found in '%s' or '%s'",
	    STR_ARG(p->name), p->config_path ? p->config_path : "~/.aws/config",
	    p->credentials_path ? p->credentials_path : "~/.aws/credentials");
}

struct profile
profile_other(const struct profile *p, struct str name)
{
	struct profile o = *p;

	o.name = name;
	o.prefixed = has_section(&o.config, S("profile"), name);
	o.found = o.prefixed ||
	    (is_default(name) && has_section(&o.config, S(""), name)) ||
	    has_section(&o.credentials, S(""), name);
	return o;
}

struct str
profile_get_session(const struct profile *p, struct str session,
    struct str key, bool *found_section)
{
	struct str value = { NULL, 0 };

	*found_section = false;
	for (size_t i = 0; i < p->config.count; i++) {
		const struct ini_item *it = &p->config.items[i];

		if (!section_is(it->section, S("sso-session"), session))
			continue;
		*found_section = true;
		if (str_eq(it->key, key) && it->sub.n == 0)
			value = it->value;
	}
	return value;
}

/* The name that a section's header gives to a profile, if it does. */
static bool
profile_named(struct str section, bool in_config_file, struct str *name)
{
	const struct str prefix = S("profile");

	if (!in_config_file)
		return section_name(section, name);
	if (is_default(section)) {
		*name = section;
		return true;
	}
	if (!str_starts(section, prefix))
		return false;
	section = str_skip(section, prefix.n);
	return section.n > 0 && blank(section.p[0]) &&
	    section_name(str_trim(section), name);
}

static void
add_names(const struct ini *ini, bool in_config_file, struct str *names,
    size_t *count)
{
	struct str name = { NULL, 0 };

	for (size_t i = 0; i < ini->count; i++) {
		size_t k = 0;

		/* Only headers: each section has one. */
		if (ini->items[i].key.n || !profile_named(
		    ini->items[i].section, in_config_file, &name))
			continue;
		while (k < *count && !str_eq(names[k], name))
			k++;
		if (k == *count)
			names[(*count)++] = name;
	}
}

bool
profile_names(const struct profile *p, struct arena *a, struct str **names,
    size_t *count, struct err *e)
{
	*count = 0;
	*names = arena_get(a, (p->config.count + p->credentials.count + 1) *
	    sizeof(**names));
	if (!*names)
		return err_set(e, ERR_LIMIT, "profiles: out of memory");
	add_names(&p->config, true, *names, count);
	add_names(&p->credentials, false, *names, count);
	return true;
}

bool
profile_load(const struct world *w, const char *flag, struct arena *a,
    struct profile *p, struct err *e)
{
	*p = (struct profile){ .explicit = flag != NULL };
	p->name = str_of(flag);
	if (!flag)
		p->name = world_env(w, "AWS_PROFILE");
	if (!flag && !p->name.n)
		p->name = world_env(w, "AWS_DEFAULT_PROFILE");
	p->named = flag || p->name.n;
	if (!p->named)
		p->name = S("default");
	if (!locate(w, "AWS_CONFIG_FILE", S("~/.aws/config"), a,
	    &p->config_path, e) ||
	    !locate(w, "AWS_SHARED_CREDENTIALS_FILE", S("~/.aws/credentials"),
	    a, &p->credentials_path, e) ||
	    !load(w, p, p->config_path, a, &p->config, e) ||
	    !load(w, p, p->credentials_path, a, &p->credentials, e))
		return false;
	*p = profile_other(p, p->name);
	return p->found || !p->named || profile_missing(p, e);
}
