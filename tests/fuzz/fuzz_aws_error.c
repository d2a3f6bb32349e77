/* Two lines of x-amzn-ErrorType and body: whatever they hold, code and reason
 * are plain names.
 */
#include <stdlib.h>

#include "aws/aws_error.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		check(char_alnum(name.p[i]) || name.p[i] == '.' ||
		    name.p[i] == '_');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[8 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text = { (const char *)p, n };
	struct http_field field = { .name = S("x-amzn-ErrorType") };
	struct http_res res = { .status = 400, .fields = &field, .count = 1 };
	struct aws_error error;

	str_cut(text, '\n', &field.value, &res.body);
	aws_error_read(&res, &a, &error);
	check_name(error.code);
	check_name(error.reason);
	check(error.code.n > 0 || error.reason.n > 0 ||
	    error.message.n <= ERROR_BODY_MAX);
	return 0;
}
