/* What the log says of filtered calls: its lines, as dmesg(1) reads them. */
#include <sys/klog.h>

#include "../filtering.h"

static void calls(void)
{
	INSTALL(SECCOMP_FILTER_FLAG_LOG, ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV));
	INSTALL(0, ON(SYS_getpgid, SECCOMP_RET_ERRNO | EXDEV));
	INSTALL(0, ON(SYS_getsid, SECCOMP_RET_LOG));
	INSTALL(0, ON(SYS_sync, SECCOMP_RET_KILL_PROCESS));
	syscall(SYS_getppid);
	syscall(SYS_getpgid, 0);
	syscall(SYS_getsid, 0);
	syscall(SYS_sync);
}

static void set_logged(const char *what, const char *names)
{
	int file = open("/proc/sys/kernel/seccomp/actions_logged", O_WRONLY);

	say_result(what, write(file, names, strlen(names)) > 0 ? 0 : -1);
	close(file);
}

static void say_file(const char *what, const char *name)
{
	char line[256] = "";
	int file = open(name, O_RDONLY);

	read(file, line, sizeof line - 1);
	line[strcspn(line, "\n")] = 0;
	say(what, "%s", line);
	close(file);
}

CASE(log)
{
	static char text[1 << 14];

	reap(child_that(calls));
	say_file("available", "/proc/sys/kernel/seccomp/actions_avail");
	say_file("logged", "/proc/sys/kernel/seccomp/actions_logged");
	set_logged("nonsense", "kill nobody");
	set_logged("what is allowed", "allow");
	set_logged("others", "trap kill_process");
	say_file("logged then", "/proc/sys/kernel/seccomp/actions_logged");
	reap(child_that(calls));
	klogctl(3, text, sizeof text - 1);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, "type=1326"))
			say("line", "%s", strstr(line, " sig="));
	say_number("sync", SYS_sync);
	say_number("getppid", SYS_getppid);
	say_number("getsid", SYS_getsid);
}
