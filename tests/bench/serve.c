/* serve.c - the HTTP server alone, for a load generator.
 *
 * usage: serve ADDRESS:PORT
 *
 * Answers each GET with 4 KiB, a config.json's size. SIGTERM ends it: then on
 * standard output the requests answered and refused, the size of struct serve,
 * and RssAnon in KiB after the first request and now.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/serve.h"
#include "sys/process.h"

static struct serve server;
static char body[4096];
static volatile sig_atomic_t over;
static unsigned long answered, refusals;
static long first_kib;

static void
end(int sig)
{
	(void)sig;
	over = 1;
}

static long
anonymous(void)
{
	char line[256];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = strtol(line + 8, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

static bool
answer(void *me, const struct serve_request *r, struct serve_answer *a)
{
	(void)me;
	(void)r;
	a->status = 200;
	a->type = S("application/json");
	a->body = (struct str){ body, sizeof(body) };
	if (answered++ == 0)
		first_kib = anonymous();
	return true;
}

static void
refused(void *me, unsigned status, const char *reason)
{
	(void)me;
	(void)status;
	(void)reason;
	refusals++;
}

static void
turn(void)
{
	static const struct serve_handler h = { NULL, answer, refused };
	struct pollfd p[SERVE_POLL_MAX];
	int64_t wake = process_clock_ms() + 1000;
	size_t n = serve_watch(&server, p, &wake);
	int64_t wait = wake - process_clock_ms();

	if (poll(p, n, wait > 0 ? (int)wait : 0) < 0 && errno == EINTR)
		return;
	serve_turn(&server, p, (struct serve_clock){ process_clock_ms(),
	    process_now_s() }, &h);
}

int
main(int argc, char **argv)
{
	struct serve_address at;
	struct err e;

	if (argc != 2) {
		fputs("usage: serve ADDRESS:PORT\n", stderr);
		return 2;
	}
	if (!serve_parse(str_of(argv[1]), &at, &e) ||
	    !serve_open(&server, &at, &e)) {
		fprintf(stderr, "serve: %s\n", e.msg);
		return 1;
	}
	signal(SIGTERM, end);
	memset(body, 'x', sizeof(body));
	while (!over)
		turn();
	printf("answered %lu refused %lu struct %zu RssAnon %ld then %ld\n",
	    answered, refusals, sizeof(server), first_kib, anonymous());
	serve_close(&server);
	return 0;
}
