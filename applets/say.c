#include "applets/say.h"

#include "base/buf.h"
#include "sys/file.h"

bool
say(int fd, struct str text, struct str subject, struct err *e)
{
	char line[1024];
	struct buf b = BUF(line);

	buf_add(&b, text);
	buf_safe(&b, str_head(subject, 900));
	buf_char(&b, '\n');
	if (!write_all(fd, buf_str(&b)))
		return err_sys(e, "write to standard output");
	return true;
}
