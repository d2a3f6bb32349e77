#include "t.h"

#include "base/limits.h"
#include "base/xml.h"

static struct arena a;
static struct err err;

static const struct str sts = S_INIT(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!-- a stand-in's -->\n"
    "<R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\" a='>'>\n"
    "  <U><Arn>wrong</Arn></U>\n"
    "  <C>\n"
    "    <K>AKID</K><S >a/b+c=</S >\n"
    "    <T/><E\tx = '&amp;'></E>\n"
    "  </C>\n"
    "  <Arn>right</Arn>\n"
    "</R>\n<!---->\n<?end?>\n");

static void
test_paths(void **state)
{
	struct xml_want wants[] = {
		{ .path = S("R/C/K") }, { .path = S("R/C/S") },
		{ .path = S("R/C/T") }, { .path = S("R/C/E") },
		{ .path = S("R/Arn") }, { .path = S("R/U/Arn") },
		{ .path = S("R/K"), .found = true }, { .path = S("C/K") },
		{ .path = S("K") }, { .path = S("R/C/K/") },
		{ .path = S("r/c/k") }, { .path = S("") },
	};
	static const char *const texts[] = {
		"AKID", "a/b+c=", "", "", "right", "wrong",
	};

	(void)state;
	a = t_arena();
	if (!xml_read(t_edge(sts), wants, 12, &a, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(wants[i].found, i < 6);
	for (size_t i = 0; i < 6; i++)
		assert_str_equal(wants[i].text, str_of(texts[i]));
}

static bool
read_a(struct str text, struct xml_want *want)
{
	a = t_arena();
	*want = (struct xml_want){ .path = S("a") };
	err = (struct err){ .kind = ERR_NONE };
	return xml_read(t_edge(text), want, 1, &a, &err);
}

static void
test_text(void **state)
{
	static const struct {
		struct str xml, text;
	} cases[] = {
		{ S_INIT("<a>&lt;&gt;&amp;&quot;&apos;</a>"),
		    S_INIT("<>&\"'") },
		{ S_INIT("<a>&#38;&#x26;&#x2B;&#x2b;&#0038;</a>"),
		    S_INIT("&&++&") },
		{ S_INIT("<a>&#9;&#10;&#13;</a>"), S_INIT("\t\n\r") },
		{ S_INIT("<a>&#x7f;&#x80;&#xe9;&#x7ff;</a>"),
		    S_INIT("\x7f\xc2\x80\xc3\xa9\xdf\xbf") },
		{ S_INIT("<a>&#x800;&#xd7ff;&#xe000;&#xfffd;</a>"),
		    S_INIT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
			"\xef\xbf\xbd") },
		{ S_INIT("<a>&#x10000;&#x10FFFF;</a>"),
		    S_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },
		{ S_INIT("<a>&amp;lt;</a>"), S_INIT("&lt;") },
		{ S_INIT("<a> x\ty\r\n</a>"), S_INIT(" x\ty\r\n") },
		{ S_INIT("<a>x<!-- y - z > & < -->w</a>"), S_INIT("xw") },
		{ S_INIT("<a>\xc3\xa9 ' \" > ]</a>"),
		    S_INIT("\xc3\xa9 ' \" > ]") },
		{ S_INIT("<a/>"), S_INIT("") },
		{ S_INIT("<a />"), S_INIT("") },
		{ S_INIT("\n<a></a>\n"), S_INIT("") },
		{ S_INIT("<a b='\"' c:d-1.e_f=\"'\">x</a>"), S_INIT("x") },
		{ S_INIT("<?p <a>y</a> ?><a>x</a>"), S_INIT("x") },
	};
	struct xml_want want;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!read_a(cases[i].xml, &want))
			fail_msg("%s", err.msg);
		assert_true(want.found);
		assert_str_equal(want.text, cases[i].text);
		/* Cut anywhere, it is no document: what may be cut is what
		 * follows the root.
		 */
		for (size_t n = 0; n < str_trim(cases[i].xml).n; n++)
			assert_false(read_a(str_head(cases[i].xml, n), &want));
	}
}

