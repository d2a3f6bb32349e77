#include "t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fake_dns.h"
#include "net/dns.h"
#include "net/dns_ask.h"
#include "sys/process.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct files {
	char dir[64], hosts[80], resolv[80];
};

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* NULL: no such file. */
static void
make_files(struct files *f, const char *hosts, const char *resolv)
{
	strcpy(f->dir, "/tmp/test_dns.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->hosts, sizeof(f->hosts), "%s/hosts", f->dir);
	snprintf(f->resolv, sizeof(f->resolv), "%s/resolv.conf", f->dir);
	if (hosts)
		write_file(f->hosts, hosts);
	if (resolv)
		write_file(f->resolv, resolv);
}

static void
remove_files(struct files *f)
{
	(void)unlink(f->hosts);
	(void)unlink(f->resolv);
	assert_int_equal(rmdir(f->dir), 0);
}

static int
open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* What host comes to: addresses with blanks between, or the message. Nothing
 * may be left open or allocated.
 */
static enum err_kind
look_up(const struct files *f, uint16_t port, const char *host,
    int64_t deadline_ms, struct buf *said, const char **note)
{
	const struct dns_conf conf = { f->hosts, f->resolv, port,
		NULL };
	struct addr out[8];
	struct arena a = t_arena();
	struct err e = { .kind = ERR_NONE };
	size_t count = 0, mark;
	int before = open_fds();

	assert_non_null(arena_get(&a, 5));
	mark = a.used;
	if (dns_lookup(&conf, str_of(host), process_clock_ms() + deadline_ms,
	    &a, out, COUNT(out), &count, note, &e)) {
		assert_int_equal(e.kind, ERR_NONE);
		assert_true(count >= 1);
		for (size_t i = 0; i < count; i++) {
			if (i > 0)
				buf_char(said, ' ');
			addr_format(&out[i], said);
		}
	} else {
		assert_int_not_equal(e.kind, ERR_NONE);
		buf_add(said, str_of(e.msg));
	}
	assert_int_equal(a.used, mark);
	assert_int_equal(open_fds(), before);
	return e.kind;
}

/* One lookup against up to two name servers. */
struct row {
	const char *host;
	enum fake_dns_mode first, second;
	const char *conf;	/* further lines of resolv.conf */
	const char *want;
	enum err_kind kind;
	const char *asked;	/* A questions to the first; NULL: any */
	int64_t deadline_ms;	/* 0: 5000 */
	int64_t least_ms, most_ms;	/* most_ms 0: 900 */
};

#define BOTH "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3"
#define CORP "search corp.test lab.test\n"
#define QUICK "options timeout:1 attempts:1\n"

static const struct row rows[] = {
	/* what servers say */
	{ "four.test", FAKE_GOOD, FAKE_NONE, "", "192.0.2.4", ERR_NONE,
	    "four.test ", 0, 0, 0 },
	{ "six.test", FAKE_GOOD, FAKE_NONE, "", "2001:db8::6", ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "both.test", FAKE_GOOD, FAKE_NONE, "", BOTH, ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "both.test.", FAKE_GOOD, FAKE_NONE, CORP, BOTH, ERR_NONE,
	    "both.test ", 0, 0, 0 },
	{ "alias.test", FAKE_GOOD, FAKE_NONE, "", BOTH, ERR_NONE,
	    "alias.test ", 0, 0, 0 },
	{ "none.test", FAKE_GOOD, FAKE_NONE, "",
	    "resolve 'none.test': does not exist", ERR_ABSENT,
	    "none.test ", 0, 0, 0 },
	{ "none.test", FAKE_GOOD, FAKE_SERVFAIL, "",
	    "resolve 'none.test': does not exist", ERR_ABSENT,
	    NULL, 0, 0, 0 },
	{ "empty.test", FAKE_GOOD, FAKE_NONE, "",
	    "resolve 'empty.test': has no address", ERR_ABSENT,
	    NULL, 0, 0, 0 },
	{ "four.test", FAKE_SERVFAIL, FAKE_NONE, "nameserver 127.0.0.2\n",
	    "resolve 'four.test': name server 127.0.0.1: SERVFAIL; 127.0.0.2:"
	    " connection refused", ERR_NET, "four.test ", 0, 0, 0 },
	{ "four.test", FAKE_REFUSED, FAKE_MALFORMED, "",
	    "resolve 'four.test': name server 127.0.0.1: REFUSED; 127.0.0.2:"
	    " malformed answer", ERR_NET, "four.test ", 0, 0, 0 },
	{ "four.test", FAKE_NONE, FAKE_NONE, "",
	    "resolve 'four.test': name server 127.0.0.1: connection refused",
	    ERR_NET, "", 0, 0, 0 },

	/* one family is enough */
	{ "both.test", FAKE_AAAA_SERVFAIL, FAKE_NONE, "",
	    "192.0.2.1 192.0.2.2 192.0.2.3", ERR_NONE, NULL, 0, 0, 0 },
	{ "both.test", FAKE_AAAA_MUTE, FAKE_NONE, QUICK,
	    "192.0.2.1 192.0.2.2 192.0.2.3", ERR_NONE, "both.test ",
	    0, 1000, 1900 },
	{ "both.test", FAKE_AAAA_SERVFAIL, FAKE_MUTE, "",
	    "192.0.2.1 192.0.2.2 192.0.2.3", ERR_NONE, NULL, 0, 0, 0 },
	{ "none.test", FAKE_AAAA_SERVFAIL, FAKE_NONE, "",
	    "resolve 'none.test': name server 127.0.0.1: SERVFAIL", ERR_NET,
	    NULL, 0, 0, 0 },

	/* on to the next server */
	{ "four.test", FAKE_SERVFAIL, FAKE_GOOD, "", "192.0.2.4", ERR_NONE,
	    "four.test ", 0, 0, 0 },
	{ "four.test", FAKE_REFUSED, FAKE_GOOD, "", "192.0.2.4", ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "four.test", FAKE_MALFORMED, FAKE_GOOD, "", "192.0.2.4", ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "four.test", FAKE_NONE, FAKE_GOOD, "", "192.0.2.4", ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "four.test", FAKE_MUTE, FAKE_GOOD, QUICK, "192.0.2.4", ERR_NONE,
	    "four.test ", 0, 1000, 1900 },
	/* having answered, it is asked first for the next name */
	{ "web", FAKE_MUTE, FAKE_GOOD, QUICK "search x.test y.test lab.test\n",
	    "192.0.2.12", ERR_NONE, "web.x.test ", 0, 1000, 1900 },
	{ "four.test", FAKE_LATE, FAKE_MUTE, "options timeout:1\n",
	    "192.0.2.4", ERR_NONE, NULL, 0, FAKE_LATE_MS, 1900 },

	/* silence, under time-outs and the deadline */
	{ "four.test", FAKE_MUTE, FAKE_NONE, QUICK,
	    "resolve 'four.test': name server 127.0.0.1: no answer", ERR_NET,
	    "four.test ", 0, 1000, 1900 },
	{ "four.test", FAKE_MUTE, FAKE_NONE, "options timeout:1\n",
	    "resolve 'four.test': name server 127.0.0.1: no answer", ERR_NET,
	    "four.test four.test ", 0, 2000, 2900 },
	{ "four.test", FAKE_MUTE, FAKE_MUTE, "",
	    "resolve 'four.test': name server 127.0.0.1: no answer; 127.0.0.2:"
	    " no answer", ERR_NET, "four.test ", 150, 150, 0 },
	{ "four.test", FAKE_MUTE, FAKE_NONE, CORP "options ndots:5\n",
	    "resolve 'four.test': name server 127.0.0.1: no answer", ERR_NET,
	    "four.test.corp.test ", 150, 150, 0 },
	{ "web", FAKE_MUTE, FAKE_NONE, CORP QUICK,
	    "resolve 'web': name server 127.0.0.1: no answer", ERR_NET,
	    "web.corp.test ", 0, 1000, 1900 },
	{ "four.test", FAKE_GOOD, FAKE_NONE, "",
	    "resolve 'four.test': name server 127.0.0.1: no answer", ERR_NET,
	    "", -1, 0, 0 },

	/* lies */
	{ "both.test", FAKE_LIAR, FAKE_NONE, "", BOTH, ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "both.test", FAKE_ONLY_LIES, FAKE_NONE, "",
	    "resolve 'both.test': name server 127.0.0.1: no answer", ERR_NET,
	    "both.test ", 200, 200, 0 },

	/* TCP */
	{ "both.test", FAKE_CUT, FAKE_NONE, "", BOTH, ERR_NONE,
	    "both.test tcp:both.test ", 0, 0, 0 },
	{ "both.test", FAKE_HUGE, FAKE_NONE, "", BOTH, ERR_NONE,
	    "both.test tcp:both.test ", 0, 0, 0 },
	{ "both.test", FAKE_CUT_TCP_DRIP, FAKE_NONE, "", BOTH, ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "none.test", FAKE_CUT, FAKE_NONE, "",
	    "resolve 'none.test': does not exist", ERR_ABSENT, NULL, 0, 0, 0 },
	{ "four.test", FAKE_CUT_NO_TCP, FAKE_GOOD, "", "192.0.2.4", ERR_NONE,
	    NULL, 0, 0, 0 },
	{ "four.test", FAKE_CUT_TCP_SHORT, FAKE_NONE, "",
	    "resolve 'four.test': name server 127.0.0.1: over TCP: closed the"
	    " connection before its answer's end", ERR_NET, NULL, 0, 0, 0 },
	{ "four.test", FAKE_CUT_TCP_LIES, FAKE_NONE, "",
	    "resolve 'four.test': name server 127.0.0.1: over TCP: malformed"
	    " answer", ERR_NET, NULL, 0, 0, 0 },
	{ "four.test", FAKE_CUT_TCP_MUTE, FAKE_NONE, "",
	    "resolve 'four.test': name server 127.0.0.1: over TCP: no answer",
	    ERR_NET, NULL, 200, 200, 0 },

	/* the search list */
	{ "web", FAKE_GOOD, FAKE_NONE, CORP, "192.0.2.11", ERR_NONE,
	    "web.corp.test ", 0, 0, 0 },
	{ "lab", FAKE_GOOD, FAKE_NONE, CORP, "192.0.2.13", ERR_NONE,
	    "lab.corp.test lab.lab.test ", 0, 0, 0 },
	{ "single", FAKE_GOOD, FAKE_NONE, CORP, "192.0.2.10", ERR_NONE,
	    "single.corp.test single.lab.test single ", 0, 0, 0 },
	{ "single", FAKE_GOOD, FAKE_NONE, "", "192.0.2.10", ERR_NONE,
	    "single ", 0, 0, 0 },
	{ "single.", FAKE_GOOD, FAKE_NONE, CORP, "192.0.2.10", ERR_NONE,
	    "single ", 0, 0, 0 },
	{ "web.", FAKE_GOOD, FAKE_NONE, CORP, "resolve 'web': does not exist",
	    ERR_ABSENT, "web ", 0, 0, 0 },
	{ "four.test", FAKE_GOOD, FAKE_NONE, CORP, "192.0.2.4", ERR_NONE,
	    "four.test ", 0, 0, 0 },
	{ "a.b", FAKE_GOOD, FAKE_NONE, CORP, "192.0.2.14", ERR_NONE,
	    "a.b a.b.corp.test ", 0, 0, 0 },
	{ "a.b", FAKE_GOOD, FAKE_NONE, CORP "options ndots:2\n",
	    "192.0.2.14", ERR_NONE, "a.b.corp.test ", 0, 0, 0 },
	{ "four.test", FAKE_GOOD, FAKE_NONE, CORP "options ndots:2\n",
	    "192.0.2.4", ERR_NONE,
	    "four.test.corp.test four.test.lab.test four.test ", 0, 0, 0 },
	{ "web", FAKE_GOOD, FAKE_NONE, CORP "options ndots:0\n",
	    "192.0.2.11", ERR_NONE, "web web.corp.test ", 0, 0, 0 },
	{ "nowhere", FAKE_GOOD, FAKE_NONE, CORP,
	    "resolve 'nowhere': does not exist", ERR_ABSENT,
	    "nowhere.corp.test nowhere.lab.test nowhere ", 0, 0, 0 },
	{ "void", FAKE_GOOD, FAKE_NONE, CORP,
	    "resolve 'void': has no address", ERR_ABSENT,
	    "void.corp.test void.lab.test void ", 0, 0, 0 },
	{ "sick", FAKE_GOOD, FAKE_NONE, CORP, "192.0.2.15", ERR_NONE,
	    "sick.corp.test sick.lab.test ", 0, 0, 0 },
	{ "ill", FAKE_GOOD, FAKE_NONE, CORP,
	    "resolve 'ill': name server 127.0.0.1: SERVFAIL", ERR_NET,
	    "ill.corp.test ill.lab.test ill ", 0, 0, 0 },
};

static void
run_row(const struct row *r)
{
	struct files f;
	struct fake_dns first, second;
	char conf[256], text[512];
	struct buf said = BUF(text);
	const char *note = NULL;
	uint16_t port = 0;
	enum err_kind kind;
	int64_t begun, took, most = r->most_ms ? r->most_ms : 900;

	fake_dns_start(&first, r->first, 1, &port);
	fake_dns_start(&second, r->second, 2, &port);
	snprintf(conf, sizeof(conf), "nameserver 127.0.0.1\n%s%s",
	    r->second == FAKE_NONE ? "" : "nameserver 127.0.0.2\n", r->conf);
	make_files(&f, NULL, conf);
	begun = process_clock_ms();
	kind = look_up(&f, port, r->host, r->deadline_ms ? r->deadline_ms :
	    5000, &said, &note);
	took = process_clock_ms() - begun;
	if (!str_eq(buf_str(&said), str_of(r->want)) || kind != r->kind)
		fail_msg("%s (%d, %d): %d '%.*s', not '%s'", r->host,
		    (int)r->first, (int)r->second, (int)kind,
		    STR_ARG(buf_str(&said)), r->want);
	if (r->asked && strcmp(first.asked, r->asked) != 0)
		fail_msg("%s: asked for '%s', not '%s'", r->host, first.asked,
		    r->asked);
	if (took < r->least_ms || took > most)
		fail_msg("%s (%d, %d): took %lld ms", r->host, (int)r->first,
		    (int)r->second, (long long)took);
	assert_null(note);
	fake_dns_stop(&first);
	fake_dns_stop(&second);
	remove_files(&f);
}

static void
t_servers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		run_row(&rows[i]);
}

