/* rename(2), renameat2(2). */
#include <linux/fs.h>

#include "files.h"

static int rename2(const char *from, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

FILE_CASE(rename_moves_and_replaces)
{
	make("one", "1"), make("two", "2");
	say_result("to a new name", rename("one", "three"));
	say_result("in place of another", rename("three", "two"));
	say_text("text", "two");
	say_names("names", ".");
	say_result("to itself", rename("two", "two"));
	say_result("nothing", rename("nothing", "x"));
	say_result("into no directory", rename("two", "no/x"));
	say_result("from no directory", rename("no/x", "two"));
}

FILE_CASE(rename_of_directories)
{
	mkdir("full", 0755), make("full/file", ""), mkdir("empty", 0755), make("file", "");
	say_result("onto an empty one", rename("full", "empty"));
	say_names("what is in it", "empty");
	mkdir("second", 0755);
	say_result("onto a full one", rename("second", "empty"));
	say_result("onto a file", rename("second", "file"));
	say_result("a file onto one", rename("file", "second"));
	say_result("into itself", rename("empty", "empty/below"));
	say_result("into itself, deeper", rename("empty", "empty/below/x"));
	say_result("onto what it is in", rename("empty/file", "empty"));
	say_result("a directory onto its parent", (mkdir("empty/d", 0755), rename("empty/d", "empty")));
	say_result("dot", rename(".", "x"));
	say_result("to dot dot", rename("second", ".."));
	say_result("with a slash", rename("second/", "third"));
	say_result("to a name with a slash", rename("third", "fourth/"));
	say_result("a file to a name with a slash", rename("file", "fifth/"));
	say_result("a file with a slash", rename("file/", "fifth"));
	say_names("names", ".");
}

FILE_CASE(rename_counts_links_of_directories)
{
	mkdir("from", 0755), mkdir("to", 0755), mkdir("from/moved", 0755);
	say_links("from", "from");
	rename("from/moved", "to/moved");
	say_links("from, afterwards", "from");
	say_links("to", "to");
	mkdir("from/again", 0755);
	rename("to/moved", "from/again");
	say_links("in place of one", "from");
	say_links("to, afterwards", "to");
}

FILE_CASE(rename_of_the_same_file_does_nothing)
{
	make("one", "text");
	link("one", "two");
	say_result("rename", rename("one", "two"));
	say_names("names", ".");
	say_links("links", "one");
}

FILE_CASE(rename_moves_links_themselves)
{
	make("file", "text");
	symlink("file", "link");
	say_result("the link", rename("link", "moved"));
	say_mode("it is one still", "moved");
	make("other", "o");
	say_result("onto a link", rename("other", "moved"));
	say_text("the target is untouched", "file");
	say_text("in place of the link", "moved");
}

FILE_CASE(an_open_file_survives_being_replaced)
{
	make("old", "old"), make("new", "new");
	int file = opened("old", O_RDONLY);
	struct stat status;

	rename("new", "old");
	say_rest("read", file);
	fstat(file, &status);
	say_number("links", (long)status.st_nlink);
}

FILE_CASE(rename_noreplace)
{
	make("one", "1"), make("two", "2");
	say_result("taken", rename2("one", "two", RENAME_NOREPLACE));
	say_result("free", rename2("one", "three", RENAME_NOREPLACE));
	say_result("itself", rename2("two", "two", RENAME_NOREPLACE));
	say_result("nothing", rename2("nothing", "two", RENAME_NOREPLACE));
	say_result("dot", rename2("two", ".", RENAME_NOREPLACE));
	say_names("names", ".");
}

FILE_CASE(rename_exchange)
{
	make("file", "text"), mkdir("directory", 0755), make("directory/inside", "");
	say_result("file and directory", rename2("file", "directory", RENAME_EXCHANGE));
	say_text("text", "directory");
	say_names("inside", "file");
	say_result("nothing", rename2("file", "nothing", RENAME_EXCHANGE));
	say_result("with what is in it", rename2("file", "file/inside", RENAME_EXCHANGE));
	say_result("the other way", rename2("file/inside", "file", RENAME_EXCHANGE));
	mkdir("other", 0755);
	say_result("across directories", rename2("directory", "other", RENAME_EXCHANGE));
	mkdir("file/sub", 0755), make("x", "x");
	say_result("links change", rename2("file/sub", "x", RENAME_EXCHANGE));
	say_links("links", "file");
	say_text("x is inside", "file/sub");
}

FILE_CASE(flags_of_renameat2)
{
	make("one", "1"), make("two", "2");
	say_result("two that exclude each other", rename2("one", "two", RENAME_NOREPLACE | RENAME_EXCHANGE));
	say_result("whiteout and exchange", rename2("one", "two", RENAME_WHITEOUT | RENAME_EXCHANGE));
	say_result("unknown", rename2("one", "two", 8));
	say_result("none", rename2("one", "two", 0));
	say_text("text", "two");
}

FILE_CASE(rename_whiteout_leaves_a_device)
{
	struct stat status;

	make("one", "1");
	say_result("rename", rename2("one", "two", RENAME_WHITEOUT));
	say_result("lstat", lstat("one", &status));
	say("mode", "%o", status.st_mode);
	say_number("device", (long)status.st_rdev);
	say_text("text", "two");
}

FILE_CASE(rename_from_and_to_descriptors)
{
	mkdir("from", 0755), mkdir("to", 0755), make("from/file", "text");
	int from = opened("from", O_PATH), to = opened("to", O_RDONLY);

	say_result("renameat", renameat(from, "file", to, "moved"));
	say_text("text", "to/moved");
	say_result("bad descriptor", renameat(-1, "x", to, "y"));
	rmdir("from");
	say_result("into a removed one", renameat(to, "moved", from, "x"));
}

FILE_CASE(rename_to_another_file_system)
{
	make("file", "");
	say_result("to /proc", rename("file", "/proc/x"));
	say_result("from /proc", rename("/proc/version", "x"));
}

static void move_a_directory(void)
{
	say_result("that may not be written", rename("theirs", "to/theirs"));
	say_result("within the same directory", rename("theirs", "renamed"));
	say_result("the own", rename("mine", "to/mine"));
}

FILE_CASE(moving_a_directory_changes_its_dot_dot)
{
	mkdir("theirs", 0755), mkdir("mine", 0755), mkdir("to", 0);
	chmod("to", 0777);
	chown("mine", SOMEBODY, SOMEBODY);
	as_user(SOMEBODY, SOMEBODY, move_a_directory);
}

FILE_CASE(rename_changes_the_status_time)
{
	struct stat before, after;

	make("file", "");
	stat("file", &before);
	wait_a_little(), wait_a_little(), wait_a_little(), wait_a_little();
	wait_a_little(), wait_a_little(), wait_a_little(), wait_a_little();
	rename("file", "moved");
	stat("moved", &after);
	say_yes("ctime", after.st_ctim.tv_nsec != before.st_ctim.tv_nsec);
	say_yes("not mtime", after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
	say_yes("the same inode", after.st_ino == before.st_ino);
}
