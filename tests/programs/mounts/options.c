/* Options of mounts, of file systems, and what they forbid. */
#include <sys/time.h>

#include "harness.h"

static int strip(int flags)
{
	return flags & ~0x20; /* ST_VALID */
}

static void say_flags(const char *what, const char *place)
{
	struct statfs found;

	if (statfs(place, &found))
		say_result(what, -1);
	else
		say(what, "%x", (unsigned)strip((int)found.f_flags));
}

CASE(each_flag_is_shown)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} flags[] = {
		{ "none", 0 },
		{ "ro", MS_RDONLY },
		{ "nosuid", MS_NOSUID },
		{ "nodev", MS_NODEV },
		{ "noexec", MS_NOEXEC },
		{ "noatime", MS_NOATIME },
		{ "nodiratime", MS_NODIRATIME },
		{ "relatime", MS_RELATIME },
		{ "strictatime", MS_STRICTATIME },
		{ "nosymfollow", 256 },
		{ "sync", MS_SYNCHRONOUS },
		{ "dirsync", MS_DIRSYNC },
		{ "noatime and strictatime", MS_NOATIME | MS_STRICTATIME },
		{ "noatime and relatime", MS_NOATIME | MS_RELATIME },
		{ "all", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME },
	};

	mkdir("a", 0755);
	for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (mount("x", "a", "tmpfs", flags[i].flag, NULL))
			say_result(flags[i].name, -1);
		say("flag", "%s", flags[i].name);
		say_mount("a");
		say_flags("statfs", "a");
		umount2("a", 0);
	}
}

CASE(a_remount_changes_one_mount_or_all)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	tmpfs("a", NULL);
	make("a/f", "");
	mount("a", "b", NULL, MS_BIND, NULL);
	say_result("bind, ro", mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	say_mount("a");
	say_mount("b");
	say_result("write there", open("b/f", O_WRONLY));
	say_yes("write here", close(open("a/f", O_WRONLY)) == 0);
	say_flags("statfs there", "b");
	say_flags("statfs here", "a");
	say_result("whole, ro", mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	say_mount("a");
	say_result("write here", open("a/f", O_WRONLY));
	say_result("mkdir", mkdir("a/d", 0755));
	say_result("bind, rw", mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND, NULL));
	say_mount("b");
	say_result("still not", open("b/f", O_WRONLY));
	say_result("access", access("b/f", W_OK));
	say_result("whole, rw", mount(NULL, "a", NULL, MS_REMOUNT, NULL));
	say_yes("write again", close(open("b/f", O_WRONLY)) == 0);
}

CASE(a_remount_keeps_access_times)
{
	mkdir("a", 0755);
	mount("x", "a", "tmpfs", MS_NOATIME | MS_NODIRATIME, NULL);
	mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL);
	say_mount("a");
	mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_STRICTATIME, NULL);
	say_mount("a");
	mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RELATIME, NULL);
	say_mount("a");
}

