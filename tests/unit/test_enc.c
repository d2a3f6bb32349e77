#include "t.h"

#include "base/enc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
t_hex(void **state)
{
	char mem[512];
	struct buf b = BUF(mem);

	(void)state;
	for (int i = 0; i < 256; i++) {
		static const char lower[] = "0123456789abcdef";
		static const char upper[] = "0123456789ABCDEF";
		char c = (char)i;
		const char *p = i ? strchr(lower, i) : NULL;
		const char *q = i ? strchr(upper, i) : NULL;

		assert_int_equal(hex_digit(c), p ? p - lower :
		    q ? q - upper : -1);
		buf_hex(&b, (struct str){ &c, 1 });
		assert_int_equal(b.p[2 * i], lower[i / 16]);
		assert_int_equal(b.p[2 * i + 1], lower[i % 16]);
	}
	assert_false(b.full);
	buf_hex(&b, S("x"));
	assert_true(b.full);
	buf_wipe(&b);
	buf_hex(&b, t_edge(S("AWS\0\xff")));
	assert_str_equal(buf_str(&b), S("41575300ff"));
}

/* RFC 4648 section 10, and bytes that use the last two digits. */
static const struct {
	struct str plain, coded;
} pairs[] = {
	{ S_INIT(""), S_INIT("") },
	{ S_INIT("f"), S_INIT("Zg==") },
	{ S_INIT("fo"), S_INIT("Zm8=") },
	{ S_INIT("foo"), S_INIT("Zm9v") },
	{ S_INIT("foob"), S_INIT("Zm9vYg==") },
	{ S_INIT("fooba"), S_INIT("Zm9vYmE=") },
	{ S_INIT("foobar"), S_INIT("Zm9vYmFy") },
	{ S_INIT("\0"), S_INIT("AA==") },
	{ S_INIT("\xfb\xef\xbe\xff\xff\xff"), S_INIT("++++////") },
	{ S_INIT("AWS:x\0y"), S_INIT("QVdTOngAeQ==") },
};

static void
t_sha1(void **state)
{
	static const struct {
		struct str s, hex;
	} cases[] = {
		/* RFC 3174 7.3, and the name of a session. */
		{ S_INIT(""),
		    S_INIT("da39a3ee5e6b4b0d3255bfef95601890afd80709") },
		{ S_INIT("abc"),
		    S_INIT("a9993e364706816aba3e25717850c26c9cd0d89d") },
		{ S_INIT("my-sso"),
		    S_INIT("0ad374308c5a4e22f723adf10145eafad7c4031c") },
	};
	char small[39];
	struct buf b = BUF(small);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char mem[41] = "";
		struct buf out = BUF(mem);

		buf_sha1_hex(&out, t_edge(cases[i].s));
		assert_str_equal(buf_str(&out), cases[i].hex);
	}
	buf_sha1_hex(&b, S(""));
	assert_true(b.full);
}

static void
t_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct arena a = t_arena();
		char mem[64];
		struct buf b = BUF(mem);
		struct err e = { 0 };
		struct str out;

		buf_base64(&b, t_edge(pairs[i].plain));
		assert_str_equal(buf_str(&b), pairs[i].coded);
		assert_true(base64_decode(t_edge(pairs[i].coded), &a, &out,
		    &e));
		assert_str_equal(out, pairs[i].plain);
	}
}

/* As base64, but for the last two digits and the padding. */
static void
t_base64url(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		char mem[64], want[64];
		struct buf b = BUF(mem), w = BUF(want);

		for (size_t k = 0; k < pairs[i].coded.n; k++) {
			char c = pairs[i].coded.p[k];

			if (c != '=')
				buf_char(&w, c == '+' ? '-' :
				    c == '/' ? '_' : c);
		}
		buf_base64url(&b, t_edge(pairs[i].plain));
		assert_str_equal(buf_str(&b), buf_str(&w));
	}
}

static void
t_base64_every_byte(void **state)
{
	struct arena a = t_arena();
	char all[256], mem[400];
	struct buf b = BUF(mem);
	struct err e = { 0 };
	struct str out;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	for (size_t n = 0; n <= 256; n++) {
		buf_wipe(&b);
		buf_base64(&b, (struct str){ all, n });
		assert_true(base64_decode(buf_str(&b), &a, &out, &e));
		assert_str_equal(out, ((struct str){ all, n }));
	}
}