/* Answers that need no server. The deadline is over before it begins, so that
 * not one packet leaves, and the message says who would have been asked.
 */
static void
t_without_servers(void **state)
{
	static const char hosts[] =
	    "10.0.0.1 alpha.test alpha\n"
	    "10.0.0.2 beta.test\n10.0.0.3 beta.test\nfd00::2 beta.test\n"
	    "10.6.6.6 localhost evil.localhost\n";
	static const struct {
		const char *host, *want;
		enum err_kind kind;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", ERR_NONE },
		{ "2001:DB8::1", "2001:db8::1", ERR_NONE },
		{ "fe80::1%2", "fe80::1%2", ERR_NONE },
		{ "localhost", "::1 127.0.0.1", ERR_NONE },
		{ "LocalHost.", "::1 127.0.0.1", ERR_NONE },
		{ "evil.localhost", "::1 127.0.0.1", ERR_NONE },
		{ "a.b.localhost.", "::1 127.0.0.1", ERR_NONE },
		{ "alpha", "10.0.0.1", ERR_NONE },
		{ "ALPHA.test.", "10.0.0.1", ERR_NONE },
		{ "beta.test", "fd00::2 10.0.0.2 10.0.0.3", ERR_NONE },
		{ "", "resolve '': not a host name", ERR_USAGE },
		{ ".", "resolve '.': not a host name", ERR_USAGE },
		{ "alpha..", "resolve 'alpha..': not a host name", ERR_USAGE },
		{ "a b", "resolve 'a b': not a host name", ERR_USAGE },
		{ "a\033[2J", "resolve 'a?[2J': not a host name", ERR_USAGE },
		{ "[::1]", "resolve '[::1]': not a host name", ERR_USAGE },
		{ "::1%lo", "resolve '::1%lo': not a host name", ERR_USAGE },
		{ "notlocalhost", "resolve 'notlocalhost': name server"
		    " 169.254.169.253: no answer (asked since resolv.conf"
		    " names no other)", ERR_NET },
		{ "localhost.test", "resolve 'localhost.test': name server"
		    " 169.254.169.253: no answer (asked since resolv.conf"
		    " names no other)", ERR_NET },
	};
	struct files f;

	(void)state;
	make_files(&f, hosts, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[512];
		struct buf said = BUF(text);
		const char *note = NULL;
		enum err_kind kind = look_up(&f, 0, cases[i].host, -1, &said,
		    &note);

		assert_str_equal(buf_str(&said), str_of(cases[i].want));
		assert_int_equal(kind, cases[i].kind);
		if (kind == ERR_NET)
			assert_string_equal(note, "no name server in"
			    " resolv.conf: asking the VPC's,"
			    " 169.254.169.253");
		else
			assert_null(note);
	}
	remove_files(&f);
}

