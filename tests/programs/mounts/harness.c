/* Runs every case in a child, in a mount namespace of its own.
 *
 *   mounts                 all cases
 *   mounts NAME ...        some
 */
#include <dirent.h>
#include <stdarg.h>

#include "harness.h"

static struct entry *cases;
static const char *current = "harness";
static char groups[64][16];

void add_case(struct entry *entry)
{
	struct entry **place = &cases;

	while (*place)
		place = &(*place)->next;
	*place = entry;
}

void say(const char *what, const char *format, ...)
{
	char value[900], line[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	vsnprintf(value, sizeof value, format, arguments);
	va_end(arguments);
	length = snprintf(line, sizeof line, "%s: %s: %s\n", current, what, value);
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(99);
}

void say_result(const char *what, long result)
{
	if (result == -1)
		say(what, "%s", strerrorname_np(errno) ? strerrorname_np(errno) : "unknown error");
	else
		say(what, "%ld", result);
}

void say_yes(const char *what, int truth)
{
	say(what, "%s", truth ? "yes" : "no");
}

int tmpfs(const char *place, const char *options)
{
	return mount("none", place, "tmpfs", 0, options);
}

void make(const char *file, const char *text)
{
	int fd = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		say_result(file, -1);
	close(fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void say_names(const char *what, const char *directory)
{
	char *names[64], text[800] = "";
	int count = 0;
	DIR *stream = opendir(directory);
	struct dirent *found;

	if (!stream) {
		say_result(what, -1);
		return;
	}
	while ((found = readdir(stream)) && count < 64)
		if (found->d_name[0] != '.')
			names[count++] = strdup(found->d_name);
	closedir(stream);
	qsort(names, (size_t)count, sizeof *names, by_name);
	for (int i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, names[i]);
	}
	say(what, "%s", text);
}

void say_contents(const char *what, const char *file)
{
	char text[512];
	int fd = open(file, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (length < 0) {
		say_result(what, -1);
		return;
	}
	text[length] = 0;
	say(what, "%s", text);
	close(fd);
}

static char letter(const char *group)
{
	int i = 0;

	for (; groups[i][0]; i++)
		if (!strcmp(groups[i], group))
			return (char)('A' + i);
	strcpy(groups[i], group);
	return (char)('A' + i);
}

void say_mount(const char *place)
{
	char line[4096], found[600] = "none", wanted[512];
	FILE *info = fopen("/proc/self/mountinfo", "r");

	if (!info) {
		say_result(place, -1);
		return;
	}
	if (*place == '/')
		strcpy(wanted, place);
	else if (*place == '.')
		getcwd(wanted, sizeof wanted);
	else
		snprintf(wanted, sizeof wanted, "/m/%s", place);
	while (fgets(line, sizeof line, info)) {
		char root[256], at[512], options[256], *rest = line, *field;
		int used;

		if (sscanf(rest, "%*d %*d %*s %255s %511s %255s%n", root, at, options, &used) != 3 ||
		    strcmp(at, wanted))
			continue;
		snprintf(found, sizeof found, "%s %s", root, options);
		for (field = strtok(rest + used, " "); strcmp(field, "-"); field = strtok(NULL, " ")) {
			char *colon = strchr(field, ':'), shown[40];

			if (colon) {
				*colon = 0;
				snprintf(shown, sizeof shown, " %s:%c", field, letter(colon + 1));
			} else {
				snprintf(shown, sizeof shown, " %s", field);
			}
			strcat(found, shown);
		}
		strcat(found, " ");
		strcat(found, strtok(NULL, " "));
	}
	fclose(info);
	say(place, "%s", found);
}

int mounts_below(const char *place)
{
	char line[4096], at[512], wanted[512];
	FILE *info = fopen("/proc/self/mountinfo", "r");
	int count = 0;

	snprintf(wanted, sizeof wanted, "/m/%s", place);
	while (info && fgets(line, sizeof line, info))
		if (sscanf(line, "%*d %*d %*s %*s %511s", at) == 1)
			count += !strncmp(at, wanted, strlen(wanted));
	fclose(info);
	return count;
}

int in_child(int (*function)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(function() & 0xff);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void run(const struct entry *entry)
{
	current = entry->name;
	umask(022);
	if (unshare(CLONE_NEWNS))
		say_result("unshare", -1);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (tmpfs("/m", "mode=755") || chdir("/m"))
		say_result("/m", -1);
	entry->run();
}

int main(int argc, char **argv)
{
	mkdir("/m", 0755);
	for (const struct entry *entry = cases; entry; entry = entry->next) {
		int status, wanted = argc == 1;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], entry->name);
		if (!wanted)
			continue;
		pid_t child = fork();

		if (child == 0) {
			alarm(20);
			run(entry);
			_exit(0);
		}
		current = entry->name;
		if (waitpid(child, &status, 0) != child || status)
			say("end", "status %x", (unsigned)status);
	}
	current = "harness";
	say("end", "reached");
	return 0;
}
