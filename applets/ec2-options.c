#include "applets/ec2-options.h"

#include "base/buf.h"

const struct ec2_field ec2_fields[EC2_FIELDS] = {
	{ 'a', EC2_VALUE, "ami-id", NULL, NULL },
	{ 'l', EC2_VALUE, "ami-launch-index", NULL, NULL },
	{ 'm', EC2_VALUE, "ami-manifest-path", NULL, NULL },
	{ 'n', EC2_VALUE, "ancestor-ami-ids", NULL, NULL },
	{ 'D', EC2_LATER, "aws-domain", "meta-data/services/domain", NULL },
	{ 'b', EC2_DEVICES, "block-device-mapping", NULL, NULL },
	{ 'i', EC2_VALUE, "instance-id", NULL, NULL },
	{ 't', EC2_VALUE, "instance-type", NULL, NULL },
	{ 'h', EC2_VALUE, "local-hostname", NULL, NULL },
	{ 'o', EC2_VALUE, "local-ipv4", NULL, NULL },
	{ 'k', EC2_VALUE, "kernel-id", NULL, NULL },
	{ 'z', EC2_VALUE, "availability-zone",
	    "meta-data/placement/availability-zone", "placement" },
	{ 'Z', EC2_LATER, "availability-zone-id",
	    "meta-data/placement/availability-zone-id", NULL },
	{ 'R', EC2_VALUE, "region", "meta-data/placement/region", NULL },
	{ 'P', EC2_VALUE, "partition", "meta-data/services/partition", NULL },
	{ 'c', EC2_VALUE, "product-codes", NULL, NULL },
	{ 'p', EC2_VALUE, "public-hostname", NULL, NULL },
	{ 'v', EC2_VALUE, "public-ipv4", NULL, NULL },
	{ 'u', EC2_KEYS, "public-keys", NULL, NULL },
	{ 'r', EC2_VALUE, "ramdisk-id", NULL, NULL },
	{ 'e', EC2_VALUE, "reservation-id", NULL, NULL },
	{ 's', EC2_VALUE, "security-groups", NULL, NULL },
	{ 'd', EC2_VALUE, "user-data", "user-data", NULL },
	{ 'g', EC2_TAGS, "tags", "meta-data/tags/instance", NULL },
	{ 0, EC2_HELP, "help", NULL, NULL },
	{ 0, EC2_ALL, "all", NULL, NULL },
	{ 0, EC2_QUIET, "quiet", NULL, NULL },
	{ 0, EC2_PATH, "path", NULL, NULL },
};

/* The field that name means, and the list of all that it could mean. An
 * abbreviation of a name that others only lengthen means that name:
 * availability-zone was there before availability-zone-id.
 */
static const struct ec2_field *
find_long(struct str name, struct buf *others)
{
	const struct ec2_field *found = NULL;
	bool several = false;

	for (size_t i = 0; i < EC2_FIELDS; i++) {
		const struct ec2_field *f = &ec2_fields[i];
		struct str whole = str_of(f->name);

		if (!str_starts(whole, name))
			continue;
		if (str_eq(whole, name))
			return f;
		buf_add(others, S(" '--"));
		buf_add(others, whole);
		buf_char(others, '\'');
		if (!found)
			found = f;
		else if (!str_starts(whole, str_of(found->name)))
			several = true;
	}
	return several ? NULL : found;
}

static void
read_long(struct ec2_walk *w, const char *text, struct ec2_option *o)
{
	char list[ERR_MSG_MAX];
	struct buf others = BUF(list);
	struct str name, value;
	bool with = str_cut(str_of(text), '=', &name, &value);
	const struct ec2_field *f = find_long(name, &others);
	bool takes = f && f->kind == EC2_PATH;

	if (!f && !others.n)
		(void)err_set(&o->bad, ERR_USAGE, "unrecognized option '--%s'",
		    text);
	else if (!f)
		(void)err_set(&o->bad, ERR_USAGE, "option '--%s' is ambiguous;"
		    " possibilities:%.*s", text, STR_ARG(buf_str(&others)));
	else if (with && !takes)
		(void)err_set(&o->bad, ERR_USAGE, "option '--%s' doesn't allow"
		    " an argument", f->name);
	else if (takes && !with && w->at == w->argc)
		(void)err_set(&o->bad, ERR_USAGE, "option '--%s' requires an"
		    " argument", f->name);
	else
		o->field = f;
	if (o->field && takes)
		o->value = with ? value.p : w->argv[w->at++];
}

bool
ec2_next(struct ec2_walk *w, struct ec2_option *o)
{
	o->field = NULL;
	while (!*w->bundle) {
		const char *word;

		if (w->at == w->argc)
			return false;
		word = w->argv[w->at++];
		if (word[0] != '-' || !word[1])
			continue;
		if (word[1] != '-') {
			w->bundle = word + 1;
		} else if (word[2]) {
			read_long(w, word + 2, o);
			return true;
		} else {
			return false;
		}
	}
	for (size_t i = 0; i < EC2_FIELDS; i++)
		if (ec2_fields[i].letter == *w->bundle)
			o->field = &ec2_fields[i];
	if (!o->field)
		(void)err_set(&o->bad, ERR_USAGE, "invalid option -- '%c'",
		    *w->bundle);
	w->bundle++;
	return true;
}
