/* openat2(2): the rules for the walk, and its stricter look at flags. */
#include <linux/openat2.h>

#include "files.h"

static int openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

	int made;

	/* EAGAIN: something was renamed anywhere meanwhile, and ".." may have led out. */
	for (int tries = 0; tries < 1000; tries++) {
		made = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
		if (made >= 0 || errno != EAGAIN || resolve & RESOLVE_CACHED)
			break;
	}
	return made;
}

static int resolve(const char *path, uint64_t rules)
{
	return openat2(AT_FDCWD, path, O_RDONLY, 0, rules);
}

static void furnish(void)
{
	char path[128];

	mkdir("room", 0755), mkdir("room/inner", 0755);
	make("file", "outside"), make("room/file", "inside"), make("room/inner/deep", "deep");
	symlink("file", "room/link");
	symlink("../file", "room/out");
	symlink("inner/../file", "room/within");
	snprintf(path, sizeof path, "%s/file", place);
	symlink(path, "room/absolute");
	symlink("/file", "room/rooted");
	symlink("/", "room/top");
}

FILE_CASE(without_rules_it_is_openat)
{
	furnish();
	say_open("file", resolve("room/file", 0));
	say_open("link", resolve("room/out", 0));
	say_open("nothing", resolve("nothing", 0));
	say_open("new", openat2(AT_FDCWD, "new", O_CREAT | O_RDWR, 0640, 0));
	say_mode("mode", "new");
}

FILE_CASE(resolve_beneath_stays_below)
{
	furnish();
	int room = opened("room", O_PATH);

	say_open("file", openat2(room, "file", 0, 0, RESOLVE_BENEATH));
	say_open("link", openat2(room, "link", 0, 0, RESOLVE_BENEATH));
	say_open("within", openat2(room, "within", 0, 0, RESOLVE_BENEATH));
	say_open("dot dot within", openat2(room, "inner/../file", 0, 0, RESOLVE_BENEATH));
	say_open("dot dot", openat2(room, "..", 0, 0, RESOLVE_BENEATH));
	say_open("out and in again", openat2(room, "../room/file", 0, 0, RESOLVE_BENEATH));
	say_open("link out", openat2(room, "out", 0, 0, RESOLVE_BENEATH));
	say_open("absolute link", openat2(room, "absolute", 0, 0, RESOLVE_BENEATH));
	say_open("absolute name", openat2(room, "/", 0, 0, RESOLVE_BENEATH));
	say_open("made", openat2(room, "inner/new", O_CREAT | O_RDWR, 0600, RESOLVE_BENEATH));
	say_open("made outside", openat2(room, "../new", O_CREAT | O_RDWR, 0600, RESOLVE_BENEATH));
	say_open("dot", openat2(room, ".", 0, 0, RESOLVE_BENEATH));
}

FILE_CASE(resolve_in_root_takes_it_for_the_root)
{
	furnish();
	int room = opened("room", O_PATH);

	say_rest("absolute name", openat2(room, "/file", 0, 0, RESOLVE_IN_ROOT));
	say_rest("dot dot", openat2(room, "../../../file", 0, 0, RESOLVE_IN_ROOT));
	say_rest("link out", openat2(room, "out", 0, 0, RESOLVE_IN_ROOT));
	say_rest("rooted link", openat2(room, "rooted", 0, 0, RESOLVE_IN_ROOT));
	say_rest("through top", openat2(room, "top/inner/deep", 0, 0, RESOLVE_IN_ROOT));
	say_open("absolute link", openat2(room, "absolute", 0, 0, RESOLVE_IN_ROOT));
	say_open("made", openat2(room, "/../new", O_CREAT | O_RDWR, 0600, RESOLVE_IN_ROOT));
	say_there("where", "room/new");
}

FILE_CASE(resolve_no_symlinks)
{
	furnish();
	say_open("file", resolve("room/file", RESOLVE_NO_SYMLINKS));
	say_open("at the end", resolve("room/link", RESOLVE_NO_SYMLINKS));
	say_open("on the way", resolve("room/top/tmp", RESOLVE_NO_SYMLINKS));
	say_open("the link itself",
		 openat2(AT_FDCWD, "room/link", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS));
	say_open("made through it",
		 openat2(AT_FDCWD, "room/link", O_CREAT | O_RDWR, 0600, RESOLVE_NO_SYMLINKS));
}

