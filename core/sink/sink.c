#include "sink/sink.h"

#include "base/limits.h"
#include "net/addr.h"
#include "sink/kubernetes.h"
#include "sink/password_file.h"
#include "sink/sink_kinds.h"
#include "sink/tarball.h"

void
sink_tally(struct sink_tally *t, const struct err *why)
{
	t->count++;
	if (why && !t->failed++)
		t->first = *why;
}

bool
sink_tallied(const struct sink_tally *t, const char *what, struct err *e)
{
	if (!t->failed)
		return true;
	*e = t->first;
	return t->count == 1 ? false : err_in(e, "%zu of %zu %s failed, the"
	    " first of them", t->failed, t->count, what);
}

bool
sink_registries(const struct format_entry *entries, size_t count,
    struct arena *a, struct registry **registries, struct err *e)
{
	struct registry *all = arena_get(a, count * sizeof(*all));

	if (!all)
		return err_set(e, ERR_LIMIT, "out of memory");
	for (size_t i = 0; i < count; i++) {
		all[i].account = entries[i].account;
		all[i].region = entries[i].region;
		all[i].host = entries[i].host;
	}
	*registries = all;
	return true;
}

bool
sink_pattern_check(const char *what, struct str pattern, size_t registries,
    struct err *e)
{
	const struct registry any = { .account = S("0"), .region = S("r"),
		.host = S("h") };
	_Alignas(16) char mem[PATH_MAX_BYTES + 64];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str *names;

	if (!pattern.n)
		return err_set(e, ERR_USAGE, "%s '': empty", what);
	if (pattern.n > PATH_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "%s: its name has more than %u"
		    " bytes", what, PATH_MAX_BYTES);
	if (registries > 1 && !str_has(pattern, '{'))
		return err_set(e, ERR_USAGE, "%s '%.*s': the same for all"
		    " registries; write {account} and {region}, or {host},"
		    " into it", what, STR_ARG(pattern));
	return password_file_names(what, pattern, &any, 1, &a, &names, e);
}

static bool
print_check(const struct sink *s, size_t registries, struct err *e)
{
	return s->format != FORMAT_PASSWORD || registries <= 1 || err_set(e,
	    ERR_USAGE, "format 'password': %zu registries, and it would not"
	    " say whose each is; json does", registries);
}

bool
sink_check(const struct sink *s, size_t registries, struct err *e)
{
	switch (s->kind) {
	case SINK_AUTH_FILE:
	case SINK_TARBALL:
	case SINK_DOCKERCFG:
	case SINK_PASSWORD_FILE:
		return sink_file_check(s, registries, e);
	case SINK_KUBERNETES:
		return sink_kubernetes_check(s, e);
	case SINK_SESAM:
		return sink_sesam_check(s, registries, e);
	case SINK_EXEC:
		return sink_exec_check(s, e);
	case SINK_PRINT:
		return print_check(s, registries, e);
	case SINK_CONFIG:
	case SINK_ARCHIVE:
		break;
	}
	return true;
}

/* Whoever listens there could listen anywhere: the machine itself, its link, or
 * a private network (RFC 1918, RFC 4193).
 */
static bool
is_near(const struct uri *u)
{
	static const struct {
		struct str net;
		unsigned bits;
	} private[] = {
		{ S_INIT("10.0.0.0"), 8 },
		{ S_INIT("172.16.0.0"), 12 },
		{ S_INIT("192.168.0.0"), 16 },
		{ S_INIT("fc00::"), 7 },
	};
	struct addr at, net;

	if (!u->literal)
		return !str_has(u->host, '.');
	if (!addr_parse(u->host, &at))
		return false;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		if (addr_parse(private[i].net, &net) &&
		    addr_within(&at, &net, private[i].bits))
			return true;
	return addr_loopback(&at) || addr_link_local(&at);
}

