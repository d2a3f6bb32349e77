/* fake_world.h - a struct world made of tables.
 *
 * Environment, files, clocks and the other end of every HTTP exchange are what
 * the test says. The clocks move only by pauses, by answers that take time,
 * and by time-outs, so every budget and back-off is exact and costs nothing.
 * A request without an answer fails the test at once: nothing leaves unseen.
 *
 *	static struct fake_world f;
 *
 *	fake_open(&f);
 *	fake_env(&f, "AWS_REGION", "eu-west-1");
 *	fake_file(&f, "/home/u/.aws/config", "[default]\n");
 *	fake_answer(&f, (struct fake_answer){
 *		.method = "PUT", .url = "http://169.254.169.254/latest/a*",
 *		.status = 200, .body = "TOKEN" });
 *	... config_load(&f.w, &a, &flags, &c, &e) ...
 *	assert_string_equal(fake_field(&f, 0, "x-amz-target"), "...");
 *	assert_true(fake_done(&f));
 */
#ifndef TESTS_FAKE_WORLD_H
#define TESTS_FAKE_WORLD_H

#include "t.h"
#include "world.h"

#define FAKE_NOW 1440938160		/* 2015-08-30T12:36:00Z */
#define FAKE_CLOCK_MS 1000000

enum {
	FAKE_MAX = 64,			/* of each kind of thing */
	FAKE_FIELDS_MAX = 32,
	FAKE_BYTES = 1 << 20,
};

/* One answer, used once unless always is set. The first unused one whose
 * method and url fit the request is taken; NULL fits any.
 */
struct fake_answer {
	const char *method;
	const char *url;	/* "https://host[:port]/path?query", port as in
				   the Host field; a final '*' fits any rest */
	unsigned status;	/* 0: the exchange fails as below */
	const char *fields;	/* "Name: value\nName: value"; may be NULL */
	const char *body;	/* NULL: empty */
	size_t body_n;		/* 0: strlen(body) */
	int64_t date;		/* the Date field's time; 0: none */
	/* A failure. With timed_out the exchange lasts as long as the request
	 * allowed for that phase; without a kind it is ERR_NET. A NULL msg
	 * becomes "connect H: timed out after N ms" and the like.
	 */
	enum err_kind kind;
	const char *msg;
	enum http_phase phase;
	bool refused, timed_out;
	int64_t takes_ms;	/* how long a finished exchange lasts */
	int64_t clock_step_s;	/* the wall clock jumps by this then */
	bool always;
};

/* One request as it was sent. All strings end in NUL. */
struct fake_request {
	const char *method, *url, *body;
	size_t body_n;
	struct {
		const char *name, *value;
	} fields[FAKE_FIELDS_MAX];
	size_t count;
	int64_t at_ms;		/* clock when it began */
	int64_t deadline, connect_ms, read_ms;
};

struct fake_file_entry {
	const char *path;
	const char *body;	/* NULL: removed, or failing */
	size_t body_n;
	enum err_kind kind;	/* ERR_NONE: readable */
	int edits;		/* how often w.edit changed it */
	struct file_edit how;	/* of the last edit */
};

/* A program that may be run, and what comes of it. */
struct fake_program {
	const char *command;	/* all its words, with one blank between */
	const char *out;	/* what it prints; NULL: it fails */
	enum err_kind kind;	/* as which it fails */
	const char *msg;
	const char *fails_with;	/* it fails for who has this in env only */
};

/* One that ran. Lists have a line for each. */
struct fake_run {
	const char *in;		/* NULL: our standard input */
	const char *env, *unset;	/* NULL: none */
	bool aside;
	int64_t deadline;
};

/* A step that was to be done apart. */
struct fake_apart {
	struct sandbox_needs needs;	/* as they were said; paths copied */
	int64_t deadline;
};

struct fake_world {
	struct world w;
	int64_t now, clock_ms;

	struct fake_request requests[FAKE_MAX];
	size_t request_count;
	struct {
		int64_t least_ms, most_ms;
	} pauses[FAKE_MAX];
	size_t pause_count;
	struct {
		enum world_note kind;
		const char *text;
	} notes[FAKE_MAX];
	size_t note_count;
	struct fake_file_entry files[FAKE_MAX];
	size_t file_count;
	size_t edit_count;
	bool read_only;		/* set by the test: every edit fails */
	bool open_files;	/* set by the test: others can write them all */
	struct fake_program program;	/* set by the test */
	const char *program_env;	/* of the last that ran, NULL: none */
	size_t program_count;		/* how many ran */
	struct fake_run runs[FAKE_MAX];
	const char *typed;	/* set by the test; NULL: no terminal */
	const char *unasked;	/* set by the test: why asking fails */
	const char *question;	/* the last one asked */
	size_t beside_count;
	const char *beside_host;	/* the last one connected to */
	struct fake_apart aparts[FAKE_MAX];
	size_t apart_count;
	const char *no_child;	/* set by the test: why nothing is done apart */

	/* The rest is private. */
	struct {
		const char *name, *value;
	} env[FAKE_MAX];
	size_t env_count;
	struct fake_answer answers[FAKE_MAX];
	bool used[FAKE_MAX];
	size_t answer_count;
	char bytes[FAKE_BYTES];
	size_t bytes_used;
};

/* An empty world at FAKE_NOW: no variable, no file, no answer. */
void fake_open(struct fake_world *f);

/* Set, or (value NULL) unset. Strings are copied by all of these. */
void fake_env(struct fake_world *f, const char *name, const char *value);
void fake_file(struct fake_world *f, const char *path, const char *body);
/* A file whose reading and editing, or a directory whose listing, fails with
 * that kind.
 */
void fake_file_fails(struct fake_world *f, const char *path,
    enum err_kind kind);
void fake_answer(struct fake_world *f, struct fake_answer answer);

/* Value of a field of request i, case ignored; NULL when it was not sent. */
const char *fake_field(const struct fake_world *f, size_t i,
    const char *name);
/* Present content of a file; NULL when there is none. */
const char *fake_content(const struct fake_world *f, const char *path);
/* Is there a note of that kind with part in it? */
bool fake_noted(const struct fake_world *f, enum world_note kind,
    const char *part);
/* Is it in the needs of a step? */
bool fake_reads(const struct sandbox_needs *n, const char *path);
bool fake_writes(const struct sandbox_needs *n, const char *path);
bool fake_connects(const struct sandbox_needs *n, uint16_t port);
/* Was every answer used? Those that are always there do not count. */
bool fake_done(const struct fake_world *f);

#endif
