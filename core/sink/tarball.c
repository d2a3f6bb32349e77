#include "sink/tarball.h"

#include "base/enc.h"
#include "base/gzip.h"
#include "base/tar.h"

static bool
join(struct str directory, struct str name, struct arena *a,
    struct str *path, struct err *e)
{
	struct buf b = arena_buf(a, directory.n + 1 + name.n);

	buf_add(&b, directory);
	buf_char(&b, '/');
	buf_add(&b, name);
	return arena_keep(a, &b, path, e);
}

bool
tarball_paths(struct str location, bool directory, struct arena *a,
    struct tarball_paths *paths, struct err *e)
{
	struct tarball_paths got = { .config = { NULL, 0 } };

	if (!location.n)
		return err_set(e, ERR_USAGE, "file location: empty");
	if (!directory && !str_ends(location, S("/"))) {
		if (!arena_copy(a, location, &got.archive, e))
			return false;
		*paths = got;
		return true;
	}
	while (str_ends(location, S("/")))
		location.n--;
	if (!join(location, S("docker.tar.gz"), a, &got.archive, e) ||
	    !join(location, S(".docker/config.json"), a, &got.config, e))
		return false;
	*paths = got;
	return true;
}

bool
tarball_mode(struct str text, unsigned *mode, struct err *e)
{
	unsigned m = 0;

	for (size_t i = 0; i < text.n; i++) {
		int d = hex_digit(text.p[i]);

		if (d < 0 || d > 7 || m > 0777)
			return err_set(e, ERR_USAGE, "tar mode '%.*s': an"
			    " octal number like 0644 is wanted",
			    STR_ARG(text));
		m = m << 3 | (unsigned)d;
	}
	if ((m & TARBALL_MODE) != TARBALL_MODE || (m & ~0644u) != 0)
		return err_set(e, ERR_USAGE, "tar mode '%.*s': from 0600 to"
		    " 0644 the owner reads and writes, others read at most",
		    STR_ARG(text));
	*mode = m;
	return true;
}

static bool
config_text(const struct format_entry *entries, size_t count,
    struct arena *a, struct str *text, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	if (format_write(FORMAT_MESOS_CONFIG, entries, count, &b, e))
		return arena_keep(a, &b, text, e);
	arena_trim(a, &b);
	return false;
}

bool
tarball_write(const struct format_entry *entries, size_t count,
    unsigned mode, int64_t time_s, struct arena *a, struct str *bytes,
    struct err *e)
{
	struct str config, archive;
	struct buf b;

	if (!config_text(entries, count, a, &config, e))
		return false;
	b = arena_buf(a, 0);
	/* Who may read may search: x is two bits below r. */
	tar_add(&b, S(".docker/"), 0100 | mode | (mode & 0444) >> 2, time_s,
	    S(""));
	tar_add(&b, S(".docker/config.json"), mode, time_s, config);
	tar_end(&b);
	if (!arena_keep(a, &b, &archive, e))
		return err_in(e, "docker.tar.gz");
	b = arena_buf(a, 0);
	gzip_add(&b, archive);
	return arena_keep(a, &b, bytes, e) || err_in(e, "docker.tar.gz");
}
