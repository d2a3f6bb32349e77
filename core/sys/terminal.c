#include "sys/terminal.h"

bool
terminal_ask(struct str question, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e)
{
	(void)question;
	(void)deadline;
	(void)a;
	(void)answer;
	return err_set(e, ERR_ABSENT, "no terminal to ask at");
}
