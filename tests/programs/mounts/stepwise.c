/* fsopen(2), fsconfig(2), fsmount(2), move_mount(2), open_tree(2), fspick(2), mount_setattr(2),
 * statmount(2) and listmount(2). */
#include "harness.h"

/* The same numbers for every ABI, but for the base that o32 and n32 add. */
#if defined __mips__ && _MIPS_SIM == _ABIO32
#define BASE 4000
#elif defined __mips__ && _MIPS_SIM == _ABIN32
#define BASE 6000
#elif defined __mips__
#define BASE 5000
#else
#define BASE 0
#endif

enum {
	OPEN_TREE = BASE + 428, MOVE_MOUNT = BASE + 429, FSOPEN = BASE + 430, FSCONFIG = BASE + 431,
	FSMOUNT = BASE + 432, FSPICK = BASE + 433, MOUNT_SETATTR = BASE + 442,
	STATMOUNT = BASE + 457, LISTMOUNT = BASE + 458,
};

enum { SET_FLAG, SET_STRING, SET_BINARY, SET_PATH, SET_PATH_EMPTY, SET_FD, CREATE, RECONFIGURE };
enum { CLONE_TREE = 1, RECURSIVE = 0x8000, F_EMPTY = 4, T_EMPTY = 0x40, BENEATH = 0x200,
       SET_GROUP = 0x100 };

struct attributes {
	uint64_t set, clear, propagation, userns_fd;
};

static int fsopen_(const char *type)
{
	return (int)syscall(FSOPEN, type, 1);
}

static long configure(int fd, unsigned command, const char *key, const void *value, int aux)
{
	return syscall(FSCONFIG, fd, command, key, value, aux);
}

static int fsmount_(int fd, unsigned attributes)
{
	return (int)syscall(FSMOUNT, fd, 1, attributes);
}

static long attach(int fd, const char *place)
{
	return syscall(MOVE_MOUNT, fd, "", AT_FDCWD, place, F_EMPTY);
}

static long set_attributes(const char *place, unsigned flags, struct attributes wanted)
{
	return syscall(MOUNT_SETATTR, AT_FDCWD, place, flags, &wanted, sizeof wanted);
}

static int detached(void)
{
	int fd = fsopen_("tmpfs"), tree;

	configure(fd, SET_STRING, "size", "64k", 0);
	configure(fd, CREATE, NULL, NULL, 0);
	tree = fsmount_(fd, 0);
	close(fd);
	return tree;
}

CASE(step_by_step)
{
	int fd = fsopen_("tmpfs"), tree;

	mkdir("a", 0755);
	say_yes("fsopen", fd >= 0);
	say_result("source", configure(fd, SET_STRING, "source", "my source", 0));
	say_result("size", configure(fd, SET_STRING, "size", "64k", 0));
	say_result("mode", configure(fd, SET_STRING, "mode", "711", 0));
	say_result("noswap or so", configure(fd, SET_STRING, "nr_inodes", "100", 0));
	say_result("fsmount too early", fsmount_(fd, 0));
	say_result("create", configure(fd, CREATE, NULL, NULL, 0));
	say_result("create again", configure(fd, CREATE, NULL, NULL, 0));
	say_result("an option too late", configure(fd, SET_STRING, "size", "1m", 0));
	tree = fsmount_(fd, 8 | 2); /* noexec, nosuid */
	say_yes("fsmount", tree >= 0);
	say_result("fsmount again", fsmount_(fd, 0));
	make("f", "");
	say_mount("a");
	say_result("move_mount", attach(tree, "a"));
	say_mount("a");
	say_result("move_mount again", attach(tree, "a"));
	say_result("change it", configure(fd, SET_STRING, "size", "128k", 0));
	say_result("reconfigure", configure(fd, RECONFIGURE, NULL, NULL, 0));
	close(tree);
	say_mount("a");
}