/* A resolv.conf without a name server is as good as none; its search list
 * and options count all the same.
 */
static void
t_no_name_server(void **state)
{
	struct files f;
	char text[512];
	struct buf said = BUF(text);
	const char *note = NULL;

	(void)state;
	make_files(&f, NULL, "search corp.test\nnameserver nonsense\n");
	assert_int_equal(look_up(&f, 0, "web", -1, &said, &note), ERR_NET);
	assert_non_null(strstr(text, "name server 169.254.169.253"));
	assert_non_null(note);
	remove_files(&f);
}

static void
t_unreadable_hosts(void **state)
{
	struct files f;
	char text[512];
	struct buf said = BUF(text);
	const char *note = NULL;

	(void)state;
	make_files(&f, NULL, "nameserver 127.0.0.1\n");
	assert_int_equal(mkdir(f.hosts, 0700), 0);
	assert_int_equal(look_up(&f, 0, "web", -1, &said, &note), ERR_NET);
	assert_string_equal(note, "cannot read the hosts file");
	assert_int_equal(rmdir(f.hosts), 0);
	remove_files(&f);
}

/* Room for fewer addresses than there are: both families get a turn. */
/* Somebody says that there is no point in it: neither the next server nor the
 * next name is asked. Until then it makes no difference.
 */
