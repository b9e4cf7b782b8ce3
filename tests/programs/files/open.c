/* open(2): every flag, and what the name may be. */
#include "files.h"

FILE_CASE(o_creat_makes_a_file_with_the_mode_less_umask)
{
	umask(027);
	close(open("new", O_CREAT | O_WRONLY, 0777));
	say_mode("mode", "new");
	close(open("all", O_CREAT | O_WRONLY, 07777));
	say_mode("with every bit", "all");
	close(open("new", O_CREAT | O_WRONLY, 0600));
	say_mode("an existing one keeps its", "new");
	close(creat("old", 0640));
	say_mode("creat", "old");
}

FILE_CASE(o_excl_wants_the_name_free)
{
	make("there", "");
	symlink("nowhere", "dangling");
	say_open("existing", open("there", O_CREAT | O_EXCL | O_WRONLY, 0644));
	say_open("dangling link", open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0644));
	say_open("new", open("new", O_CREAT | O_EXCL | O_WRONLY, 0644));
	say_open("directory", open(".", O_CREAT | O_EXCL | O_WRONLY, 0644));
	say_open("without O_CREAT", open("there", O_EXCL));
}

FILE_CASE(o_creat_through_a_dangling_link_makes_its_target)
{
	symlink("target", "link");
	say_open("open", open("link", O_CREAT | O_WRONLY, 0644));
	say_there("target", "target");
	symlink("no/such", "deeper");
	say_open("in no directory", open("deeper", O_CREAT | O_WRONLY, 0644));
	symlink("slash/", "slashed");
	say_open("with a slash", open("slashed", O_CREAT | O_WRONLY, 0644));
	mkdir("directory", 0755);
	symlink("../second", "directory/up");
	say_open("relative to the link", open("directory/up", O_CREAT | O_WRONLY, 0644));
	say_names("names", ".");
}

FILE_CASE(o_creat_and_directories)
{
	mkdir("directory", 0755);
	make("file", "");
	say_open("a directory", open("directory", O_CREAT | O_RDONLY, 0644));
	say_open("with O_DIRECTORY", open("new", O_CREAT | O_DIRECTORY | O_RDONLY, 0644));
	say_open("a slash at the end", open("new/", O_CREAT | O_WRONLY, 0644));
	say_open("a file with a slash", open("file/", O_CREAT | O_WRONLY, 0644));
	say_open("dot", open(".", O_CREAT | O_RDONLY, 0644));
	say_open("dot dot", open("directory/..", O_CREAT | O_RDONLY, 0644));
	say_open("root", open("/", O_CREAT | O_RDONLY, 0644));
}

FILE_CASE(directories_are_not_written)
{
	mkdir("directory", 0755);
	say_open("O_WRONLY", open("directory", O_WRONLY));
	say_open("O_RDWR", open("directory", O_RDWR));
	say_open("O_TRUNC", open("directory", O_RDONLY | O_TRUNC));
	say_open("O_RDONLY", open("directory", O_RDONLY));
	int directory = opened("directory", O_RDONLY);
	char byte;
	say_result("read", read(directory, &byte, 1));
	say_result("write", write(directory, &byte, 1));
}

FILE_CASE(o_directory_wants_a_directory)
{
	make("file", "");
	symlink("file", "link");
	symlink(".", "here");
	say_open("file", open("file", O_DIRECTORY));
	say_open("link to a file", open("link", O_DIRECTORY));
	say_open("link to a directory", open("here", O_DIRECTORY));
	say_open("link with O_NOFOLLOW", open("here", O_DIRECTORY | O_NOFOLLOW));
	say_open("nothing", open("nothing", O_DIRECTORY));
}

FILE_CASE(o_nofollow_refuses_a_link_at_the_end)
{
	make("file", "");
	symlink("file", "link");
	symlink(".", "here");
	say_open("link", open("link", O_NOFOLLOW));
	say_open("with O_CREAT", open("link", O_NOFOLLOW | O_CREAT, 0644));
	say_open("link on the way", open("here/file", O_NOFOLLOW));
	say_open("link with a slash", open("here/", O_NOFOLLOW));
	say_open("file", open("file", O_NOFOLLOW));
}

FILE_CASE(slashes_at_the_end_want_a_directory)
{
	make("file", "");
	mkdir("directory", 0755);
	symlink("file", "link");
	symlink("directory", "way");
	say_open("file", open("file/", O_RDONLY));
	say_open("directory", open("directory/", O_RDONLY));
	say_open("two slashes", open("directory//", O_RDONLY));
	say_open("link to a file", open("link/", O_RDONLY));
	say_open("link to a directory", open("way/", O_RDONLY));
	say_open("file and dot", open("file/.", O_RDONLY));
	say_open("file and dot dot", open("file/..", O_RDONLY));
	say_open("nothing", open("nothing/", O_RDONLY));
	say_open("slashes in the middle", open("directory///..//file", O_RDONLY));
}