CASE(errors_of_fsopen)
{
	int fd;

	say_result("unknown type", fsopen_("nosuchfs"));
	say_result("flags", syscall(FSOPEN, "tmpfs", 2));
	say_result("null", syscall(FSOPEN, NULL, 0));
	fd = fsopen_("tmpfs");
	say_result("unknown key", configure(fd, SET_STRING, "foo", "1", 0));
	say_result("flag as key", configure(fd, SET_FLAG, "foo", NULL, 0));
	say_result("bad value", configure(fd, SET_STRING, "size", "x", 0));
	say_result("flag with a value", configure(fd, SET_FLAG, "ro", "1", 0));
	say_result("flag with aux", configure(fd, SET_FLAG, "ro", NULL, 1));
	say_result("string without a value", configure(fd, SET_STRING, "size", NULL, 0));
	say_result("create with a key", configure(fd, CREATE, "x", NULL, 0));
	say_result("unknown command", configure(fd, 77, NULL, NULL, 0));
	say_result("no descriptor", configure(-1, CREATE, NULL, NULL, 0));
	say_result("bad descriptor", configure(99, CREATE, NULL, NULL, 0));
	say_result("another descriptor", configure(1, CREATE, NULL, NULL, 0));
	say_result("fsmount of another", fsmount_(1, 0));
	say_result("fsmount of a bad one", fsmount_(99, 0));
	say_result("source", configure(fd, SET_STRING, "source", "a", 0));
	say_result("source again", configure(fd, SET_STRING, "source", "b", 0));
	say_result("reconfigure", configure(fd, RECONFIGURE, NULL, NULL, 0));
	say_result("flags of fsmount", syscall(FSMOUNT, fd, 2, 0));
	say_result("attributes of fsmount", syscall(FSMOUNT, fd, 0, 0x4000000));
	say_result("two kinds of access times", syscall(FSMOUNT, fd, 0, 0x30));
	say_result("ro", configure(fd, SET_FLAG, "ro", NULL, 0));
	say_result("create", configure(fd, CREATE, NULL, NULL, 0));
	say_result("read an empty log", read(fsopen_("tmpfs"), (char[64]){ 0 }, 64));
}

CASE(a_read_only_file_system)
{
	int fd = fsopen_("tmpfs"), tree;

	mkdir("a", 0755);
	configure(fd, SET_FLAG, "ro", NULL, 0);
	configure(fd, CREATE, NULL, NULL, 0);
	tree = fsmount_(fd, 0x20); /* strictatime */
	attach(tree, "a");
	say_mount("a");
	say_result("mkdir", mkdir("a/d", 0755));
	say_result("rw", configure(fd, SET_FLAG, "rw", NULL, 0));
	say_result("reconfigure", configure(fd, RECONFIGURE, NULL, NULL, 0));
	say_result("mkdir", mkdir("a/d", 0755));
}

CASE(a_detached_mount_is_usable)
{
	int tree = detached(), fd;

	fd = openat(tree, "f", O_CREAT | O_WRONLY, 0644);
	say_yes("create", fd >= 0);
	say_result("write", write(fd, "text", 4));
	say_result("mkdirat", mkdirat(tree, "d", 0755));
	say_result("fchdir", fchdir(tree));
	say_names("names", ".");
	say_result("old way", tmpfs("d", NULL));
	chdir("/m");
	close(fd);
	close(tree);
	say("mounts", "%d", mounts_below(""));
}

CASE(open_tree_copies)
{
	int tree;

	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("c", 0755);
	tmpfs("a", NULL);
	mkdir("a/sub", 0755);
	tmpfs("a/sub", NULL);
	make("a/sub/f", "");
	make("a/g", "");
	tree = (int)syscall(OPEN_TREE, AT_FDCWD, "a", CLONE_TREE);
	say_yes("clone", tree >= 0);
	say_result("attach", attach(tree, "b"));
	say_names("b", "b");
	say_names("not recursive", "b/sub");
	tree = (int)syscall(OPEN_TREE, AT_FDCWD, "a", CLONE_TREE | RECURSIVE);
	say_result("attach", attach(tree, "c"));
	say_names("recursive", "c/sub");
	tree = (int)syscall(OPEN_TREE, AT_FDCWD, "a/g", 0);
	say_yes("a place", tree >= 0);
	say_result("read", read(tree, (char[1]){ 0 }, 1));
	say_result("attach what is no mount", attach(tree, "c"));
	say_result("recursive without clone", syscall(OPEN_TREE, AT_FDCWD, "a", RECURSIVE));
	say_result("unknown flag", syscall(OPEN_TREE, AT_FDCWD, "a", 0x10));
	say_result("missing", syscall(OPEN_TREE, AT_FDCWD, "missing", CLONE_TREE));
	tree = (int)syscall(OPEN_TREE, AT_FDCWD, "a", 0);
	say_result("move by a place", attach(tree, "b"));
	say("below b", "%d", mounts_below("b"));
}

