#include "sink/kubernetes.h"

#include "base/enc.h"
#include "base/json_put.h"
#include "base/limits.h"
#include "sink/docker.h"
#include "sink/kubernetes_call.h"

#define CONFIG ".dockerconfigjson"
#define CONFIG_TYPE "kubernetes.io/dockerconfigjson"

static bool
path_of(const struct kubernetes_secret *s, bool itself, struct arena *a,
    struct str *path, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_add(&b, S("/api/v1/namespaces/"));
	buf_percent(&b, s->namespace, "");
	buf_add(&b, S("/secrets"));
	if (itself) {
		buf_char(&b, '/');
		buf_percent(&b, s->name, "");
	}
	return arena_keep(a, &b, path, e);
}

/* Object old with one member: raw is its text. */
static bool
with_member(struct json old, struct str key, struct str raw, struct arena *a,
    struct str *now, struct err *e)
{
	const struct json_member member = { key, raw };
	struct buf b = arena_buf(a, 0);

	json_put(old, &member, 1, &b);
	return arena_keep(a, &b, now, e);
}

/* *config is old, in base64 as Kubernetes has it, with the entries. */
static bool
new_config(struct str old, const struct kubernetes_entry *entries,
    size_t count, struct arena *a, struct str *config, struct err *e)
{
	struct str now = { NULL, 0 };
	const char *shadow;
	struct buf b;

	if (old.n && !base64_decode(old, a, &now, e))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!docker_put(now, entries[i].host, entries[i].auth, a,
		    &now, &shadow, e))
			return false;
	b = arena_buf(a, 0);
	buf_base64(&b, now);
	return arena_keep(a, &b, config, e);
}

/* A secret that was read, and an object without members for what it lacks. */
struct object {
	struct json root, none;
};

static struct json
member_of(const struct object *o, struct json box, struct str key)
{
	struct json v;

	return json_get(box, key, &v) ? v : o->none;
}

static bool
check_ours(const struct object *o, struct json labels,
    const struct kubernetes_secret *s, struct arena *a, struct err *e)
{
	struct str type, owner;
	struct json v;
	struct err ignored;

	if (!json_get_str(o->root, S("type"), a, &type, e))
		return false;
	if (!str_eq(type, S(CONFIG_TYPE)))
		return err_set(e, ERR_USAGE, "it is of type '%.*s', not "
		    CONFIG_TYPE "; name another secret", STR_ARG(type));
	if (json_get(o->root, S("immutable"), &v) && json_kind(v) == JSON_TRUE)
		return err_set(e, ERR_USAGE, "it is immutable; name another"
		    " secret, or remove it");
	if (s->adopt)
		return true;
	if (!json_get_str(labels, S(KUBERNETES_LABEL), a, &owner, &ignored) ||
	    !str_eq(owner, S(KUBERNETES_OWNER)))
		return err_set(e, ERR_USAGE, "it has no label "
		    KUBERNETES_LABEL "=" KUBERNETES_OWNER ", so it may be"
		    " another's; --adopt takes it over");
	return true;
}

/* The secret once more, with the entries and our label. */
static bool
changed(const struct object *o, const struct kubernetes_secret *s,
    const struct kubernetes_entry *entries, size_t count, struct arena *a,
    struct str *now, struct err *e)
{
	struct json metadata = member_of(o, o->root, S("metadata"));
	struct json labels = member_of(o, metadata, S("labels"));
	struct json data = member_of(o, o->root, S("data")), v;
	struct json_member parts[2] = {
		{ .key = S("data") }, { .key = S("metadata") },
	};
	struct str old = { NULL, 0 }, raw;
	struct buf b;

	/* Without its version we would write over whatever came since. */
	if (!check_ours(o, labels, s, a, e) || !json_get_str(metadata,
	    S("resourceVersion"), a, &raw, e) || (json_get(data, S(CONFIG),
	    &v) && !json_str(v, a, &old, e)))
		return false;
	if (!new_config(old, entries, count, a, &raw, e) ||
	    !json_quoted(raw, a, &raw, e) ||
	    !with_member(data, S(CONFIG), raw, a, &parts[0].raw, e) ||
	    !with_member(labels, S(KUBERNETES_LABEL),
	    S("\"" KUBERNETES_OWNER "\""), a, &raw, e) ||
	    !with_member(metadata, S("labels"), raw, a, &parts[1].raw, e))
		return false;
	b = arena_buf(a, 0);
	json_put(o->root, parts, 2, &b);
	return arena_keep(a, &b, now, e);
}

static bool
fresh(const struct kubernetes_secret *s,
    const struct kubernetes_entry *entries, size_t count, struct arena *a,
    struct str *body, struct err *e)
{
	struct str config, name;
	struct buf b;

	if (!new_config((struct str){ NULL, 0 }, entries, count, a, &config,
	    e) || !json_quoted(s->name, a, &name, e))
		return false;
	b = arena_buf(a, 0);
	buf_add(&b, S("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"type\":\""
	    CONFIG_TYPE "\",\"metadata\":{\"name\":"));
	buf_add(&b, name);
	buf_add(&b, S(",\"labels\":{\"" KUBERNETES_LABEL "\":\""
	    KUBERNETES_OWNER "\"}},\"data\":{\"" CONFIG "\":\""));
	buf_add(&b, config);
	buf_add(&b, S("\"}}"));
	return arena_keep(a, &b, body, e);
}

/* Read it, and write it as changed; *conflict: another was faster. */
static bool
once(const struct world *w, const struct kubernetes *k,
    const struct kubernetes_secret *s,
    const struct kubernetes_entry *entries, size_t count, int64_t deadline,
    struct arena *a, bool *conflict, struct err *e)
{
	struct kubernetes_call c = { .method = S("GET"), .verb = "get",
		.resource = "secrets" };
	struct http_res res;
	struct object o;

	*conflict = false;
	if (!path_of(s, true, a, &c.path, e))
		return false;
	if (kubernetes_call(w, k, &c, deadline, a, &res, e)) {
		c.method = S("PUT");
		c.verb = "update";
		if (!json_parse(res.body, a, &o.root, e) ||
		    !json_parse(S("{}"), a, &o.none, e) ||
		    !changed(&o, s, entries, count, a, &c.body, e))
			return false;
	} else if (res.status == 404) {
		c.method = S("POST");
		c.verb = "create";
		if (!path_of(s, false, a, &c.path, e) ||
		    !fresh(s, entries, count, a, &c.body, e))
			return false;
	} else {
		return false;
	}
	if (kubernetes_call(w, k, &c, deadline, a, &res, e))
		return true;
	*conflict = res.status == 409 ||
	    (res.status == 404 && str_eq(c.method, S("PUT")));
	return false;
}

bool
kubernetes_write(const struct world *w, const struct kubernetes *k,
    const struct kubernetes_secret *secret,
    const struct kubernetes_entry *entries, size_t count, int64_t deadline,
    struct arena *a, struct err *e)
{
	struct err why;
	bool conflict;

	for (unsigned i = 0; i < KUBERNETES_ATTEMPTS; i++) {
		if (once(w, k, secret, entries, count, deadline, a, &conflict,
		    &why))
			return true;
		if (!conflict)
			break;
	}
	*e = why;
	return err_in(e, "kubernetes secret '%.*s/%.*s'",
	    STR_ARG(secret->namespace), STR_ARG(secret->name));
}
