#include "sink/kubernetes.h"

#include "base/enc.h"
#include "base/json_put.h"
#include "base/limits.h"
#include "sink/docker.h"

#define MOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"
#define CONFIG ".dockerconfigjson"
#define CONFIG_TYPE "kubernetes.io/dockerconfigjson"

/* One call of the API, and what came of it. */
struct request {
	struct str method, path, body;
	const char *verb;	/* as a Role has it: "get" */
	const char *resource;
};

static bool
mounted(const struct world *w, const char *path, struct arena *a,
    struct str *s, struct err *e)
{
	if (!w->file(w->me, path, a, s, e))
		return err_in(e, "service account of this pod");
	*s = str_trim(*s);
	return true;
}

bool
kubernetes_here(const struct world *w, struct arena *a, struct kubernetes *k,
    struct err *e)
{
	struct str host = world_env(w, "KUBERNETES_SERVICE_HOST");
	struct str port = world_env(w, "KUBERNETES_SERVICE_PORT");
	struct buf b = arena_buf(a, 0);
	struct str url;

	if (!host.n)
		return err_set(e, ERR_ABSENT, "KUBERNETES_SERVICE_HOST is not"
		    " set: this is no pod of a Kubernetes cluster");
	buf_add(&b, S("https://"));
	buf_add(&b, str_has(host, ':') ? S("[") : S(""));
	buf_add(&b, host);
	buf_add(&b, str_has(host, ':') ? S("]:") : S(":"));
	buf_add(&b, port.n ? port : S("443"));
	if (!arena_keep(a, &b, &url, e))
		return false;
	if (!uri_parse(url, &k->api, e))
		return err_in(e, "KUBERNETES_SERVICE_HOST and _PORT");
	return mounted(w, MOUNT "token", a, &k->token, e) &&
	    mounted(w, MOUNT "namespace", a, &k->namespace, e);
}

/* RBAC's refusals are its users' most frequent trouble. */
static bool
refused(const struct request *r, const struct http_res *res, struct err *e)
{
	if (res->status == 403)
		return err_set(e, ERR_DENIED, "status 403; the service account"
		    " needs the verb '%s' on %s", r->verb, r->resource);
	return err_set(e, ERR_DENIED, "status %u%s", res->status,
	    res->status == 401 ? "; the service account's token is not"
	    " accepted" : "");
}

/* *res is filled for any answer; true for 2xx. */
static bool
send(const struct world *w, const struct kubernetes *k,
    const struct request *r, int64_t deadline, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct buf bearer = arena_buf(a, S("Bearer ").n + k->token.n);
	struct http_field fields[] = {
		{ S("Authorization"), { NULL, 0 } },
		{ S("Accept"), S("application/json") },
		{ S("Content-Type"), S("application/json") },
	};
	struct http_req req = {
		.method = r->method, .to = k->api, .fields = fields,
		.count = r->body.n ? 3 : 2, .body = r->body,
		.verify = S("kubernetes.default.svc"),
		.anchors = MOUNT "ca.crt", .direct = true,
		.deadline = deadline,
	};

	*res = (struct http_res){ .status = 0 };
	buf_add(&bearer, S("Bearer "));
	buf_add(&bearer, k->token);
	if (bearer.full)
		return err_set(e, ERR_LIMIT, "out of memory");
	fields[0].value = buf_str(&bearer);
	req.to.path = r->path;
	if (!w->exchange(w->me, &req, a, res, e))
		return false;
	return (res->status >= 200 && res->status < 300) ||
	    refused(r, res, e);
}

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
	struct err ignored;

	if (!json_get_str(o->root, S("type"), a, &type, e))
		return false;
	if (!str_eq(type, S(CONFIG_TYPE)))
		return err_set(e, ERR_USAGE, "it is of type '%.*s', not "
		    CONFIG_TYPE "; name another secret", STR_ARG(type));
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

	if (!check_ours(o, labels, s, a, e) || (json_get(data, S(CONFIG),
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
	struct request r = { .method = S("GET"), .verb = "get",
		.resource = "secrets" };
	struct http_res res;
	struct object o;

	*conflict = false;
	if (!path_of(s, true, a, &r.path, e))
		return false;
	if (send(w, k, &r, deadline, a, &res, e)) {
		r.method = S("PUT");
		r.verb = "update";
		if (!json_parse(res.body, a, &o.root, e) ||
		    !json_parse(S("{}"), a, &o.none, e) ||
		    !changed(&o, s, entries, count, a, &r.body, e))
			return false;
	} else if (res.status == 404) {
		r.method = S("POST");
		r.verb = "create";
		if (!path_of(s, false, a, &r.path, e) ||
		    !fresh(s, entries, count, a, &r.body, e))
			return false;
	} else {
		return false;
	}
	if (send(w, k, &r, deadline, a, &res, e))
		return true;
	*conflict = res.status == 409;
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

static bool
read_names(struct str body, struct arena *a, struct str **names,
    size_t *count, struct err *e)
{
	struct json root, items, item, metadata;
	size_t n = 0;

	if (!json_parse(body, a, &root, e))
		return false;
	if (!json_get(root, S("items"), &items) ||
	    json_kind(items) != JSON_ARRAY)
		return err_set(e, ERR_REPLY, "no 'items'");
	for (bool more = json_first(items, NULL, &item); more;
	    more = json_next(items, NULL, &item))
		n++;
	*names = arena_get(a, (n + 1) * sizeof(**names));
	if (!*names)
		return err_set(e, ERR_LIMIT, "out of memory");
	n = 0;
	for (bool more = json_first(items, NULL, &item); more;
	    more = json_next(items, NULL, &item)) {
		if (!json_get(item, S("metadata"), &metadata))
			return err_set(e, ERR_REPLY, "no 'metadata'");
		if (!json_get_str(metadata, S("name"), a, &(*names)[n++], e))
			return false;
	}
	*count = n;
	return true;
}

bool
kubernetes_namespaces(const struct world *w, const struct kubernetes *k,
    int64_t deadline, struct arena *a, struct str **names, size_t *count,
    struct err *e)
{
	const struct request r = { .method = S("GET"),
		.path = S("/api/v1/namespaces"), .verb = "list",
		.resource = "namespaces" };
	struct http_res res;

	return (send(w, k, &r, deadline, a, &res, e) &&
	    read_names(res.body, a, names, count, e)) ||
	    err_in(e, "kubernetes namespaces");
}
