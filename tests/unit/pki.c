#include "tests/unit/pki.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/file.h"
#include "t.h"

static char dir[] = "/tmp/ecrbox-pki-XXXXXX";

int
pki_make(void **state)
{
	char command[128];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(command, sizeof(command),
	    "sh tests/unit/pki.sh %s >%s/log 2>&1 || { cat %s/log; false; }",
	    dir, dir, dir);
	return system(command);
}

int
pki_remove(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

const char *
pki_path(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

struct str
pki_file(const char *name, struct arena *a)
{
	struct str body;
	struct err e;

	if (!file_read(pki_path(name), 1 << 20, a, &body, &e))
		fail_msg("%s", e.msg);
	return body;
}