static void
test_refusals(void **state)
{
	static const struct {
		struct str xml;
		const char *msg;
	} cases[] = {
		{ S_INIT(""), "0: it ends before its root element" },
		{ S_INIT("  \n"), "3: it ends before its root element" },
		{ S_INIT("<!-- x -->"),
		    "10: it ends before its root element" },
		{ S_INIT("x"), "0: text outside the root element" },
		{ S_INIT("{\"a\":1}"), "0: text outside the root element" },
		{ S_INIT("\xef\xbb\xbf<a/>"),
		    "0: text outside the root element" },
		{ S_INIT("<a/>x"), "4: text outside the root element" },
		{ S_INIT("<a/>&amp;"), "4: text outside the root element" },
		{ S_INIT("<a/><a/>"), "8: a second root element" },
		{ S_INIT("<a/><b>"), "7: a second root element" },
		{ S_INIT("<a>"), "3: it ends before its root element" },
		{ S_INIT("<a>x"), "4: it ends before its root element" },
		{ S_INIT("<b><a></b></a>"),
		    "10: the end of another element than was open" },
		{ S_INIT("</a>"),
		    "4: the end of another element than was open" },
		{ S_INIT("</>"),
		    "3: the end of another element than was open" },
		{ S_INIT("<a></a></a>"),
		    "11: the end of another element than was open" },
		{ S_INIT("<a></aa>"),
		    "8: the end of another element than was open" },
		{ S_INIT("<aa></a>"),
		    "8: the end of another element than was open" },
		{ S_INIT("<a></>"),
		    "6: the end of another element than was open" },
		{ S_INIT("<a></ a>"), "6: a tag that does not end" },
		{ S_INIT("<a></a b='c'>"), "7: a tag that does not end" },
		{ S_INIT("<a></a/>"), "6: a tag that does not end" },
		{ S_INIT("<a><b/></a>"),
		    "7: elements where text is expected" },
		{ S_INIT("<>x</>"), "1: '<' without a name" },
		{ S_INIT("< a/>"), "1: '<' without a name" },
		{ S_INIT("<1a/>"), "1: '<' without a name" },
		{ S_INIT("<-a/>"), "1: '<' without a name" },
		{ S_INIT("<\xc3\xa9/>"), "1: '<' without a name" },
		{ S_INIT("<a><?p?></a>"), "4: '<' without a name" },
		{ S_INIT("<a"), "2: a tag that does not end" },
		{ S_INIT("<a<"), "2: a tag that does not end" },
		{ S_INIT("<a /x>"), "3: a tag that does not end" },
		{ S_INIT("<a/ >"), "2: a tag that does not end" },
		{ S_INIT("<a b>"), "4: an attribute without '='" },
		{ S_INIT("<a b=c>"), "5: an attribute without quotes" },
		{ S_INIT("<a b="), "5: an attribute without quotes" },
		{ S_INIT("<a b='c>"), "8: an attribute that does not end" },
		{ S_INIT("<a b='<'>"), "6: an attribute that does not end" },
		{ S_INIT("<a b='&x;'>"), "7: unknown reference after '&'" },
		{ S_INIT("<a b='1'c='2'>"), "8: a tag that does not end" },
		{ S_INIT("<a>&</a>"), "4: '&' without ';'" },
		{ S_INIT("<a>&;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>& amp;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&AMP;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&nbsp;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#x;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#X26;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#2a;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#4a;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#-1;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#0;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#x1;</a>"), "4: unknown reference after '&'" },
		{ S_INIT("<a>&#xd800;</a>"),
		    "4: unknown reference after '&'" },
		{ S_INIT("<a>&#xdfff;</a>"),
		    "4: unknown reference after '&'" },
		{ S_INIT("<a>&#xfffe;</a>"),
		    "4: unknown reference after '&'" },
		{ S_INIT("<a>&#x110000;</a>"),
		    "4: unknown reference after '&'" },
		{ S_INIT("<a>&#4294967334;</a>"),
		    "4: unknown reference after '&'" },
		{ S_INIT("<a>\x01</a>"), "3: control byte" },
		{ S_INIT("<a>\0</a>"), "3: control byte" },
		{ S_INIT("<a>\x1f</a>"), "3: control byte" },
		{ S_INIT("<b>\x7f&x;</b>"),
		    "5: unknown reference after '&'" },
		{ S_INIT("<!DOCTYPE a []><a/>"),
		    "0: a document type or CDATA section" },
		{ S_INIT("<a><![CDATA[x]]></a>"),
		    "3: a document type or CDATA section" },
		{ S_INIT("<a><!-x--></a>"),
		    "3: a document type or CDATA section" },
		{ S_INIT("<a><!-- x</a>"),
		    "13: a comment that does not end" },
		{ S_INIT("<a><!-- x -- y --></a>"),
		    "12: a comment that does not end" },
		{ S_INIT("<a><!--->"), "9: a comment that does not end" },
		{ S_INIT("<?xml"), "5: an instruction that does not end" },
	};
	struct xml_want want;
	const struct str at = S("not XML at byte ");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(read_a(cases[i].xml, &want));
		assert_int_equal(err.kind, ERR_REPLY);
		assert_true(str_starts(str_of(err.msg), at));
		assert_string_equal(err.msg + at.n, cases[i].msg);
	}
}

static void
test_twice(void **state)
{
	struct xml_want wants[] = {
		{ .path = S("a/b") }, { .path = S("a/c") },
	};

	(void)state;
	a = t_arena();
	assert_true(xml_read(S("<a><c>1</c><b>2</b></a>"), wants, 2, &a,
	    &err));
	assert_true(wants[0].found && wants[1].found);
	assert_false(xml_read(S("<a><b>1</b><b>2</b></a>"), wants, 2, &a,
	    &err));
	assert_string_equal(err.msg, "not XML at byte 14: the same element"
	    " twice");
	/* The same name elsewhere is another element. */
	assert_true(xml_read(S("<a><b>1</b><d><b>2</b></d></a>"), wants, 2,
	    &a, &err));
	assert_str_equal(wants[0].text, S("1"));
	assert_false(wants[1].found);
}

static void
test_bounds(void **state)
{
	static char text[4 * XML_PATH_MAX];
	struct xml_want want = { .path = S("z") };
	struct arena none = { text, 0, 0 };

	(void)state;
	a = t_arena();
	/* "a/a/.../a" of n names is 2n - 1 bytes. */
	for (size_t n = XML_PATH_MAX / 2; n <= XML_PATH_MAX / 2 + 1; n++) {
		struct buf b = BUF(text);

		for (size_t i = 0; i < n; i++)
			buf_add(&b, S("<a>"));
		for (size_t i = 0; i < n; i++)
			buf_add(&b, S("</a>"));
		assert_false(b.full);
		assert_int_equal(xml_read(buf_str(&b), &want, 1, &a, &err),
		    n == XML_PATH_MAX / 2);
	}
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "XML: element names on one path are"
	    " longer than 512 bytes");
	assert_false(xml_read(S("<z>1</z>"), &want, 1, &none, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