FILE_CASE(resolve_no_magiclinks)
{
	char path[64];

	furnish();
	snprintf(path, sizeof path, "/proc/self/fd/%d", opened("file", O_RDONLY));
	say_open("magic", resolve(path, RESOLVE_NO_MAGICLINKS));
	say_open("allowed", resolve(path, 0));
	say_open("an ordinary link", resolve("room/link", RESOLVE_NO_MAGICLINKS));
	say_open("magic on the way", resolve("/proc/self/cwd/file", RESOLVE_NO_MAGICLINKS));
	say_open("beneath", openat2(opened("/proc/self", O_PATH), "cwd/file", 0, 0, RESOLVE_BENEATH));
}

FILE_CASE(resolve_no_xdev)
{
	furnish();
	say_open("same mount", resolve("room/file", RESOLVE_NO_XDEV));
	say_open("another", openat2(opened("/", O_PATH), "proc/self/status", 0, 0, RESOLVE_NO_XDEV));
	say_open("dot dot out of it", openat2(opened("/proc", O_PATH), "..", 0, 0, RESOLVE_NO_XDEV));
}

FILE_CASE(openat2_refuses_what_openat_ignores)
{
	furnish();
	say_open("unknown flag", openat2(AT_FDCWD, "file", 1ull << 40, 0, 0));
	say_open("unknown rule", openat2(AT_FDCWD, "file", 0, 0, 0x1000));
	say_open("a mode without O_CREAT", openat2(AT_FDCWD, "file", 0, 0600, 0));
	say_open("bits above the mode", openat2(AT_FDCWD, "new", O_CREAT | O_RDWR, 0100644, 0));
	say_open("O_PATH and O_RDWR", openat2(AT_FDCWD, "file", O_PATH | O_RDWR, 0, 0));
	say_open("O_PATH and O_CLOEXEC", openat2(AT_FDCWD, "file", O_PATH | O_CLOEXEC, 0, 0));
	say_open("two roots", resolve("file", RESOLVE_BENEATH | RESOLVE_IN_ROOT));
}

FILE_CASE(sizes_of_open_how)
{
	struct {
		struct open_how how;
		uint64_t more[3];
	} larger = { 0 };

	furnish();
	say_open("larger", (int)syscall(SYS_openat2, AT_FDCWD, "file", &larger, sizeof larger));
	larger.more[1] = 1;
	say_open("with something there", (int)syscall(SYS_openat2, AT_FDCWD, "file", &larger, sizeof larger));
	say_open("too small", (int)syscall(SYS_openat2, AT_FDCWD, "file", &larger, 16));
	say_open("none", (int)syscall(SYS_openat2, AT_FDCWD, "file", &larger, 0));
	say_open("larger than a page", (int)syscall(SYS_openat2, AT_FDCWD, "file", &larger, 5000));
	say_open("bad address", (int)syscall(SYS_openat2, AT_FDCWD, "file", 8l, 24));
}

FILE_CASE(resolve_cached)
{
	furnish();
	close(opened("room/file", O_RDONLY));
	say_open("seen before", resolve("room/file", RESOLVE_CACHED));
	say_open("O_TRUNC", openat2(AT_FDCWD, "room/file", O_RDWR | O_TRUNC, 0, RESOLVE_CACHED));
	say_open("O_CREAT", openat2(AT_FDCWD, "room/file", O_RDWR | O_CREAT, 0600, RESOLVE_CACHED));
}

FILE_CASE(openat2_and_o_tmpfile)
{
	say_open("O_TMPFILE", openat2(AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600, 0));
	say_open("to read", openat2(AT_FDCWD, ".", O_TMPFILE | O_RDONLY, 0600, 0));
	say_open("its half", openat2(AT_FDCWD, ".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600, 0));
	say_open("O_CREAT and O_DIRECTORY", openat2(AT_FDCWD, "new", O_CREAT | O_DIRECTORY, 0600, 0));
}