bool
sink_caution(const struct sink *s, struct buf *text)
{
	struct err ignored;
	struct uri u;

	if (s->kind != SINK_SESAM || !uri_parse(s->target, &u, &ignored) ||
	    u.tls || is_near(&u))
		return false;
	buf_add(text, S("sesam '"));
	buf_add(text, u.host);
	buf_add(text, S("': passwords and its token go there in clear text;"
	    " name it by https if they leave your network"));
	return true;
}

bool
sink_settle(const struct world *w, struct sink *s, struct arena *a,
    struct err *e)
{
	bool directory;
	struct err why;
	struct buf b;

	if (s->kind != SINK_TARBALL)
		return true;
	if (!sink_is_directory(w, s->target, a, &directory, &why) ||
	    !directory)
		return true;
	b = arena_buf(a, s->target.n + 1);
	buf_add(&b, s->target);
	buf_char(&b, '/');
	return arena_keep(a, &b, &s->target, e);
}

static bool
file_needs(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, struct arena *a,
    struct sandbox_needs *n, struct err *e)
{
	struct str *paths;
	size_t path_count;

	if (!sink_file_paths(w, s, entries, count, a, &paths, &path_count, e))
		return false;
	for (size_t i = 0; i < path_count; i++) {
		const char *path;

		if (!arena_z(a, paths[i], &path, e))
			return false;
		sandbox_write(n, path);
	}
	return true;
}

bool
sink_needs(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, struct arena *a,
    struct sandbox_needs *n, struct err *e)
{
	struct uri to;

	switch (s->kind) {
	case SINK_AUTH_FILE:
	case SINK_TARBALL:
	case SINK_DOCKERCFG:
	case SINK_PASSWORD_FILE:
		return file_needs(w, s, entries, count, a, n, e);
	case SINK_KUBERNETES:
		if (!kubernetes_api(w, a, &to, e))
			return false;
		sandbox_read(n, KUBERNETES_MOUNT);
		sandbox_connect(n, to.port);
		break;
	case SINK_SESAM:
		if (!uri_parse(s->target, &to, e))
			return false;
		if (s->jwt_file)
			sandbox_read(n, s->jwt_file);
		sandbox_connect(n, to.port);
		break;
	case SINK_EXEC:
		n->early_programs = true;
		break;
	case SINK_PRINT:
	case SINK_CONFIG:
	case SINK_ARCHIVE:
		break;
	}
	return true;
}

static bool
give_archive(const struct sink_job *j, struct buf *out, struct err *e)
{
	struct str bytes;

	if (!tarball_write(j->entries, j->count, j->s->mode ? j->s->mode :
	    TARBALL_MODE, j->got_s, j->a, &bytes, e))
		return false;
	buf_add(out, bytes);
	return !out->full || err_set(e, ERR_LIMIT, "docker.tar.gz: out of"
	    " memory");
}

bool
sink_write(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, int64_t got_s,
    int64_t deadline, struct arena *a, struct buf *out, struct err *e)
{
	const struct sink_job job = {
		w, s, entries, count, got_s, deadline, a,
	};

	switch (s->kind) {
	case SINK_AUTH_FILE:
	case SINK_TARBALL:
	case SINK_DOCKERCFG:
	case SINK_PASSWORD_FILE:
		return sink_file_write(&job, e);
	case SINK_KUBERNETES:
		return sink_kubernetes_write(&job, e);
	case SINK_SESAM:
		return sink_sesam_write(&job, e);
	case SINK_EXEC:
		return sink_exec_write(&job, e);
	case SINK_PRINT:
		return format_write(s->format, entries, count, out, e);
	case SINK_CONFIG:
		return format_write(FORMAT_DOCKER_CONFIG, entries, count, out,
		    e);
	case SINK_ARCHIVE:
		break;
	}
	return give_archive(&job, out, e);
}

bool
sink_files(const struct world *w, const struct sink *s, struct arena *a,
    struct str **paths, size_t *count, struct err *e)
{
	*count = 0;
	*paths = NULL;
	if (s->kind > SINK_PASSWORD_FILE)
		return true;
	return sink_file_paths(w, s, NULL, 0, a, paths, count, e);
}
