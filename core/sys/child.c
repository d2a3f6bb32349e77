#include "sys/child.h"

bool
child_start(struct child *ch, child_work *work, void *me,
    const struct arena *a, struct err *e)
{
	(void)ch;
	(void)work;
	(void)me;
	(void)a;
	return err_set(e, ERR_SYS, "cannot yet");
}

bool
child_finish(struct child *ch, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e)
{
	(void)ch;
	(void)deadline;
	(void)a;
	(void)answer;
	return err_set(e, ERR_SYS, "cannot yet");
}
