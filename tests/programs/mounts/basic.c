/* mount(2) and umount2(2): covering, binding, moving, remounting, and their errors. */
#include "harness.h"

static const char *nothing = NULL;

CASE(a_mount_covers_and_uncovers)
{
	mkdir("a", 0755);
	make("a/below", "");
	say_result("mount", tmpfs("a", "size=64k"));
	say_names("covered", "a");
	make("a/above", "");
	say_mount("a");
	say_result("umount", umount2("a", 0));
	say_names("uncovered", "a");
	say_mount("a");
}

CASE(mounts_stack)
{
	mkdir("a", 0755);
	tmpfs("a", nothing);
	make("a/one", "");
	tmpfs("a", nothing);
	make("a/two", "");
	say("mounts", "%d", mounts_below("a"));
	say_names("top", "a");
	umount2("a", 0);
	say_names("under it", "a");
}

CASE(errors_of_mount)
{
	mkdir("a", 0755);
	make("f", "");
	symlink("a", "link");
	say_result("no such type", mount("x", "a", "nosuchfs", 0, NULL));
	say_result("no type", mount("x", "a", NULL, 0, NULL));
	say_result("no place", mount("x", "none", "tmpfs", 0, NULL));
	say_result("on a file", mount("x", "f", "tmpfs", 0, NULL));
	say_result("empty place", mount("x", "", "tmpfs", 0, NULL));
	say_result("null place", mount("x", NULL, "tmpfs", 0, NULL));
	say_result("bad source", mount((char *)8, "a", "tmpfs", 0, NULL));
	say_result("bad type", mount("x", "a", (char *)8, 0, NULL));
	say_result("bad data", mount("x", "a", "tmpfs", 0, (void *)8));
	say_result("through a link", mount("x", "link", "tmpfs", 0, NULL));
	say_mount("a");
	say_result("magic number", mount("x", "a", "tmpfs", MS_MGC_VAL, NULL));
	say_result("not a mount", mount(NULL, "f", NULL, MS_REMOUNT, NULL));
	say_result("bind of nothing", mount(NULL, "a", NULL, MS_BIND, NULL));
	say_result("bind of an empty name", mount("", "a", NULL, MS_BIND, NULL));
	say_result("bind of a missing name", mount("missing", "a", NULL, MS_BIND, NULL));
	say_result("file on directory", mount("f", "a", NULL, MS_BIND, NULL));
	say_result("directory on file", mount("a", "f", NULL, MS_BIND, NULL));
	say_result("move of nothing", mount(NULL, "a", NULL, MS_MOVE, NULL));
	say_result("move of a non-mount", mount("f", "a", NULL, MS_MOVE, NULL));
}

CASE(errors_of_umount)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	tmpfs("a", nothing);
	symlink("a", "link");
	say_result("unknown flag", umount2("a", 0x100));
	say_result("not a mount", umount2("b", 0));
	say_result("missing", umount2("missing", 0));
	say_result("null", umount2(NULL, 0));
	say_result("a link not followed", umount2("link", UMOUNT_NOFOLLOW));
	say_result("a link followed", umount2("link", 0));
	say_result("again", umount2("a", 0));
}

CASE(what_is_used_is_busy)
{
	int fd;
	char *page;

	mkdir("a", 0755);
	tmpfs("a", nothing);
	make("a/f", "still here");
	fd = open("a/f", O_RDWR);
	say_result("open file", umount2("a", 0));
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	say_result("mapped file", umount2("a", 0));
	say("mapped", "%s", page);
	munmap(page, 4096);
	fd = open("a", O_PATH);
	say_result("a place", umount2("a", 0));
	close(fd);
	chdir("a");
	say_result("working directory", umount2("/m/a", 0));
	chdir("..");
	mkdir("a/sub", 0755);
	tmpfs("a/sub", nothing);
	say_result("a mount on it", umount2("a", 0));
	umount2("a/sub", 0);
	say_result("unused", umount2("a", 0));
}

CASE(a_lazy_umount_leaves_open_files)
{
	int fd;
	char text[32] = "";

	mkdir("a", 0755);
	tmpfs("a", nothing);
	mkdir("a/sub", 0755);
	tmpfs("a/sub", nothing);
	make("a/sub/f", "kept");
	make("a/g", "kept too");
	fd = open("a/sub/f", O_RDONLY);
	chdir("a");
	say_result("umount", umount2("/m/a", MNT_DETACH));
	say("mounts", "%d", mounts_below("a"));
	read(fd, text, sizeof text - 1);
	say("open file", "%s", text);
	say_contents("here", "g");
	say_names("the other mount is not here", "sub");
	say_result("getcwd", syscall(SYS_getcwd, text, sizeof text));
	say_result("again", umount2(".", MNT_DETACH));
	say_result("bind of what is gone", mount(".", "/m/a", NULL, MS_BIND, NULL));
}

CASE(expiry_takes_two_calls)
{
	int fd;

	mkdir("a", 0755);
	tmpfs("a", nothing);
	make("a/f", "");
	say_result("with detach", umount2("a", MNT_EXPIRE | MNT_DETACH));
	say_result("first", umount2("a", MNT_EXPIRE));
	say_contents("used", "a/f");
	say_result("after use", umount2("a", MNT_EXPIRE));
	fd = open("a/f", O_RDONLY);
	say_result("busy", umount2("a", MNT_EXPIRE));
	close(fd);
	say_result("after use", umount2("a", MNT_EXPIRE));
	say_result("unused", umount2("a", MNT_EXPIRE));
	say_mount("a");
}

