/* The client over TLS: what tls.c tells it about the end of an answer, and
 * which connections may be used again.
 */
#include "t.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <bearssl.h>

#include "sys/process.h"
#include "tests/unit/pki.h"
#include "tests/unit/script.h"

/* The server's side: one connection at a time. */

static struct peer {
	int fd;
	br_ssl_server_context c;
	br_sslio_context io;
	unsigned char records[BR_SSL_BUFSIZE_BIDI];
} peer;

static int
low_read(void *me, unsigned char *p, size_t n)
{
	ssize_t got = read(*(int *)me, p, n);

	return got > 0 ? (int)got : -1;
}

static int
low_write(void *me, const unsigned char *p, size_t n)
{
	ssize_t put = send(*(int *)me, p, n, MSG_NOSIGNAL);

	return put > 0 ? (int)put : -1;
}

/* Over peer.fd. */
static void
shake_hands(void)
{
	static br_skey_decoder_context key;
	static char memory[1 << 16];
	struct arena a = { memory, sizeof(memory), 0 };
	struct str leaf = pki_file("good.der", &a);
	struct str inter = pki_file("inter.der", &a);
	struct str der = pki_file("r3.key.der", &a);
	br_x509_certificate chain[] = {
		{ (unsigned char *)leaf.p, leaf.n },
		{ (unsigned char *)inter.p, inter.n },
	};

	br_skey_decoder_init(&key);
	br_skey_decoder_push(&key, der.p, der.n);
	br_ssl_server_init_full_rsa(&peer.c, chain, 2,
	    br_skey_decoder_get_rsa(&key));
	br_ssl_engine_set_buffer(&peer.c.eng, peer.records,
	    sizeof(peer.records), 1);
	br_ssl_engine_inject_entropy(&peer.c.eng, "not random at all", 17);
	script_want(br_ssl_server_reset(&peer.c));
	br_sslio_init(&peer.io, &peer.c.eng, low_read, &peer.fd, low_write,
	    &peer.fd);
	/* The handshake, so that certificate refusals end here. */
	if (br_sslio_flush(&peer.io) < 0)
		_exit(0);
}

static void
next_peer(int listener)
{
	peer.fd = script_accept(listener);
	shake_hands();
}

static void
hear(void)
{
	char text[1000] = "";
	size_t got = 0;

	while (!strstr(text, "\r\n\r\n")) {
		int n = br_sslio_read(&peer.io, text + got,
		    sizeof(text) - 1 - got);

		script_want(n > 0);
		got += (size_t)n;
	}
	script_want(!strstr(text, "Proxy-"));
}

static void
say_more(struct str s)
{
	script_want(br_sslio_write_all(&peer.io, s.p, s.n) == 0);
}

static void
say(struct str s)
{
	say_more(s);
	script_want(br_sslio_flush(&peer.io) == 0);
}

static void
end(void)
{
	br_sslio_close(&peer.io);
	close(peer.fd);
}

/* close_notify, and not a word before it. */
static void
hear_end(void)
{
	char c;

	script_want(br_sslio_read(&peer.io, &c, 1) < 0);
	script_want(br_ssl_engine_last_error(&peer.c.eng) == BR_ERR_OK);
	close(peer.fd);
}

static void
until_close(int listener)
{
	next_peer(listener);
	hear();
	say(S(OK11 "\r\nhello"));
	end();
}

static void
cut_off(int listener)
{
	next_peer(listener);
	hear();
	say(S(OK11 "\r\nhello"));
	close(peer.fd);
}

static void
cut_off_complete(int listener)
{
	next_peer(listener);
	hear();
	say(S(OK11 "Connection: close\r\nContent-Length: 5\r\n\r\nhello"));
	close(peer.fd);
}

static void
cut_off_short(int listener)
{
	next_peer(listener);
	hear();
	say(S(OK11 "Content-Length: 10\r\n\r\nhello"));
	end();
}

static void
answer_three(void)
{
	hear();
	say(S(OK11 "Content-Length: 3\r\n\r\none"));
	hear();
	say(S(OK11 "Content-Length: 3\r\n\r\ntwo"));
	hear();
	say(S(OK11 "Content-Length: 5\r\n\r\nthree"));
	hear_end();
}

static void
three_on_one(int listener)
{
	next_peer(listener);
	answer_three();
}

