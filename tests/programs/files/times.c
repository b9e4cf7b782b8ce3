/* utimensat(2), utimes(2), utime(2), and what stat(2) tells of them. */
#include <utime.h>

#include "files.h"

static void say_times(const char *what, const char *path)
{
	struct stat status;

	if (lstat(path, &status)) {
		say_result(what, -1);
		return;
	}
	say(what, "%lld.%09ld %lld.%09ld", (long long)status.st_atim.tv_sec, status.st_atim.tv_nsec,
	    (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

static int set(const char *path, time_t access, long access_ns, time_t change, long change_ns)
{
	struct timespec times[2] = { { access, access_ns }, { change, change_ns } };

	return utimensat(AT_FDCWD, path, times, 0);
}

FILE_CASE(utimensat_sets_nanoseconds)
{
	make("file", "");
	say_result("set", set("file", 1000, 123456789, 2000, 1));
	say_times("times", "file");
	say_result("before 1970", set("file", -1000, 5, -2000, 0));
	say_times("times", "file");
	say_result("the year 0", set("file", 0, 0, 0, 0));
	say_times("times", "file");
	say_result("nothing", set("nothing", 0, 0, 0, 0));
}

FILE_CASE(utime_now_and_utime_omit)
{
	struct stat status;

	make("file", "");
	set("file", 1000, 1, 2000, 2);
	say_result("omit access", set("file", 5, UTIME_OMIT, 3000, 3));
	say_times("times", "file");
	say_result("omit change", set("file", 4000, 4, 5, UTIME_OMIT));
	say_times("times", "file");
	say_result("omit both", set("file", 0, UTIME_OMIT, 0, UTIME_OMIT));
	say_result("omit both of nothing", set("nothing", 0, UTIME_OMIT, 0, UTIME_OMIT));
	say_result("now", set("file", 0, UTIME_NOW, 6000, 0));
	stat("file", &status);
	say_yes("access is now", status.st_atime > 100000);
	say_number("change", (long)status.st_mtime);
	say_result("too many nanoseconds", set("file", 0, 1000000000, 0, 0));
	say_result("negative nanoseconds", set("file", 0, -1, 0, 0));
	say_result("null", utimensat(AT_FDCWD, "file", NULL, 0));
	stat("file", &status);
	say_yes("both are now", status.st_mtime > 100000 && status.st_atime > 100000);
}

FILE_CASE(times_of_links_and_descriptors)
{
	struct timespec times[2] = { { 1000, 0 }, { 2000, 0 } };

	make("file", ""), symlink("file", "link");
	say_result("the link itself", utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
	say_times("link", "link");
	say_result("futimens", futimens(opened("file", O_RDONLY), times));
	say_times("file", "file");
	say_result("O_PATH", futimens(opened("file", O_PATH), times));
	say_result("AT_EMPTY_PATH", utimensat(opened("file", O_PATH), "", times, AT_EMPTY_PATH));
	say_result("unknown flag", utimensat(AT_FDCWD, "file", times, 1));
	say_result("bad descriptor", futimens(-1, times));
}

FILE_CASE(older_calls)
{
	struct timeval times[2] = { { 1000, 500 }, { 2000, 999999 } };
	struct utimbuf seconds = { 3000, 4000 };

	make("file", ""), symlink("file", "link");
	say_result("utimes", utimes("file", times));
	say_times("times", "file");
	say_result("utime", utime("file", &seconds));
	say_times("times", "file");
	say_result("lutimes", lutimes("link", times));
	say_times("link", "link");
	say_result("futimes", futimes(opened("file", O_RDONLY), times));
	times[0].tv_usec = 1000000;
	say_result("too many microseconds", utimes("file", times));
	say_result("utime of nothing", utime("nothing", NULL));
}

static void set_as_user(void)
{
	say_result("to a time, writable", set("writable", 1, 0, 2, 0));
	say_result("to now, writable", utimensat(AT_FDCWD, "writable", NULL, 0));
	say_result("to now, readable", utimensat(AT_FDCWD, "readable", NULL, 0));
	say_result("half now", set("writable", 0, UTIME_NOW, 0, UTIME_OMIT));
	say_result("both UTIME_NOW", set("writable", 0, UTIME_NOW, 0, UTIME_NOW));
	say_result("omit both", set("readable", 0, UTIME_OMIT, 0, UTIME_OMIT));
	say_result("the own", set("mine", 1, 0, 2, 0));
}

FILE_CASE(rights_to_set_times)
{
	make("writable", ""), chmod("writable", 0666), make("readable", ""), make("mine", "");
	chown("mine", SOMEBODY, SOMEBODY), chmod("mine", 0);
	as_user(SOMEBODY, SOMEBODY, set_as_user);
}

FILE_CASE(setting_times_changes_the_status_time)
{
	struct stat status;

	make("file", "");
	set("file", 1000, 0, 2000, 0);
	stat("file", &status);
	say_yes("ctime is now", status.st_ctime > 100000);
}

FILE_CASE(times_after_2038)
{
	if (sizeof(time_t) == 4) {
		say("times", "4294967296.000000000 4294967297.000000000");
		return;
	}
	make("file", "");
	set("file", (time_t)4294967296ll, 0, (time_t)4294967297ll, 0);
	say_times("times", "file");
}