FILE_CASE(too_many_links_are_a_loop)
{
	char name[16], target[16];

	symlink("itself", "itself");
	say_open("itself", open("itself", O_RDONLY));
	say_open("itself with O_CREAT", open("itself", O_RDONLY | O_CREAT, 0644));
	make("l0", "");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof name, "l%d", i);
		snprintf(target, sizeof target, "l%d", i - 1);
		symlink(target, name);
	}
	say_open("forty", open("l40", O_RDONLY));
	say_open("forty-one", open("l41", O_RDONLY));
	symlink(".", "d");
	say_open("forty on the way", open("d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"
					  "d/d/d/d/d/d/d/d/d/d/l0", O_RDONLY));
	say_open("one more", open("d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"
				  "d/d/d/d/d/d/d/d/d/d/d/l0", O_RDONLY));
}

FILE_CASE(names_have_limits)
{
	char path[4200];

	say_open("255 characters", open(long_name(255), O_CREAT | O_RDWR, 0644));
	say_open("256 characters", open(long_name(256), O_CREAT | O_RDWR, 0644));
	say_open("256 not made", open(long_name(256), O_RDONLY));
	memset(path, '/', sizeof path);
	strcpy(path + 4094, ".");
	say_open("4095", open(path, O_RDONLY));
	strcpy(path + 4095, ".");
	say_open("4096", open(path, O_RDONLY));
	say_open("empty", open("", O_RDONLY));
	say_open("empty with O_CREAT", open("", O_RDWR | O_CREAT, 0644));
	say_open("bad address", open((char *)8, O_RDONLY));
}

FILE_CASE(what_is_on_the_way_must_be_directories)
{
	make("file", "");
	mkdir("closed", 0);
	say_open("a file on the way", open("file/x", O_RDONLY));
	say_open("nothing on the way", open("no/x", O_RDONLY));
	say_open("a file, made", open("file/x", O_CREAT | O_RDWR, 0644));
	say_open("root passes", open("closed/x", O_RDONLY));
}

static void in_the_closed(void)
{
	say_open("name in it", open("closed/x", O_RDONLY));
	say_open("itself", open("closed", O_RDONLY));
	say_open("made in it", open("closed/x", O_CREAT | O_RDWR, 0644));
	say_open("listed only", open("listed/x", O_RDONLY));
	say_open("passed only", open("passed/x", O_RDONLY));
	say_open("passed, itself", open("passed", O_RDONLY));
	say_open("made where only passed", open("passed/y", O_CREAT | O_RDWR, 0644));
	say_open("existing with O_CREAT", open("passed/x", O_CREAT | O_RDONLY, 0644));
}

FILE_CASE(permissions_of_the_way)
{
	mkdir("closed", 0), mkdir("listed", 0777), mkdir("passed", 0777);
	make("closed/x", ""), make("listed/x", ""), make("passed/x", "");
	chmod("listed", 0644), chmod("passed", 0711);
	as_user(SOMEBODY, SOMEBODY, in_the_closed);
}

static void by_access_mode(void)
{
	say_open("read", open("mine", O_RDONLY));
	say_open("write", open("mine", O_WRONLY));
	say_open("both", open("mine", O_RDWR));
	say_open("truncated", open("mine", O_RDONLY | O_TRUNC));
	say_open("as the group", open("group", O_WRONLY));
	say_open("the owner's bits come first", open("less", O_RDONLY));
	say_open("access mode 3", open("mine", 3));
}

FILE_CASE(permissions_of_the_file)
{
	make("mine", "text"), chmod("mine", 0444), chown("mine", SOMEBODY, SOMEBODY);
	make("group", ""), chmod("group", 0020), chown("group", 0, SOMEBODY);
	make("less", ""), chmod("less", 0077), chown("less", SOMEBODY, SOMEBODY);
	as_user(SOMEBODY, SOMEBODY, by_access_mode);
	say_size("untouched", "mine");
}

FILE_CASE(access_mode_three_is_for_ioctls)
{
	char byte = 'x';
	make("file", "text");
	int file = opened("file", 3);

	say_result("read", read(file, &byte, 1));
	say_result("write", write(file, &byte, 1));
	say_number("flags", fcntl(file, F_GETFL) & O_ACCMODE);
}