CASE(a_detached_tree_goes_with_its_descriptor)
{
	int tree = detached(), fd, copy;
	char text[8] = "";

	fd = openat(tree, "f", O_CREAT | O_RDWR, 0644);
	write(fd, "kept", 4);
	copy = dup(tree);
	close(tree);
	say_yes("still there", faccessat(copy, "f", F_OK, 0) == 0);
	close(copy);
	pread(fd, text, 4, 0);
	say("open file", "%s", text);
	mkdir("a", 0755);
	say_result("too late", attach(copy, "a"));
}

CASE(errors_of_move_mount)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	make("f", "");
	tmpfs("a", NULL);
	say_result("flags", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "b", 0x1000));
	say_result("two things", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "b", BENEATH | SET_GROUP));
	say_result("not a mount", syscall(MOVE_MOUNT, AT_FDCWD, "b", AT_FDCWD, "a", 0));
	say_result("on a file", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "f", 0));
	say_result("empty name", syscall(MOVE_MOUNT, AT_FDCWD, "", AT_FDCWD, "b", 0));
	say_result("missing", syscall(MOVE_MOUNT, AT_FDCWD, "x", AT_FDCWD, "b", 0));
	say_result("by name", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "b", 0));
	say_mount("b");
}

CASE(a_mount_beneath_another)
{
	mkdir("a", 0755);
	tmpfs("a", NULL);
	make("a/top", "");
	mkdir("b", 0755);
	tmpfs("b", NULL);
	make("b/beneath", "");
	say_result("move", syscall(MOVE_MOUNT, AT_FDCWD, "b", AT_FDCWD, "a", BENEATH));
	say_names("top", "a");
	umount2("a", 0);
	say_names("beneath", "a");
	mkdir("c", 0755);
	say_result("under what is no mount", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "c", BENEATH));
	say_result("under the root", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "/", BENEATH));
}

CASE(a_group_is_set)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	tmpfs("a", NULL);
	mkdir("a/sub", 0755);
	mount("a", "b", NULL, MS_BIND, NULL);
	mount(NULL, "a", NULL, MS_SHARED, NULL);
	say_mount("b");
	say_result("set", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "b", SET_GROUP));
	say_mount("a");
	say_mount("b");
	tmpfs("a/sub", NULL);
	say_mount("b/sub");
	say_result("again", syscall(MOVE_MOUNT, AT_FDCWD, "a", AT_FDCWD, "b", SET_GROUP));
}

CASE(a_file_system_is_picked)
{
	int fd;

	mkdir("a", 0755);
	tmpfs("a", "size=64k");
	mkdir("a/d", 0755);
	say_result("flags", syscall(FSPICK, AT_FDCWD, "a", 0x100));
	say_result("not a root", syscall(FSPICK, AT_FDCWD, "a/d", 0));
	fd = (int)syscall(FSPICK, AT_FDCWD, "a", 1);
	say_yes("fspick", fd >= 0);
	say_result("create", configure(fd, CREATE, NULL, NULL, 0));
	say_result("ro", configure(fd, SET_FLAG, "ro", NULL, 0));
	say_result("size", configure(fd, SET_STRING, "size", "128k", 0));
	say_result("reconfigure", configure(fd, RECONFIGURE, NULL, NULL, 0));
	say_mount("a");
	say_result("mkdir", mkdir("a/new", 0755));
}

