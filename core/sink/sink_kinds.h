/* sink_kinds.h - what sinks of each kind do. For sink*.c only. */
#ifndef SINK_SINK_KINDS_H
#define SINK_SINK_KINDS_H

#include "aws/registry.h"
#include "sink/sink.h"

/* The arguments of sink_write. */
struct sink_job {
	const struct world *w;
	const struct sink *s;
	const struct format_entry *entries;
	size_t count;
	int64_t got_s, deadline;
	struct arena *a;
};

/* Several things are tried, whatever becomes of each. */
struct sink_tally {
	size_t count, failed;
	struct err first;
};

/* One more: why it failed; NULL: it went well. */
void sink_tally(struct sink_tally *t, const struct err *why);

/* How it went. what is their name: "namespaces". */
MUST_USE bool sink_tallied(const struct sink_tally *t, const char *what,
    struct err *e);

/* The entries' registries, for patterns; in a. */
MUST_USE bool sink_registries(const struct format_entry *entries, size_t count,
    struct arena *a, struct registry **registries, struct err *e);

/* Is a pattern (password_file.h) good for so many registries? what is what it
 * names.
 */
MUST_USE bool sink_pattern_check(const char *what, struct str pattern,
    size_t registries, struct err *e);

/* sink_file.c: all kinds that write files. */
MUST_USE bool sink_file_check(const struct sink *s, size_t registries,
    struct err *e);
/* What it writes; as sink_files, or for these entries. */
MUST_USE bool sink_file_paths(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, struct arena *a,
    struct str **paths, size_t *path_count, struct err *e);
MUST_USE bool sink_file_write(const struct sink_job *j, struct err *e);
MUST_USE bool sink_is_directory(const struct world *w, struct str path,
    struct arena *a, bool *directory, struct err *e);

/* sink_kubernetes.c */
MUST_USE bool sink_kubernetes_check(const struct sink *s, struct err *e);
MUST_USE bool sink_kubernetes_write(const struct sink_job *j, struct err *e);

/* sink_sesam.c */
MUST_USE bool sink_sesam_check(const struct sink *s, size_t registries,
    struct err *e);
MUST_USE bool sink_sesam_write(const struct sink_job *j, struct err *e);

/* sink_exec.c */
MUST_USE bool sink_exec_check(const struct sink *s, struct err *e);
MUST_USE bool sink_exec_write(const struct sink_job *j, struct err *e);

#endif