FILE_CASE(o_trunc_empties)
{
	make("file", "some text");
	say_open("O_WRONLY", open("file", O_WRONLY | O_TRUNC));
	say_size("size", "file");
	make("file", "some text");
	say_open("O_RDONLY", open("file", O_RDONLY | O_TRUNC));
	say_size("size", "file");
}

FILE_CASE(o_append_writes_at_the_end)
{
	make("file", "one");
	int file = opened("file", O_RDWR | O_APPEND);

	say_number("position", lseek(file, 0, SEEK_CUR));
	write(file, "two", 3);
	say_number("after writing", lseek(file, 0, SEEK_CUR));
	lseek(file, 0, SEEK_SET);
	write(file, "three", 5);
	say_text("text", "file");
	say_result("pwrite appends too", pwrite(file, "four", 4, 0));
	say_text("text", "file");
	say_number("position stays", lseek(file, 0, SEEK_CUR));
	fcntl(file, F_SETFL, 0);
	pwrite(file, "O", 1, 0);
	say_text("without", "file");
}

FILE_CASE(o_cloexec_and_close_on_exec)
{
	make("file", "");
	int with = opened("file", O_CLOEXEC), without = opened("file", 0);

	say_number("with", fcntl(with, F_GETFD));
	say_number("without", fcntl(without, F_GETFD));
	say_yes("F_GETFL does not tell", !(fcntl(with, F_GETFL) & O_CLOEXEC));
	fcntl(with, F_SETFD, 0);
	say_number("cleared", fcntl(with, F_GETFD));
	say_number("of a duplicate", fcntl(dup(with), F_GETFD));
	int copy = fcntl(without, F_DUPFD_CLOEXEC, 100);
	say_number("F_DUPFD_CLOEXEC", copy);
	say_number("its flag", fcntl(copy, F_GETFD));
	say_result("dup3 to the same", dup3(with, with, 0));
	say_result("dup3 with a bad flag", dup3(with, 50, O_APPEND));
	say_result("dup3", dup3(with, 50, O_CLOEXEC));
	say_number("flag of 50", fcntl(50, F_GETFD));
}

