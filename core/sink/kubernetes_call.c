#include "sink/kubernetes_call.h"

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
kubernetes_api(const struct world *w, struct arena *a, struct uri *api,
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
	return arena_keep(a, &b, &url, e) && (uri_parse(url, api, e) ||
	    err_in(e, "KUBERNETES_SERVICE_HOST and _PORT"));
}

bool
kubernetes_here(const struct world *w, struct arena *a, struct kubernetes *k,
    struct err *e)
{
	return kubernetes_api(w, a, &k->api, e) &&
	    mounted(w, KUBERNETES_MOUNT "/token", a, &k->token, e) &&
	    mounted(w, KUBERNETES_MOUNT "/namespace", a, &k->namespace, e);
}

/* RBAC's refusals are its users' most frequent trouble. */
static bool
refused(const struct kubernetes_call *c, unsigned status, struct err *e)
{
	if (status == 403)
		return err_set(e, ERR_DENIED, "status 403; the service account"
		    " needs the verb '%s' on %s", c->verb, c->resource);
	return err_set(e, ERR_DENIED, "status %u%s", status, status == 401 ?
	    "; the service account's token is not accepted" :
	    status == 404 ? "; is there such a namespace?" : "");
}

bool
kubernetes_call(const struct world *w, const struct kubernetes *k,
    const struct kubernetes_call *c, int64_t deadline, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct buf bearer = arena_buf(a, S("Bearer ").n + k->token.n);
	struct http_field fields[] = {
		{ S("Authorization"), { NULL, 0 } },
		{ S("Accept"), S("application/json") },
		{ S("Content-Type"), S("application/json") },
	};
	struct http_req req = {
		.method = c->method, .to = k->api, .fields = fields,
		.count = c->body.n ? 3 : 2, .body = c->body,
		.verify = S("kubernetes.default.svc"),
		.anchors = KUBERNETES_MOUNT "/ca.crt", .direct = true,
		.deadline = deadline,
	};

	*res = (struct http_res){ .status = 0 };
	buf_add(&bearer, S("Bearer "));
	buf_add(&bearer, k->token);
	if (bearer.full)
		return err_set(e, ERR_LIMIT, "out of memory");
	fields[0].value = buf_str(&bearer);
	req.to.path = c->path;
	req.to.query = c->query;
	if (!w->exchange(w->me, &req, a, res, e))
		return false;
	return (res->status >= 200 && res->status < 300) ||
	    refused(c, res->status, e);
}