static void
three_through_a_tunnel(int listener)
{
	peer.fd = script_accept(listener);
	script_hear_text(peer.fd, "CONNECT 192.0.2.1:443 HTTP/1.1\r\n"
	    "Host: 192.0.2.1:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
	script_say(peer.fd, S("HTTP/1.1 200 Go\r\nVia: tattletale\r\n\r\n"));
	shake_hands();
	answer_three();
}

static void
closes_between(int listener)
{
	next_peer(listener);
	hear();
	say(S(OK11 "Content-Length: 3\r\n\r\none"));
	end();
	three_on_one(listener);
}

static void
cuts_between(int listener)
{
	next_peer(listener);
	hear();
	say(S(OK11 "Content-Length: 3\r\n\r\none"));
	hear();
	close(peer.fd);
	three_on_one(listener);
}

static void
left_alone_after_one(int listener)
{
	next_peer(listener);
	hear();
	say(S(OK11 "Content-Length: 3\r\n\r\none"));
	hear_end();
	three_on_one(listener);
}

/* A second answer in a record of its own stays inside the engine. */
static void
says_too_much(int listener)
{
	next_peer(listener);
	hear();
	say_more(S(OK11 "Content-Length: 3\r\n\r\none"));
	say(S(OK11 "Content-Length: 4\r\n\r\nevil"));
	close(peer.fd);
	three_on_one(listener);
}

static void
mute(int listener)
{
	char c[1024];
	int fd = script_accept(listener);

	while (read(fd, c, sizeof(c)) > 0)
		continue;
}

/* The client's side. */

static struct http *
client(struct arena *a, const char *bundle)
{
	static char path[200];
	const struct http_conf conf = { .ca_bundle = path };
	struct http *h;
	struct err e;

	(void)snprintf(path, sizeof(path), "%s", pki_path(bundle));
	assert_true(http_new(&conf, a, &h, &e));
	return h;
}

static struct http_req
get(struct server s)
{
	return (struct http_req){
		.method = S("GET"),
		.to = { .tls = true, .literal = true, .host = S("127.0.0.1"),
		    .port = s.port },
		.verify = S("good.example"),
		.deadline = process_clock_ms() + 10000,
	};
}

static void
one_answer(void **state)
{
	static const struct {
		void (*script)(int);
		const char *body, *msg;	/* one of the two */
	} cases[] = {
		{ until_close, "hello", NULL },
		{ cut_off_complete, "hello", NULL },
		{ cut_off, NULL, "tls '127.0.0.1': truncated: the connection"
		    " ended without close_notify" },
		{ cut_off_short, NULL, "http '127.0.0.1': truncated: 5 of"
		    " 10 bytes of the body came" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct http *h = client(&a, "root.crt");
		struct server s = server_start(cases[i].script);
		struct http_req req = get(s);
		struct http_res res;
		struct err e = { ERR_NONE, "" };
		size_t mark = a.used;
		bool ok = http_exchange(h, &req, PKI_NOW, &a, &res, &e);

		http_close(h);
		server_finish(s);
		assert_int_equal(ok, cases[i].body != NULL);
		if (ok) {
			assert_str_equal(res.body, str_of(cases[i].body));
			continue;
		}
		assert_non_null(strstr(e.msg, strchr(cases[i].msg, ':')));
		assert_int_equal(e.kind, ERR_NET);
		assert_int_equal(res.phase, HTTP_RECEIVE);
		assert_int_equal(a.used, mark);
	}
}

static void
keeps_the_connection(void **state)
{
	static void (*const scripts[])(int) = {
		three_on_one, closes_between, cuts_between, says_too_much,
	};
	static const char *bodies[] = { "one", "one", "two", "three" };

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		struct arena a = t_arena();
		struct http *h = client(&a, "root.crt");
		struct server s = server_start(scripts[i]);
		struct http_req req = get(s);
		int stop[2];

		/* From the start, or from the first exchange on. */
		if (i == 0) {
			assert_int_equal(pipe(stop), 0);
			http_prepare(h, &req, PKI_NOW, &stop[0], &a);
			assert_true(http_ready(h, &req));
			/* It is too late to stop that. */
			assert_int_equal(write(stop[1], "", 1), 1);
		}
		for (size_t j = i > 0 ? 0 : 1; j < 4; j++) {
			struct http_res res;
			struct err e;

			req = get(s);
			if (!http_exchange(h, &req, PKI_NOW, &a, &res, &e))
				fail_msg("%zu: %s", i, e.msg);
			assert_str_equal(res.body, str_of(bodies[j]));
			if (j == 0)
				script_nap(50);
		}
		if (i == 0) {
			close(stop[0]);
			close(stop[1]);
		}
		http_close(h);
		server_finish(s);
	}
}

/* Another process goes on with it, and nobody has said good-bye. */
static void
leaves_it_to_another(void **state)
{
	static const char *bodies[] = { "one", "two", "three" };
	struct arena a = t_arena();
	struct http *h = client(&a, "root.crt");
	struct server s = server_start(three_on_one);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		pid_t pid = i == 1 ? fork() : 0;

		if (pid > 0) {
			http_leave(h);
			assert_int_equal(waitpid(pid, NULL, 0), pid);
			break;
		}
		if (!http_exchange(h, &req, PKI_NOW, &a, &res, &e))
			fail_msg("%s", e.msg);
		assert_str_equal(res.body, str_of(bodies[i]));
		if (i == 2) {
			http_close(h);
			_exit(0);
		}
	}
	server_finish(s);
}

