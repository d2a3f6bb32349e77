#include "sys/program.h"

bool
program_run(const struct program *p, struct arena *a, struct str *out,
    struct err *e)
{
	(void)a;
	(void)out;
	return err_set(e, ERR_SYS, "run '%s': cannot yet", p->argv[0]);
}
