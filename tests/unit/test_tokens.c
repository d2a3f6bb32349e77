#include "fake_world.h"

#include "base/enc.h"
#include "base/limits.h"
#include "login/tokens.h"

#define A "123456789012"
#define B "210987654321"
#define C "000000000007"
#define HOST_IN(id, region) id ".dkr.ecr." region ".amazonaws.com"
#define HOST(id) HOST_IN(id, "eu-west-1")
#define WEST1 "api.ecr.eu-west-1.amazonaws.com"
#define MAP "/map"
#define LIFE 43200
#define ITEMS_MAX 24

static struct fake_world f;
static struct arena a;
static struct config base;
static struct tokens_item items[ITEMS_MAX];

/* An ECR that gives the token KEY:ID for each id, and writes down who asked for
 * what: "HOST KEY ID,ID\n".
 */
static struct {
	bool (*other)(void *me, const struct http_req *req, struct arena *a,
	    struct http_res *res, struct err *e);
	const char *bad_id;	/* spoils every call that it is in */
	const char *no_id;	/* is left out of answers */
	const char *dead;	/* a host that never answers */
	bool refuses;
	int64_t life_s;
	char log[4096];
	struct buf said;
	int64_t budgets[16];	/* ms for each call */
	size_t calls;
} ecr;

static const char *
said(void)
{
	assert_true(ecr.said.n < sizeof(ecr.log));
	ecr.log[ecr.said.n] = '\0';
	return ecr.log;
}

static struct str
field(const struct http_req *req, struct str name)
{
	for (size_t i = 0; i < req->count; i++)
		if (str_eq_nocase(req->fields[i].name, name))
			return req->fields[i].value;
	return S("");
}

static void
put_entry(struct buf *b, struct str key, struct str id, struct str host)
{
	char text[128];
	struct buf login = BUF(text);

	buf_add(&login, S("AWS:"));
	buf_add(&login, key);
	buf_char(&login, '-');
	buf_add(&login, id);
	buf_add(b, S("{\"authorizationToken\":\""));
	buf_base64(b, buf_str(&login));
	buf_add(b, S("\",\"expiresAt\":"));
	buf_u64(b, (uint64_t)(f.now + ecr.life_s));
	buf_add(b, S(",\"proxyEndpoint\":\"https://"));
	buf_add(b, host);
	buf_add(b, S("\"}"));
}

/* "{"registryIds":["1","2"]}": what is between the brackets, or nothing. */
static struct str
ids_of(struct str body)
{
	struct str head, ids;

	if (!str_cut(body, '[', &head, &ids))
		return S("");
	str_cut(ids, ']', &ids, &head);
	return ids;
}

static void
put_entries(struct buf *b, const struct http_req *req, struct str key)
{
	struct str ids = ids_of(req->body), id, ignored, region = req->to.host;
	bool comma = false;

	if (!ids.n) {
		bool private = !str_contains(region, S("ecr-public"));

		put_entry(b, key, private ? S("own") : S("public"),
		    private ? S(HOST(A)) : S("public.ecr.aws"));
		return;
	}
	while (ids.n) {
		char text[128];
		struct buf host = BUF(text);

		str_cut(ids, ',', &id, &ids);
		str_cut(str_skip(id, 1), '"', &id, &ignored);
		if (ecr.no_id && str_eq(id, str_of(ecr.no_id)))
			continue;
		buf_add(&host, id);
		buf_add(&host, S(".dkr.ecr.eu-west-1.amazonaws.com"));
		if (comma)
			buf_char(b, ',');
		comma = true;
		put_entry(b, key, id, buf_str(&host));
	}
}

static bool
answer_ecr(const struct http_req *req, struct str key, struct arena *room,
    struct http_res *res, struct err *e)
{
	struct buf b = arena_buf(room, 16 << 10);

	*res = (struct http_res){ .status = 200, .phase = HTTP_DONE,
		.date = f.now };
	if (ecr.refuses || (ecr.bad_id &&
	    str_contains(req->body, str_of(ecr.bad_id)))) {
		res->status = 400;
		buf_add(&b, ecr.refuses ?
		    S("{\"__type\":\"UnrecognizedClientException\"}") :
		    S("{\"__type\":\"InvalidParameterException\"}"));
		return arena_keep(room, &b, &res->body, e);
	}
	buf_add(&b, S("{\"authorizationData\":["));
	put_entries(&b, req, key);
	buf_add(&b, S("]}"));
	return arena_keep(room, &b, &res->body, e);
}

static bool
exchange(void *me, const struct http_req *req, struct arena *room,
    struct http_res *res, struct err *e)
{
	struct str key = field(req, S("authorization")), ignored;
	struct str ids = ids_of(req->body);

