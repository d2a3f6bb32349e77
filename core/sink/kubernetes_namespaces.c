#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"
#include "sink/kubernetes_call.h"

/* A page's memory is given back before the next one is read; what stays of all
 * of them was allocated before.
 */
struct list {
	struct str *names;
	size_t count;
	struct buf text;	/* of the names */
	struct buf next;	/* the server's word for the page to come */
	bool expired;	/* a word that it does not know any more */
};

static bool
open_list(struct list *l, struct arena *a, struct err *e)
{
	l->count = 0;
	l->names = arena_get(a, KUBERNETES_NAMESPACES_MAX * sizeof(*l->names));
	l->text = arena_buf(a,
	    KUBERNETES_NAMESPACES_MAX * KUBERNETES_NAMESPACE_MAX);
	l->next = arena_buf(a, KUBERNETES_CONTINUE_MAX);
	return (l->names && !l->text.full && !l->next.full) ||
	    err_set(e, ERR_LIMIT, "out of memory");
}

/* One that is being removed takes no secret any more. */
static bool
take_name(struct list *l, struct json item, struct arena *a, struct err *e)
{
	struct json metadata, deletion;
	struct str name;
	size_t n = l->text.n;

	if (!json_get(item, S("metadata"), &metadata))
		return err_set(e, ERR_REPLY, "no 'metadata'");
	if (!json_get_str(metadata, S("name"), a, &name, e))
		return false;
	if (json_get(metadata, S("deletionTimestamp"), &deletion))
		return true;
	buf_add(&l->text, name);
	if (l->count == KUBERNETES_NAMESPACES_MAX || l->text.full)
		return err_set(e, ERR_LIMIT, "there are more than %u, or one"
		    " has a name of more than %u bytes",
		    KUBERNETES_NAMESPACES_MAX, KUBERNETES_NAMESPACE_MAX);
	l->names[l->count++] = (struct str){ l->text.p + n, name.n };
	return true;
}

static bool
take_page(struct list *l, struct str body, struct arena *a, struct err *e)
{
	struct json root, items, item, metadata, v;
	struct str next = { NULL, 0 };

	if (!json_parse(body, a, &root, e))
		return false;
	if (!json_get(root, S("items"), &items) ||
	    json_kind(items) != JSON_ARRAY)
		return err_set(e, ERR_REPLY, "no 'items'");
	for (bool more = json_first(items, NULL, &item); more;
	    more = json_next(items, NULL, &item))
		if (!take_name(l, item, a, e))
			return false;
	if (json_get(root, S("metadata"), &metadata) &&
	    json_get(metadata, S("continue"), &v) && !json_str(v, a, &next, e))
		return err_in(e, "'continue'");
	buf_wipe(&l->next);
	buf_percent(&l->next, next, "");
	return !l->next.full || err_set(e, ERR_LIMIT, "'continue' of more than"
	    " %u bytes", KUBERNETES_CONTINUE_MAX);
}

static bool
read_page(struct list *l, const struct world *w, const struct kubernetes *k,
    int64_t deadline, struct arena *a, struct err *e)
{
	struct kubernetes_call c = { .method = S("GET"),
		.path = S("/api/v1/namespaces"), .verb = "list",
		.resource = "namespaces" };
	char query[32 + KUBERNETES_CONTINUE_MAX];
	struct buf b = BUF(query);
	size_t mark = a->used;
	struct http_res res;
	bool done;

	buf_add(&b, S("limit="));
	buf_u64(&b, KUBERNETES_PAGE);
	if (l->next.n) {
		buf_add(&b, S("&continue="));
		buf_add(&b, buf_str(&l->next));
	}
	c.query = buf_str(&b);
	done = kubernetes_call(w, k, &c, deadline, a, &res, e) &&
	    take_page(l, res.body, a, e);
	l->expired = res.status == 410 && l->next.n;
	arena_back(a, mark);
	return done;
}

/* From the start once more, as the server would have it (410, Gone): a list is
 * of one moment, which it remembers for some minutes.
 */
static void
start_again(struct list *l)
{
	l->count = 0;
	buf_wipe(&l->text);
	buf_wipe(&l->next);
}

bool
kubernetes_namespaces(const struct world *w, const struct kubernetes *k,
    int64_t deadline, struct arena *a, struct str **names, size_t *count,
    struct err *e)
{
	unsigned pages = 0;
	struct list l;
	bool done;

	if (!open_list(&l, a, e))
		return false;
	do {
		if (pages++ == KUBERNETES_NAMESPACES_MAX / KUBERNETES_PAGE)
			return err_set(e, ERR_LIMIT, "kubernetes namespaces:"
			    " there are more than %u",
			    KUBERNETES_NAMESPACES_MAX);
		done = read_page(&l, w, k, deadline, a, e);
		if (!done && !l.expired)
			return err_in(e, "kubernetes namespaces");
		if (!done)
			start_again(&l);
	} while (!done || l.next.n);
	*names = l.names;
	*count = l.count;
	return true;
}
