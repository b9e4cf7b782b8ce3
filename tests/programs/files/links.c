/* link(2), symlink(2), unlink(2), readlink(2): names of files. */
#include "files.h"

FILE_CASE(link_gives_a_second_name)
{
	make("one", "text");
	say_result("link", link("one", "two"));
	say_links("links", "one");
	say_text("text", "two");
	say_result("taken", link("one", "two"));
	say_result("nothing", link("nothing", "three"));
	say_result("unlink", unlink("one"));
	say_links("links left", "two");
	say_result("into no directory", link("two", "no/three"));
	say_result("a slash at the end", link("two", "three/"));
	say_result("of a name with a slash", link("two/", "three"));
}

FILE_CASE(link_of_directories_and_links)
{
	mkdir("directory", 0755);
	make("file", "text");
	symlink("file", "link");
	symlink("directory", "way");
	say_result("directory", link("directory", "second"));
	say_result("link", link("link", "copy"));
	say_links("of the link", "link");
	say_result("followed", linkat(AT_FDCWD, "link", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
	say_links("of the file", "file");
	say_result("directory followed", linkat(AT_FDCWD, "way", AT_FDCWD, "third", AT_SYMLINK_FOLLOW));
	say_result("unknown flag", linkat(AT_FDCWD, "file", AT_FDCWD, "fourth", 1));
	say_result("another file system", link("/proc/self/status", "fifth"));
}

FILE_CASE(linkat_of_a_descriptor)
{
	make("file", "text");
	int file = opened("file", O_RDONLY);

	say_result("AT_EMPTY_PATH", linkat(file, "", AT_FDCWD, "second", AT_EMPTY_PATH));
	say_links("links", "second");
	say_result("empty without it", linkat(file, "", AT_FDCWD, "third", 0));
	unlink("file"), unlink("second");
	say_result("when it has no name", linkat(file, "", AT_FDCWD, "third", AT_EMPTY_PATH));
}

static void link_as_user(void)
{
	say_result("AT_EMPTY_PATH", linkat(opened("file", 0), "", AT_FDCWD, "second", AT_EMPTY_PATH));
	say_result("into a closed directory", link("file", "closed/second"));
	say_result("in the own one", link("file", "second"));
}

FILE_CASE(rights_to_link)
{
	make("file", ""), chown("file", SOMEBODY, SOMEBODY);
	mkdir("closed", 0755);
	as_user(SOMEBODY, SOMEBODY, link_as_user);
}

FILE_CASE(symlink_takes_any_text)
{
	char text[5000] = "";

	say_result("nowhere", symlink("no where/at all", "link"));
	say_result("readlink", readlink("link", text, sizeof text));
	say("text", "%.20s", text);
	say_mode("mode", "link");
	say_size("size", "link");
	say_result("empty", symlink("", "empty"));
	say_result("taken", symlink("x", "link"));
	say_result("slash at the end", symlink("x", "other/"));
	say_result("4095 characters", symlink(long_name(4095), "long"));
	say_size("its size", "long");
	say_result("4096 characters", symlink(long_name(4096), "longer"));
	say_open("open of the long", open("long", O_RDONLY));
}

FILE_CASE(readlink_cuts_and_errors)
{
	char text[8] = "-------";

	make("file", "");
	symlink("target", "link");
	symlink(".", "here");
	say_result("short", readlink("link", text, 3));
	say("text", "%.7s", text);
	say_result("file", readlink("file", text, 8));
	say_result("nothing", readlink("nothing", text, 8));
	say_result("no room", readlink("link", text, 0));
	say_result("negative", syscall(SYS_readlinkat, AT_FDCWD, "link", text, -1));
	say_result("slash at the end", readlink("here/", text, 8));
	say_result("through another", readlink("here/link", text, 8));
	say_result("bad address", readlink("link", (char *)8, 8));
	say_result("empty name", readlinkat(opened("file", O_RDONLY), "", text, 8));
}

FILE_CASE(unlink_takes_a_name)
{
	make("file", ""), mkdir("directory", 0755), symlink("directory", "way");
	say_result("file", unlink("file"));
	say_result("again", unlink("file"));
	say_result("directory", unlink("directory"));
	say_result("link to it", unlink("way"));
	say_there("the directory", "directory");
	symlink("directory", "way");
	say_result("link with a slash", unlink("way/"));
	make("file", "");
	say_result("file with a slash", unlink("file/"));
	say_result("nothing with a slash", unlink("nothing/"));
	say_result("dot", unlink("."));
	say_result("dot dot", unlink(".."));
	say_result("empty", unlink(""));
	say_result("root", unlink("/"));
	say_result("unknown flag", unlinkat(AT_FDCWD, "file", 1));
}

FILE_CASE(unlinkat_removes_directories_when_asked)
{
	make("file", ""), mkdir("directory", 0755);
	int here = opened(".", O_PATH);

	say_result("AT_REMOVEDIR", unlinkat(here, "directory", AT_REMOVEDIR));
	say_result("of a file", unlinkat(here, "file", AT_REMOVEDIR));
	say_result("file", unlinkat(here, "file", 0));
	say_names("names", ".");
}

FILE_CASE(times_of_names)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat status, before;

	make("file", ""), mkdir("directory", 0755);
	utimensat(AT_FDCWD, "directory", old, 0);
	link("file", "directory/name");
	stat("directory", &status);
	say_yes("link changes the directory", status.st_mtime > 1000 && status.st_ctime > 1000);
	say_number("not its access time", (long)status.st_atime);
	utimensat(AT_FDCWD, "directory", old, 0);
	utimensat(AT_FDCWD, "file", old, 0);
	stat("file", &before);
	unlink("directory/name");
	stat("directory", &status);
	say_yes("unlink changes the directory", status.st_mtime > 1000);
	stat("file", &status);
	say_number("not the file's contents", (long)status.st_mtime);
	say_yes("but its status", status.st_ctim.tv_sec > before.st_ctim.tv_sec ||
					  status.st_ctim.tv_nsec >= before.st_ctim.tv_nsec);
}

static void in_a_sticky_directory(void)
{
	make("sticky/own", "");
	say_result("own", unlink("sticky/own"));
	say_result("another's", unlink("sticky/others"));
	say_result("rename of another's", rename("sticky/others", "sticky/x"));
	make("sticky/own", "");
	say_result("over another's", rename("sticky/own", "sticky/others"));
	say_result("another's directory", rmdir("sticky/room"));
	say_result("in the own directory", unlink("mine/others"));
}

FILE_CASE(sticky_directories_protect_names)
{
	mkdir("sticky", 0), chmod("sticky", 01777);
	make("sticky/others", ""), chmod("sticky/others", 0666), mkdir("sticky/room", 0777);
	mkdir("mine", 0), chmod("mine", 01777), chown("mine", SOMEBODY, SOMEBODY);
	make("mine/others", "");
	as_user(SOMEBODY, SOMEBODY, in_a_sticky_directory);
}

static void without_rights(void)
{
	say_result("unlink", unlink("closed/file"));
	say_result("rmdir", rmdir("closed/room"));
	say_result("rename out", rename("closed/file", "file"));
	say_result("symlink", symlink("x", "closed/link"));
	say_result("mkdir", mkdir("closed/new", 0755));
	say_result("mkdir where it is", mkdir("closed/room", 0755));
	say_result("mknod", mknod("closed/fifo", S_IFIFO | 0644, 0));
	say_result("a file that may not be written", unlink("file"));
}

FILE_CASE(names_need_rights_of_the_directory)
{
	mkdir("closed", 0755), make("closed/file", ""), mkdir("closed/room", 0755);
	make("file", ""), chmod("file", 0);
	as_user(SOMEBODY, SOMEBODY, without_rights);
}