	if (!key.n)
		return ecr.other(me, req, room, res, e);
	str_cut(key, '=', &ignored, &key);
	str_cut(key, '/', &key, &ignored);
	buf_add(&ecr.said, req->to.host);
	buf_char(&ecr.said, ' ');
	buf_add(&ecr.said, key);
	buf_char(&ecr.said, ' ');
	for (size_t i = 0; i < ids.n; i++)
		if (ids.p[i] != '"')
			buf_char(&ecr.said, ids.p[i]);
	buf_char(&ecr.said, '\n');
	if (ecr.calls < 16)
		ecr.budgets[ecr.calls++] = req->deadline - f.clock_ms;
	if (ecr.dead && str_eq(req->to.host, str_of(ecr.dead))) {
		f.clock_ms = req->deadline;
		*res = (struct http_res){ .phase = HTTP_CONNECT };
		return err_set(e, ERR_NET, "timed out");
	}
	return answer_ecr(req, key, room, res, e);
}

static void
open_world(const char *map, const struct config_flags *flags)
{
	struct err e;

	a = t_arena();
	fake_open(&f);
	memset(&ecr, 0, sizeof(ecr));
	ecr.other = f.w.exchange;
	ecr.said = BUF(ecr.log);
	ecr.life_s = LIFE;
	f.w.exchange = exchange;
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_REGION", "eu-west-1");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	fake_file(&f, "/credentials", "[default]\naws_access_key_id=AK\n"
	    "aws_secret_access_key=s\n[prod]\naws_access_key_id=PK\n"
	    "aws_secret_access_key=s\n[copy]\naws_access_key_id=PK\n"
	    "aws_secret_access_key=s\nca_bundle=/ca\n");
	fake_file(&f, "/h/.aws/config", "[profile of-b]\n"
	    "sso_account_id=" B "\n[profile prod]\nregion=us-west-2\n");
	fake_env(&f, "ECRBOX_CONFIG", MAP);
	fake_file(&f, MAP, map);
	if (!config_load(&f.w, &a, flags, &base, &e))
		fail_msg("%s", e.msg);
}

/* A run: the same world, and nothing of the last one but its files. */
static void
next_run(const struct config_flags *flags)
{
	struct err e;

	a = t_arena();
	ecr.said.n = ecr.calls = 0;
	assert_true(config_load(&f.w, &a, flags, &base, &e));
}

static const struct config_flags none;

/* texts are parted by blanks; "-" is the caller's own. */
static size_t
get(const char *texts, bool cached)
{
	const struct tokens_ask ask = { .order = CRED_ORDER_CLI,
		.cached = cached };
	struct str rest = str_of(texts), text;
	size_t count = 0;

	while (rest.n) {
		assert_true(count < ITEMS_MAX);
		str_cut(rest, ' ', &text, &rest);
		items[count++] = (struct tokens_item){
			.text = str_eq(text, S("-")) ? S("") : text };
	}
	tokens_get(&base, &ask, items, count, &a);
	return count;
}

static void
expect(size_t i, const char *password, const char *host)
{
	if (!items[i].good)
		fail_msg("%zu: %s", i, items[i].why.msg);
	assert_str_equal(items[i].password, str_of(password));
	assert_str_equal(items[i].user, S("AWS"));
	assert_int_equal(items[i].login.n, 4 + strlen(password));
	assert_str_equal(items[i].host, str_of(host));
	assert_int_equal(items[i].got_s, FAKE_NOW);
	assert_int_equal(items[i].expires_s, FAKE_NOW + LIFE);
}

