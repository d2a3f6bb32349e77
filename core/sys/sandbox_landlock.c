#include "sys/sandbox_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From Linux's include/uapi/linux/landlock.h, which musl does not have. */
enum {
	CREATE_VERSION = 1 << 0,
	RULE_PATH = 1,
	RULE_PORT = 2,

	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_FIRST = (1 << 13) - 1,	/* all of version 1 */
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,

	NET_BIND = 1 << 0,
	NET_CONNECT = 1 << 1,

	SCOPE_ABSTRACT = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
};

struct ruleset {
	uint64_t files, ports, scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed, port;
};

/* A file can be given these only, a directory all. */
#define OF_FILES (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

static const unsigned reading = FS_READ_FILE | FS_READ_DIR;
static const unsigned writing = FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE |
    FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER |
    FS_TRUNCATE;
static const unsigned asking = FS_READ_FILE | FS_WRITE_FILE | FS_IOCTL_DEV;

int
sandbox_landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_VERSION);

	return version < 0 ? 0 : (int)version;
}

/* A kernel takes a longer struct than its own as long as it ends in zeros. */
static struct ruleset
all_that_is_handled(const struct sandbox_needs *needs, int version)
{
	struct ruleset r = { FS_FIRST, 0, 0 };

	if (version >= LANDLOCK_RENAMES)
		r.files |= FS_REFER;
	if (version >= LANDLOCK_TRUNCATION)
		r.files |= FS_TRUNCATE;
	if (version >= LANDLOCK_DEVICES)
		r.files |= FS_IOCTL_DEV;
	if (version >= LANDLOCK_PORTS && !needs->connect_any)
		r.ports |= NET_CONNECT;
	if (version >= LANDLOCK_PORTS && !needs->listen_any)
		r.ports |= NET_BIND;
	if (version >= LANDLOCK_SIGNALS && !needs->notify)
		r.scoped |= SCOPE_ABSTRACT;
	if (version >= LANDLOCK_SIGNALS && !needs->early_children)
		r.scoped |= SCOPE_SIGNAL;
	return r;
}

/* What we cannot find, or not get at, needs no rule; nor does a pipe or the
 * like, behind /proc/self/fd, which is held from nobody.
 */
static bool
add_path(int rules, const char *path, uint64_t allowed)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_rule rule = { allowed, fd };
	struct stat st;
	bool done;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ||
		    errno == EACCES || errno == ELOOP || errno == ENAMETOOLONG;
	if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		rule.allowed &= OF_FILES;
	done = syscall(SYS_landlock_add_rule, rules, RULE_PATH, &rule, 0) ==
	    0 || errno == EBADFD;
	close(fd);
	return done;
}

static bool
add_paths(int rules, const char *const *paths, uint64_t allowed)
{
	for (size_t i = 0; i < SANDBOX_PATHS_MAX && paths[i]; i++)
		if (!add_path(rules, paths[i], allowed))
			return false;
	return true;
}

static bool
add_ports(int rules, const uint16_t *ports, uint64_t allowed)
{
	for (size_t i = 0; allowed && i < SANDBOX_PORTS_MAX && ports[i]; i++) {
		const struct port_rule rule = { allowed, ports[i] };

		if (syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0) <
		    0)
			return false;
	}
	return true;
}

bool
sandbox_landlock(const struct sandbox_needs *needs, int version)
{
	const struct ruleset all = all_that_is_handled(needs, version);
	bool done;
	int rules;

	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0)
		return false;
	done = add_paths(rules, needs->reads, reading & all.files) &&
	    add_paths(rules, needs->writes, writing & all.files) &&
	    (!needs->terminal ||
	    add_path(rules, "/dev/tty", asking & all.files)) &&
	    add_ports(rules, needs->connects, NET_CONNECT & all.ports) &&
	    add_ports(rules, needs->listens, NET_BIND & all.ports) &&
	    syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	close(rules);
	return done;
}