static void
t_stopped(void **state)
{
	struct fake_dns first, second;
	struct arena a = t_arena();
	struct dns_conf conf;
	struct files f;
	struct addr out[4];
	const char *note = NULL;
	uint16_t port = 0;
	size_t count;
	int64_t begun;
	struct err e;
	int stop[2];

	(void)state;
	fake_dns_start(&first, FAKE_MUTE, 1, &port);
	fake_dns_start(&second, FAKE_GOOD, 2, &port);
	make_files(&f, NULL, "nameserver 127.0.0.1\nnameserver 127.0.0.2\n"
	    QUICK);
	assert_int_equal(pipe(stop), 0);
	conf = (struct dns_conf){ f.hosts, f.resolv, port, &stop[0] };
	begun = process_clock_ms();
	assert_true(dns_lookup(&conf, S("four.test"), begun + 5000, &a, out,
	    COUNT(out), &count, &note, &e));
	assert_int_equal(write(stop[1], "", 1), 1);
	begun = process_clock_ms();
	assert_false(dns_lookup(&conf, S("four.test"), begun + 5000, &a, out,
	    COUNT(out), &count, &note, &e));
	assert_true(process_clock_ms() - begun < 900);
	assert_string_equal(e.msg, "resolve 'four.test': name server 127.0.0.1:"
	    " no answer; 127.0.0.2: no answer");
	assert_string_equal(second.asked, "four.test ");
	fake_dns_stop(&first);
	fake_dns_stop(&second);
	remove_files(&f);
	close(stop[0]);
	close(stop[1]);
}