/* Which calls are made. */
static void
t_calls(void **state)
{
	static const struct {
		const char *map, *texts, *calls;
		const char *last;	/* the last one's password and host */
		const char *host, *account, *region;
	} cases[] = {
		{ "", HOST(A), WEST1 " AK " A "\n",
		    "AK-" A, HOST(A), A, "eu-west-1" },
		{ "", HOST(A) " " HOST(B) " " C,
		    WEST1 " AK " A "," B "," C "\n",
		    "AK-" C, HOST(C), C, "eu-west-1" },
		/* Once for one that comes twice. */
		{ "", HOST(A) " " A " " B " " A "@eu-west-1",
		    WEST1 " AK " A "," B "\n",
		    "AK-" A, HOST(A), A, "eu-west-1" },
		/* Regions, kinds of endpoint, ECR Public, one's own. */
		{ "", A " " B "@us-east-1 " B,
		    WEST1 " AK " A "," B "\n"
		    "api.ecr.us-east-1.amazonaws.com AK " B "\n",
		    "AK-" B, HOST(B), B, "eu-west-1" },
		{ "", A " " B ".dkr.ecr-fips.eu-west-1.amazonaws.com",
		    WEST1 " AK " A "\n"
		    "api.ecr-fips.eu-west-1.amazonaws.com AK " B "\n",
		    "AK-" B, B ".dkr.ecr-fips.eu-west-1.amazonaws.com", B,
		    "eu-west-1" },
		{ "", A " " B ".dkr-ecr.eu-west-1.on.aws",
		    WEST1 " AK " A "\necr.eu-west-1.api.aws AK " B "\n",
		    "AK-" B, B ".dkr-ecr.eu-west-1.on.aws", B, "eu-west-1" },
		{ "", A " public.ecr.aws",
		    WEST1 " AK " A "\n"
		    "api.ecr-public.us-east-1.amazonaws.com AK \n",
		    "AK-public", "public.ecr.aws", "", "" },
		{ "", "public.ecr.aws public.ecr.aws",
		    "api.ecr-public.us-east-1.amazonaws.com AK \n",
		    "AK-public", "public.ecr.aws", "", "" },
		{ "", "public.ecr.aws " A "@us-east-1 -",
		    "api.ecr-public.us-east-1.amazonaws.com AK \n"
		    "api.ecr.us-east-1.amazonaws.com AK " A "\n"
		    WEST1 " AK \n", "AK-own", HOST(A), A, "eu-west-1" },
		{ "", A " -", WEST1 " AK " A "\n" WEST1 " AK \n",
		    "AK-own", HOST(A), A, "eu-west-1" },
		{ "", "- " B " -", WEST1 " AK \n" WEST1 " AK " B "\n",
		    "AK-own", HOST(A), A, "eu-west-1" },
		/* Hosts of one's own keep their names. */
		{ "[r.example.com:5000]\naccount = " B "\nregion = eu-west-1\n",
		    A " " B " r.example.com:5000", WEST1 " AK " A "," B "\n",
		    "AK-" B, "r.example.com:5000", B, "eu-west-1" },
		{ "[r.example.com]\naccount = " B "\nregion = eu-west-1\n"
		    "endpoint_url = http://e\n",
		    A " r.example.com", WEST1 " AK " A "\ne AK " B "\n",
		    "AK-" B, "r.example.com", B, "eu-west-1" },
		{ "[" B "]\nendpoint_url = http://e/x\n[" C "]\n"
		    "endpoint_url = http://e/y\n", B " " C " " B,
		    "e AK " B "\ne AK " C "\n", "AK-" B, HOST(B), B,
		    "eu-west-1" },
		{ "[" B "]\nendpoint_url = http://e\n[" C "]\n"
		    "endpoint_url = https://e:80\n", B " " C,
		    "e AK " B "\ne AK " C "\n", "AK-" C, HOST(C), C,
		    "eu-west-1" },
		{ "[" B "]\nendpoint_url = http://e:81\n[" C "]\n"
		    "endpoint_url = http://e:82\n", B " " C,
		    "e AK " B "\ne AK " C "\n", "AK-" C, HOST(C), C,
		    "eu-west-1" },
		/* One place for all, but not one call. */
		{ "[" B "]\nendpoint_url = http://e\n[" C "]\n"
		    "endpoint_url = http://e\n", B " " C "@us-east-1 " C,
		    "e AK " B "," C "\ne AK " C "\n", "AK-" C, HOST(C), C,
		    "eu-west-1" },
		/* Identities. */
		{ "[" B "]\nprofile = prod\n",
		    A " " B "@eu-west-1 " C, WEST1 " AK " A "," C "\n"
		    WEST1 " PK " B "\n", "AK-" C, HOST(C), C, "eu-west-1" },
		{ "[" B "]\nprofile = prod\n[" C "]\nprofile = prod\n",
		    A " " B "@eu-west-1 " C "@eu-west-1", WEST1 " AK " A "\n"
		    WEST1 " PK " B "," C "\n", "PK-" C, HOST(C), C,
		    "eu-west-1" },
		/* The same keys by another name are another's. */
		{ "[" B "]\nprofile = prod\n[" C "]\nprofile = copy\n",
		    B "@eu-west-1 " C "@eu-west-1", WEST1 " PK " B "\n"
		    WEST1 " PK " C "\n", "PK-" C, HOST(C), C, "eu-west-1" },
		/* As many as one call takes. */
		{ "", "000000000001 000000000002 000000000003 000000000004 "
		    "000000000005 000000000006 000000000007 000000000008 "
		    "000000000009 000000000010 000000000011 000000000001 "
		    "000000000012 000000000013 000000000011",
		    WEST1 " AK 000000000001,000000000002,000000000003,"
		    "000000000004,000000000005,000000000006,000000000007,"
		    "000000000008,000000000009,000000000010\n"
		    WEST1 " AK 000000000011,000000000012,000000000013\n",
		    "AK-000000000011", HOST("000000000011"), "000000000011",
		    "eu-west-1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count, last;

		open_world(cases[i].map, &none);
		count = get(cases[i].texts, false);
		last = count - 1;
		assert_string_equal(said(), cases[i].calls);
		for (size_t k = 0; k < count; k++)
			if (!items[k].good)
				fail_msg("%zu.%zu: %s", i, k,
				    items[k].why.msg);
		expect(last, cases[i].last, cases[i].host);
		assert_str_equal(items[last].account, str_of(cases[i].account));
		assert_str_equal(items[last].region, str_of(cases[i].region));
		/* Neither read nor written. */
		assert_int_equal(f.edit_count, 0);
	}
}

/* One that cannot be had does not stop the others. */
static void
t_one_fails(void **state)
{
	static const struct {
		const char *map, *bad_id, *no_id, *text;
		const char *calls, *host, *msg;
		enum err_kind kind;
	} cases[] = {
		{ "", NULL, NULL, "docker.io", WEST1 " AK " A "," C "\n", "",
		    "registry 'docker.io': not an ECR host, an account id or"
		    " ACCOUNT@REGION, nor a host of ecrbox.conf", ERR_USAGE },
		{ "[" B "]\nprofile = gone\n", NULL, NULL, B,
		    WEST1 " AK " A "," C "\n", "", "registry '" B "': ECRBOX"
		    "_CONFIG: '" MAP "' line 1: profile 'gone' not found in",
		    ERR_USAGE },
		{ "[" B "]\nprofile = of-b\n", NULL, NULL, HOST(B),
		    WEST1 " AK " A "," C "\n", HOST(B),
		    "profile 'of-b' is one of IAM Identity Center, but has no"
		    " sso_", ERR_USAGE },
		{ "", B, NULL, B, WEST1 " AK " A "," B "," C "\n"
		    WEST1 " AK " A "\n" WEST1 " AK " B "\n"
		    WEST1 " AK " C "\n", HOST(B), "ecr GetAuthorizationToken"
		    " at '" WEST1 "': InvalidParameterException", ERR_DENIED },
		{ "", NULL, B, B, WEST1 " AK " A "," B "," C "\n", HOST(B),
		    "ecr GetAuthorizationToken at '" WEST1 "': no token for '"
		    B "' in the answer", ERR_REPLY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct buf texts = BUF(text);

		open_world(cases[i].map, &none);
		ecr.bad_id = cases[i].bad_id;
		ecr.no_id = cases[i].no_id;
		buf_add(&texts, S(A " "));
		buf_add(&texts, str_of(cases[i].text));
		buf_add(&texts, S(" " C));
		buf_char(&texts, '\0');
		assert_int_equal(get(text, false), 3);
		assert_string_equal(said(), cases[i].calls);
		expect(0, "AK-" A, HOST(A));
		expect(2, "AK-" C, HOST(C));
		assert_false(items[1].good);
		if (strcmp(cases[i].map, "[" B "]\nprofile = gone\n") == 0)
			assert_non_null(strstr(items[1].why.msg,
			    "profile 'gone' not found"));
		else
			assert_true(str_starts(str_of(items[1].why.msg),
			    str_of(cases[i].msg)));
		assert_int_equal(items[1].why.kind, cases[i].kind);
		assert_str_equal(items[1].host, str_of(cases[i].host));
	}
}

/* Two for one registry fail together; what all of them want may be absent. */
static void
t_all_fail(void **state)
{
	(void)state;
	open_world("", &none);
	ecr.bad_id = B;
	get(B " " HOST(B), false);
	assert_int_equal(ecr.calls, 1);
	assert_false(items[0].good);
	assert_false(items[1].good);
	assert_string_equal(items[0].why.msg, items[1].why.msg);

	open_world("", &none);
	ecr.life_s = CRED_DYING_S - 1;
	get(A " " B, false);
	for (size_t i = 0; i < 2; i++) {
		assert_false(items[i].good);
		assert_string_equal(items[i].why.msg, "ECR gave a token that"
		    " expires at 2015-08-30T12:36:59Z, which has come; check"
		    " this machine's clock");
	}

	open_world("", &none);
	fake_file(&f, "/credentials", NULL);
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	next_run(&none);
	get(A " " B " -", false);
	assert_string_equal(said(), "");
	for (size_t i = 0; i < 3; i++) {
		assert_false(items[i].good);
		assert_int_equal(items[i].why.kind, ERR_ABSENT);
		assert_true(str_starts(str_of(items[i].why.msg),
		    S("no credentials: ")));
	}
	assert_true(fake_noted(&f, NOTE_DETAIL, "no credentials: "));

	/* An endpoint that is none: nobody can be asked. */
	open_world("", &none);
	fake_env(&f, "AWS_ENDPOINT_URL", "nowhere");
	get(A " " B, false);
	for (size_t i = 0; i < 2; i++) {
		assert_false(items[i].good);
		assert_string_equal(items[i].why.msg, "AWS_ENDPOINT_URL: URL"
		    " does not begin with http:// or https://");
	}
}

/* Those that are there are not asked for again. */
static void
t_good_already(void **state)
{
	const struct tokens_ask ask = { .order = CRED_ORDER_CLI };

	(void)state;
	open_world("", &none);
	get(A " " B, false);
	next_run(&none);
	items[0].good = false;
	items[0].host = S("kept");
	items[1].host = S("kept");
	tokens_get(&base, &ask, items, 2, &a);
	assert_string_equal(said(), WEST1 " AK " A "\n");
	assert_str_equal(items[0].host, S(HOST(A)));
	assert_str_equal(items[1].host, S("kept"));
	tokens_get(&base, &ask, items, 2, &a);
	assert_int_equal(ecr.calls, 1);
	tokens_get(&base, &ask, items, 0, &a);
	assert_int_equal(ecr.calls, 1);

	/* What one was called before is forgotten. */
	items[0].good = false;
	items[0].text = S("docker.io");
	tokens_get(&base, &ask, items, 1, &a);
	assert_false(items[0].good);
	assert_int_equal(items[0].host.n + items[0].account.n +
	    items[0].region.n, 0);
}

/* ECR Public and one's own registry have no account, and are two all the same,
 * even where one endpoint is for both.
 */
static void
t_public_or_own(void **state)
{
	(void)state;
	open_world("", &none);
	fake_env(&f, "AWS_ENDPOINT_URL", "http://e");
	fake_env(&f, "AWS_REGION", "us-east-1");
	get("- public.ecr.aws", false);
	assert_int_equal(ecr.calls, 2);
	assert_true(items[0].good && items[1].good);
}

/* The metadata service is asked for a session once. */
static void
t_region_of_metadata(void **state)
{
	(void)state;
	open_world("", &none);
	fake_env(&f, "AWS_REGION", NULL);
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "TOKEN" });
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = "eu-west-1", .always = true });
	get(A " " B " -", false);
	assert_string_equal(said(), WEST1 " AK " A "," B "\n" WEST1
	    " AK \n");
	assert_true(fake_done(&f));
}

