/* mkdir(2), rmdir(2), getdents(2), chdir(2), getcwd(2), chroot(2). */
#include "files.h"

struct line64 {
	uint64_t ino;
	int64_t off;
	unsigned short length;
	unsigned char type;
	char name[];
};

FILE_CASE(mkdir_makes_a_directory)
{
	umask(027);
	say_result("mkdir", mkdir("new", 0777));
	say_mode("mode", "new");
	say_links("links", "new");
	say_links("of its parent", ".");
	say_result("taken", mkdir("new", 0777));
	say_result("a slash at the end", mkdir("second/", 0755));
	say_result("no parent", mkdir("no/new", 0755));
	say_result("dot", mkdir(".", 0755));
	say_result("dot dot", mkdir("new/..", 0755));
	say_result("root", mkdir("/", 0755));
	say_result("empty", mkdir("", 0755));
	make("file", "");
	say_result("in a file", mkdir("file/new", 0755));
	say_result("sticky", mkdir("sticky", 01777));
	say_mode("its mode", "sticky");
	say_result("setuid is lost", mkdir("setuid", 04755));
	say_mode("its mode", "setuid");
	say_result("too long", mkdir(long_name(256), 0755));
}

FILE_CASE(mkdir_at_a_link)
{
	symlink("target", "link");
	say_result("dangling", mkdir("link", 0755));
	say_result("dangling with a slash", mkdir("link/", 0755));
	mkdir("target", 0755);
	say_result("through it", mkdir("link/inner", 0755));
	say_names("names", "target");
}

FILE_CASE(rmdir_takes_empty_directories)
{
	mkdir("empty", 0755), mkdir("full", 0755), make("full/file", ""), make("file", "");
	symlink("empty", "link");
	say_result("full", rmdir("full"));
	say_result("file", rmdir("file"));
	say_result("link", rmdir("link"));
	say_result("link with a slash", rmdir("link/"));
	say_result("dot", rmdir("empty/."));
	say_result("dot dot", rmdir("empty/.."));
	say_result("nothing", rmdir("nothing"));
	say_result("with a slash", rmdir("empty/"));
	say_result("root", rmdir("/"));
	say_result("a mount", rmdir("/proc"));
	say_links("of the parent", ".");
}

FILE_CASE(a_removed_directory_that_is_open)
{
	char buffer[512];
	struct stat status;

	mkdir("directory", 0755);
	int directory = opened("directory", O_RDONLY);
	rmdir("directory");
	fstat(directory, &status);
	say_number("links", (long)status.st_nlink);
	say_result("getdents", syscall(SYS_getdents64, directory, buffer, sizeof buffer));
}

FILE_CASE(the_working_directory_removed)
{
	char path[128];

	mkdir("directory", 0755);
	chdir("directory");
	rmdir("../directory");
	say_result("getcwd", syscall(SYS_getcwd, path, sizeof path));
	say_open("dot", open(".", O_RDONLY));
	say_open("new", open("new", O_CREAT | O_RDWR, 0644));
	say_result("chdir dot", chdir("."));
	say_result("chdir dot dot", chdir(".."));
	say_result("getcwd now", syscall(SYS_getcwd, path, sizeof path) > 0 ? 0 : -1);
}

static const char *kind(unsigned char type)
{
	static const char *const names[] = { "unknown", "fifo", "chr", "3", "dir", "5", "blk", "7",
					     "reg", "9", "lnk", "11", "sock" };
	return type <= 12 ? names[type] : "?";
}

FILE_CASE(getdents64_tells_names_and_types)
{
	char buffer[1024];
	int wrong = 0, count = 0;

	make("file", ""), mkdir("directory", 0755), symlink("x", "link"), mkfifo("fifo", 0644);
	int here = opened(".", O_RDONLY);
	long length = syscall(SYS_getdents64, here, buffer, sizeof buffer);
	for (long at = 0; at < length;) {
		struct line64 *line = (void *)(buffer + at);
		struct stat status;
		lstat(line->name, &status);
		wrong += line->length % 8 != 0;
		wrong += strcmp(line->name, "..") && line->ino != status.st_ino;
		if (*line->name != '.')
			say(line->name, "%s", kind(line->type));
		at += line->length;
		count++;
	}
	say_number("lines", count);
	say_number("wrong", wrong);
	say_result("at the end", syscall(SYS_getdents64, here, buffer, sizeof buffer));
	lseek(here, 0, SEEK_SET);
	say_yes("again", syscall(SYS_getdents64, here, buffer, sizeof buffer) == length);
	lseek(here, 0, SEEK_SET);
	say_result("no room", syscall(SYS_getdents64, here, buffer, 8));
	say_result("bad address", syscall(SYS_getdents64, here, 8l, sizeof buffer));
	say_result("a file", syscall(SYS_getdents64, opened("file", O_RDONLY), buffer, sizeof buffer));
	say_result("bad descriptor", syscall(SYS_getdents64, -1, buffer, sizeof buffer));
}

FILE_CASE(getdents64_starts_with_the_dots)
{
	char buffer[64];
	int here = opened(".", O_RDONLY);

	syscall(SYS_getdents64, here, buffer, 24);
	say("first", "%s", ((struct line64 *)buffer)->name);
	syscall(SYS_getdents64, here, buffer, 24);
	say("second", "%s", ((struct line64 *)buffer)->name);
	say_result("end", syscall(SYS_getdents64, here, buffer, 24));
}

static void make_hundred(void)
{
	char name[16];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "f%02d", i);
		make(name, "");
	}
}

