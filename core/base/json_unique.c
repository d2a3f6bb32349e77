#include "base/json_unique.h"

#include "base/json_text.h"

/* Up to here comparing each with each is as fast as sorting. */
#define FEW 8u

/* A key's place in the document is all that is needed to find its text. */
struct entry {
	uint32_t hash;
	uint32_t start, n;	/* bytes, quotes excluded */
};

static struct str
entry_text(const struct entry *k, struct str text)
{
	return str_head(str_skip(text, k->start), k->n);
}

static int
order(const struct entry *a, const struct entry *b, struct str text)
{
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return json_text_cmp(entry_text(a, text), entry_text(b, text));
}

static void
sift(struct entry *k, size_t root, size_t n, struct str text)
{
	struct entry top = k[root];
	size_t child;

	while ((child = 2 * root + 1) < n) {
		if (child + 1 < n && order(&k[child], &k[child + 1], text) < 0)
			child++;
		if (order(&top, &k[child], text) >= 0)
			break;
		k[root] = k[child];
		root = child;
	}
	k[root] = top;
}

/* Heapsort: in place, and no input makes it quadratic. */
static void
sort(struct entry *k, size_t n, struct str text)
{
	for (size_t i = n / 2; i > 0; i--)
		sift(k, i - 1, n, text);
	for (size_t i = n; i > 1; i--) {
		struct entry last = k[i - 1];

		k[i - 1] = k[0];
		k[0] = last;
		sift(k, 0, i - 1, text);
	}
}

static bool
twice(struct str key, struct err *e)
{
	return err_set(e, ERR_REPLY, "json has the key '%.*s' twice",
	    STR_ARG(str_head(key, 64)));
}

/* A key without its quotes, and the place where it stands. */
static struct str
bare(struct json key)
{
	struct str raw = json_raw(key);

	return str_head(str_skip(raw, 1), raw.n - 2);
}

static bool
few_unique(struct json box, struct err *e)
{
	struct str seen[FEW];
	struct json key, item;
	size_t n = 0;

	for (bool more = json_first(box, &key, &item); more;
	    more = json_next(box, &key, &item)) {
		seen[n] = bare(key);
		for (size_t i = 0; i < n; i++)
			if (json_text_cmp(seen[i], seen[n]) == 0)
				return twice(seen[n], e);
		n++;
	}
	return true;
}

static bool
many_unique(struct json box, size_t count, struct arena *a, struct err *e)
{
	size_t mark = a->used, n = 0;
	struct entry *k = arena_get(a, count * sizeof(*k));
	struct json key, item;
	bool ok = true;

	if (!k)
		return err_set(e, ERR_LIMIT, "out of memory: json object of"
		    " %zu members", count);
	for (bool more = json_first(box, &key, &item); more;
	    more = json_next(box, &key, &item)) {
		struct str s = bare(key);

		k[n++] = (struct entry){ json_text_hash(s),
		    (uint32_t)(s.p - box.text.p), (uint32_t)s.n };
	}
	sort(k, n, box.text);
	for (size_t i = 1; ok && i < n; i++)
		if (order(&k[i - 1], &k[i], box.text) == 0)
			ok = twice(entry_text(&k[i], box.text), e);
	arena_back(a, mark);
	return ok;
}

bool
json_unique(struct json v, struct arena *a, struct err *e)
{
	struct json key, item;
	size_t count = 0;

	for (bool more = json_first(v, &key, &item); more;
	    more = json_next(v, &key, &item)) {
		if (!json_unique(item, a, e))
			return false;
		count++;
	}
	if (json_kind(v) != JSON_OBJECT)
		return true;
	return count <= FEW ? few_unique(v, e) : many_unique(v, count, a, e);
}