static size_t
entries(void)
{
	size_t n = 0;

	for (size_t i = 0; i < f.file_count; i++)
		n += f.files[i].body && str_ends(str_of(f.files[i].path),
		    S(".token"));
	return n;
}

/* From the cache, and only the rest from AWS; kept for the next. */
static void
t_cached(void **state)
{
	(void)state;
	open_world("[r.example.com]\naccount = " B "\nregion = eu-west-1\n",
	    &none);
	get(A " " B, true);
	assert_string_equal(said(), WEST1 " AK " A "," B "\n");
	assert_int_equal(entries(), 2);

	next_run(&none);
	get(A " " C " r.example.com " B " -", true);
	assert_string_equal(said(), WEST1 " AK " C "," B "\n" WEST1 " AK \n");
	expect(0, "AK-" A, HOST(A));
	expect(1, "AK-" C, HOST(C));
	expect(2, "AK-" B, "r.example.com");
	expect(3, "AK-" B, HOST(B));
	expect(4, "AK-own", HOST(A));
	assert_str_equal(items[4].account, S(A));
	assert_int_equal(entries(), 5);

	/* All of it: nobody is asked, whatever happens. */
	f.now += LIFE / 2 - 1;
	ecr.refuses = true;
	next_run(&none);
	get(A " " C " r.example.com " B " -", true);
	assert_int_equal(ecr.calls, 0);
	expect(2, "AK-" B, "r.example.com");
	expect(4, "AK-own", HOST(A));
	assert_str_equal(items[4].account, S(A));

	/* Past half of its life, while nobody gives another. */
	f.now += 1;
	next_run(&none);
	get(A " docker.io " B, true);
	assert_string_equal(said(), WEST1 " AK " A "," B "\n");
	expect(0, "AK-" A, HOST(A));
	expect(2, "AK-" B, HOST(B));
	assert_false(items[1].good);
	assert_true(fake_noted(&f, NOTE_WARNING, "using the cached token of "
	    HOST(B) ", good until 2015-08-31T00:36:00Z, as no new one could be"
	    " had: ecr GetAuthorizationToken at '" WEST1 "':"
	    " UnrecognizedClientException"));

	/* New ones take their places; what has expired goes. */
	ecr.refuses = false;
	next_run(&none);
	get(A " " B, true);
	assert_int_equal(items[0].got_s, FAKE_NOW + LIFE / 2);
	assert_int_equal(entries(), 5);
	f.now += LIFE / 2;
	next_run(&none);
	get(A, true);
	assert_int_equal(entries(), 2);

	/* Without, none of them is used, nor swept. */
	f.now += LIFE;
	next_run(&none);
	get(A, false);
	assert_string_equal(said(), WEST1 " AK " A "\n");
	assert_int_equal(entries(), 2);
}

