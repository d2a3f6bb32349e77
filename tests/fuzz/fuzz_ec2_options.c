/* Arguments, one a line, read as ec2-metadata reads them; and each of them as
 * a path, whose full form must stand for itself.
 */
#include <stdlib.h>

#include "applets/ec2-options.h"
#include "aws/imds.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_path(struct str word)
{
	static char memory[1 << 16];
	struct arena a = { memory, sizeof(memory), 0 };
	struct str path, again;
	struct err e;

	check(imds_path(word, &a, &path, &e));
	check(path.n >= 1 && !str_contains(path, S("//")));
	check(imds_path(path, &a, &again, &e) && str_eq(again, path));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char text[4096], *argv[sizeof(text) + 2];
	struct ec2_option o = { .value = NULL };
	struct ec2_walk w = { argv, 1, 1, "" };
	size_t options = 0;

	if (n >= sizeof(text))
		return 0;
	for (size_t i = 0, start = 0; i <= n; i++) {
		if (i < n && p[i] != '\n' && p[i] != '\0') {
			text[i] = (char)p[i];
			continue;
		}
		text[i] = '\0';
		argv[w.argc++] = text + start;
		check_path(str_of(text + start));
		start = i + 1;
	}
	while (ec2_next(&w, &o)) {
		check(++options <= n);
		if (!o.field)
			check(o.bad.kind == ERR_USAGE && o.bad.msg[0]);
		else if (o.field->kind == EC2_PATH)
			check(o.value >= text && o.value <= text + n);
	}
	return 0;
}
