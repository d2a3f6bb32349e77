#include "net/dns_tcp.h"

#include "sys/process.h"
#include "tests/unit/script.h"
#include "t.h"

/* Both ends in one line: a question of one byte, an answer of two. */
#define QUESTION "\0\1q"

static int
heard(int listener)
{
	int fd = script_accept(listener);
	char text[sizeof(QUESTION) - 1];

	script_want(read(fd, text, sizeof(text)) == sizeof(text));
	script_want(memcmp(text, QUESTION, sizeof(text)) == 0);
	return fd;
}

#define SERVER(name, answer) \
	static void \
	name(int listener) \
	{ \
		int fd = heard(listener); \
		script_say(fd, S(answer)); \
		close(fd); \
	}
SERVER(whole, "\0\2ab")
SERVER(empty, "\0\0")
SERVER(no_head, "\0")
SERVER(no_end, "\0\2a")
SERVER(large, "\xff\xff")

static void
mute(int listener)
{
	int fd = heard(listener);

	script_hear_end(fd);
}

static void
reset(int listener)
{
	script_reset(heard(listener));
}

static void
conversations(void **state)
{
	static const struct {
		void (*script)(int listener);
		struct str answer;
		const char *msg;
		enum err_kind kind;
	} cases[] = {
		{ whole, S_INIT("ab"), NULL, ERR_NONE },
		{ empty, S_INIT(""), NULL, ERR_NONE },
		{ no_head, S_INIT(""), "over TCP: closed the connection before"
		    " its answer's end", ERR_NET },
		{ no_end, S_INIT(""), "over TCP: closed the connection before"
		    " its answer's end", ERR_NET },
		{ mute, S_INIT(""), "over TCP: no answer", ERR_NET },
		{ reset, S_INIT(""), "over TCP: connection reset by peer",
		    ERR_NET },
		{ large, S_INIT(""), "over TCP: out of memory for its answer",
		    ERR_LIMIT },
	};
	const struct addr local = { .family = AF_INET, .ip = { 127, 0, 0, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server s = server_start(cases[i].script);
		static char mem[1024];
		struct arena a = { mem, sizeof(mem), 0 };
		struct str answer;
		struct err e = { ERR_NONE, "" };
		bool ok = dns_tcp(&local, s.port, S("q"), process_clock_ms() +
		    (cases[i].script == mute ? 200 : 5000), &a, &answer, &e);

		if (cases[i].msg) {
			assert_false(ok);
			assert_string_equal(e.msg, cases[i].msg);
		} else {
			assert_true(ok);
			assert_str_equal(answer, cases[i].answer);
		}
		assert_int_equal(e.kind, cases[i].kind);
		server_finish(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