/* Only one of the call's ids is refused: the cache has it. */
static void
t_cached_one(void **state)
{
	(void)state;
	open_world("", &none);
	get(A " " B, true);
	f.now += LIFE / 2;
	ecr.no_id = A;
	next_run(&none);
	get(A " " B, true);
	expect(0, "AK-" A, HOST(A));
	assert_true(items[1].good);
	assert_int_equal(items[1].got_s, FAKE_NOW + LIFE / 2);
	assert_true(fake_noted(&f, NOTE_WARNING, "no token for '" A "' in the"
	    " answer"));
	assert_false(fake_noted(&f, NOTE_WARNING, HOST(B)));
}

static bool
no_boot(void *me, const char *path, struct arena *room, struct str *body,
    struct err *e)
{
	(void)me;
	(void)room;
	(void)body;
	return err_set(e, ERR_ABSENT, "read '%s': gone", path);
}

/* Credentials that somebody must be asked for, once for each identity. */
static void
t_credentials_once(void **state)
{
	(void)state;
	open_world("", &none);
	fake_file(&f, "/credentials", NULL);
	fake_env(&f, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	    "http://127.0.0.1/creds");
	fake_file(&f, "/proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = "{\"AccessKeyId\":\"CK\",\"SecretAccessKey\":\"s\"}",
		.always = true });
	next_run(&none);
	get(A " " B "@us-east-1 " C, false);
	assert_string_equal(said(), WEST1 " CK " A "," C "\n"
	    "api.ecr.us-east-1.amazonaws.com CK " B "\n");
	assert_int_equal(f.request_count, 1);
	assert_int_equal(f.beside_count, 1);

	/* Who cannot be told apart is not taken for the same. */
	f.w.file = no_boot;
	fake_env(&f, "ECRBOX_CONFIG", "/dev/null");
	next_run(&none);
	get(A " " B, false);
	assert_string_equal(said(), WEST1 " CK " A "\n" WEST1 " CK " B "\n");
	assert_int_equal(f.request_count, 3);
	assert_true(fake_noted(&f, NOTE_DETAIL, "identity: longer than"));
}

