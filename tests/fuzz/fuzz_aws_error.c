/* Two lines of x-amzn-ErrorType and body: whatever they hold, a code is a
 * plain name.
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
	for (size_t i = 0; i < error.code.n; i++)
		check(char_alnum(error.code.p[i]) || error.code.p[i] == '.' ||
		    error.code.p[i] == '_');
	check(error.code.n > 0 || error.message.n <= ERROR_BODY_MAX);
	return 0;
}
