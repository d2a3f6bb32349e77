#include "net/tls.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sys/process.h"
#include "tests/unit/pki.h"
#include "tests/unit/refuse.h"
#include "t.h"

/* The other end is a forked child on a socket pair: BearSSL's server, or a
 * few bytes. It never outlives its test.
 */
struct server {
	const char *chain[3], *key;	/* in the test's directory */
	bool ec;
	const char *protocol;		/* for ALPN */
	uint16_t suite;			/* the only one; 0: all of ours */
	size_t step;			/* bytes per write; 0: all at once */
	bool cut;			/* end without close_notify */
	bool hurry;			/* gone before our close_notify */
	bool echo;			/* send back what comes, for ever */
	struct str raw;			/* these bytes are all it says */
	int64_t drip_ms;		/* wait between two bytes of raw */
};

/* What a client gets from it. */
#define ANSWER "hello from the other end"

static int
low_read(void *me, unsigned char *p, size_t n)
{
	ssize_t got = read(*(int *)me, p, n);

	return got > 0 ? (int)got : -1;
}

struct writer {
	int fd;
	size_t step;
};

static int
low_write(void *me, const unsigned char *p, size_t n)
{
	const struct writer *w = me;
	ssize_t put = write(w->fd, p, w->step && n > w->step ? w->step : n);

	return put > 0 ? (int)put : -1;
}

static void
serve_raw(const struct server *s, int fd)
{
	char hello[4096];

	if (read(fd, hello, sizeof(hello)) <= 0)
		return;
	for (size_t i = 0; i < s->raw.n; i++) {
		if (s->drip_ms)
			process_sleep_ms(s->drip_ms);
		if (write(fd, s->raw.p + i, 1) != 1)
			return;
	}
}

static void
set_key(const struct server *s, br_ssl_server_context *c,
    br_x509_certificate *chain, struct arena *a)
{
	static br_skey_decoder_context key;
	struct str der = pki_file(s->key, a);
	size_t n = 0;

	for (; n < 3 && s->chain[n]; n++) {
		struct str body = pki_file(s->chain[n], a);

		chain[n] = (br_x509_certificate){ (unsigned char *)body.p,
		    body.n };
	}
	br_skey_decoder_init(&key);
	br_skey_decoder_push(&key, der.p, der.n);
	if (s->ec)
		br_ssl_server_init_full_ec(c, chain, n, BR_KEYTYPE_EC,
		    br_skey_decoder_get_ec(&key));
	else
		br_ssl_server_init_full_rsa(c, chain, n,
		    br_skey_decoder_get_rsa(&key));
}

static void
serve_tls(const struct server *s, int fd)
{
	static unsigned char records[BR_SSL_BUFSIZE_BIDI];
	static br_ssl_server_context c;
	struct writer w = { fd, s->step };
	br_x509_certificate chain[3];
	struct arena a = t_arena();
	const char *protocol = s->protocol;
	br_sslio_context io;
	char line[512];
	int n;

	set_key(s, &c, chain, &a);
	if (s->suite)
		br_ssl_engine_set_suites(&c.eng, &s->suite, 1);
	if (protocol)
		br_ssl_engine_set_protocol_names(&c.eng, &protocol, 1);
	br_ssl_engine_set_buffer(&c.eng, records, sizeof(records), 1);
	br_ssl_engine_inject_entropy(&c.eng, "not random at all", 17);
	if (!br_ssl_server_reset(&c))
		return;
	br_sslio_init(&io, &c.eng, low_read, &fd, low_write, &w);
	while ((n = br_sslio_read(&io, line, sizeof(line))) > 0) {
		if (!s->echo)
			break;
		if (br_sslio_write_all(&io, line, (size_t)n) < 0 ||
		    br_sslio_flush(&io) < 0)
			return;
	}
	if (n < 0 || br_sslio_write_all(&io, ANSWER, sizeof(ANSWER) - 1) < 0)
		return;
	br_sslio_flush(&io);
	if (s->hurry) {
		size_t have;
		unsigned char *p;

		br_ssl_engine_close(&c.eng);
		p = br_ssl_engine_sendrec_buf(&c.eng, &have);
		if (p)
			(void)low_write(&w, p, have);
	} else if (!s->cut) {
		br_sslio_close(&io);
	}
}