/* Two profiles may believe different authorities. */
static char trusted[256];

static void
trust(void *me, struct config *c)
{
	const char *bundle = config_ca_bundle(c);

	assert_ptr_equal(me, &f);
	strcat(trusted, said());
	strcat(trusted, bundle ? bundle : "none");
	strcat(trusted, "\n");
}

static void
t_trust(void **state)
{
	const struct tokens_ask ask = { .order = CRED_ORDER_CLI,
		.trust = trust, .me = &f };

	(void)state;
	open_world("[" B "]\nprofile = copy\n", &none);
	for (size_t i = 0; i < 3; i++)
		items[i] = (struct tokens_item){ .text = i == 0 ? S(A) :
		    i == 1 ? S(B) : S(C) };
	trusted[0] = '\0';
	tokens_get(&base, &ask, items, 3, &a);
	assert_string_equal(trusted, "none\n" WEST1 " AK " A "," C "\n"
	    "/ca\n");
}

/* One identity for each account, and --profile before all. */
static void
t_profiles(void **state)
{
	static const struct config_flags profile = { .profile = "prod" };
	static const struct config_flags automatic = { .auto_profile = true };

	(void)state;
	open_world("[" B "]\nprofile = copy\n", &profile);
	get(A "@eu-west-1 " B "@eu-west-1", false);
	assert_string_equal(said(), WEST1 " PK " A "," B "\n");

	open_world("", &automatic);
	fake_file(&f, "/credentials", "[default]\naws_access_key_id=AK\n"
	    "aws_secret_access_key=s\n[b]\naws_access_key_id=BK\n"
	    "aws_secret_access_key=s\n");
	fake_file(&f, "/h/.aws/config", "[profile b]\nrole_arn="
	    "arn:aws:iam::" B ":role/r\nsource_profile=b\n");
	next_run(&automatic);
	fake_answer(&f, (struct fake_answer){ .kind = ERR_TRUST,
		.msg = "no STS here", .always = true });
	ecr.dead = "sts.eu-west-1.amazonaws.com";
	get(A " " B " " C, false);
	expect(0, "AK-" A, HOST(A));
	expect(2, "AK-" C, HOST(C));
	assert_false(items[1].good);
	assert_non_null(strstr(items[1].why.msg, "sts AssumeRole"));
}

