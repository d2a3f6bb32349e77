#include "base/date.h"
#include "base/limits.h"
#include "base/words.h"
#include "sink/sink_kinds.h"

static bool
split(struct str command, struct arena *a, const char *const **argv,
    struct err *e)
{
	struct str shell = words_shell(command);
	size_t count;

	if (shell.n)
		return err_set(e, ERR_USAGE, "program: '%.*s' needs a shell;"
		    " write sh -c '...'", STR_ARG(shell));
	if (!words_split(command, a, argv, &count, e))
		return err_in(e, "program");
	return count > 0 || err_set(e, ERR_USAGE, "program: there is none");
}

bool
sink_exec_check(const struct sink *s, struct err *e)
{
	_Alignas(16) char mem[(PROGRAM_WORDS_MAX + 4) * sizeof(char *) +
	    COMMAND_MAX];
	struct arena a = { mem, sizeof(mem), 0 };
	const char *const *argv;

	if (s->target.n > COMMAND_MAX)
		return err_set(e, ERR_LIMIT, "program: its line has more than"
		    " %u bytes", COMMAND_MAX);
	return split(s->target, &a, &argv, e);
}

static bool
variables(const struct format_entry *entry, struct arena *a, const char **env,
    struct err *e)
{
	char expires[DATE_ISO_LEN + 1];
	const struct {
		struct str name, value;
	} all[] = {
		{ S("ECR_REGISTRY="), entry->host },
		{ S("ECR_USERNAME="), entry->user },
		{ S("ECR_ACCOUNT="), entry->account },
		{ S("ECR_REGION="), entry->region },
		{ S("ECR_EXPIRES="), { expires, DATE_ISO_LEN } },
	};
	struct buf b;
	struct str s;

	date_format_iso(entry->expires_s, expires);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		b = arena_buf(a, all[i].name.n + all[i].value.n + 1);
		buf_add(&b, all[i].name);
		buf_add(&b, all[i].value);
		buf_char(&b, '\0');
		if (!arena_keep(a, &b, &s, e))
			return false;
		env[i] = s.p;
	}
	env[5] = NULL;
	return true;
}

static bool
run_for(const struct sink_job *j, const char *const *argv,
    const struct format_entry *entry, struct err *e)
{
	struct buf b = arena_buf(j->a, entry->password.n + 1);
	const char *env[6];
	struct program p = {
		.argv = argv, .env = env, .unset = program_secrets, .aside = true,
		.deadline = j->deadline,
	};
	struct str nothing;

	buf_add(&b, entry->password);
	buf_char(&b, '\n');
	return arena_keep(j->a, &b, &p.in, e) &&
	    variables(entry, j->a, env, e) &&
	    j->w->run(j->w->me, &p, j->a, &nothing, e);
}

bool
sink_exec_write(const struct sink_job *j, struct err *e)
{
	struct sink_tally tally = { .count = 0 };
	const char *const *argv;

	if (!split(j->s->target, j->a, &argv, e))
		return false;
	for (size_t i = 0; i < j->count; i++) {
		const struct format_entry *entry = &j->entries[i];
		size_t mark = j->a->used;
		struct err why;
		bool done = run_for(j, argv, entry, &why) ||
		    err_in(&why, "registry '%.*s'", STR_ARG(entry->host));

		sink_tally(&tally, done ? NULL : &why);
		arena_back(j->a, mark);
	}
	return sink_tallied(&tally, "runs", e);
}