CASE(attributes_are_set)
{
	mkdir("a", 0755);
	tmpfs("a", NULL);
	mkdir("a/sub", 0755);
	tmpfs("a/sub", NULL);
	say_result("ro", set_attributes("a", 0, (struct attributes){ .set = 1 }));
	say_mount("a");
	say_mount("a/sub");
	say_result("recursively", set_attributes("a", RECURSIVE, (struct attributes){ .set = 2 | 8 }));
	say_mount("a/sub");
	say_result("clear", set_attributes("a", 0, (struct attributes){ .clear = 1 | 2 }));
	say_mount("a");
	say_result("noatime", set_attributes("a", 0, (struct attributes){ .set = 0x10, .clear = 0x70 }));
	say_mount("a");
	say_result("strictatime", set_attributes("a", 0, (struct attributes){ .set = 0x20, .clear = 0x70 }));
	say_mount("a");
	say_result("nodiratime", set_attributes("a", 0, (struct attributes){ .set = 0x80 }));
	say_result("nosymfollow", set_attributes("a", 0, (struct attributes){ .set = 0x200000 }));
	say_mount("a");
	say_result("shared", set_attributes("a", RECURSIVE, (struct attributes){ .propagation = MS_SHARED }));
	say_mount("a");
	say_mount("a/sub");
	say_result("nothing", set_attributes("missing", 0, (struct attributes){ 0 }));
}

CASE(errors_of_mount_setattr)
{
	struct attributes wanted = { .set = 1 };
	char large[64] = { 1 };
	int fd;

	mkdir("a", 0755);
	tmpfs("a", NULL);
	mkdir("a/d", 0755);
	say_result("flags", set_attributes("a", 0x10, wanted));
	say_result("too small", syscall(MOUNT_SETATTR, AT_FDCWD, "a", 0, &wanted, 31));
	say_result("too large", syscall(MOUNT_SETATTR, AT_FDCWD, "a", 0, &wanted, 5000));
	memset(large + 33, 1, 1);
	say_result("unknown rest", syscall(MOUNT_SETATTR, AT_FDCWD, "a", 0, large, 64));
	say_result("null", syscall(MOUNT_SETATTR, AT_FDCWD, "a", 0, NULL, 32));
	say_result("not a root", set_attributes("a/d", 0, wanted));
	say_result("missing", set_attributes("missing", 0, wanted));
	say_result("unknown attribute", set_attributes("a", 0, (struct attributes){ .set = 1 << 30 }));
	say_result("access time without clearing", set_attributes("a", 0, (struct attributes){ .set = 0x10 }));
	say_result("half cleared", set_attributes("a", 0, (struct attributes){ .clear = 0x10 }));
	say_result("two access times", set_attributes("a", 0, (struct attributes){ .set = 0x30, .clear = 0x70 }));
	say_result("two types", set_attributes("a", 0, (struct attributes){ .propagation = MS_SHARED | MS_SLAVE }));
	say_result("no type", set_attributes("a", 0, (struct attributes){ .propagation = MS_NOEXEC }));
	fd = open("a/f", O_CREAT | O_WRONLY, 0644);
	say_result("written to", set_attributes("a", 0, wanted));
	close(fd);
	say_result("bad descriptor", set_attributes("a", 0, (struct attributes){ .set = 0x100000, .userns_fd = 99 }));
}

struct request {
	uint32_t size, spare;
	uint64_t id, param;
};

struct description {
	uint32_t size, options;
	uint64_t mask;
	uint32_t major, minor;
	uint64_t magic;
	uint32_t sb_flags, type;
	uint64_t id, parent;
	uint32_t old_id, old_parent;
	uint64_t attributes, propagation, group, master, from;
	uint32_t root, point;
	uint64_t spare[50];
	char text[1024];
};

static uint64_t unique_id(const char *place)
{
	/* Its last words: __statx_timestamp stx_mtime, stx_rdev_*, stx_dev_*, then stx_mnt_id. */
	struct { uint32_t mask; char rest[140]; uint64_t id, more[13]; } found;

	memset(&found, 0, sizeof found);
	if (syscall(SYS_statx, AT_FDCWD, place, 0, 0x4000, &found))
		return 0;
	return found.mask & 0x4000 ? found.id : 0;
}

