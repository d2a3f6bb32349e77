/* Whatever config.json holds, putting an entry keeps all other members to the
 * byte, putting it again changes nothing, and removing it leaves none.
 */
#include <stdlib.h>

#include "base/json.h"
#include "sink/docker.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static struct json
parse(struct str text, struct arena *a)
{
	struct json v;
	struct err e;

	check(json_parse(text, a, &v, &e));
	return v;
}

/* Is key one of those that docker takes for h? */
static bool
ours(struct json key, struct arena *a)
{
	static const struct str twins[] = {
		S_INIT("https://h/"), S_INIT("http://h/"),
	};
	struct str name;
	struct err e;

	check(json_str(key, a, &name, &e));
	for (size_t i = 0; i < 2; i++)
		if (str_starts(name, twins[i]) ||
		    str_eq(name, str_head(twins[i], twins[i].n - 1)))
			return true;
	return str_eq(name, S("h"));
}

/* Step to the next member that is not ours; more says whether there is one. */
static bool
next_other(struct json box, bool auths, bool more, struct json *key,
    struct json *item, struct arena *a)
{
	struct str name;
	struct err e;

	for (; more; more = json_next(box, key, item)) {
		check(json_str(*key, a, &name, &e));
		if (auths ? !ours(*key, a) : !str_eq(name, S("auths")))
			return true;
	}
	return false;
}

/* The members of both that are none of our business, in order. */
static void
same_others(struct json x, struct json y, bool auths, struct arena *a)
{
	struct json kx, ky, ix, iy;
	bool mx = json_kind(x) == JSON_OBJECT && json_first(x, &kx, &ix);
	bool my = json_kind(y) == JSON_OBJECT && json_first(y, &ky, &iy);

	for (;;) {
		mx = next_other(x, auths, mx, &kx, &ix, a);
		my = next_other(y, auths, my, &ky, &iy, a);
		check(mx == my);
		if (!mx)
			return;
		check(str_eq(json_raw(kx), json_raw(ky)));
		check(str_eq(json_raw(ix), json_raw(iy)));
		mx = json_next(x, &kx, &ix);
		my = json_next(y, &ky, &iy);
	}
}

static void
compare(struct str old, struct str now, struct arena *a)
{
	struct json x, y, in_x, in_y;

	if (str_trim(old).n == 0)
		old = S("{}");
	x = parse(old, a);
	y = parse(now, a);
	same_others(x, y, false, a);
	if (!json_get(x, S("auths"), &in_x))
		in_x = parse(S("{}"), a);
	check(json_get(y, S("auths"), &in_y));
	same_others(in_x, in_y, true, a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[4 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str old = { (const char *)p, n }, now, again, got;
	const char *shadow, *same;
	struct json v, auths, entry;
	struct err e;
	bool found;

	if (n > 1 << 14)
		return 0;
	if (!docker_put(old, S("h"), S("QQ=="), &a, &now, &shadow, &e)) {
		check(e.kind == ERR_REPLY);
		return 0;
	}
	v = parse(now, &a);
	check(json_get(v, S("auths"), &auths));
	check(json_get(auths, S("h"), &entry));
	check(json_get_str(entry, S("auth"), &a, &got, &e));
	check(str_eq(got, S("QQ==")));
	compare(old, now, &a);

	check(docker_put(now, S("h"), S("QQ=="), &a, &again, &same, &e));
	check(str_eq(now, again) && same == shadow);

	check(docker_remove(now, S("h"), &a, &again, &found, &e) && found);
	compare(now, again, &a);
	check(json_get(parse(again, &a), S("auths"), &auths));
	check(!json_get(auths, S("h"), &entry));
	check(docker_remove(again, S("h"), &a, &now, &found, &e) && !found);
	check(str_eq(now, again));
	return 0;
}