/* One that never answers leaves time for the others. */
static void
t_time(void **state)
{
	(void)state;
	open_world("", &none);
	ecr.dead = "api.ecr.us-east-1.amazonaws.com";
	get(B "@us-east-1 " A " " C "@us-east-1 " C, false);
	assert_false(items[0].good);
	assert_false(items[2].good);
	expect(1, "AK-" A, HOST(A));
	expect(3, "AK-" C, HOST(C));
	assert_int_equal(ecr.calls, 2);
	assert_int_equal(ecr.budgets[0], EXCHANGE_MS / 3);
	assert_int_equal(ecr.budgets[1], EXCHANGE_MS - EXCHANGE_MS / 3);

	/* At least so much, but never more than there is. */
	open_world("", &none);
	ecr.dead = "api.ecr.us-east-1.amazonaws.com";
	get("000000000001@us-east-1 000000000002 000000000003 000000000004"
	    " 000000000005 000000000006 000000000007 000000000008", false);
	assert_int_equal(ecr.budgets[0], TOKENS_SHARE_MS);
	assert_true(items[7].good);
	open_world("", &none);
	base.deadline = f.clock_ms + TOKENS_SHARE_MS - 1;
	get("000000000001@us-east-1 000000000002", false);
	assert_int_equal(ecr.budgets[0], TOKENS_SHARE_MS - 1);
	assert_int_equal(ecr.budgets[1], TOKENS_SHARE_MS - 1);
}

/* The clock that one answer corrects is known to the next call. */
static void
t_clock(void **state)
{
	(void)state;
	open_world("", &none);
	get(A, false);
	assert_int_equal(base.skew_s, 0);
	base.skew_s = 1000;
	get(A " " C " " B "@us-east-1", false);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(items[i].got_s, FAKE_NOW);
	assert_int_equal(base.skew_s, 0);
	assert_true(fake_noted(&f, NOTE_WARNING, "this machine's clock"));
}

/* With every amount of memory it works or says why not. */
static void
t_starved(void **state)
{
	static const struct tokens_ask ask = { .order = CRED_ORDER_CLI,
		.cached = true };
	struct arena all;
	size_t bytes, files, good = 0;

	(void)state;
	open_world("[r.example.com]\naccount = " B "\nregion = eu-west-1\n",
	    &none);
	all = t_arena();
	bytes = f.bytes_used;
	files = f.file_count;
	for (size_t n = 0; good < 4; n += 32) {
		struct err e;

		f.request_count = f.note_count = 0;
		f.file_count = files;
		f.bytes_used = bytes;
		ecr.said.n = ecr.calls = 0;
		/* Off the end, so that a write beyond it is seen. */
		a = (struct arena){ all.p + all.cap - n, n, 0 };
		if (!config_load(&f.w, &a, &none, &base, &e))
			continue;
		items[0] = (struct tokens_item){ .text = S(A) };
		items[1] = (struct tokens_item){ .text = S("r.example.com") };
		items[2] = (struct tokens_item){ .text = S("") };
		items[3] = (struct tokens_item){ .text = S("public.ecr.aws") };
		tokens_get(&base, &ask, items, 4, &a);
		good = 0;
		for (size_t i = 0; i < 4; i++) {
			good += items[i].good;
			assert_true(items[i].good || items[i].why.msg[0]);
		}
		assert_true(n < 1 << 20);
	}
	expect(2, "AK-own", HOST(A));
}

#define LINE(kind, rest) kind " " HOST(A) " " A " eu-west-1 " rest "\n"
#define GOOD LINE("0", "5 9 AWS:pw")
#define BAD LINE("7", "0 0 no: why not")

static void
t_text(void **state)
{
	static const char *const good[] = {
		GOOD, BAD, GOOD BAD, BAD GOOD GOOD, "",
		"0 h - - 0 1 u: p:q \n", "1 - - - 0 0 x\n",
		"8 h - us-east-1 0 0  \n",
		"0 [::1]:5 - - 9223372036854775807 9223372036854775807 a:b\n",
	};
	static const struct {
		const char *text, *msg;
	} bad[] = {
		{ "x", "tokens: 1 bytes too many" },
		{ GOOD "\n", "tokens: 1 bytes too many" },
		{ GOOD BAD "0", "tokens: 1 bytes too many" },
	};
	static const char *const lines[] = {
		"", "\n", "0\n", "0 h - - 5 9 AWS:pw",
		"9 h - - 0 0 x\n", "-1 h - - 0 0 x\n", "00 h - - 5 9 AWS:pw\n",
		" 0 h - - 5 9 AWS:pw\n", "0  - - 5 9 AWS:pw\n",
		"0 - - - 5 9 AWS:pw\n", "0 h  - 5 9 AWS:pw\n",
		"0 h 1234 - 5 9 AWS:pw\n", "0 h - Eu_ 5 9 AWS:pw\n",
		"0 h - - 05 9 AWS:pw\n", "0 h - - 5 09 AWS:pw\n",
		"0 h - - -5 9 AWS:pw\n", "0 h - - 5 0 AWS:pw\n",
		"0 h - - 5 9223372036854775808 AWS:pw\n",
		"0 h - - 5 AWS:pw\n", "0 h - - 5 9 AWS\n", "0 h - - 5 9 :p\n",
		"0 h - - 5 9 AWS:\n", "0 h - - 5 9 AWS:p\x7f\n",
		"0 h - - 5 9 AWS:\tp\n", "0 h\t - - 5 9 AWS:p\n",
		"0 .. - - 5 9 AWS:p\n", "0 ../../etc/x - - 5 9 AWS:p\n",
		"0 h/ - - 5 9 AWS:p\n", "0 u@h - - 5 9 AWS:p\n",
		"7 /h - - 0 0 x\n",
		"7 h - - 5 0 x\n", "7 h - - 0 9 x\n", "7 h - - 0 0 \n",
		"7 h - - 0 0 x\xff\n", "7 h - - 0 0\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct str text = str_of(good[i]);
		char room[1024];
		struct buf b = BUF(room);
		size_t count = 0;
		struct err e;

		for (size_t k = 0; k < text.n; k++)
			count += text.p[k] == '\n';
		for (size_t k = 0; k < count; k++)
			items[k] = (struct tokens_item){ .text = S("kept") };
		if (!tokens_read(t_edge(text), items, count, &e))
			fail_msg("%s", e.msg);
		tokens_write(items, count, &b);
		assert_str_equal(buf_str(&b), text);
		for (size_t k = 0; k < count; k++)
			assert_str_equal(items[k].text, S("kept"));
		/* Every cut is seen. */
		for (size_t n = 0; n < text.n; n++)
			assert_false(tokens_read(t_edge(str_head(text, n)),
			    items, count, &e));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e;

		assert_false(tokens_read(str_of(bad[i].text), items, i, &e));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_string_equal(e.msg, bad[i].msg);
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct err e;

		if (tokens_read(t_edge(str_of(lines[i])), items, 1, &e))
			fail_msg("accepted: %s", lines[i]);
		assert_string_equal(e.msg, "tokens: no item in line 1");
	}
}

