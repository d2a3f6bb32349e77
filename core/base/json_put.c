#include "base/json_put.h"

void
json_put(struct json old, const struct json_member *with, size_t count,
    struct buf *b)
{
	(void)old;
	(void)with;
	(void)count;
	b->full = true;
}
