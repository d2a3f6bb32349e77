/* Whatever config.json holds, registering a host keeps all other bytes in
 * order, doing it again changes nothing, and taking it out leaves what was
 * there before but for an empty credHelpers.
 */
#include <stdlib.h>

#include "base/json.h"
#include "sink/docker_helpers.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* The member key of box, null or not; *count is of all members. */
static bool
member(struct json box, struct str name, size_t *count, struct arena *a,
    struct json *found)
{
	struct json key, v;
	struct str is;
	struct err e;
	bool got = false;

	*count = 0;
	if (json_kind(box) != JSON_OBJECT)
		return false;
	for (bool more = json_first(box, &key, &v); more;
	    more = json_next(box, &key, &v)) {
		++*count;
		check(json_str(key, a, &is, &e));
		if (!str_eq(is, name))
			continue;
		*found = v;
		got = true;
	}
	return got;
}

/* Is nothing there that has to give way: h's entry, an empty section, a null,
 * or an empty file?
 */
static bool
comes_back(struct str text, struct arena *a)
{
	struct json root, box, v;
	struct err e;
	size_t count;

	if (str_trim(text).n == 0)
		return false;
	check(json_parse(text, a, &root, &e));
	if (!member(root, S("credHelpers"), &count, a, &box))
		return count > 0;
	return !member(box, S("h"), &count, a, &v) && count > 0;
}

static void
has(struct str text, struct arena *a, bool want)
{
	struct str *hosts;
	size_t count;
	bool got = false;
	struct err e;

	check(docker_helper_hosts(text, S("x"), a, &hosts, &count, &e));
	for (size_t i = 0; i < count; i++)
		got |= str_eq(hosts[i], S("h"));
	check(got == want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[4 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str old = { (const char *)p, n }, now, back, again;
	struct docker_helper was;
	struct err e;

	if (n > 1 << 14)
		return 0;
	if (!docker_helper_put(old, S("h"), S("x"), &a, &now, &was, &e)) {
		check(e.kind == ERR_REPLY);
		return 0;
	}
	has(now, &a, true);
	check(docker_helper_put(now, S("h"), S("x"), &a, &again, &was, &e));
	check(again.p == now.p && str_eq(was.name, S("x")));

	check(docker_helper_remove(now, S("h"), S("x"), &a, &back, &was, &e));
	has(back, &a, false);
	check(docker_helper_remove(back, S("h"), S("x"), &a, &again, &was,
	    &e));
	check(again.p == back.p);
	check(str_eq(back, old) || !comes_back(old, &a));
	return 0;
}