static void
t_text_members(void **state)
{
	struct err e;

	(void)state;
	assert_true(tokens_read(S(GOOD BAD), items, 2, &e));
	assert_true(items[0].good);
	assert_str_equal(items[0].host, S(HOST(A)));
	assert_str_equal(items[0].account, S(A));
	assert_str_equal(items[0].region, S("eu-west-1"));
	assert_str_equal(items[0].login, S("AWS:pw"));
	assert_str_equal(items[0].user, S("AWS"));
	assert_str_equal(items[0].password, S("pw"));
	assert_int_equal(items[0].got_s, 5);
	assert_int_equal(items[0].expires_s, 9);
	assert_false(items[1].good);
	assert_int_equal(items[1].why.kind, ERR_DENIED);
	assert_string_equal(items[1].why.msg, "no: why not");

	/* The longest message, and one byte more. */
	for (size_t n = ERR_MSG_MAX - 1; n <= ERR_MSG_MAX; n++) {
		char text[2 * ERR_MSG_MAX];
		struct buf b = BUF(text);

		buf_add(&b, S("3 - - - 0 0 "));
		for (size_t i = 0; i < n; i++)
			buf_char(&b, 'x');
		buf_char(&b, '\n');
		assert_int_equal(tokens_read(buf_str(&b), items, 1, &e),
		    n < ERR_MSG_MAX);
	}

	/* And name. */
	for (size_t n = 253; n <= 254; n++) {
		char text[512];
		struct buf b = BUF(text);

		buf_add(&b, S("3 "));
		for (size_t i = 1; i < n; i++)
			buf_char(&b, i % 2 ? 'x' : '.');
		buf_add(&b, S("x:65535 - - 0 0 x\n"));
		assert_int_equal(tokens_read(buf_str(&b), items, 1, &e),
		    n < 254);
	}

	/* A token that was there is not written for one that failed; times
	 * that no clock shows are none.
	 */
	{
		char text[256];
		struct buf b = BUF(text);

		items[0] = (struct tokens_item){ .why = { ERR_NET, "gone" },
			.login = S("AWS:pw"), .got_s = 1, .expires_s = 2 };
		items[1] = (struct tokens_item){ .good = true, .host = S("h"),
			.login = S("AWS:pw"), .got_s = -1, .expires_s = 2 };
		tokens_write(items, 2, &b);
		assert_str_equal(buf_str(&b), S("4 - - - 0 0 gone\n"
		    "0 h - - 0 2 AWS:pw\n"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_calls),
		cmocka_unit_test(t_one_fails),
		cmocka_unit_test(t_all_fail),
		cmocka_unit_test(t_good_already),
		cmocka_unit_test(t_public_or_own),
		cmocka_unit_test(t_region_of_metadata),
		cmocka_unit_test(t_cached),
		cmocka_unit_test(t_cached_one),
		cmocka_unit_test(t_credentials_once),
		cmocka_unit_test(t_trust),
		cmocka_unit_test(t_profiles),
		cmocka_unit_test(t_time),
		cmocka_unit_test(t_clock),
		cmocka_unit_test(t_starved),
		cmocka_unit_test(t_text),
		cmocka_unit_test(t_text_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
