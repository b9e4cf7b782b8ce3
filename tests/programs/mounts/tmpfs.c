/* tmpfs and ramfs: limits, options, what a remount may change. */
#include "harness.h"

static void say_options(const char *what)
{
	char line[4096], at[512], options[512];
	FILE *mounts = fopen("/proc/self/mounts", "r");

	strcpy(options, "none");
	while (fgets(line, sizeof line, mounts))
		if (sscanf(line, "%*s %511s %*s", at) == 1 && !strcmp(at, "/m/a"))
			sscanf(line, "%*s %*s %*s %511s", options);
	fclose(mounts);
	say(what, "%s", options);
}

CASE(each_option)
{
	static const char *const options[] = {
		"size=64k", "size=1000", "size=0x10000", "size=1M", "nr_blocks=16", "nr_inodes=20",
		"nr_inodes=1k", "mode=700", "mode=0", "mode=1777", "uid=0,gid=0", "size=8k,,mode=711",
		"size=0", "nr_inodes=0", "size=", "size=k", "size=5x", "size", "nr_inodes=-1", "mode=8",
		"mode=", "uid=x", "uid=", "uid=4294967295", "foo", "foo=1", "size=4k,bar", "=", ",",
		"huge=never", "mode=17777", "size=-1",
	};

	mkdir("a", 0755);
	for (unsigned i = 0; i < sizeof options / sizeof *options; i++) {
		struct stat found;
		int result = tmpfs("a", options[i]);

		say_result(options[i], result);
		if (result)
			continue;
		say_options("shown");
		stat("a", &found);
		say("mode", "%o", found.st_mode);
		umount2("a", 0);
	}
}

CASE(the_size_is_a_limit)
{
	char page[4096] = "x";
	int fd, written = 0;

	mkdir("a", 0755);
	tmpfs("a", "size=32k");
	fd = open("a/f", O_CREAT | O_RDWR, 0644);
	while (write(fd, page, sizeof page) == sizeof page)
		written++;
	say("pages", "%d", written);
	say_result("one more", write(fd, page, 1));
	say_result("an empty file", open("a/g", O_CREAT | O_WRONLY, 0644) < 0 ? -1 : 0);
	say_result("fallocate", fallocate(fd, 0, 0, 64 << 10));
	say_result("truncate beyond", ftruncate(fd, 1 << 20));
	say_result("truncate", ftruncate(fd, 4096));
	lseek(fd, 0, SEEK_END);
	say_result("room again", write(fd, page, sizeof page));
	close(fd);
}

CASE(a_long_write_is_short)
{
	static char data[64 << 10];
	int fd;

	mkdir("a", 0755);
	tmpfs("a", "size=32k");
	fd = open("a/f", O_CREAT | O_RDWR, 0644);
	say_result("write", write(fd, data, sizeof data));
	say_result("write", write(fd, data, sizeof data));
}

CASE(inodes_are_limited)
{
	char name[32];
	int made = 0;

	mkdir("a", 0755);
	tmpfs("a", "nr_inodes=10");
	for (;; made++) {
		sprintf(name, "a/%d", made);
		if (mknod(name, S_IFREG | 0644, 0))
			break;
	}
	say_result("error", -1);
	say("made", "%d", made);
	say_result("mkdir", mkdir("a/d", 0755));
	say_result("symlink", symlink("x", "a/l"));
	say_result("link", link("a/0", "a/l"));
	unlink("a/1");
	say_result("link again", link("a/0", "a/l"));
	say_result("one too many", mknod("a/1", S_IFREG | 0644, 0));
	unlink("a/l");
	say_result("again", mknod("a/1", S_IFREG | 0644, 0));
}

CASE(a_remount_changes_limits)
{
	char page[4096] = "x";
	int fd;

	mkdir("a", 0755);
	tmpfs("a", "size=32k,nr_inodes=50,mode=700");
	fd = open("a/f", O_CREAT | O_RDWR, 0644);
	for (int i = 0; i < 8; i++)
		write(fd, page, sizeof page);
	close(fd);
	say_result("smaller than used", mount(NULL, "a", NULL, MS_REMOUNT, "size=16k"));
	say_options("shown");
	say_result("larger", mount(NULL, "a", NULL, MS_REMOUNT, "size=64k"));
	say_options("shown");
	say_result("too few inodes", mount(NULL, "a", NULL, MS_REMOUNT, "nr_inodes=1"));
	say_result("mode", mount(NULL, "a", NULL, MS_REMOUNT, "mode=777"));
	say_options("shown");
	say_result("no limit", mount(NULL, "a", NULL, MS_REMOUNT, "size=0"));
	say_options("shown");
	say_result("a limit again", mount(NULL, "a", NULL, MS_REMOUNT, "size=1m"));
	say_result("unknown", mount(NULL, "a", NULL, MS_REMOUNT, "foo=1"));
	say_result("nothing", mount(NULL, "a", NULL, MS_REMOUNT | MS_NOSUID, ""));
	say_options("shown");
}

CASE(ramfs_knows_no_limits)
{
	struct stat found;

	mkdir("a", 0755);
	say_result("mount", mount("x", "a", "ramfs", 0, "mode=711,size=4k,foo"));
	say_options("shown");
	stat("a", &found);
	say("mode", "%o", found.st_mode);
	umount2("a", 0);
	say_result("mount", mount("x", "a", "ramfs", 0, NULL));
	say_options("shown");
	say_mount("a");
}