CASE(a_bind_shows_a_part)
{
	struct stat here, there;

	mkdir("a", 0755);
	mkdir("a/sub", 0755);
	mkdir("b", 0755);
	make("a/sub/f", "text");
	say_result("bind", mount("a/sub", "b", NULL, MS_BIND, NULL));
	say_mount("b");
	say_contents("file", "b/f");
	stat("a/sub/f", &here);
	stat("b/f", &there);
	say_yes("same file", here.st_ino == there.st_ino && here.st_dev == there.st_dev);
	say_names("above", "b/..");
	say_result("rename across", rename("a/sub/f", "b/g"));
	say_result("link across", link("a/sub/f", "b/g"));
	make("file", "covered");
	say_result("a file", mount("a/sub/f", "file", NULL, MS_BIND, NULL));
	say_contents("file on file", "file");
	say_result("unlink a mount point", unlink("file"));
	say_result("rename a mount point", rename("file", "elsewhere"));
	say_result("rmdir a mount point", rmdir("b"));
	say_result("umount", umount2("file", 0));
	say_contents("uncovered", "file");
}

CASE(binds_are_recursive_when_asked)
{
	mkdir("a", 0755);
	tmpfs("a", nothing);
	mkdir("a/sub", 0755);
	tmpfs("a/sub", nothing);
	make("a/sub/f", "");
	mkdir("b", 0755);
	mkdir("c", 0755);
	say_result("bind", mount("a", "b", NULL, MS_BIND, NULL));
	say_names("not recursive", "b/sub");
	say_result("rbind", mount("a", "c", NULL, MS_BIND | MS_REC, NULL));
	say_names("recursive", "c/sub");
	say("below c", "%d", mounts_below("c"));
	say_result("busy", umount2("c", 0));
	say_result("lazily", umount2("c", MNT_DETACH));
	say("below c", "%d", mounts_below("c"));
	say_names("the original stays", "a/sub");
}

CASE(a_bind_into_itself)
{
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	make("a/f", "");
	say_result("bind", mount("a", "a/b", NULL, MS_BIND, NULL));
	say_names("once", "a/b");
	say_names("twice", "a/b/b");
	say_result("on itself", mount("a", "a", NULL, MS_BIND, NULL));
	say("mounts", "%d", mounts_below("a"));
}

CASE(a_removed_mount_point)
{
	int fd;

	mkdir("a", 0755);
	fd = open("a", O_PATH);
	rmdir("a");
	fchdir(fd);
	say_result("mount", tmpfs(".", nothing));
	say_result("bind", mount("/m", ".", NULL, MS_BIND, NULL));
}

CASE(a_mount_moves)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	make("file", "");
	tmpfs("a", nothing);
	make("a/f", "");
	mkdir("a/sub", 0755);
	tmpfs("a/sub", nothing);
	say_result("move", mount("a", "b", NULL, MS_MOVE, NULL));
	say_names("there", "b");
	say_names("not here", "a");
	say("below b", "%d", mounts_below("b"));
	say_result("into itself", mount("b", "b/sub", NULL, MS_MOVE, NULL));
	say_result("on itself", mount("b", "b", NULL, MS_MOVE, NULL));
	say_result("on a file", mount("b", "file", NULL, MS_MOVE, NULL));
	say_result("a part", mount("b/sub/..", "a", NULL, MS_MOVE, NULL));
	say_names("back", "a");
}

CASE(the_root_stays)
{
	say_result("expire the root", umount2("/", MNT_EXPIRE));
}

CASE(names_are_escaped)
{
	char line[4096], *found = "none";
	FILE *mounts;

	mkdir("with space", 0755);
	mkdir("tab\tand\nline\\#", 0755);
	mount("my disk", "with space", "tmpfs", 0, NULL);
	mount("x", "tab\tand\nline\\#", "tmpfs", 0, NULL);
	mounts = fopen("/proc/self/mounts", "r");
	while (fgets(line, sizeof line, mounts))
		if (strstr(line, "with") || strstr(line, "tab")) {
			found = strstr(line, " tmpfs");
			*found = 0;
			say("line", "%s", line);
		}
	fclose(mounts);
	mounts = fopen("/proc/self/mountstats", "r");
	while (mounts && fgets(line, sizeof line, mounts))
		if (strstr(line, "with\\")) {
			line[strlen(line) - 1] = 0;
			say("stats", "%s", line);
		}
}

static int try_everything(void)
{
	uint32_t version_3[2] = { 0x20080522, 0 }, none[6] = { 0 };

	say_result("capset", syscall(SYS_capset, version_3, none));
	say_result("mount", tmpfs("a", nothing));
	say_result("bind", mount("a", "a", NULL, MS_BIND, NULL));
	say_result("remount", mount(NULL, "/m", NULL, MS_REMOUNT, NULL));
	say_result("share", mount(NULL, "/m", NULL, MS_SHARED, NULL));
	say_result("umount", umount2("/m", 0));
	say_result("pivot_root", syscall(SYS_pivot_root, "/m", "/m"));
	say_result("chroot", chroot("/m"));
	say_result("a missing place", tmpfs("missing", nothing));
	return 0;
}

CASE(only_the_mighty_mount)
{
	mkdir("a", 0755);
	in_child(try_everything);
}