FILE_CASE(removing_while_reading_misses_nothing)
{
	struct dirent *line;
	int count = 0;

	make_hundred();
	DIR *here = opendir(".");
	while ((line = readdir(here)))
		if (*line->d_name == 'f')
			count += unlink(line->d_name) == 0;
	say_number("removed", count);
	closedir(here);
	say_names("left", ".");
}

FILE_CASE(what_is_removed_is_not_told)
{
	char buffer[64];
	int here, seen = 0;
	long length;

	make_hundred();
	here = opened(".", O_RDONLY);
	for (int i = 0; i < 4; i++)
		syscall(SYS_getdents64, here, buffer, 32);
	for (int i = 10; i < 100; i++) {
		snprintf(buffer, sizeof buffer, "f%02d", i);
		unlink(buffer);
	}
	while ((length = syscall(SYS_getdents64, here, buffer, 32)) > 0)
		seen++;
	say_yes("at most those that are left", seen <= 10);
}

FILE_CASE(telldir_and_seekdir)
{
	char first[32], second[32];
	long at;

	make_hundred();
	DIR *here = opendir(".");
	for (int i = 0; i < 50; i++)
		readdir(here);
	at = telldir(here);
	strcpy(first, readdir(here)->d_name);
	while (readdir(here))
		;
	seekdir(here, at);
	strcpy(second, readdir(here)->d_name);
	say_yes("the same name", !strcmp(first, second));
	rewinddir(here);
	int count = 0;
	while (readdir(here))
		count++;
	say_number("all again", count);
	closedir(here);
}

FILE_CASE(an_offset_means_the_same_after_removals)
{
	char first[32], second[32], *next;
	long at;

	make_hundred();
	DIR *here = opendir(".");
	for (int i = 0; i < 50; i++)
		readdir(here);
	at = telldir(here);
	strcpy(first, readdir(here)->d_name);
	closedir(here);
	here = opendir(".");
	for (int i = 0; i < 20; i++) {
		do
			next = readdir(here)->d_name;
		while (*next == '.');
		strcpy(second, next);
		if (strcmp(first, second))
			unlink(second);
	}
	closedir(here);
	here = opendir(".");
	seekdir(here, at);
	strcpy(second, readdir(here)->d_name);
	say_yes("the same name", !strcmp(first, second));
}

FILE_CASE(new_names_after_rewinding)
{
	make("one", "");
	DIR *here = opendir(".");
	int count = 0;

	while (readdir(here))
		count++;
	make("two", "");
	say_yes("not before", !readdir(here));
	rewinddir(here);
	count = 0;
	while (readdir(here))
		count++;
	say_number("lines", count);
}

FILE_CASE(seeking_in_directories)
{
	make_hundred();
	int here = opened(".", O_RDONLY);

	say_result("SEEK_SET 0", lseek(here, 0, SEEK_SET));
	say_result("SEEK_CUR", lseek(here, 0, SEEK_CUR));
	say_result("SEEK_END", lseek(here, 0, SEEK_END) >= 0 ? 0 : -1);
	say_result("negative", lseek(here, -1, SEEK_SET));
	say_result("SEEK_DATA", lseek(here, 0, SEEK_DATA));
}

FILE_CASE(sizes_of_directories)
{
	say_size("empty", ".");
	make("file", "");
	say_size("one name", ".");
	mkdir("directory", 0755);
	say_size("two", ".");
	unlink("file");
	say_size("one again", ".");
}

FILE_CASE(chdir_and_getcwd)
{
	char path[256];

	mkdir("directory", 0755), make("file", "");
	symlink("directory", "link");
	say_result("chdir", chdir("link"));
	say_yes("getcwd tells the true name", getcwd(path, sizeof path) &&
						       !strcmp(strrchr(path, '/'), "/directory"));
	say_result("length", syscall(SYS_getcwd, path, sizeof path) == (long)strlen(path) + 1 ? 0 : -1);
	say_result("no room", syscall(SYS_getcwd, path, 3));
	say_result("a file", chdir("../file"));
	say_result("nothing", chdir("nothing"));
	say_result("fchdir of a file", fchdir(opened("../file", O_RDONLY)));
	say_result("fchdir", fchdir(opened("..", O_RDONLY)));
	say_result("bad descriptor", fchdir(-1));
	rename("directory", "renamed");
	chdir("renamed");
	getcwd(path, sizeof path);
	say("renamed", "%s", strrchr(path, '/'));
}

static void chdir_as_user(void)
{
	say_result("chdir", chdir("closed"));
	say_result("chdir, read only", chdir("listed"));
	say_result("fchdir", fchdir(opened("listed", O_RDONLY)));
	say_result("chroot", chroot("."));
}

FILE_CASE(chdir_needs_the_right_to_search)
{
	mkdir("closed", 0), mkdir("listed", 0744);
	as_user(SOMEBODY, SOMEBODY, chdir_as_user);
}

FILE_CASE(chroot_confines_names)
{
	char path[256];

	mkdir("jail", 0755), make("jail/file", "inside"), make("file", "outside");
	symlink("/file", "jail/link");
	int outside = opened(".", O_RDONLY);
	say_result("chroot", chroot("jail"));
	say_text("absolute", "/file");
	say_text("link", "/link");
	say_text("dot dot", "/../../file");
	say_result("getcwd is outside", syscall(SYS_getcwd, path, sizeof path) > 0 ? 0 : -1);
	say("its name", "%.13s", path);
	say_text("the working directory stays", "file");
	say_rest("openat", openat(outside, "file", O_RDONLY));
	chdir("/");
	say_text("at the root", "../file");
	fchdir(outside);
	chroot(".");
	say_result("of a file", chroot("file"));
}