static long list(uint64_t id, uint64_t last, uint64_t *ids, size_t room, unsigned flags)
{
	struct request request = { sizeof request, 0, id, last };

	return syscall(LISTMOUNT, &request, ids, room, flags);
}

static uint64_t id_at(const char *place)
{
	uint64_t ids[256];
	long count = list(~0ull, 0, ids, 256, 0);

	for (long i = count - 1; i >= 0; i--) {
		struct request request = { sizeof request, 0, ids[i], 0x10 };
		struct description found;

		if (!syscall(STATMOUNT, &request, &found, sizeof found, 0) &&
		    !strcmp(found.text + found.point, place))
			return ids[i];
	}
	return 0;
}

CASE(mounts_are_listed)
{
	uint64_t ids[64], some[64];
	long all;

	mkdir("a", 0755);
	tmpfs("a", NULL);
	mkdir("a/one", 0755);
	mkdir("a/two", 0755);
	tmpfs("a/one", NULL);
	tmpfs("a/two", NULL);
	all = list(id_at("/m/a"), 0, ids, 64, 0);
	say_result("below a", all);
	say_yes("in order", ids[0] < ids[1]);
	say_yes("the first is one", ids[0] == id_at("/m/a/one"));
	say_result("room for one", list(id_at("/m/a"), 0, some, 1, 0));
	say_result("after it", list(id_at("/m/a"), some[0], some, 64, 0));
	say_yes("the second", some[0] == ids[1]);
	say_result("backwards", list(id_at("/m/a"), 0, some, 64, 1));
	say_yes("reversed", some[0] == ids[1] && some[1] == ids[0]);
	say_result("no room", list(id_at("/m/a"), 0, some, 0, 0));
	say_result("unknown flag", list(~0ull, 0, ids, 64, 4));
	say_result("an old id", list(1, 0, ids, 64, 0));
	say_result("nobody's id", list(1ull << 40, 0, ids, 64, 0));
	say_result("null", list(~0ull, 0, NULL, 64, 0));
	say_yes("like statx", unique_id("a") == id_at("/m/a") || !unique_id("a"));
}

CASE(a_mount_is_described)
{
	struct request request = { sizeof request, 0, 0, 0x3f };
	struct description found;

	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("b/sub", 0755);
	mount("b/sub", "a", NULL, MS_BIND, NULL);
	mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC | MS_RDONLY, NULL);
	mount(NULL, "a", NULL, MS_SHARED, NULL);
	request.id = id_at("/m/a");
	memset(&found, 0, sizeof found);
	say_result("statmount", syscall(STATMOUNT, &request, &found, sizeof found, 0));
	say("mask", "%llx", (unsigned long long)found.mask);
	say("magic", "%llx", (unsigned long long)found.magic);
	say("attributes", "%llx", (unsigned long long)found.attributes);
	say("propagation", "%llx", (unsigned long long)found.propagation);
	say_yes("a group", found.group > 0);
	say_yes("ids", found.id == request.id && found.parent == id_at("/m"));
	say("type", "%s", found.text + found.type);
	say("root", "%s", found.text + found.root);
	say("point", "%s", found.text + found.point);
	request.param = 2;
	say_result("only numbers", syscall(STATMOUNT, &request, &found, 512, 0));
	say("mask", "%llx", (unsigned long long)found.mask);
	request.param = 0x10;
	say_result("no room for text", syscall(STATMOUNT, &request, &found, 512, 0));
	say_result("flags", syscall(STATMOUNT, &request, &found, sizeof found, 1 << 20));
	request.size = 8;
	say_result("too small", syscall(STATMOUNT, &request, &found, sizeof found, 0));
	request.size = 5000;
	say_result("too large", syscall(STATMOUNT, &request, &found, sizeof found, 0));
	request.size = sizeof request;
	request.id = 1;
	say_result("an old id", syscall(STATMOUNT, &request, &found, sizeof found, 0));
	request.id = 1ull << 40;
	say_result("nobody's id", syscall(STATMOUNT, &request, &found, sizeof found, 0));
}
