/* chmod(2), chown(2), access(2), umask(2) and who may use them. */
#include "files.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

static long fchmodat2(int directory, const char *path, mode_t mode, int flags)
{
	long offset = SYS_openat2 - 437; /* MIPS begins elsewhere */

	return syscall(452 + offset, directory, path, mode, flags);
}

FILE_CASE(chmod_sets_the_bits)
{
	make("file", ""), symlink("file", "link");
	say_result("chmod", chmod("file", 06751));
	say_mode("mode", "file");
	say_result("bits above", chmod("file", 0177600));
	say_mode("mode", "file");
	say_result("through a link", chmod("link", 0640));
	say_mode("mode", "file");
	say_mode("of the link", "link");
	say_result("fchmod", fchmod(opened("file", O_RDONLY), 0600));
	say_mode("mode", "file");
	say_result("nothing", chmod("nothing", 0600));
	say_result("bad descriptor", fchmod(-1, 0600));
	say_result("sticky file", chmod("file", 01600));
	say_mode("mode", "file");
}

FILE_CASE(fchmodat2_takes_flags)
{
	make("file", ""), symlink("file", "link");
	int file = opened("file", O_PATH), link = opened("link", O_PATH | O_NOFOLLOW);

	say_result("no flags", fchmodat2(AT_FDCWD, "link", 0640, 0));
	say_mode("mode", "file");
	say_result("a link itself", fchmodat2(AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW));
	say_result("a file", fchmodat2(AT_FDCWD, "file", 0600, AT_SYMLINK_NOFOLLOW));
	say_result("AT_EMPTY_PATH", fchmodat2(file, "", 0444, AT_EMPTY_PATH));
	say_mode("mode", "file");
	say_result("of a link", fchmodat2(link, "", 0444, AT_EMPTY_PATH));
	say_result("unknown flag", fchmodat2(AT_FDCWD, "file", 0600, 1));
}

static void chmod_as_user(void)
{
	say_result("another's", chmod("file", 0777));
	say_result("the own", chmod("mine", 0777));
	say_result("setgid of the own group", chmod("mine", 02755));
	say_mode("mode", "mine");
	say_result("setgid of a foreign group", chmod("foreign", 02755));
	say_mode("mode", "foreign");
	say_result("setuid", chmod("mine", 04755));
	say_mode("mode", "mine");
}

FILE_CASE(chmod_is_for_the_owner)
{
	make("file", ""), make("mine", ""), make("foreign", "");
	chown("mine", SOMEBODY, SOMEBODY), chown("foreign", SOMEBODY, OTHER);
	as_user(SOMEBODY, SOMEBODY, chmod_as_user);
}

FILE_CASE(chown_sets_owner_and_group)
{
	make("file", ""), symlink("file", "link");
	say_result("both", chown("file", 5, 6));
	say_owner("owner", "file");
	say_result("owner only", chown("file", 7, -1));
	say_owner("owner", "file");
	say_result("group only", chown("link", -1, 8));
	say_owner("owner", "file");
	say_result("neither", chown("file", -1, -1));
	say_result("lchown", lchown("link", 9, 10));
	say_owner("of the link", "link");
	say_result("fchown", fchown(opened("file", O_RDONLY), 70000, 80000));
	say_owner("large ids", "file");
	say_result("fchownat", fchownat(AT_FDCWD, "link", 1, 2, AT_SYMLINK_NOFOLLOW));
	say_owner("of the link", "link");
	say_result("AT_EMPTY_PATH", fchownat(opened("file", O_PATH), "", 3, 4, AT_EMPTY_PATH));
	say_owner("owner", "file");
	say_result("unknown flag", fchownat(AT_FDCWD, "file", 1, 2, 1));
}

FILE_CASE(chown_takes_privileges_away)
{
	make("program", ""), mkdir("directory", 0755);
	chmod("program", 06755);
	chown("program", 5, 6);
	say_mode("executable", "program");
	chmod("program", 06745);
	chown("program", 5, 7);
	say_mode("not executable by the group", "program");
	chmod("program", 06755);
	chown("program", -1, -1);
	say_mode("nothing changed", "program");
	chmod("directory", 07755);
	chown("directory", 5, 6);
	say_mode("directory", "directory");
}

static void chown_as_user(void)
{
	say_result("to another", chown("mine", OTHER, -1));
	say_result("to himself", chown("mine", SOMEBODY, -1));
	say_result("to a foreign group", chown("mine", -1, OTHER));
	say_result("to the own group", chown("mine", -1, SOMEBODY));
	say_result("another's", chown("file", -1, SOMEBODY));
	say_result("nothing of another's", chown("file", -1, -1));
	say_result("executable of his own", chmod("mine", 04755));
	say_result("chown of nothing", chown("mine", -1, -1));
	say_mode("mode", "mine");
}

FILE_CASE(chown_is_for_root)
{
	make("file", ""), make("mine", "");
	chown("mine", SOMEBODY, OTHER + 1);
	as_user(SOMEBODY, SOMEBODY, chown_as_user);
}

FILE_CASE(access_asks_for_the_real_user)
{
	make("file", ""), make("program", "");
	chmod("file", 0640), chmod("program", 0711);
	say_result("root reads", access("file", R_OK | W_OK));
	say_result("root runs what nobody may", access("file", X_OK));
	say_result("root runs", access("program", X_OK));
	say_result("exists", access("file", F_OK));
	say_result("nothing", access("nothing", F_OK));
	say_result("unknown mode", access("file", 8));
	say_result("unknown flag", syscall(SYS_faccessat2, AT_FDCWD, "file", F_OK, 1));
	setresuid(0, SOMEBODY, 0);
	say_result("effective is somebody", access("file", R_OK));
	say_result("AT_EACCESS", syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, AT_EACCESS));
	setresuid(SOMEBODY, 0, 0);
}

static void access_as_user(void)
{
	say_result("read", access("file", R_OK));
	say_result("write", access("file", W_OK));
	say_result("run", access("file", X_OK));
	say_result("exists", access("file", F_OK));
	say_result("in a closed directory", access("closed/file", F_OK));
	say_result("a descriptor", syscall(SYS_faccessat2, opened("file", O_PATH), "", W_OK, AT_EMPTY_PATH));
	say_result("a dangling link", access("dangling", F_OK));
	say_result("the link itself", faccessat(AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
}

FILE_CASE(access_as_somebody)
{
	make("file", ""), symlink("nothing", "dangling");
	mkdir("closed", 0700), make("closed/file", "");
	as_user(SOMEBODY, SOMEBODY, access_as_user);
}

FILE_CASE(umask_tells_the_old_one)
{
	say("first", "%03o", umask(027));
	say("second", "%03o", umask(07777));
	say("third", "%03o", umask(022));
	say_result("mkfifo", mkfifo("fifo", 0666));
	say_mode("mode", "fifo");
}

FILE_CASE(capabilities_replace_rights)
{
	make("closed", "text"), chmod("closed", 0);
	mkdir("room", 0), make("program", ""), chmod("program", 0644);
	say_open("root reads", open("closed", O_RDWR));
	say_names("root lists", "room");
	say_result("root runs", access("program", X_OK));
	say_result("root searches", chdir("room"));
}
