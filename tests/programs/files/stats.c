/* stat(2), statx(2), statfs(2). */
#include <linux/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "files.h"

FILE_CASE(stat_describes)
{
	struct stat status, again, link;

	make("file", "some text"), symlink("file", "link");
	chown("file", 70000, 80000);
	say_result("stat", stat("file", &status));
	say("mode", "%o", status.st_mode);
	say("owner", "%d:%d", status.st_uid, status.st_gid);
	say("size", "%lld in %lld", (long long)status.st_size, (long long)status.st_blocks);
	say_number("links", (long)status.st_nlink);
	say_number("block", (long)status.st_blksize);
	say_number("device number", (long)status.st_rdev);
	stat("link", &again);
	say_yes("through a link", again.st_ino == status.st_ino && again.st_dev == status.st_dev);
	lstat("link", &link);
	say_yes("the link", link.st_ino != status.st_ino && S_ISLNK(link.st_mode));
	say_result("a slash at the end", lstat("file/", &status));
	say_result("empty", stat("", &status));
	say_result("nothing", stat("nothing", &status));
}

FILE_CASE(fstatat_and_its_flags)
{
	struct stat status;

	make("file", ""), symlink("file", "link");
	int here = opened(".", O_RDONLY), file = opened("file", O_RDONLY);
	say_result("relative", fstatat(here, "file", &status, 0));
	say_result("AT_SYMLINK_NOFOLLOW", fstatat(here, "link", &status, AT_SYMLINK_NOFOLLOW));
	say_yes("a link", S_ISLNK(status.st_mode));
	say_result("AT_EMPTY_PATH", fstatat(file, "", &status, AT_EMPTY_PATH));
	say_result("empty without", fstatat(file, "", &status, 0));
	say_result("AT_NO_AUTOMOUNT", fstatat(here, "file", &status, AT_NO_AUTOMOUNT));
	say_result("unknown flag", fstatat(here, "file", &status, 1));
	say_result("of a file", fstatat(file, "x", &status, 0));
	say_result("here", fstatat(AT_FDCWD, "", &status, AT_EMPTY_PATH));
	say_yes("a directory", S_ISDIR(status.st_mode));
}

FILE_CASE(fstat_of_what_has_no_name)
{
	struct stat status;
	int ends[2];

	pipe(ends);
	say_result("pipe", fstat(ends[0], &status));
	say("mode", "%o", status.st_mode);
	say_number("links", (long)status.st_nlink);
	say_number("size", (long)status.st_size);
	say_result("bad descriptor", fstat(-1, &status));
}

FILE_CASE(statx_tells_what_is_asked)
{
	struct statx status;

	make("file", "some text");
	say_result("statx", statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS | STATX_BTIME, &status));
	say_yes("basic", (status.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
	say_yes("birth", status.stx_mask & STATX_BTIME);
	say_yes("birth is not after change", status.stx_btime.tv_sec <= status.stx_ctime.tv_sec);
	say("mode", "%o", status.stx_mode);
	say("size", "%lld", (long long)status.stx_size);
	say_number("links", status.stx_nlink);
	say_number("root of a mount", !!(status.stx_attributes & 0x2000));
	say_yes("known attributes", status.stx_attributes_mask & 0x2000);
	say_result("reserved", statx(AT_FDCWD, "file", 0, 0x80000000, &status));
	say_result("two kinds of sync", statx(AT_FDCWD, "file", 0x6000, 0, &status));
	say_result("AT_STATX_FORCE_SYNC", statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC, 0, &status));
	say_result("unknown flag", statx(AT_FDCWD, "file", 1, 0, &status));
	say_result("AT_EMPTY_PATH", statx(opened("file", O_PATH), "", AT_EMPTY_PATH, STATX_SIZE, &status));
	say_result("mount id", statx(AT_FDCWD, "file", 0, STATX_MNT_ID, &status));
	say_yes("told", status.stx_mask & STATX_MNT_ID);
	say_result("the root", statx(AT_FDCWD, "/", 0, 0, &status));
	say_yes("is the root of a mount", status.stx_attributes & 0x2000);
	say_result("nothing", statx(AT_FDCWD, "nothing", 0, 0, &status));
}

FILE_CASE(statx_agrees_with_stat)
{
	struct statx extended;
	struct stat status;

	make("file", "some text");
	stat("file", &status);
	statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &extended);
	say_yes("inode", status.st_ino == extended.stx_ino);
	say_yes("device", major(status.st_dev) == extended.stx_dev_major &&
				  minor(status.st_dev) == extended.stx_dev_minor);
	say_yes("change", status.st_mtim.tv_sec == extended.stx_mtime.tv_sec &&
				  (uint32_t)status.st_mtim.tv_nsec == extended.stx_mtime.tv_nsec);
	say_yes("blocks", status.st_blocks == (long long)extended.stx_blocks);
}

FILE_CASE(statfs_describes_the_file_system)
{
	struct statfs here, proc;
	struct statvfs posix;

	make("file", "");
	say_result("statfs", statfs(".", &here));
	say("type", "%lx", (unsigned long)here.f_type & 0xffffffff);
	say_number("block size", (long)here.f_bsize);
	say_number("name length", (long)here.f_namelen);
	say_yes("some are free", here.f_bfree <= here.f_blocks && here.f_bfree > 0);
	say_yes("files", here.f_ffree < here.f_files);
	say_result("fstatfs", fstatfs(opened("file", O_PATH), &here));
	say_result("proc", statfs("/proc", &proc));
	say("its type", "%lx", (unsigned long)proc.f_type & 0xffffffff);
	say_result("nothing", statfs("nothing", &here));
	say_result("bad descriptor", fstatfs(-1, &here));
	say_result("statvfs", statvfs("/proc", &posix));
}

static int taken(const struct statfs *before, const struct statfs *after, int blocks, int files)
{
	return before->f_bfree - after->f_bfree == (unsigned)blocks &&
	       before->f_ffree - after->f_ffree == (unsigned)files;
}

/* Others may use the file system meanwhile: so several tries. */
FILE_CASE(statfs_counts)
{
	struct statfs before, during, after;
	static char block[65536];
	int right = 0;

	for (int i = 0; i < 50 && !right; i++) {
		statfs(".", &before);
		int file = opened("file", O_RDWR | O_CREAT);
		write(file, block, sizeof block);
		statfs(".", &during);
		unlink("file");
		close(file);
		statfs(".", &after);
		right = taken(&before, &during, 16, 1) && taken(&before, &after, 0, 0);
	}
	say_yes("16 blocks and a file, given back", right);
}

FILE_CASE(device_numbers)
{
	struct stat null;

	stat("/dev/null", &null);
	say("null", "%u:%u", major(null.st_rdev), minor(null.st_rdev));
	say_yes("is a character device", S_ISCHR(null.st_mode));
}
