#include <ftw.h>
#include <grp.h>

#include "files.h"

char place[64];

static int take_away(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status, (void)kind, (void)where;
	return remove(path);
}

void in_new_directory(void (*function)(void))
{
	int status = 0;
	pid_t child;

	snprintf(place, sizeof place, "/dev/shm/emu-files-XXXXXX");
	if (!mkdtemp(place) || chmod(place, 0777) || chdir(place))
		say_result("new directory", -1);
	child = child_that(function);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		say_status("end", status);
	chdir("/");
	nftw(place, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

void make(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
		say_result("make", -1);
	close(file);
}

int opened(const char *path, int flags)
{
	int file = open(path, flags, 0644);

	if (file < 0)
		say_result(path, -1);
	return file;
}

void say_open(const char *what, int descriptor)
{
	if (descriptor < 0)
		say_result(what, -1);
	else
		say(what, "open");
	if (descriptor >= 0)
		close(descriptor);
}

void say_rest(const char *what, int descriptor)
{
	char text[256] = "";
	ssize_t length = read(descriptor, text, sizeof text - 1);

	if (length < 0) {
		say_result(what, -1);
		return;
	}
	for (ssize_t i = 0; i < length; i++)
		if (text[i] < 32 || text[i] > 126)
			text[i] = text[i] ? '?' : '.';
	say(what, "%s", text);
}

void say_text(const char *what, const char *path)
{
	int file = open(path, O_RDONLY);

	if (file < 0) {
		say_result(what, -1);
		return;
	}
	say_rest(what, file);
	close(file);
}

void say_mode(const char *what, const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		say_result(what, -1);
	else
		say(what, "%o", status.st_mode);
}

void say_owner(const char *what, const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		say_result(what, -1);
	else
		say(what, "%d:%d", status.st_uid, status.st_gid);
}

void say_links(const char *what, const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		say_result(what, -1);
	else
		say(what, "%ld", (long)status.st_nlink);
}

void say_size(const char *what, const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		say_result(what, -1);
	else
		say(what, "%lld", (long long)status.st_size);
}

static int by_name(const void *first, const void *second)
{
	return strcmp(*(char *const *)first, *(char *const *)second);
}

void say_names(const char *what, const char *path)
{
	char text[400] = "", *names[100];
	int count = 0;
	struct dirent *line;
	DIR *directory = opendir(path);

	if (!directory) {
		say_result(what, -1);
		return;
	}
	while ((line = readdir(directory)))
		if (count < 100 && strcmp(line->d_name, ".") && strcmp(line->d_name, ".."))
			names[count++] = strdup(line->d_name);
	closedir(directory);
	qsort(names, (size_t)count, sizeof *names, by_name);
	for (int i = 0; i < count; i++) {
		strncat(text, i ? " " : "", sizeof text - strlen(text) - 1);
		strncat(text, names[i], sizeof text - strlen(text) - 1);
	}
	say(what, "%s", text);
}

void say_there(const char *what, const char *path)
{
	struct stat status;

	say_result(what, lstat(path, &status));
}

void become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		say_result("become", -1);
}

void as_user(uid_t uid, gid_t gid, void (*function)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		become(uid, gid);
		function();
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (status)
		say_status("child", status);
}

void copy_program(const char *name)
{
	char buffer[65536];
	ssize_t length;
	int from = opened("/proc/self/exe", O_RDONLY), to = open(name, O_CREAT | O_WRONLY, 0755);

	while ((length = read(from, buffer, sizeof buffer)) > 0)
		write(to, buffer, (size_t)length);
	close(to);
	close(from);
}

const char *long_name(size_t length)
{
	static char name[5000];

	memset(name, 'n', length);
	name[length] = 0;
	return name;
}
