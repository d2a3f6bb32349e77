#include "login/cache.h"

#include "aws/profile.h"
#include "aws/sigv4.h"
#include "base/limits.h"

#define VERSION 1
#define NAME_HEX 64	/* a SHA-256 */
#define NAME_END ".token"

bool
cache_directory(const struct world *w, struct arena *a, const char **dir,
    struct err *e)
{
	struct str s = world_env(w, "AWS_ECR_CACHE_DIR"), whole;
	struct buf b;

	if (world_env(w, "AWS_ECR_DISABLE_CACHE").n)
		return err_set(e, ERR_ABSENT,
		    "cache switched off by AWS_ECR_DISABLE_CACHE");
	if (s.n)
		return profile_path(w, s, a, dir, e);
	s = world_env(w, "XDG_CACHE_HOME");
	/* XDG Base Directory Specification: relative paths are invalid. */
	if (!str_starts(s, S("/")))
		return profile_path(w, S("~/.cache/ecrbox"), a, dir, e);
	b = arena_buf(a, 0);
	buf_add(&b, s);
	buf_add(&b, S("/ecrbox"));
	return arena_keep(a, &b, &whole, e) && arena_z(a, whole, dir, e);
}

static bool
join(const char *dir, struct str name, struct arena *a, const char **path,
    struct err *e)
{
	struct str whole;
	struct buf b = arena_buf(a, 0);

	buf_add(&b, str_of(dir));
	buf_char(&b, '/');
	buf_add(&b, name);
	return arena_keep(a, &b, &whole, e) && arena_z(a, whole, path, e);
}

bool
cache_path(const struct world *w, struct str key, struct arena *a,
    const char **path, struct err *e)
{
	char name[NAME_HEX + sizeof(NAME_END)], hex[NAME_HEX + 1];
	struct buf b = BUF(name);
	const char *dir;

	if (!cache_directory(w, a, &dir, e))
		return false;
	sigv4_hash(key, hex);
	buf_add(&b, str_of(hex));
	buf_add(&b, S(NAME_END));
	return join(dir, buf_str(&b), a, path, e);
}

/* One line; a value of two would be a second. */
static void
put(struct buf *b, struct str key, struct str value)
{
	buf_add(b, key);
	buf_char(b, ' ');
	buf_add(b, value);
	buf_char(b, '\n');
	if (str_has(value, '\n'))
		b->full = true;
}

