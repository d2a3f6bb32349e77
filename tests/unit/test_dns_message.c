#include "t.h"

#include "net/dns_message.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The question that all answers below are for. */
static const struct dns_question ours = { 0x1234, DNS_A, S_INIT("a.test") };
static const struct dns_question ours6 = {
	0x1234, DNS_AAAA, S_INIT("a.test"),
};

#define ID "\x12\x34"
#define COUNTS(qd, an, ns, ar) "\0" qd "\0" an "\0" ns "\0" ar
#define OK "\x81\x80"		/* QR RD RA */
#define NAME "\1a\4test\0"	/* at offset 12 */
#define QA NAME "\0\1\0\1"
#define QAAAA NAME "\0\x1c\0\1"
#define PTR "\xc0\x0c"		/* to NAME in the question */
#define TTL "\0\0\0\x3c"
#define A_TO(owner, ip) owner "\0\1\0\1" TTL "\0\4" ip
#define AAAA_TO(owner, ip) owner "\0\x1c\0\1" TTL "\0\x10" ip
#define CNAME_TO(owner, n, target) owner "\0\5\0\1" TTL "\0" n target
#define IP6 "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define ONE(rest) ID OK COUNTS("\1", "\1", "\0", "\0") QA rest

struct answer_case {
	const char *what;
	struct str msg;
	enum dns_says says;
	const char *ip;		/* the first one, when found */
	size_t count;
	unsigned rcode;
};

