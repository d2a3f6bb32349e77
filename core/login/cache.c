#include "login/cache.h"

#include "aws/profile.h"
#include "aws/sigv4.h"
#include "base/json.h"
#include "base/limits.h"

#define VERSION 1
#define NAME_HEX 64	/* a SHA-256 */
#define NAME_END ".json"

/* *dir ends in no slash. */
static bool
directory(const struct world *w, struct arena *a, const char **dir,
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

	if (!directory(w, a, &dir, e))
		return false;
	sigv4_hash(key, hex);
	buf_add(&b, str_of(hex));
	buf_add(&b, S(NAME_END));
	return join(dir, buf_str(&b), a, path, e);
}

static void
put_time(struct buf *b, struct str key, int64_t t)
{
	buf_add(b, S(",\""));
	buf_add(b, key);
	buf_add(b, t < 0 ? S("\":-") : S("\":"));
	buf_u64(b, t < 0 ? 0 - (uint64_t)t : (uint64_t)t);
}

static void
put_text(struct buf *b, struct str key, struct str value)
{
	buf_add(b, S(",\""));
	buf_add(b, key);
	buf_add(b, S("\":"));
	json_quote(b, value);
}

void
cache_format(const struct cache_entry *entry, struct buf *b)
{
	buf_add(b, S("{\"version\":"));
	buf_u64(b, VERSION);
	put_text(b, S("registry"), entry->registry);
	put_text(b, S("host"), entry->host);
	put_text(b, S("auth"), entry->auth);
	put_time(b, S("issued"), entry->issued);
	put_time(b, S("expires"), entry->expires);
	put_time(b, S("skew"), entry->skew_s);
	buf_add(b, S("}\n"));
}

/* A whole number, as put_time writes it. */
static bool
get_time(struct json v, struct str key, int64_t *t, struct err *e)
{
	struct json member;
	uint64_t number;
	struct str s;
	bool minus;

	if (!json_get(v, key, &member) || json_kind(member) != JSON_NUMBER)
		return err_set(e, ERR_REPLY, "no '%.*s'", STR_ARG(key));
	s = json_raw(member);
	minus = str_starts(s, S("-"));
	if (!str_u64(str_skip(s, minus), INT64_MAX, &number))
		return err_set(e, ERR_REPLY, "'%.*s' is no whole number",
		    STR_ARG(key));
	*t = minus ? -(int64_t)number : (int64_t)number;
	return true;
}

bool
cache_parse(struct str text, struct arena *a, struct cache_entry *entry,
    struct err *e)
{
	struct cache_entry got;
	struct json v, key, item;
	int64_t version;
	size_t count = 0;

	if (text.n > CACHE_ENTRY_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, at most %u", text.n,
		    CACHE_ENTRY_MAX);
	if (!json_parse(text, a, &v, e) ||
	    !get_time(v, S("version"), &version, e))
		return false;
	if (version != VERSION)
		return err_set(e, ERR_REPLY, "version %lld, not %d",
		    (long long)version, VERSION);
	if (!json_get_str(v, S("registry"), a, &got.registry, e) ||
	    !json_get_str(v, S("host"), a, &got.host, e) ||
	    !json_get_str(v, S("auth"), a, &got.auth, e) ||
	    !get_time(v, S("issued"), &got.issued, e) ||
	    !get_time(v, S("expires"), &got.expires, e) ||
	    !get_time(v, S("skew"), &got.skew_s, e))
		return false;
	for (bool more = json_first(v, &key, &item); more;
	    more = json_next(v, &key, &item))
		count++;
	if (count != 7)
		return err_set(e, ERR_REPLY, "%zu members, not 7", count);
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
	    cache_parse(text, a, entry, &why))
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
	struct err why;

	cache_format(entry, &b);
	if (b.full)
		world_detail(w, "token not cached: too large");
	else if (!edit(w, path, buf_str(&b), a, &why))
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

/* 64 hex digits and .json: nobody else's files look like that. */
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
	if (registry.n && str_eq(entry.registry, registry))
		return cache_remove(w, path, a, e);
	if (entry.expires <= now && !cache_remove(w, path, a, &why))
		world_detail(w, "%s", why.msg);
	return true;
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

	if (!directory(w, a, &dir, &why) ||
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