static void
t_base64_refused(void **state)
{
	static const struct {
		struct str s;
		const char *msg;
	} cases[] = {
#define LENGTH(n) "base64 of " #n " bytes, no multiple of 4"
		{ S_INIT("Z"), LENGTH(1) },
		{ S_INIT("Zg"), LENGTH(2) },
		{ S_INIT("Zg="), LENGTH(3) },
		{ S_INIT("Zm9v\n"), LENGTH(5) },
#define BYTE(n) "not base64 at byte " #n
		{ S_INIT("===="), BYTE(0) },
		{ S_INIT("Z==="), BYTE(0) },
		{ S_INIT("Zg=v"), BYTE(0) },
		{ S_INIT("=m9v"), BYTE(0) },
		{ S_INIT("Zg==Zg=="), BYTE(0) },
		{ S_INIT("Zm8=Zm9v"), BYTE(0) },
		{ S_INIT("Zm9vZg=a"), BYTE(4) },
		{ S_INIT("Zm9v===="), BYTE(4) },
		{ S_INIT("Zh=="), BYTE(0) },	/* bits that padding hides */
		{ S_INIT("Zm9="), BYTE(0) },
		{ S_INIT("Zm9\n"), BYTE(0) },
		{ S_INIT(" Zm9"), BYTE(0) },
		{ S_INIT("Zm-_"), BYTE(0) },	/* the URL alphabet */
		{ S_INIT("Zm9vZ\0g="), BYTE(4) },
		{ S_INIT("Zm9v\xc3\xa9=="), BYTE(4) },
		{ S_INIT("@[`{"), BYTE(0) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct str out = S("untouched");

		assert_false(base64_decode(t_edge(cases[i].s), &a, &out, &e));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_string_equal(e.msg, cases[i].msg);
		assert_str_equal(out, S("untouched"));
		assert_int_equal(a.used, 0);
	}
}

static void
t_base64_full(void **state)
{
	_Alignas(16) char mem[16];
	struct arena a = { mem, sizeof(mem), 0 };
	struct err e = { 0 };
	struct str out = S("untouched");
	char small[7];
	struct buf b = BUF(small);

	(void)state;
	assert_false(base64_decode(S("AAAAAAAAAAAAAAAAAAAAAAA="), &a, &out,
	    &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_str_equal(out, S("untouched"));
	assert_true(base64_decode(S("AAAAAAAAAAAAAAAAAAAAAA=="), &a, &out,
	    &e));
	assert_int_equal(out.n, 16);
	buf_base64(&b, S("foob"));
	assert_true(b.full);
}

static void
t_percent(void **state)
{
	static const struct {
		struct str s;
		const char *keep;
		struct str out;
	} cases[] = {
		{ S_INIT("azAZ09-._~"), "", S_INIT("azAZ09-._~") },
		{ S_INIT("a b"), "", S_INIT("a%20b") },
		{ S_INIT("/a/b"), "", S_INIT("%2Fa%2Fb") },
		{ S_INIT("/a/b"), "/", S_INIT("/a/b") },
		{ S_INIT("a%20"), "", S_INIT("a%2520") },
		{ S_INIT("+*!'()"), "", S_INIT("%2B%2A%21%27%28%29") },
		{ S_INIT("\xc3\xa9\xff"), "", S_INIT("%C3%A9%FF") },
		{ S_INIT("\0\n\x7f"), "/", S_INIT("%00%0A%7F") },
		{ S_INIT(""), "", S_INIT("") },
		{ S_INIT("="), NULL, S_INIT("%3D") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char mem[64];
		struct buf b = BUF(mem);

		buf_percent(&b, t_edge(cases[i].s), cases[i].keep);
		assert_str_equal(buf_str(&b), cases[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_hex),
		cmocka_unit_test(t_sha1),
		cmocka_unit_test(t_base64),
		cmocka_unit_test(t_base64url),
		cmocka_unit_test(t_base64_every_byte),
		cmocka_unit_test(t_base64_refused),
		cmocka_unit_test(t_base64_full),
		cmocka_unit_test(t_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