static void
t_room(void **state)
{
	struct files f;
	struct arena a = t_arena();
	struct dns_conf conf;
	struct addr out[4] = { [3] = { .family = 7 } };
	struct err e;
	const char *note = NULL;
	size_t count = 0;

	(void)state;
	make_files(&f, "10.0.0.1 a\n10.0.0.2 a\nfd00::1 a\nfd00::2 a\n", NULL);
	conf = (struct dns_conf){ f.hosts, f.resolv, 0, NULL };
	assert_true(dns_lookup(&conf, S("a"), 0, &a, out, 3, &count, &note,
	    &e));
	assert_int_equal(count, 3);
	assert_int_equal(out[0].family, AF_INET6);
	assert_int_equal(out[1].family, AF_INET);
	assert_int_equal(out[2].family, AF_INET6);
	assert_int_equal(out[3].family, 7);
	remove_files(&f);
}

static void
t_no_memory(void **state)
{
	struct dns_servers v = { .count = 0 };
	struct arena none = { NULL, 0, 0 };
	struct dns_said said;
	struct err e;

	(void)state;
	assert_false(dns_ask(&v, S("a"), 0, &none, &said, &e));
	assert_string_equal(e.msg, "out of memory");
	assert_int_equal(e.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_servers),
		cmocka_unit_test(t_without_servers),
		cmocka_unit_test(t_no_name_server),
		cmocka_unit_test(t_unreadable_hosts),
		cmocka_unit_test(t_stopped),
		cmocka_unit_test(t_room),
		cmocka_unit_test(t_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