static void
put_number(struct buf *b, struct str key, int64_t v)
{
	char text[sizeof("-9223372036854775808")];
	struct buf digits = BUF(text);

	if (v < 0)
		buf_char(&digits, '-');
	buf_u64(&digits, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	put(b, key, buf_str(&digits));
}

void
cache_format(const struct cache_entry *entry, struct buf *b)
{
	put_number(b, S("version"), VERSION);
	put(b, S("registry"), entry->registry);
	put(b, S("host"), entry->host);
	put(b, S("login"), entry->login);
	put_number(b, S("issued"), entry->issued);
	put_number(b, S("expires"), entry->expires);
	put_number(b, S("skew"), entry->skew_s);
}

/* The value of the line at the front of *text, which must be key's. */
static bool
take(struct str *text, struct str key, struct str *value, struct err *e)
{
	struct str line, name;

	if (!str_cut(*text, '\n', &line, text) ||
	    !str_cut(line, ' ', &name, value) || !str_eq(name, key))
		return err_set(e, ERR_REPLY, "no '%.*s'", STR_ARG(key));
	return true;
}

/* As put_number writes it: no zero in front of another digit, no "-0". */
static bool
take_number(struct str *text, struct str key, int64_t *v, struct err *e)
{
	struct str value, digits;
	uint64_t number;

	if (!take(text, key, &value, e))
		return false;
	digits = str_skip(value, str_starts(value, S("-")));
	if ((str_starts(digits, S("0")) && value.n > 1) ||
	    !str_u64(digits, INT64_MAX, &number))
		return err_set(e, ERR_REPLY, "'%.*s' is no whole number",
		    STR_ARG(key));
	*v = digits.n < value.n ? -(int64_t)number : (int64_t)number;
	return true;
}

bool
cache_parse(struct str text, struct cache_entry *entry, struct err *e)
{
	struct cache_entry got;
	int64_t version;

	if (text.n > CACHE_ENTRY_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, at most %u", text.n,
		    CACHE_ENTRY_MAX);
	if (!take_number(&text, S("version"), &version, e))
		return false;
	if (version != VERSION)
		return err_set(e, ERR_REPLY, "version %lld, not %d",
		    (long long)version, VERSION);
	if (!take(&text, S("registry"), &got.registry, e) ||
	    !take(&text, S("host"), &got.host, e) ||
	    !take(&text, S("login"), &got.login, e) ||
	    !take_number(&text, S("issued"), &got.issued, e) ||
	    !take_number(&text, S("expires"), &got.expires, e) ||
	    !take_number(&text, S("skew"), &got.skew_s, e))
		return false;
	if (text.n)
		return err_set(e, ERR_REPLY, "%zu bytes too many", text.n);
	/* 0 .. year 9999, so that sums of them cannot overflow. */
	if (got.issued < 0 || got.expires <= got.issued ||
	    got.expires > INT64_C(253402300799) ||
	    got.skew_s < -got.expires || got.skew_s > got.expires)
		return err_set(e, ERR_REPLY, "times that cannot be");
	*entry = got;
	return true;
}

bool
cache_read(const struct world *w, const char *path, struct arena *a,
    struct cache_entry *entry, struct err *e)
{
	struct str text;
	struct err why;

	if (w->file(w->me, path, a, &text, &why) &&
	    cache_parse(text, entry, &why))
		return true;
	if (why.kind != ERR_ABSENT)
		world_detail(w, "cached token in '%s' not used: %s", path,
		    why.msg);
	return err_set(e, ERR_ABSENT, "no cached token in '%s'", path);
}

/* For file_edit: the new content, or none, whatever was there before. */
static bool
become(void *me, struct str old, struct str *now, struct err *e)
{
	(void)old;
	(void)e;
	*now = *(struct str *)me;
	return true;
}

static bool
edit(const struct world *w, const char *path, struct str now,
    struct arena *a, struct err *e)
{
	const struct file_edit how = {
		.change = become, .me = &now, .mode = 0600,
		.dir_mode = now.p ? 0700 : 0, .blind = true,
	};

	return w->edit(w->me, path, &how, a, e);
}

void
cache_write(const struct world *w, const char *path,
    const struct cache_entry *entry, struct arena *a)
{
	size_t mark = a->used;
	struct buf b = arena_buf(a, CACHE_ENTRY_MAX);
	struct str text;
	struct err why;

	cache_format(entry, &b);
	if (!arena_keep(a, &b, &text, &why))
		world_detail(w, "token not cached: too large, or of more"
		    " than one line");
	else if (!edit(w, path, text, a, &why))
		world_detail(w, "token not cached: %s", why.msg);
	arena_back(a, mark);
}

bool
cache_remove(const struct world *w, const char *path, struct arena *a,
    struct err *e)
{
	struct str none = { NULL, 0 };
	struct err why;

	if (edit(w, path, none, a, &why) || why.kind == ERR_ABSENT)
		return true;
	*e = why;
	return err_in(e, "forget a cached token");
}

/* 64 hex digits and .token: nobody else's files look like that. */
static bool
is_entry(struct str name)
{
	if (name.n != NAME_HEX + sizeof(NAME_END) - 1 ||
	    !str_ends(name, S(NAME_END)))
		return false;
	for (size_t i = 0; i < NAME_HEX; i++)
		if (!str_has(S("0123456789abcdef"), name.p[i]))
			return false;
	return true;
}

static bool
sweep_one(const struct world *w, const char *path, struct str registry,
    int64_t now, struct arena *a, struct err *e)
{
	struct cache_entry entry;
	struct err why;

	if (!cache_read(w, path, a, &entry, &why))
		return true;
	/* One's own registry has no name until ECR has answered. */
	if (registry.n ? !str_eq(registry, entry.registry.n ? entry.registry :
	    entry.host) : entry.expires > now)
		return true;
	return cache_remove(w, path, a, e);
}

/* Paths of all that look like entries. None when there is no cache, or it
 * cannot be read.
 */
static size_t
entries(const struct world *w, struct arena *a, const char ***paths)
{
	struct str *names;
	const char *dir;
	struct err why;
	size_t count, n = 0;

	if (!cache_directory(w, a, &dir, &why) ||
	    !w->list(w->me, dir, a, &names, &count, &why)) {
		if (why.kind != ERR_ABSENT)
			world_detail(w, "token cache: %s", why.msg);
		return 0;
	}
	*paths = arena_get(a, (count + 1) * sizeof(**paths));
	for (size_t i = 0; *paths && i < count; i++)
		if (is_entry(names[i]) &&
		    join(dir, names[i], a, &(*paths)[n], &why))
			n++;
	return n;
}

bool
cache_sweep(const struct world *w, struct str registry, int64_t now,
    struct arena *a, struct err *e)
{
	const char **paths;
	size_t count = entries(w, a, &paths);
	bool done = true;

	for (size_t i = 0; i < count; i++) {
		size_t mark = a->used;

		if (!sweep_one(w, paths[i], registry, now, a, e))
			done = false;
		arena_back(a, mark);
	}
	return done;
}

void
cache_each(const struct world *w, struct arena *a,
    bool (*see)(void *me, const struct cache_entry *entry), void *me)
{
	struct cache_entry entry;
	const char **paths;
	size_t count = entries(w, a, &paths);
	struct err ignored;

	for (size_t i = 0; i < count; i++)
		if (cache_read(w, paths[i], a, &entry, &ignored) &&
		    !see(me, &entry))
			return;
}