/* One CONNECT, and then the target alone. */
static void
keep_the_tunnel(bool ahead)
{
	enum { LOOK = 1 << 20 };
	static const char *bodies[] = { "one", "two", "three" };
	struct arena a = { t_arena().p, LOOK, 0 };
	struct server s = server_start(three_through_a_tunnel);
	char proxy[40];
	struct http_conf conf = { .ca_bundle = pki_path("root.crt") };
	struct http *h;
	struct err e;

	memset(a.p, 0, LOOK);
	(void)snprintf(proxy, sizeof(proxy), "u:p@127.0.0.1:%u", s.port);
	conf.proxy.https.value = str_of(proxy);
	assert_true(http_new(&conf, &a, &h, &e));
	for (size_t i = 0; i < 3; i++) {
		struct http_req req = get(s);
		struct http_res res;

		req.to.host = S("192.0.2.1");
		req.to.port = 443;
		if (i == 0 && ahead) {
			http_prepare(h, &req, PKI_NOW, NULL, &a);
			assert_true(http_ready(h, &req));
		}
		if (!http_exchange(h, &req, PKI_NOW, &a, &res, &e))
			fail_msg("%s", e.msg);
		assert_str_equal(res.body, str_of(bodies[i]));
	}
	assert_null(memmem(a.p, LOOK, "tattletale", 10));
	assert_null(memmem(a.p, LOOK, "dTpw", 4));
	http_close(h);
	server_finish(s);
}

static void
keeps_the_tunnel(void **state)
{
	(void)state;
	keep_the_tunnel(false);
	keep_the_tunnel(true);
}

/* A connection made for one name is none for another. */
static void
keeps_names_apart(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a, "root.crt");
	struct server s = server_start(left_alone_after_one);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;

	(void)state;
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	req.verify = S("a.wild.example");
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("one"));
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("two"));
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	http_close(h);
	server_finish(s);
}

/* Two names of one file: only the text tells that they may differ. */
static void
two_paths(char path[2][200])
{
	(void)snprintf(path[0], 200, "%s", pki_path("root.crt"));
	(void)snprintf(path[1], 200, "%s", pki_path("./root.crt"));
}

/* Nor is one that was made with one request's own authorities for another. */
static void
own_anchors(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a, "root.crt");
	struct server s = server_start(left_alone_after_one);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;
	char path[2][200];

	(void)state;
	two_paths(path);
	http_ca_bundle(h, "/nonexistent");
	req.anchors = path[0];
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("one"));
	req.anchors = path[1];
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("one"));
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("two"));
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	http_close(h);
	server_finish(s);
}

/* Nor with the client's, once it has others. */
static void
keeps_bundles_apart(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a, "root.crt");
	struct server s = server_start(left_alone_after_one);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;
	char path[2][200];

	(void)state;
	two_paths(path);
	http_ca_bundle(h, path[0]);
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("one"));
	http_ca_bundle(h, path[1]);
	assert_false(http_ready(h, &req));
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("one"));
	http_ca_bundle(h, path[1]);
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("two"));
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	http_close(h);
	server_finish(s);
}

static void
refusals(void **state)
{
	static const struct {
		const char *bundle, *verify, *msg;
		enum err_kind kind;
	} cases[] = {
		{ "root.crt", "bad.example", "tls 'bad.example': certificate"
		    " is not for 'bad.example' but for 'good.example' and 1"
		    " more", ERR_TRUST },
		{ "root.crt", "", "tls: '127.0.0.1' is an address; a"
		    " certificate is checked by host name", ERR_USAGE },
		{ "eroot.crt", "good.example", NULL, ERR_TRUST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct http *h = client(&a, cases[i].bundle);
		struct server s = server_start(until_close);
		struct http_req req = get(s);
		struct http_res res;
		struct err e = { ERR_NONE, "" };
		size_t mark = a.used;

		req.verify = str_of(cases[i].verify);
		assert_false(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
		server_finish(s);
		if (cases[i].msg)
			assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(res.phase, HTTP_TLS);
		assert_false(res.timed_out);
		assert_int_equal(a.used, mark);
	}
}

static void
changes_anchors(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a, "eroot.crt");
	struct server s = server_start(until_close);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;
	char path[200];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", pki_path("root.crt"));
	http_ca_bundle(h, path);
	assert_true(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	assert_str_equal(res.body, S("hello"));
	server_finish(s);
}

static void
mute_handshake(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a, "root.crt");
	struct server s = server_start(mute);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;

	(void)state;
	req.deadline = process_clock_ms() + 200;
	assert_false(http_exchange(h, &req, PKI_NOW, &a, &res, &e));
	server_finish(s);
	assert_non_null(strstr(e.msg, "tls '127.0.0.1': handshake: timed out"
	    " after "));
	assert_true(res.timed_out);
	assert_int_equal(res.phase, HTTP_TLS);
	assert_int_equal(e.kind, ERR_NET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answer),
		cmocka_unit_test(keeps_the_connection),
		cmocka_unit_test(leaves_it_to_another),
		cmocka_unit_test(keeps_the_tunnel),
		cmocka_unit_test(keeps_names_apart),
		cmocka_unit_test(own_anchors),
		cmocka_unit_test(keeps_bundles_apart),
		cmocka_unit_test(refusals),
		cmocka_unit_test(changes_anchors),
		cmocka_unit_test(mute_handshake),
	};

	return cmocka_run_group_tests(tests, pki_make, pki_remove);
}
