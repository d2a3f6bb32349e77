/* ec2-options.h - the options of ec2-metadata, read as getopt(1) reads them:
 * bundles, unique prefixes of long names, operands anywhere.
 */
#ifndef APPLETS_EC2_OPTIONS_H
#define APPLETS_EC2_OPTIONS_H

#include "base/err.h"

enum ec2_kind {
	EC2_VALUE,
	EC2_DEVICES,
	EC2_KEYS,
	EC2_TAGS,
	EC2_LATER,	/* a value that --all does not know */
	EC2_HELP,	/* from here on, nothing that is in the metadata */
	EC2_ALL,
	EC2_QUIET,
	EC2_PATH,
};

struct ec2_field {
	char letter;		/* 0: none */
	unsigned char kind;	/* enum ec2_kind */
	const char *name;	/* long */
	const char *path;	/* below latest/; NULL: meta-data/NAME */
	const char *label;	/* NULL: the name */
};

/* In the order of --all; those that are no metadata come last. */
#define EC2_FIELDS 28
extern const struct ec2_field ec2_fields[EC2_FIELDS];

/* The arguments, one option after another. Start: { argv, argc, 1, "" }. */
struct ec2_walk {
	char **argv;
	int argc, at;
	const char *bundle;	/* what is left of -xyz */
};

struct ec2_option {
	const struct ec2_field *field;	/* NULL: none, and bad says why */
	const char *value;		/* of --path */
	struct err bad;			/* in getopt's words */
};

/* False at the end. */
bool ec2_next(struct ec2_walk *w, struct ec2_option *o);

#endif
