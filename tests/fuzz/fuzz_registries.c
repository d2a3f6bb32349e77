/* Whatever registries.conf holds, the list that is read from it comes out of
 * our drop-in again, and a drop-in is ours only when we could have made it.
 */
#include <stdlib.h>

#include "sink/registries.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
same(const struct helper_list *x, const struct helper_list *y)
{
	check(x->count == y->count);
	for (size_t i = 0; i < x->count; i++)
		check(str_eq(x->names[i], y->names[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[1 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text = { (const char *)p, n }, made;
	struct helper_list list, again;
	bool found, more;
	struct err e;

	if (n > 1 << 14)
		return 0;
	if (!registries_read(text, &list, &found, &e)) {
		check(e.kind == ERR_REPLY || e.kind == ERR_LIMIT);
		check(!registries_ours(text, &a));
		return 0;
	}
	if (!found) {
		check(!registries_ours(text, &a));
		return 0;
	}
	check(list.count <= HELPERS_MAX);
	for (size_t i = 0; i < list.count; i++)
		check(list.names[i].n && list.names[i].p >= text.p &&
		    list.names[i].p + list.names[i].n <= text.p + text.n);
	check(registries_write(&list, &a, &made, &e));
	check(registries_ours(made, &a));
	check(registries_read(made, &again, &more, &e) && more);
	same(&list, &again);
	check(registries_ours(text, &a) == str_eq(text, made));
	return 0;
}
