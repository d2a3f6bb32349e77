/* An API server that answers anything. What we then send is JSON and has our
 * entries; names of namespaces are as many as we were told.
 *
 * The first byte chooses: the list of namespaces, or a secret, ours to adopt or
 * not. A line feed parts the answers, of which the last is repeated.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "sink/kubernetes.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct str answers;

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
exchange(void *me, const struct http_req *req, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct json v, data;
	struct str body;

	(void)me;
	*res = (struct http_res){ .status = 200 };
	if (req->body.n) {
		check(json_parse(req->body, a, &v, e));
		check(json_get(v, S("data"), &data));
		check(json_get_str(data, S(".dockerconfigjson"), a, &body, e));
		check(body.n > 0);
		/* Another was faster, now and then. */
		res->status = answers.n % 2 ? 409 : 200;
	}
	if (str_cut(answers, '\n', &body, &answers) && !answers.n)
		answers = body;
	return arena_copy(a, body, &res->body, e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[16 << 20];
	static const struct kubernetes_entry entry = {
		S_INIT("h.example"), S_INIT("QQ==") };
	const struct world w = { .exchange = exchange };
	const struct kubernetes k = { .api = { .tls = true,
		.host = S("10.0.0.1"), .port = 443 }, .token = S("T") };
	struct kubernetes_secret secret = { .namespace = S("n"),
		.name = S("s") };
	struct arena a = { mem, sizeof(mem), 0 };
	struct str *names, all;
	size_t count;
	struct err e;

	if (n < 1 || n > 1 << 14)
		return 0;
	all = answers = (struct str){ (const char *)p + 1, n - 1 };
	secret.adopt = p[0] & 2;
	if (p[0] & 1) {
		if (!kubernetes_namespaces(&w, &k, 1, &a, &names, &count, &e))
			check(e.kind == ERR_REPLY || e.kind == ERR_LIMIT);
		else
			for (size_t i = 0; i < count; i++)
				check(names[i].n <= all.n);
	} else if (!kubernetes_write(&w, &k, &secret, &entry, 1, 1, &a, &e)) {
		check(e.kind == ERR_REPLY || e.kind == ERR_LIMIT ||
		    e.kind == ERR_USAGE || e.kind == ERR_DENIED);
	}
	arena_back(&a, 0);
	return 0;
}
