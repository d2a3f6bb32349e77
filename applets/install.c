#include "applets/install.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "sys/file.h"
#include "sys/log.h"

static const struct str box = S_INIT("ecrbox");

/* dir/name, in a. */
static bool
join(struct arena *a, struct str dir, struct str name, const char **path,
    struct err *e)
{
	struct buf b = arena_buf(a, dir.n + name.n + 2);

	buf_add(&b, dir);
	buf_char(&b, '/');
	buf_add(&b, name);
	buf_char(&b, '\0');
	if (b.full)
		return err_set(e, ERR_LIMIT, "path too long");
	*path = b.p;
	return true;
}

static bool
give(void *me, struct str old, struct str *now, struct err *e)
{
	(void)old;
	(void)e;
	*now = *(const struct str *)me;
	return true;
}

static bool
copy_file(struct arena *a, const char *from, const char *to, mode_t mode,
    struct err *e)
{
	struct str body;
	const struct file_edit how = {
		.change = give, .me = &body, .mode = mode, .dir_mode = 0755,
		.blind = true, .wait = true,
	};
	char c;

	/* file_edit would write to whatever it leads to. */
	if (readlink(to, &c, sizeof(c)) >= 0)
		return err_set(e, ERR_SYS, "'%s' is a symbolic link; it was"
		    " left alone", to);
	return file_read(from, SELF_MAX, a, &body, e) &&
	    file_edit(to, &how, a, NULL, e);
}

/* Is path a symbolic link that leads to the binary beside it? */
static bool
our_link(struct arena *a, const char *path, struct str dir)
{
	char target[PATH_MAX_BYTES];
	ssize_t n = readlink(path, target, sizeof(target));
	struct str to = { target, n > 0 ? (size_t)n : 0 };
	struct err unused;
	const char *whole;

	if (str_eq(to, box))
		return true;
	return join(a, dir, box, &whole, &unused) && str_eq(to, str_of(whole));
}

static bool
make_link(struct arena *a, struct str dir, struct str name, struct err *e)
{
	const char *path;

	if (!join(a, dir, name, &path, e))
		return false;
	if (symlink(box.p, path) == 0)
		return true;
	if (errno != EEXIST)
		return err_sys(e, "link '%s'", path);
	if (our_link(a, path, dir))
		return true;
	return err_set(e, ERR_SYS, "link '%s': something else is there; it was"
	    " left alone", path);
}

static bool
link_or_say(struct arena *a, struct str dir, const char *name)
{
	struct err why;
	bool done = make_link(a, dir, str_of(name), &why);

	if (!done)
		log_line(S("ecrbox"), str_of(why.msg));
	return done;
}

static bool
is_named(const char *name, int argc, char **args)
{
	for (int i = 0; name && i < argc; i++)
		if (str_eq(str_of(args[i]), str_of(name)))
			return true;
	return false;
}

/* Does it get its name and its page? Where that is another program's, only when
 * it was asked for.
 */
static bool
wanted(const struct applet *applet, int argc, char **args)
{
	return !applet->link_named || is_named(applet->name, argc, args);
}

static bool
check_names(const struct applet *const *applets, size_t count, int argc,
    char **args, struct err *e)
{
	for (int i = 0; i < argc; i++) {
		bool known = false;

		for (size_t k = 0; k < count; k++)
			known |= is_named(applets[k]->name, 1, args + i) ||
			    is_named(applets[k]->alias, 1, args + i);
		if (!known)
			return err_set(e, ERR_USAGE, "install: no applet '%s'"
			    " in this version", args[i]);
	}
	return true;
}

/* Can nobody have put path there but us, root, or the owner of this binary?
 * Who runs it may be root and the binary in /tmp, and then man/ beside it, or
 * a link in it to some secret file, may be anybody's.
 */
static bool
is_ours(const char *path)
{
	struct stat it, self;

	if (lstat(path, &it) < 0 || stat("/proc/self/exe", &self) < 0)
		return false;
	return !S_ISLNK(it.st_mode) && !(it.st_mode & S_IWOTH) &&
	    (it.st_uid == 0 || it.st_uid == geteuid() ||
	    it.st_uid == self.st_uid);
}

/* One page NAME.SECTION from from/man to DIR/../share/man/manSECTION. A host
 * that got the binary alone has none.
 */
static bool
copy_page(struct arena *a, struct str from, struct str dir, struct str name,
    char section, struct err *e)
{
	char file[64], up[32];
	struct buf b = BUF(file), share = BUF(up);
	const char *source, *target;

	buf_add(&b, name);
	buf_char(&b, '.');
	buf_char(&b, section);
	buf_add(&share, S("../share/man/man"));
	buf_char(&share, section);
	if (!join(a, from, S("man"), &source, e) ||
	    !join(a, str_of(source), buf_str(&b), &source, e) ||
	    !join(a, dir, buf_str(&share), &target, e) ||
	    !join(a, str_of(target), buf_str(&b), &target, e))
		return false;
	return !is_ours(source) || copy_file(a, source, target, 0644, e);
}

static bool
copy_pages(const struct applet *const *applets, size_t count, struct arena *a,
    struct str from, struct str dir, int argc, char **args, struct err *e)
{
	const char *pages;

	if (!join(a, from, S("man"), &pages, e))
		return false;
	if (!is_ours(pages))
		return true;
	for (size_t i = 0; i < count; i++)
		if (wanted(applets[i], argc, args) && !copy_page(a, from, dir,
		    str_of(applets[i]->name), '1', e))
			return false;
	return copy_page(a, from, dir, box, '1', e) &&
	    copy_page(a, from, dir, S("ecrbox.conf"), '5', e) &&
	    copy_page(a, from, dir, S("ecrbox-credentials"), '7', e);
}

bool
install(const struct applet *const *applets, size_t count, struct arena *a,
    int argc, char **args, struct err *e)
{
	char self[PATH_MAX_BYTES];
	struct str dir, from, name;
	const char *target;
	size_t missing = 0;
	ssize_t n;

	if (argc < 1 || !args[0][0] || args[0][0] == '-')
		return err_set(e, ERR_USAGE, "--install needs a directory");
	if (!check_names(applets, count, argc - 1, args + 1, e))
		return false;
	n = readlink("/proc/self/exe", self, sizeof(self));
	if (n < 0)
		return err_sys(e, "install: find this file in /proc");
	dir = str_of(args[0]);
	str_cut_last((struct str){ self, (size_t)n }, '/', &from, &name);
	if (!join(a, dir, box, &target, e) ||
	    !copy_file(a, "/proc/self/exe", target, 0755, e) ||
	    !copy_pages(applets, count, a, from, dir, argc - 1, args + 1, e))
		return err_in(e, "install");
	for (size_t i = 0; i < count; i++) {
		if (wanted(applets[i], argc - 1, args + 1))
			missing += !link_or_say(a, dir, applets[i]->name);
		if (is_named(applets[i]->alias, argc - 1, args + 1))
			missing += !link_or_say(a, dir, applets[i]->alias);
	}
	if (missing)
		return err_set(e, ERR_SYS, "install: %zu of the links not made",
		    missing);
	return true;
}