static int
start_server(const struct server *s, pid_t *pid)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	*pid = fork();
	assert_true(*pid >= 0);
	if (*pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		close(fd[0]);
		if (s->raw.p)
			serve_raw(s, fd[1]);
		else
			serve_tls(s, fd[1]);
		_exit(0);
	}
	close(fd[1]);
	return fd[0];
}

static void
stop_server(int fd, pid_t pid)
{
	close(fd);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct tls tls;
static struct trust trust;
static struct arena arena;
static char bundle[128];

/* Trust the authority in the file of that name. */
static void
believe(const char *name)
{
	arena = t_arena();
	(void)snprintf(bundle, sizeof(bundle), "%s", pki_path(name));
	trust_init(&trust, &(struct trust_conf){ .bundle = bundle }, &arena);
}

static int64_t
soon(void)
{
	return process_clock_ms() + 20000;
}

/* Handshake, one line, and the answer to its end, after a pause. */
static bool
talk(int fd, const char *name, int64_t pause_ms, struct buf *answer,
    struct err *e)
{
	char p[7];
	size_t got;

	if (!tls_start(&tls, fd, str_of(name), &trust, PKI_NOW, soon(), e) ||
	    !tls_write(&tls, S("hello\n"), soon(), e))
		return false;
	process_sleep_ms(pause_ms);
	do {
		if (!tls_read(&tls, p, sizeof(p), &got, soon(), e))
			return false;
		buf_add(answer, (struct str){ p, got });
	} while (got);
	return true;
}

static const struct server rsa_server = {
	.chain = { "good.der", "inter.der" }, .key = "r3.key.der",
};
static const struct server ec_server = {
	.chain = { "egood.der", "einter.der" }, .key = "e1.key.der",
	.ec = true,
};

/* All that works: each ends in the whole answer and close_notify. */
static void
answers(void **state)
{
	struct server rows[16];
	static const uint16_t suites[] = {
		BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	};
	size_t n = 0;

	(void)state;
	rows[n++] = rsa_server;
	rows[n++] = ec_server;
	for (size_t i = 0; i < 6; i++) {
		rows[n] = i < 3 ? rsa_server : ec_server;
		rows[n++].suite = suites[i];
	}
	rows[n] = rsa_server;
	rows[n++].step = 1;
	rows[n] = ec_server;
	rows[n++].step = 1;
	rows[n] = rsa_server;
	rows[n++].protocol = "http/1.1";
	rows[n] = rsa_server;
	rows[n++].protocol = "h2";	/* then it chooses none */
	rows[n] = rsa_server;
	rows[n++].hurry = true;
	for (size_t i = 0; i < n; i++) {
		char text[100];
		struct buf b = BUF(text);
		struct err e = { ERR_NONE, "" };
		pid_t pid;
		int fd = start_server(&rows[i], &pid);
		bool done;

		believe(rows[i].ec ? "eroot.crt" : "root.crt");
		done = talk(fd, i & 1 ? "good.example." : "good.example",
		    rows[i].hurry ? 100 : 0, &b, &e);
		tls_close(&tls);
		stop_server(fd, pid);
		assert_string_equal(e.msg, "");
		assert_true(done);
		assert_str_equal(buf_str(&b), S(ANSWER));
		assert_int_equal(arena.used, 0);
	}
}

struct refusal {
	struct server server;
	const char *name;	/* NULL: good.example */
	enum err_kind kind;
	const char *msg;
};

static void
refuse(const struct refusal *r)
{
	char text[100];
	struct buf b = BUF(text);
	struct err e = { ERR_NONE, "" };
	pid_t pid;
	int fd = start_server(&r->server, &pid);
	bool done;

	believe(r->server.ec ? "eroot.crt" : "root.crt");
	/* Raw bytes end in the handshake, which wipes what it leaves. */
	if (r->server.raw.p) {
		done = tls_start(&tls, fd, S("good.example"), &trust, PKI_NOW,
		    soon(), &e);
	} else {
		done = talk(fd, r->name ? r->name : "good.example", 0, &b, &e);
		tls_close(&tls);
	}
	stop_server(fd, pid);
	assert_false(done);
	assert_string_equal(e.msg, r->msg);
	assert_int_equal(e.kind, r->kind);
	for (size_t i = 0; i < sizeof(tls); i++)
		assert_int_equal(((const char *)&tls)[i], 0);
}

static void
refusals(void **state)
{
	static const struct refusal rows[] = {
		{ { .chain = { "good.der", "inter.der" },
		    .key = "r3.key.der" }, "bad.example", ERR_TRUST,
		    "tls 'bad.example': certificate is not for 'bad.example'"
		    " but for 'good.example' and 1 more" },
		{ { .chain = { "client.der", "inter.der" },
		    .key = "r3.key.der" }, NULL, ERR_TRUST,
		    "tls 'good.example': certificate is not for servers"
		    " (extended key usage)" },
		{ { .chain = { "weak.der", "inter.der" },
		    .key = "small.key.der" }, NULL, ERR_TRUST,
		    "tls 'good.example': certificate has an RSA key of 1024"
		    " bits, at least 2048 wanted" },
		/* who shows a certificate without having its key */
		{ { .chain = { "good.der", "inter.der" },
		    .key = "r1.key.der" }, NULL, ERR_REPLY,
		    "tls 'good.example': server does not hold its"
		    " certificate's key (bad signature)" },
		{ { .chain = { "good.der", "inter.der" }, .key = "r3.key.der",
		    .cut = true }, NULL, ERR_NET,
		    "tls 'good.example': truncated: the connection ended"
		    " without close_notify" },
		{ { .raw = S_INIT("\x15\x03\x03\x00\x02\x02\x78") }, NULL,
		    ERR_REPLY, "tls 'good.example': server refused with"
		    " no_application_protocol: it offers no http/1.1" },
		/* a ServerHello of TLS 1.1 */
		{ { .raw = S_INIT("\x16\x03\x02\x00\x2a\x02\x00\x00\x26"
		    "\x03\x02" "0123456789abcdef0123456789abcdef" "\x00"
		    "\xcc\xa8\x00") }, NULL, ERR_REPLY,
		    "tls 'good.example': server offers no TLS 1.2" },
		{ { .chain = { "good.der", "inter.der" }, .key = "r3.key.der",
		    .suite = BR_TLS_RSA_WITH_AES_128_GCM_SHA256 }, NULL,
		    ERR_REPLY, "tls 'good.example': server refused with"
		    " handshake_failure: no cipher suite, curve or signature"
		    " in common" },
		/* what a server with TLS 1.3 only says */
		{ { .raw = S_INIT("\x15\x03\x03\x00\x02\x02\x46") }, NULL,
		    ERR_REPLY, "tls 'good.example': server refused with"
		    " protocol_version: it offers no TLS 1.2" },
		{ { .raw = S_INIT("\x15\x03\x03\x00\x02\x02\x70") }, NULL,
		    ERR_REPLY, "tls 'good.example': server refused with"
		    " unrecognized_name: it does not know this host" },
		{ { .raw = S_INIT("\x15\x03\x03\x00\x02\x02\x79") }, NULL,
		    ERR_REPLY, "tls 'good.example': server refused with alert"
		    " 121" },
		{ { .raw = S_INIT("HTTP/1.1 400 Bad Request\r\n\r\n") }, NULL,
		    ERR_REPLY, "tls 'good.example': server does not speak"
		    " TLS" },
		{ { .raw = S_INIT("\x16\x03\x03\x00\x04\x02\x00\x00\x00") },
		    NULL, ERR_REPLY, "tls 'good.example': malformed handshake"
		    " message" },
		{ { .raw = S_INIT("\x16\x03\x03\x50\x00") }, NULL, ERR_REPLY,
		    "tls 'good.example': record of a wrong length" },
		{ { .raw = S_INIT("\x16\x03\x03\x00") }, NULL, ERR_NET,
		    "tls 'good.example': server closed the connection" },
		{ { .raw = S_INIT("") }, NULL, ERR_NET,
		    "tls 'good.example': server closed the connection" },
		/* close_notify before anything else */
		{ { .raw = S_INIT("\x15\x03\x03\x00\x02\x01\x00") }, NULL,
		    ERR_NET, "tls 'good.example': server closed the"
		    " connection" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(&rows[i]);
}

/* Refused before a byte is sent. */
static void
names(void **state)
{
	static const struct {
		const char *name, *msg;
	} rows[] = {
		{ "", "tls: no host name to verify" },
		{ ".", "tls: no host name to verify" },
		{ "127.0.0.1", "tls: '127.0.0.1' is an address; a certificate"
		    " is checked by host name" },
		{ "127.1", "tls: '127.1' is an address; a certificate is"
		    " checked by host name" },
		{ "10.0.0.1.", "tls: '10.0.0.1' is an address; a certificate"
		    " is checked by host name" },
		{ "::1", "tls: '::1' is an address; a certificate is checked"
		    " by host name" },
		{ "a..b", "tls: 'a..b' is no host name" },
		{ ".a", "tls: '.a' is no host name" },
		{ "a.b..", "tls: 'a.b.' is no host name" },
		{ "a b", "tls: 'a b' is no host name" },
		{ "*.example", "tls: '*.example' is no host name" },
		{ "a/b", "tls: 'a/b' is no host name" },
		{ "0123456789012345678901234567890123456789012345678901234567"
		    "890123.example", "tls: '01234567890123456789012345678901"
		    "23456789012345678901234567890123.example' is no host"
		    " name" },
	};
	struct err e;
	char nul[] = "good.example\0.evil.example";
	char deep[300];
	int fd[2];

	(void)state;
	believe("root.crt");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(tls_start(&tls, fd[0], str_of(rows[i].name),
		    &trust, PKI_NOW, soon(), &e));
		assert_string_equal(e.msg, rows[i].msg);
		assert_int_equal(e.kind, ERR_USAGE);
	}
	assert_false(tls_start(&tls, fd[0], (struct str){ nul, 26 }, &trust,
	    PKI_NOW, soon(), &e));
	assert_int_equal(e.kind, ERR_USAGE);
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i & 1 ? '.' : 'a';
	assert_false(tls_start(&tls, fd[0], (struct str){ deep, 255 }, &trust,
	    PKI_NOW, soon(), &e));
	assert_int_equal(e.kind, ERR_USAGE);
	close(fd[0]);
	assert_int_equal(read(fd[1], deep, 1), 0);
	close(fd[1]);
}

static void
interrupt(int number)
{
	(void)number;
}

/* A server that is silent, and one that drips, end at the deadline, though a
 * timer interrupts every wait.
 */
static void
deadlines(void **state)
{
	static const struct server rows[] = {
		{ .raw = S_INIT("\x16"), .drip_ms = 10000 },
		{ .raw = S_INIT("\x16\x03\x03\x02\x00\x02\x00\x01\xfc"
		    "0123456789012345678901234567890123456789"),
		    .drip_ms = 20 },
	};
	struct sigaction catch = { .sa_handler = interrupt };

	(void)state;
	sigaction(SIGALRM, &catch, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e;
		pid_t pid;
		int fd = start_server(&rows[i], &pid);
		int64_t begin = process_clock_ms(), took;
		bool done;

		believe("root.crt");
		ualarm(3000, 3000);
		done = tls_start(&tls, fd, S("good.example"), &trust, PKI_NOW,
		    begin + 200, &e);
		ualarm(0, 0);
		took = process_clock_ms() - begin;
		stop_server(fd, pid);
		assert_false(done);
		assert_string_equal(e.msg, "tls 'good.example': timed out");
		assert_int_equal(e.kind, ERR_NET);
		assert_in_range(took, 195, 1500);
	}
}

/* A quarter of a megabyte there and back, in turns as HTTP takes them, over
 * records of many sizes and under a timer.
 */
static void
bulk(void **state)
{
	struct sigaction catch = { .sa_handler = interrupt };
	static char out[20000], in[20000];
	struct server s = rsa_server;
	struct err e = { ERR_NONE, "" };
	pid_t pid;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 31 >> 3);
	s.echo = true;
	fd = start_server(&s, &pid);
	believe("root.crt");
	assert_true(tls_start(&tls, fd, S("good.example"), &trust, PKI_NOW,
	    soon(), &e));
	sigaction(SIGALRM, &catch, NULL);
	ualarm(1000, 1000);
	for (size_t n = 1; n <= sizeof(out); n += 733) {
		size_t have = 0, got;

		assert_true(tls_write(&tls, (struct str){ out, n }, soon(),
		    &e));
		while (have < n) {
			assert_true(tls_read(&tls, in + have, n - have, &got,
			    soon(), &e));
			assert_int_not_equal(got, 0);
			have += got;
		}
		assert_memory_equal(in, out, n);
	}
	ualarm(0, 0);
	tls_close(&tls);
	stop_server(fd, pid);
	assert_string_equal(e.msg, "");
}

/* A server that has gone fails the write, and no signal kills us. */
static void
gone(void **state)
{
	struct err e;
	pid_t pid;
	int fd = start_server(&rsa_server, &pid);
	bool done = true;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	believe("root.crt");
	assert_true(tls_start(&tls, fd, S("good.example"), &trust, PKI_NOW,
	    soon(), &e));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; done && i < 3; i++)
		done = tls_write(&tls, S("hello\n"), soon(), &e);
	assert_false(done);
	assert_int_equal(e.kind, ERR_NET);
	assert_string_equal(e.msg, "tls 'good.example': send: Broken pipe");
	tls_close(&tls);
	tls_close(&tls);
	close(fd);
}

