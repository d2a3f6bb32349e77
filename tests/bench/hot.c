/* hot.c - the hot paths alone, for counting their instructions.
 *
 * usage: hot sigv4|json|profile TIMES
 *
 * Does the work TIMES times over; the difference between two counts is the
 * work itself, without start and preparation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"
#include "base/arena.h"
#include "base/ini.h"
#include "base/json.h"

#define JSON_BYTES (4u << 20)
#define PROFILES 50

static _Alignas(16) char mem[64 << 20];

static void
check(bool done, const struct err *e)
{
	if (done)
		return;
	fprintf(stderr, "hot: %s\n", e->msg);
	exit(1);
}

/* GetAuthorizationToken, as call.c signs it. */
static void
sign(struct arena *a, int times)
{
	const struct http_field fields[] = {
		{ S("Host"), S("api.ecr.us-east-1.amazonaws.com") },
		{ S("Content-Type"), S("application/x-amz-json-1.1") },
		{ S("X-Amz-Target"), S("AmazonEC2ContainerRegistry_V20150921"
		    ".GetAuthorizationToken") },
		{ S("X-Amz-Date"), S("20150830T123600Z") },
	};
	struct sigv4 s = {
		.method = S("POST"), .path = S("/"), .fields = fields,
		.count = sizeof(fields) / sizeof(fields[0]),
		.date = S("20150830T123600Z"), .region = S("us-east-1"),
		.service = S("ecr"), .key_id = S("AKIDEXAMPLE"),
		.secret = S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
	};

	while (times--) {
		size_t mark = a->used;
		char hash[64 + 1], out[512];
		struct buf b = BUF(out);
		struct err e;

		sigv4_hash(S("{}"), hash);
		s.body_hash = str_of(hash);
		check(sigv4_authorization(&s, a, &b, &e), &e);
		arena_back(a, mark);
	}
}

/* A BatchGetImage answer: manifests as strings, full of escapes. */
static void
parse_json(struct arena *a, int times)
{
	struct buf b = arena_buf(a, JSON_BYTES + 256);
	struct str text;

	buf_add(&b, S("{\"images\":["));
	while (b.n < JSON_BYTES) {
		buf_add(&b, S("{\"imageManifest\":\"{\\\"layers\\\":[{"
		    "\\\"digest\\\":\\\"sha256:0123456789abcdef\\\","
		    "\\\"size\\\":12345}]}\",\"registryId\":"
		    "\"123456789012\"},"));
	}
	buf_add(&b, S("{}],\"failures\":[]}"));
	text = buf_str(&b);
	while (times--) {
		size_t mark = a->used;
		struct json root;
		struct err e;

		check(json_parse(text, a, &root, &e), &e);
		arena_back(a, mark);
	}
}

static void
parse_profiles(struct arena *a, int times)
{
	struct buf b = arena_buf(a, 64 << 10);

	for (unsigned i = 0; i < PROFILES; i++) {
		buf_add(&b, S("[profile team-"));
		buf_u64(&b, i);
		buf_add(&b, S("]\nregion = eu-west-1\nrole_arn ="
		    " arn:aws:iam::123456789012:role/deploy # the usual\n"
		    "source_profile = base\ns3 =\n  max_queue_size = 10\n\n"));
	}
	while (times--) {
		size_t mark = a->used;
		struct ini ini;
		struct err e;

		check(ini_parse(buf_str(&b), a, &ini, &e), &e);
		arena_back(a, mark);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*work)(struct arena *a, int times);
	} paths[] = {
		{ "sigv4", sign }, { "json", parse_json },
		{ "profile", parse_profiles },
	};
	struct arena a = { .p = mem, .cap = sizeof(mem) };

	for (size_t i = 0; argc == 3 && i < 3; i++)
		if (strcmp(argv[1], paths[i].name) == 0) {
			paths[i].work(&a, (int)strtol(argv[2], NULL, 10));
			return 0;
		}
	fputs("usage: hot sigv4|json|profile TIMES\n", stderr);
	return 2;
}
