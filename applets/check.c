/* check.c - --check: is it well? By what it says at /health, where there is a
 * listener; else by the age of what it writes.
 */
#include <string.h>

#include "applets/docker_file.h"
#include "applets/sidecar.h"
#include "login/choose.h"
#include "sink/password_file.h"
#include "sys/file.h"

/* Where we are to be found: who listens at all addresses is at loopback too. */
static bool
health_url(const char *listen, struct buf *b, struct err *e)
{
	static const unsigned char any[16];
	struct serve_address at;
	bool v6;

	if (!serve_parse(str_of(listen), &at, e))
		return false;
	v6 = at.ip.family == AF_INET6;
	if (memcmp(at.ip.ip, any, v6 ? 16 : 4) == 0)
		addr_parse(v6 ? S("::1") : S("127.0.0.1"), &at.ip);
	buf_add(b, v6 ? S("http://[") : S("http://"));
	addr_format(&at.ip, b);
	buf_add(b, v6 ? S("]:") : S(":"));
	buf_u64(b, at.port);
	buf_add(b, S("/health"));
	return true;
}

/* marathon-ecr-login's /health is a text that does not tell any age; and one
 * that serves too many others says that in a text, too.
 */
static bool
judge(const struct sidecar *k, const struct http_res *res, struct err *e)
{
	if (res->status == 503 && !str_starts(res->body, S("{")))
		return err_set(e, ERR_DENIED, "check: status 503: %.*s",
		    STR_ARG(str_trim(str_head(res->body, ERROR_BODY_MAX))));
	return health_check(res->status, res->body,
	    k->manner == ROUTES_MARATHON ? 0 : k->max_age_s, k->s.config.a, e);
}

struct question {
	const struct sidecar *k;
	struct str url;
	struct http_req req;
};

/* In a process of its own, since whoever listens there is asked. */
static bool
ask(void *me, struct buf *out, struct err *e)
{
	const struct question *q = me;
	const struct world *w = q->k->s.w;
	struct http_res res;

	(void)out;
	if (!w->exchange(w->me, &q->req, q->k->s.config.a, &res, e))
		return err_in(e, "check '%.*s'", STR_ARG(q->url));
	return judge(q->k, &res, e);
}

static bool
check_listener(const struct sidecar *k, struct err *e)
{
	const struct world *w = k->s.w;
	struct question q = { .k = k, .req = { .method = S("GET"),
		.direct = true, .deadline = w->clock_ms(w->me) + CHECK_MS } };
	struct sandbox_needs needs = { .udp = false };
	char text[128];
	struct buf url = BUF(text);
	struct str nothing;

	if (!health_url(k->listen, &url, e) ||
	    !uri_parse(buf_str(&url), &q.req.to, e))
		return false;
	q.url = buf_str(&url);
	sandbox_connect(&needs, q.req.to.port);
	return w->apart(w->me, &needs, q.req.deadline, ask, &q, k->s.config.a,
	    &nothing, e);
}

static bool
check_file(const struct sidecar *k, struct str path, struct err *e)
{
	const struct world *w = k->s.w;
	int64_t written, max = k->max_age_s ? k->max_age_s :
	    health_max_age_s(k->interval_s);
	const char *z;

	if (!arena_z(k->s.config.a, path, &z, e))
		return false;
	if (file_written(z, &written, e))
		return health_file(path, written, w->now(w->me), max, e);
	if (e->kind == ERR_ABSENT)
		err_set(e, ERR_DENIED, "'%s': not written yet", z);
	return err_in(e, "check");
}

/* The files of passwords are named after the registries. */
static bool
password_files(const struct sidecar *k, const struct sink *s,
    struct str **paths, size_t *count, struct err *e)
{
	struct registry all[SIDECAR_REGISTRIES_MAX];

	for (size_t i = 0; i < k->registry_count; i++)
		if (!registry_choose(&k->s.config, k->registries[i], NULL,
		    &all[i], e))
			return false;
	if (k->registry_count == 0)
		return err_set(e, ERR_USAGE, "check '%.*s': for which"
		    " registries? Give them, as the sidecar has them",
		    STR_ARG(s->target));
	*count = k->registry_count;
	return password_file_paths(s->target, all, k->registry_count,
	    k->s.config.a, paths, e);
}

static bool
check_sink(const struct sidecar *k, const struct sink *s, size_t *files,
    struct err *e)
{
	struct str *paths;
	size_t count;

	if (!sink_files(k->s.w, s, k->s.config.a, &paths, &count, e) &&
	    (s->kind != SINK_PASSWORD_FILE ||
	    !password_files(k, s, &paths, &count, e)))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!check_file(k, paths[i], e))
			return false;
	*files += count;
	return true;
}

static bool
check_files(const struct sidecar *k, struct err *e)
{
	size_t files = 0;
	const char *own;

	if (!k->sink_count && !k->serve)
		return docker_file(&k->s.config, &own, e) &&
		    check_file(k, str_of(own), e);
	for (size_t i = 0; i < k->sink_count; i++)
		if (!check_sink(k, &k->sinks[i], &files, e))
			return false;
	return files || err_set(e, ERR_USAGE, "--check: there is neither a"
	    " listener to ask (--listen, as the sidecar has it) nor a file"
	    " whose age could tell");
}

bool
sidecar_check(struct sidecar *k, struct err *e)
{
	if (!(k->listen ? check_listener(k, e) : check_files(k, e)))
		return false;
	world_detail(k->s.w, "all is well");
	return true;
}