/* Who has bytes to read may not write. */
static void
out_of_turn(void **state)
{
	pid_t pid;
	int fd = start_server(&rsa_server, &pid);
	size_t got;
	char c;
	struct err e;

	(void)state;
	believe("root.crt");
	assert_true(tls_start(&tls, fd, S("good.example"), &trust, PKI_NOW,
	    soon(), &e));
	assert_true(tls_write(&tls, S("hello\n"), soon(), &e));
	assert_true(tls_read(&tls, &c, 1, &got, soon(), &e));
	assert_false(tls_write(&tls, S("more"), soon(), &e));
	assert_string_equal(e.msg, "tls 'good.example': data out of turn");
	assert_int_equal(e.kind, ERR_REPLY);
	tls_close(&tls);
	stop_server(fd, pid);
}

static bool
start(void *me, struct err *e)
{
	return tls_start(&tls, *(int *)me, S("good.example"), &trust, PKI_NOW,
	    soon(), e);
}

static void
refused_calls(void **state)
{
	static const struct {
		struct refuse call;
		const char *msg;
	} cases[] = {
		{ { SYS_poll, ENOMEM },
		    "tls 'good.example': poll: Cannot allocate memory" },
		{ { SYS_getrandom, ENOSYS },
		    "tls 'good.example': getrandom: Function not implemented" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid;
		int fd = start_server(&rsa_server, &pid);
		struct err e;

		believe("root.crt");
		assert_false(refuse_run(&cases[i].call, 1, start, &fd, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_SYS);
		stop_server(fd, pid);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(refusals),
		cmocka_unit_test(names),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(bulk),
		cmocka_unit_test(gone),
		cmocka_unit_test(out_of_turn),
		cmocka_unit_test(refused_calls),
	};

	return cmocka_run_group_tests(tests, pki_make, pki_remove);
}