FILE_CASE(flags_that_getfl_tells)
{
	make("file", "");
	int file = open("file", O_RDWR | O_APPEND | O_NONBLOCK | O_NOATIME | O_CREAT | O_EXCL * 0 | O_NOCTTY);
	int flags = fcntl(file, F_GETFL);

	say_yes("O_RDWR", (flags & O_ACCMODE) == O_RDWR);
	say_yes("O_APPEND", flags & O_APPEND);
	say_yes("O_NONBLOCK", flags & O_NONBLOCK);
	say_yes("O_NOATIME", flags & O_NOATIME);
	say_yes("O_CREAT", flags & O_CREAT);
	say_yes("O_NOCTTY", flags & O_NOCTTY);
	fcntl(file, F_SETFL, O_RDONLY);
	flags = fcntl(file, F_GETFL);
	say_yes("still O_RDWR", (flags & O_ACCMODE) == O_RDWR);
	say_yes("no O_APPEND", !(flags & (O_APPEND | O_NONBLOCK | O_NOATIME)));
	flags = fcntl(opened("file", O_WRONLY | O_SYNC), F_GETFL);
	say_yes("O_SYNC", (flags & O_SYNC) == O_SYNC);
	flags = fcntl(opened("file", O_WRONLY | O_DSYNC), F_GETFL);
	say_yes("O_DSYNC", (flags & O_SYNC) == O_DSYNC);
	flags = fcntl(opened(".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW), F_GETFL);
	say_yes("O_DIRECTORY", flags & O_DIRECTORY);
	say_yes("O_NOFOLLOW", flags & O_NOFOLLOW);
}

FILE_CASE(o_direct)
{
	_Alignas(4096) static char block[4096];
	int file = open("file", O_RDWR | O_CREAT | O_DIRECT, 0644);

	say_yes("opened", file >= 0);
	say_yes("told", fcntl(file, F_GETFL) & O_DIRECT);
	say_result("write", write(file, block, sizeof block));
	say_result("pread", pread(file, block, sizeof block, 0));
	say_result("unaligned pread", pread(file, block + 1, 100, 3));
	say_result("cleared", fcntl(file, F_SETFL, 0));
	say_yes("no more", !(fcntl(file, F_GETFL) & O_DIRECT));
}

static void noatime(void)
{
	say_open("another's", open("file", O_RDONLY | O_NOATIME));
	say_result("set later", fcntl(opened("file", O_RDONLY), F_SETFL, O_NOATIME));
	say_open("mine", open("mine", O_RDONLY | O_NOATIME));
}

FILE_CASE(o_noatime_is_for_the_owner)
{
	make("file", ""), make("mine", "");
	chown("mine", SOMEBODY, SOMEBODY);
	as_user(SOMEBODY, SOMEBODY, noatime);
}

FILE_CASE(o_noatime_leaves_the_access_time)
{
	struct timespec old[2] = { { 1000, 0 }, { 2000, 0 } };
	struct stat status;
	char byte;

	make("file", "text");
	utimensat(AT_FDCWD, "file", old, 0);
	read(opened("file", O_RDONLY | O_NOATIME), &byte, 1);
	stat("file", &status);
	say_number("with", (long)status.st_atime);
	read(opened("file", O_RDONLY), &byte, 1);
	stat("file", &status);
	say_yes("without", status.st_atime > 2000);
}

FILE_CASE(o_path_is_only_a_place)
{
	char byte;
	struct stat status;
	make("file", "text");
	int path = opened("file", O_PATH);

	say_result("read", read(path, &byte, 1));
	say_result("write", write(path, &byte, 1));
	say_result("pread", pread(path, &byte, 1, 0));
	say_result("lseek", lseek(path, 0, SEEK_CUR));
	say_result("ftruncate", ftruncate(path, 0));
	say_result("fchmod", fchmod(path, 0600));
	say_result("fchown", fchown(path, 0, 0));
	say_result("fsync", fsync(path));
	say_result("fstat", fstat(path, &status));
	say_number("size", (long)status.st_size);
	say_result("F_SETFL", fcntl(path, F_SETFL, O_APPEND));
	say_result("mmap", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, path, 0) == MAP_FAILED ? -1 : 0);
	say_yes("F_GETFL", fcntl(path, F_GETFL) & O_PATH);
	say_result("dup", dup(path) >= 0 ? 0 : -1);
	say_result("close", close(path));
}

FILE_CASE(o_path_needs_no_permission_for_the_file)
{
	make("closed", "");
	chmod("closed", 0);
	become(SOMEBODY, SOMEBODY);
	say_open("O_PATH", open("closed", O_PATH));
	say_open("O_PATH with O_CREAT", open("new", O_PATH | O_CREAT, 0644));
	say_open("O_RDONLY", open("closed", O_RDONLY));
}

FILE_CASE(o_path_of_a_link)
{
	char text[64] = "";
	struct stat status;
	make("file", "");
	symlink("file", "link");
	int path = opened("link", O_PATH | O_NOFOLLOW);

	fstat(path, &status);
	say_yes("it is the link", S_ISLNK(status.st_mode));
	say_result("readlinkat", readlinkat(path, "", text, sizeof text));
	say("text", "%s", text);
	say_open("openat of it", openat(path, "", O_RDONLY));
	say_result("fchownat", fchownat(path, "", 5, 6, AT_EMPTY_PATH));
	say_owner("owner", "link");
}

FILE_CASE(o_path_as_a_directory)
{
	mkdir("directory", 0755);
	make("directory/file", "inside");
	int path = opened("directory", O_PATH);

	int file = openat(path, "file", O_RDONLY);
	say_rest("openat", file);
	say_result("mkdirat", mkdirat(path, "more", 0755));
	say_result("fchdir", fchdir(path));
	say_names("names", ".");
	char buffer[1024];
	say_result("getdents", syscall(SYS_getdents64, path, buffer, sizeof buffer));
	chdir(place);
}

FILE_CASE(openat_from_directories_and_others)
{
	mkdir("directory", 0755);
	make("directory/file", "inside"), make("file", "outside");
	int directory = opened("directory", O_RDONLY), file = opened("file", O_RDONLY);
	char path[128];

	say_rest("relative", openat(directory, "file", O_RDONLY));
	snprintf(path, sizeof path, "%s/file", place);
	say_rest("absolute", openat(directory, path, O_RDONLY));
	say_rest("absolute from nowhere", openat(-1, path, O_RDONLY));
	say_rest("AT_FDCWD", openat(AT_FDCWD, "file", O_RDONLY));
	say_open("a file", openat(file, "file", O_RDONLY));
	say_open("bad descriptor", openat(-1, "file", O_RDONLY));
	say_open("empty name", openat(directory, "", O_RDONLY));
	say_rest("up", openat(directory, "../file", O_RDONLY));
}

FILE_CASE(openat_from_a_removed_directory)
{
	mkdir("directory", 0755);
	int directory = opened("directory", O_RDONLY);

	rmdir("directory");
	say_open("name in it", openat(directory, "file", O_RDONLY));
	say_open("made in it", openat(directory, "file", O_CREAT | O_RDWR, 0644));
	say_open("dot", openat(directory, ".", O_RDONLY));
	say_open("dot dot", openat(directory, "..", O_RDONLY));
	say_result("mkdirat", mkdirat(directory, "more", 0755));
}

FILE_CASE(o_tmpfile_has_no_name)
{
	struct stat status;
	char path[64];
	int file = open(".", O_TMPFILE | O_RDWR, 0640);

	say_yes("opened", file >= 0);
	fstat(file, &status);
	say_number("links", (long)status.st_nlink);
	say("mode", "%o", status.st_mode);
	write(file, "text", 4);
	say_names("names", ".");
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	say_result("linkat", linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
	say_text("text", "name");
	say_links("links now", "name");
}

FILE_CASE(o_tmpfile_with_o_excl_stays_without)
{
	char path[64];
	int file = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0640);

	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	say_result("linkat", linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
	say_names("names", ".");
}

FILE_CASE(errors_of_o_tmpfile)
{
	make("file", "");
	say_open("O_RDONLY", open(".", O_TMPFILE | O_RDONLY, 0600));
	say_open("of a file", open("file", O_TMPFILE | O_RDWR, 0600));
	say_open("with O_CREAT", open(".", O_TMPFILE | O_CREAT | O_RDWR, 0600));
	say_open("nothing", open("nothing", O_TMPFILE | O_RDWR, 0600));
	say_open("O_WRONLY", open(".", O_TMPFILE | O_WRONLY, 0600));
}

FILE_CASE(an_unlinked_file_lives_on)
{
	struct stat status;
	make("file", "text");
	int file = opened("file", O_RDWR);

	unlink("file");
	fstat(file, &status);
	say_number("links", (long)status.st_nlink);
	say_rest("read", file);
	say_result("write", write(file, "more", 4));
	say_there("name", "file");
}

FILE_CASE(the_lowest_descriptor_is_given)
{
	make("file", "");
	int first = opened("file", 0), second = opened("file", 0), third = opened("file", 0);

	say_yes("in order", second == first + 1 && third == second + 1);
	close(first);
	say_yes("the gap", open("file", 0) == first);
	close(second);
	say_yes("dup", dup(third) == second);
	say_result("close twice", close(99));
}

FILE_CASE(limits_on_descriptors)
{
	struct rlimit limit = { 20, 20 };
	int last = -1, next;
	make("file", "");

	setrlimit(RLIMIT_NOFILE, &limit);
	while ((next = open("file", 0)) >= 0)
		last = next;
	say_result("open", next);
	say_number("last", last);
	say_result("F_DUPFD above", fcntl(0, F_DUPFD, 20));
	say_result("dup2 above", dup2(0, 20));
	say_result("dup2 below", dup2(0, 19));
}

FILE_CASE(a_new_file_belongs_to_its_maker)
{
	become(SOMEBODY, OTHER);
	make("file", "");
	say_owner("owner", "file");
	mkdir("directory", 0755);
	say_owner("directory", "directory");
	symlink("x", "link");
	say_owner("link", "link");
}

FILE_CASE(a_setgid_directory_gives_its_group)
{
	mkdir("shared", 0);
	chown("shared", 0, OTHER);
	chmod("shared", 02777);
	become(SOMEBODY, SOMEBODY);
	make("shared/file", "");
	say_owner("file", "shared/file");
	mkdir("shared/directory", 0755);
	say_owner("directory", "shared/directory");
	say_mode("mode", "shared/directory");
	close(open("shared/program", O_CREAT | O_RDWR, 02775));
	say_mode("setgid of a foreign group", "shared/program");
}

ROLE(wait_to_be_killed)
{
	pause();
}

FILE_CASE(a_running_program_is_not_written)
{
	char path[80];
	pid_t child;

	copy_program("copy");
	snprintf(path, sizeof path, "%s/copy", place);
	child = vfork();
	if (child == 0) {
		execl(path, path, "--role", "wait_to_be_killed", "x", NULL);
		_exit(1);
	}
	say_open("to write", open("copy", O_RDWR));
	say_open("to read", open("copy", O_RDONLY));
	say_result("truncate", truncate("copy", 0));
	say_result("unlink", unlink("copy"));
	kill(child, SIGKILL);
	reap(child);
	open("second", O_CREAT | O_WRONLY, 0755);
	say_result("execution of what is being written", execl("second", "second", NULL));
}
