/* Three lines: the target, the proxy, no_proxy. Addresses that hand out
 * credentials go directly; what is chosen can be written and means the same
 * again; a refusal names the variable and is one of three, since none may show
 * what stands in it.
 */
#include <stdlib.h>

#include "base/enc.h"
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_chosen(const struct proxy *p)
{
	static char text[1 << 16], back[1 << 16];
	struct arena a = { back, sizeof(back), 0 };
	struct buf b = BUF(text);
	struct uri again = { .tls = false };
	struct str basic, user;
	struct err e;

	check(p->at.port > 0 && p->at.host.n <= 253 && !p->at.tls);
	uri_host_port(&p->at, &b);
	check(uri_parse_authority(buf_str(&b), &again, &e));
	check(str_eq_nocase(again.host, p->at.host));
	check(again.port == p->at.port && again.literal == p->at.literal);

	b.n = 0;
	proxy_authorization(p, &b);
	if (b.full)
		return;
	check(str_cut(buf_str(&b), ' ', &basic, &user));
	check(str_eq(basic, S("Basic")));
	check(base64_decode(user, &a, &user, &e) && str_has(user, ':'));
	check(user.n <= p->user.n + 1);
	for (size_t i = 0; i < user.n; i++)
		check((unsigned char)user.p[i] >= ' ' && user.p[i] != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const never[] = {
		"http://169.254.169.254/", "http://169.254.170.2/",
		"http://[fd00:ec2::23]/", "http://localhost:4566",
	};
	struct str rest = { (const char *)data, n }, url, value;
	struct proxy_conf conf = { .https.name = "https_proxy",
		.http.name = "http_proxy" };
	struct uri to;
	struct proxy p;
	struct err e = { ERR_NONE, "" };

	str_cut(rest, '\n', &url, &rest);
	str_cut(rest, '\n', &value, &conf.except);
	conf.https.value = conf.http.value = value;
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		check(uri_parse(str_of(never[i]), &to, &e));
		check(proxy_choose(&conf, &to, &p, &e) && p.at.host.n == 0);
	}
	if (!uri_parse(url, &to, &e))
		return 0;
	e.msg[0] = '\0';
	if (proxy_choose(&conf, &to, &p, &e)) {
		if (p.at.host.n > 0)
			check_chosen(&p);
		return 0;
	}
	check(e.kind == ERR_USAGE);
	check(str_starts(str_of(e.msg), to.tls ? S("https_proxy: ") :
	    S("http_proxy: ")));
	check(str_contains(str_of(e.msg), S("' is not supported, only of")) ||
	    str_contains(str_of(e.msg), S(": user name or password with")) ||
	    str_contains(str_of(e.msg), S(": not of the form http://[")));
	return 0;
}
