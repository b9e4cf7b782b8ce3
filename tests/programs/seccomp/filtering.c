#include "filtering.h"

long install(struct sock_filter *filter, unsigned length, unsigned flags)
{
	struct sock_fprog wanted = { length, filter };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &wanted);
}

void say_child(const char *what, void (*function)(void))
{
	say_end(what, child_that(function));
}

long own_status(const char *field)
{
	char line[256];
	long found = -1;
	FILE *status = fopen("/proc/self/status", "r");

	while (fgets(line, sizeof line, status))
		if (!strncmp(line, field, strlen(field)) && line[strlen(field)] == ':')
			found = strtol(line + strlen(field) + 1, NULL, 10);
	fclose(status);
	return found;
}