static const struct answer_case answers[] = {
	{ "one address", S_INIT(ONE(A_TO(PTR, "\xc0\0\2\1"))),
	    DNS_FOUND, "192.0.2.1", 1, 0 },
	{ "the owner spelt out", S_INIT(ONE(A_TO(NAME, "\xc0\0\2\1"))),
	    DNS_FOUND, "192.0.2.1", 1, 0 },
	{ "case does not matter",
	    S_INIT(ID OK COUNTS("\1", "\1", "\0", "\0") "\1A\4TeSt\0\0\1\0\1"
	    A_TO("\1a\4TEST\0", "\xc0\0\2\1")), DNS_FOUND, "192.0.2.1", 1, 0 },
	{ "two, authority and additional passed over",
	    S_INIT(ID OK COUNTS("\1", "\2", "\1", "\1") QA
	    A_TO(PTR, "\xc0\0\2\1") A_TO(PTR, "\xc0\0\2\2")
	    PTR "\0\2\0\1" TTL "\0\2" PTR "\0\0\x29\4\xd0\0\0\0\0\0\0"),
	    DNS_FOUND, "192.0.2.1", 2, 0 },
	{ "other types, classes and owners passed over",
	    S_INIT(ID OK COUNTS("\1", "\4", "\0", "\0") QA
	    AAAA_TO(PTR, IP6) PTR "\0\1\0\3" TTL "\0\2xx"
	    A_TO("\1b" "\xc0\x0e", "\xc0\0\2\7") A_TO(PTR, "\xc0\0\2\1")),
	    DNS_FOUND, "192.0.2.1", 1, 0 },
	{ "a CNAME followed",
	    S_INIT(ID OK COUNTS("\1", "\2", "\0", "\0") QA
	    CNAME_TO(PTR, "\4", "\1b" "\xc0\x0e")
	    A_TO("\1B" "\xc0\x0e", "\xc0\0\2\1")),
	    DNS_FOUND, "192.0.2.1", 1, 0 },
	{ "a chain out of order",
	    S_INIT(ID OK COUNTS("\1", "\3", "\0", "\0") QA
	    A_TO("\1c\0", "\xc0\0\2\1") CNAME_TO("\1b\0", "\3", "\1c\0")
	    CNAME_TO(PTR, "\3", "\1b\0")), DNS_FOUND, "192.0.2.1", 1, 0 },
	{ "a chain that leads out of the answer",
	    S_INIT(ONE(CNAME_TO(PTR, "\3", "\1b\0"))), DNS_NO_DATA, NULL, 0, 0 },
	{ "the address of somebody else only",
	    S_INIT(ONE(A_TO("\1b\0", "\xc0\0\2\1"))), DNS_NO_DATA, NULL, 0, 0 },
	{ "no record", S_INIT(ID OK COUNTS("\1", "\0", "\0", "\0") QA),
	    DNS_NO_DATA, NULL, 0, 0 },
	{ "no record, from who is in charge",
	    S_INIT(ID "\x85\0" COUNTS("\1", "\0", "\0", "\0") QA),
	    DNS_NO_DATA, NULL, 0, 0 },
	{ "no such name",
	    S_INIT(ID "\x81\x83" COUNTS("\1", "\0", "\0", "\0") QA),
	    DNS_NO_NAME, NULL, 0, 3 },
	{ "an alias of no such name",
	    S_INIT(ID "\x81\x83" COUNTS("\1", "\1", "\0", "\0") QA
	    CNAME_TO(PTR, "\3", "\1b\0")), DNS_NO_NAME, NULL, 0, 3 },

	{ "truncated", S_INIT(ID "\x83\x80" COUNTS("\1", "\0", "\0", "\0") QA),
	    DNS_CUT, NULL, 0, 0 },
	{ "truncated within a record",
	    S_INIT(ID "\x83\x80" COUNTS("\1", "\1", "\0", "\0") QA PTR "\0"),
	    DNS_CUT, NULL, 0, 0 },

	{ "SERVFAIL", S_INIT(ID "\x81\x82" COUNTS("\1", "\0", "\0", "\0") QA),
	    DNS_FAILED, NULL, 0, 2 },
	{ "REFUSED", S_INIT(ID "\x81\x85" COUNTS("\1", "\0", "\0", "\0") QA),
	    DNS_FAILED, NULL, 0, 5 },
	{ "REFUSED, question not repeated",
	    S_INIT(ID "\x81\x85" COUNTS("\0", "\0", "\0", "\0")),
	    DNS_FAILED, NULL, 0, 5 },
	{ "FORMERR, question not repeated",
	    S_INIT(ID "\x81\x81" COUNTS("\0", "\0", "\0", "\0")),
	    DNS_FAILED, NULL, 0, 1 },
	{ "a referral",
	    S_INIT(ID "\x81\0" COUNTS("\1", "\0", "\1", "\0") QA
	    PTR "\0\2\0\1" TTL "\0\2" PTR), DNS_FAILED, NULL, 0, 0 },

	{ "nothing", S_INIT(""), DNS_NOT_OURS, NULL, 0, 0 },
	{ "less than a header", S_INIT(ID OK "\0\1\0\0\0\0\0"),
	    DNS_NOT_OURS, NULL, 0, 0 },
	{ "another id",
	    S_INIT("\x12\x35" OK COUNTS("\1", "\1", "\0", "\0") QA
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "the id with its bytes swapped",
	    S_INIT("\x34\x12" OK COUNTS("\1", "\1", "\0", "\0") QA
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "a question, ours come back",
	    S_INIT(ID "\1\0" COUNTS("\1", "\0", "\0", "\0") QA),
	    DNS_NOT_OURS, NULL, 0, 0 },
	{ "another opcode",
	    S_INIT(ID "\xa1\x80" COUNTS("\1", "\1", "\0", "\0") QA
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "no question",
	    S_INIT(ID OK COUNTS("\0", "\1", "\0", "\0")
	    A_TO(NAME, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "no such name, question not repeated",
	    S_INIT(ID "\x81\x83" COUNTS("\0", "\0", "\0", "\0")),
	    DNS_NOT_OURS, NULL, 0, 0 },
	{ "two questions",
	    S_INIT(ID OK COUNTS("\2", "\1", "\0", "\0") QA QA
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "another name",
	    S_INIT(ID OK COUNTS("\1", "\1", "\0", "\0") "\1b\4test\0\0\1\0\1"
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "the name's beginning",
	    S_INIT(ID OK COUNTS("\1", "\1", "\0", "\0") "\1a\0\0\1\0\1"
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "another cut of the same letters",
	    S_INIT(ID OK COUNTS("\1", "\1", "\0", "\0") "\6a.test\0\0\1\0\1"
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "another type",
	    S_INIT(ID OK COUNTS("\1", "\1", "\0", "\0") QAAAA
	    AAAA_TO(PTR, IP6)), DNS_NOT_OURS, NULL, 0, 0 },
	{ "another class",
	    S_INIT(ID OK COUNTS("\1", "\1", "\0", "\0") NAME "\0\1\0\3"
	    A_TO(PTR, "\xc0\0\2\1")), DNS_NOT_OURS, NULL, 0, 0 },
	{ "the question cut short",
	    S_INIT(ID OK COUNTS("\1", "\0", "\0", "\0") NAME "\0\1\0"),
	    DNS_NOT_OURS, NULL, 0, 0 },

	{ "fewer records than counted", S_INIT(ONE("")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "fewer additional ones than counted",
	    S_INIT(ID OK COUNTS("\1", "\1", "\0", "\1") QA
	    A_TO(PTR, "\xc0\0\2\1")), DNS_BROKEN, NULL, 0, 0 },
	{ "no such name, and a record is missing",
	    S_INIT(ID "\x81\x83" COUNTS("\1", "\0", "\1", "\0") QA),
	    DNS_BROKEN, NULL, 0, 3 },
	{ "a byte behind the end", S_INIT(ONE(A_TO(PTR, "\xc0\0\2\1") "x")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "an address of three bytes",
	    S_INIT(ONE(PTR "\0\1\0\1" TTL "\0\3" "\xc0\0\2")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "an address of five bytes",
	    S_INIT(ONE(PTR "\0\1\0\1" TTL "\0\5" "\xc0\0\2\1\1")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "an IPv6 address of four bytes",
	    S_INIT(ONE(PTR "\0\x1c\0\1" TTL "\0\4" "\xc0\0\2\1")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "data longer than the message",
	    S_INIT(ONE(PTR "\0\1\0\1" TTL "\xff\xff" "\xc0\0\2\1")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a record cut in its head", S_INIT(ONE(PTR "\0\1\0\1\0")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a pointer to itself", S_INIT(ONE(A_TO("\xc0\x18", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a pointer to its own label",
	    S_INIT(ONE(A_TO("\1b\xc0\x18", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "two pointers at each other",
	    S_INIT(ONE(A_TO("\xc0\x1a\xc0\x18", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a pointer ahead", S_INIT(ONE(A_TO("\xc0\x20", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a pointer beyond the end",
	    S_INIT(ONE(A_TO("\xff\xff", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a pointer into the header",
	    S_INIT(ONE(A_TO("\xc0\x04", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "half a pointer", S_INIT(ONE("\xc0")), DNS_BROKEN, NULL, 0, 0 },
	{ "a label of 64 bytes",
	    S_INIT(ONE(A_TO("\x40" "0123456789012345678901234567890123456789"
	    "012345678901234567890123\0", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a label of the reserved kind",
	    S_INIT(ONE(A_TO("\x80\0", "\xc0\0\2\1"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "a name without an end", S_INIT(ONE("\1b\1b")),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "an alias to its own end",
	    S_INIT(ONE(CNAME_TO(PTR, "\4", "\1b\0\0"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "an alias longer than its data",
	    S_INIT(ONE(CNAME_TO(PTR, "\2", "\1b\0"))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "an alias of no bytes", S_INIT(ONE(CNAME_TO(PTR, "\0", ""))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "an alias of itself", S_INIT(ONE(CNAME_TO(PTR, "\2", PTR))),
	    DNS_BROKEN, NULL, 0, 0 },
	{ "two aliases of each other",
	    S_INIT(ID OK COUNTS("\1", "\2", "\0", "\0") QA
	    CNAME_TO(PTR, "\3", "\1b\0") CNAME_TO("\1b\0", "\2", PTR)),
	    DNS_BROKEN, NULL, 0, 0 },
};

static void
check(const struct answer_case *c, const struct dns_question *q)
{
	struct addr out[4];
	size_t count = 99;
	unsigned rcode = 99;
	enum dns_says says = dns_answer_read(t_edge(c->msg), q, out,
	    COUNT(out), &count, &rcode);
	char text[64];
	struct buf b = BUF(text);

	if (says != c->says)
		fail_msg("%s: %d, not %d", c->what, (int)says, (int)c->says);
	assert_int_equal(rcode, says == DNS_NOT_OURS ? 99 : c->rcode);
	assert_int_equal(count, says == DNS_FOUND ? c->count : 99);
	if (says == DNS_FOUND) {
		addr_format(&out[0], &b);
		assert_str_equal(buf_str(&b), str_of(c->ip));
	}
}

static void
t_answers(void **state)
{
	const struct answer_case six = {
		"AAAA", S_INIT(ID OK COUNTS("\1", "\2", "\0", "\0") QAAAA
		A_TO(PTR, "\xc0\0\2\1") AAAA_TO(PTR, IP6)),
		DNS_FOUND, "2001:db8::1", 1, 0,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++)
		check(&answers[i], &ours);
	check(&six, &ours6);
}

/* No beginning of a good answer passes for an answer. */
static void
t_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		const struct answer_case *c = &answers[i];

		if (c->says == DNS_NOT_OURS || c->says > DNS_NO_NAME)
			continue;
		for (size_t n = 0; n < c->msg.n; n++) {
			struct addr out[4];
			size_t count;
			unsigned rcode;
			enum dns_says says = dns_answer_read(
			    t_edge(str_head(c->msg, n)), &ours, out,
			    COUNT(out), &count, &rcode);

			if (says != DNS_NOT_OURS && says != DNS_BROKEN)
				fail_msg("%s, %zu bytes of it: %d", c->what,
				    n, (int)says);
		}
	}
}

/* A chain of DNS_CNAME_MAX aliases is followed, a longer one is not. */
static void
t_long_chain(void **state)
{
	(void)state;
	for (unsigned links = DNS_CNAME_MAX; links <= DNS_CNAME_MAX + 1;
	    links++) {
		char msg[1024];
		struct buf b = BUF(msg);
		struct addr out[2];
		size_t count = 0;
		unsigned rcode;
		char owner = 'a';

		buf_add(&b, S(ID OK "\0\1\0"));
		buf_char(&b, (char)(links + 1));
		buf_add(&b, S("\0\0\0\0" QA));
		buf_add(&b, S(CNAME_TO(PTR, "\3", "\1a\0")));
		for (unsigned i = 1; i < links; i++) {
			buf_char(&b, 1);
			buf_char(&b, owner++);
			buf_add(&b, S(CNAME_TO("\0", "\3", "\1")));
			buf_char(&b, owner);
			buf_char(&b, 0);
		}
		buf_char(&b, 1);
		buf_char(&b, owner);
		buf_add(&b, S(A_TO("\0", "\xc0\0\2\1")));
		assert_false(b.full);
		assert_int_equal(dns_answer_read(t_edge(buf_str(&b)), &ours,
		    out, COUNT(out), &count, &rcode),
		    links > DNS_CNAME_MAX ? DNS_BROKEN : DNS_FOUND);
	}
}

/* A name of DNS_JUMPS_MAX pointers is read, a longer one is not: else an answer
 * full of names that share one long chain would take seconds.
 */
static void
t_long_jump(void **state)
{
	(void)state;
	for (unsigned jumps = DNS_JUMPS_MAX; jumps <= DNS_JUMPS_MAX + 1;
	    jumps++) {
		char msg[1024];
		struct buf b = BUF(msg);
		struct addr out[2];
		size_t count = 0, at = 12;	/* the question's name */
		unsigned rcode;

		/* All but one of them in the data of a TXT record. */
		buf_add(&b, S(ID OK COUNTS("\1", "\2", "\0", "\0") QA
		    "\0\0\20\0\1\0\0\0\0"));
		buf_char(&b, (char)((2 * (jumps - 1)) >> 8));
		buf_char(&b, (char)(2 * (jumps - 1)));
		for (unsigned i = 1; i < jumps; i++) {
			size_t next = b.n;

			buf_char(&b, (char)(0xc0 | at >> 8));
			buf_char(&b, (char)at);
			at = next;
		}
		buf_char(&b, (char)(0xc0 | at >> 8));
		buf_char(&b, (char)at);
		buf_add(&b, S(A_TO("", "\xc0\0\2\1")));
		assert_false(b.full);
		assert_int_equal(dns_answer_read(t_edge(buf_str(&b)), &ours,
		    out, COUNT(out), &count, &rcode),
		    jumps > DNS_JUMPS_MAX ? DNS_BROKEN : DNS_FOUND);
	}
}

/* An owner of 255 bytes in wire form is read, one of 256 is not. */
static void
t_long_owner(void **state)
{
	static const char letters[64] =
	    "0123456789012345678901234567890123456789012345678901234567890123";

	(void)state;
	for (unsigned last = 61; last <= 62; last++) {
		char msg[1024];
		struct buf b = BUF(msg);
		struct addr out[2];
		size_t count = 0;
		unsigned rcode;

		buf_add(&b, S(ID OK COUNTS("\1", "\1", "\0", "\0") QA));
		for (int i = 0; i < 3; i++) {
			buf_char(&b, 63);
			buf_add(&b, (struct str){ letters, 63 });
		}
		buf_char(&b, (char)last);
		buf_add(&b, (struct str){ letters, last });
		buf_add(&b, S(A_TO("\0", "\xc0\0\2\1")));
		assert_int_equal(dns_answer_read(t_edge(buf_str(&b)), &ours,
		    out, COUNT(out), &count, &rcode),
		    last == 61 ? DNS_NO_DATA : DNS_BROKEN);
	}
}

/* More addresses than there is room for. */
static void
t_room(void **state)
{
	struct str msg = S(ID OK COUNTS("\1", "\3", "\0", "\0") QA
	    A_TO(PTR, "\xc0\0\2\1") A_TO(PTR, "\xc0\0\2\2")
	    A_TO(PTR, "\xc0\0\2\3"));
	struct addr out[3] = { [2] = { .family = 7 } };
	size_t count;
	unsigned rcode;

	(void)state;
	assert_int_equal(dns_answer_read(msg, &ours, out, 2, &count, &rcode),
	    DNS_FOUND);
	assert_int_equal(count, 2);
	assert_int_equal(out[1].ip[3], 2);
	assert_int_equal(out[2].family, 7);
}

static void
t_rcodes(void **state)
{
	(void)state;
	assert_string_equal(dns_rcode_text(5), "REFUSED");
	assert_string_equal(dns_rcode_text(6),
	    "answered with an unknown error");
}

static void
t_question(void **state)
{
	char wire[DNS_QUESTION_MAX];
	struct buf b = BUF(wire);

	(void)state;
	dns_question_write(&ours, &b);
	assert_false(b.full);
	assert_str_equal(buf_str(&b), S(ID "\1\0" COUNTS("\1", "\0", "\0",
	    "\0") QA));
	b = BUF(wire);
	dns_question_write(&ours6, &b);
	assert_str_equal(buf_str(&b), S(ID "\1\0" COUNTS("\1", "\0", "\0",
	    "\0") QAAAA));
}

#define L63 "012345678901234567890123456789012345678901234567890123456789012"
#define N253 L63 "." L63 "." L63 "." \
    "0123456789012345678901234567890123456789012345678901234567890"

static void
t_names(void **state)
{
	static const struct {
		struct str name;
		bool ok;
	} cases[] = {
		{ S_INIT("a"), true },
		{ S_INIT("A-b_c.9"), true },
		{ S_INIT("_sip._tcp.example"), true },
		{ S_INIT(L63 ".test"), true },
		{ S_INIT(N253), true },
		{ S_INIT(""), false },
		{ S_INIT("."), false },
		{ S_INIT("a."), false },
		{ S_INIT(".a"), false },
		{ S_INIT("a..b"), false },
		{ S_INIT("a b"), false },
		{ S_INIT("a\0b"), false },
		{ S_INIT("a\n"), false },
		{ S_INIT("a/b"), false },
		{ S_INIT("a:80"), false },
		{ S_INIT("a%00"), false },
		{ S_INIT("[::1]"), false },
		{ S_INIT("*.test"), false },
		{ S_INIT("caf\xc3\xa9.test"), false },
		{ S_INIT("0" L63 ".test"), false },
		{ S_INIT("a." N253), false },
		{ S_INIT(N253 "0"), false },
	};
	char wire[DNS_QUESTION_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dns_question q = { 1, DNS_A, cases[i].name };
		struct buf b = BUF(wire);

		if (dns_name_ok(t_edge(cases[i].name)) != cases[i].ok)
			fail_msg("'%.*s'", STR_ARG(cases[i].name));
		if (!cases[i].ok)
			continue;
		dns_question_write(&q, &b);
		assert_false(b.full);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_answers),
		cmocka_unit_test(t_every_cut),
		cmocka_unit_test(t_long_chain),
		cmocka_unit_test(t_long_jump),
		cmocka_unit_test(t_long_owner),
		cmocka_unit_test(t_room),
		cmocka_unit_test(t_rcodes),
		cmocka_unit_test(t_question),
		cmocka_unit_test(t_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