CASE(what_is_written_stays_writable)
{
	int fd;

	mkdir("a", 0755);
	tmpfs("a", NULL);
	fd = open("a/f", O_CREAT | O_WRONLY, 0644);
	say_result("bind, ro", mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	say_result("whole, ro", mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	close(fd);
	fd = open("a/f", O_RDONLY);
	say_result("bind, ro", mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	close(fd);
}

CASE(a_read_only_mount_refuses_changes)
{
	struct timeval times[2] = { { 1, 0 }, { 1, 0 } };

	mkdir("a", 0755);
	tmpfs("a", NULL);
	make("a/f", "text");
	mkdir("a/d", 0755);
	symlink("f", "a/l");
	mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	say_result("create", open("a/new", O_CREAT | O_WRONLY, 0644));
	say_result("create what is there", open("a/f", O_CREAT | O_WRONLY, 0644));
	say_yes("create, only to read", open("a/f", O_CREAT | O_RDONLY, 0644) > 0);
	say_result("exclusively", open("a/f", O_CREAT | O_EXCL | O_WRONLY, 0644));
	say_result("truncate", truncate("a/f", 0));
	say_result("open to truncate", open("a/f", O_RDONLY | O_TRUNC));
	say_result("mkdir", mkdir("a/new", 0755));
	say_result("mkdir what is there", mkdir("a/d", 0755));
	say_result("rmdir", rmdir("a/d"));
	say_result("unlink", unlink("a/f"));
	say_result("unlink a missing one", unlink("a/missing"));
	say_result("rename", rename("a/f", "a/g"));
	say_result("link", link("a/f", "a/g"));
	say_result("symlink", symlink("x", "a/g"));
	say_result("mknod", mknod("a/g", S_IFIFO | 0644, 0));
	say_result("chmod", chmod("a/f", 0600));
	say_result("chown", chown("a/f", 0, 0));
	say_result("utimes", utimes("a/f", times));
	say_result("access", access("a/f", W_OK));
	say_result("access to read", access("a/f", R_OK));
	say_result("tmpfile", open("a", O_TMPFILE | O_RDWR, 0600));
	say_result("mount on it", tmpfs("a/d", NULL));
}

CASE(nosymfollow_stops_links)
{
	mkdir("a", 0755);
	tmpfs("a", NULL);
	make("a/f", "text");
	symlink("f", "a/l");
	mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | 256, NULL);
	say_result("open", open("a/l", O_RDONLY));
	say_contents("the file", "a/f");
	say_yes("readlink", readlink("a/l", (char[9]){ 0 }, 8) == 1);
}

CASE(noexec_stops_programs)
{
	int fd;

	mkdir("a", 0755);
	mount("x", "a", "tmpfs", MS_NOEXEC, NULL);
	make("a/f", "#!/bin/sh\n");
	chmod("a/f", 0755);
	say_result("access", access("a/f", X_OK));
	execl("a/f", "f", NULL);
	say_result("execve", -1);
	fd = open("a/f", O_RDONLY);
	say_result("mmap", mmap(NULL, 4096, PROT_EXEC | PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0);
	say_result("mmap to read", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0);
}

static struct timespec atime_of(const char *name)
{
	struct stat found;

	stat(name, &found);
	return found.st_atim;
}

static int is_touched(const char *name, int directory)
{
	struct timespec before, old[2] = { { 1000, 0 }, { 2000, 0 } };
	char byte;
	int fd;

	/* atime before mtime: what relatime would touch */
	utimensat(AT_FDCWD, name, old, 0);
	before = atime_of(name);
	if (directory) {
		char entries[512];

		fd = open(name, O_RDONLY | O_DIRECTORY);
		syscall(SYS_getdents64, fd, entries, sizeof entries);
	} else {
		fd = open(name, O_RDONLY);
		read(fd, &byte, 1);
	}
	close(fd);
	return atime_of(name).tv_sec != before.tv_sec;
}

CASE(access_times_as_the_options_say)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} kinds[] = {
		{ "relatime", MS_RELATIME },
		{ "noatime", MS_NOATIME },
		{ "nodiratime", MS_NODIRATIME },
		{ "strictatime", MS_STRICTATIME },
		{ "ro", MS_RDONLY },
	};

	mkdir("a", 0755);
	mkdir("b", 0755);
	tmpfs("a", NULL);
	make("a/f", "text");
	mkdir("a/d", 0755);
	mount("a", "b", NULL, MS_BIND, NULL);
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct timespec old[2] = { { 1000, 0 }, { 2000, 0 } };
		char what[64], byte, entries[512];
		int fd;

		mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | kinds[i].flag, NULL);
		utimensat(AT_FDCWD, "a/f", old, 0);
		utimensat(AT_FDCWD, "a/d", old, 0);
		fd = open("b/f", O_RDONLY);
		read(fd, &byte, 1);
		close(fd);
		fd = open("b/d", O_RDONLY | O_DIRECTORY);
		syscall(SYS_getdents64, fd, entries, sizeof entries);
		close(fd);
		snprintf(what, sizeof what, "%s file", kinds[i].name);
		say_yes(what, atime_of("a/f").tv_sec != 1000);
		snprintf(what, sizeof what, "%s directory", kinds[i].name);
		say_yes(what, atime_of("a/d").tv_sec != 1000);
	}
	say_yes("file", is_touched("a/f", 0));
	say_yes("directory", is_touched("a/d", 1));
}

CASE(statfs_of_a_tmpfs)
{
	struct statfs found;

	mkdir("a", 0755);
	tmpfs("a", "size=1m,nr_inodes=100");
	make("a/f", "text");
	link("a/f", "a/g");
	statfs("a", &found);
	say("type", "%lx", (unsigned long)found.f_type & 0xffffffff);
	say("block size", "%ld %ld", (long)found.f_bsize, (long)found.f_frsize);
	say("blocks", "%ld %ld %ld", (long)found.f_blocks, (long)found.f_bfree, (long)found.f_bavail);
	say("files", "%ld", (long)found.f_files);
	say("name length", "%ld", (long)found.f_namelen);
	unlink("a/f");
	unlink("a/g");
	statfs("a", &found);
	say("afterwards", "%ld", (long)found.f_bfree);
	statfs("/proc", &found);
	say("proc", "%lx %ld %ld", (unsigned long)found.f_type, (long)found.f_blocks, (long)found.f_bsize);
	mkdir("r", 0755);
	mount("x", "r", "ramfs", 0, NULL);
	statfs("r", &found);
	say("ramfs", "%lx %ld %ld %ld", (unsigned long)found.f_type & 0xffffffff,
	    (long)found.f_blocks, (long)found.f_files, (long)found.f_namelen);
}
