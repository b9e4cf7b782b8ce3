/* inotify(7), and F_NOTIFY. */
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

#include "files.h"

static const struct {
	uint32_t bit;
	const char *name;
} kinds[] = {
	{ IN_ACCESS, "ACCESS" }, { IN_MODIFY, "MODIFY" }, { IN_ATTRIB, "ATTRIB" },
	{ IN_CLOSE_WRITE, "CLOSE_WRITE" }, { IN_CLOSE_NOWRITE, "CLOSE_NOWRITE" }, { IN_OPEN, "OPEN" },
	{ IN_MOVED_FROM, "MOVED_FROM" }, { IN_MOVED_TO, "MOVED_TO" }, { IN_CREATE, "CREATE" },
	{ IN_DELETE, "DELETE" }, { IN_DELETE_SELF, "DELETE_SELF" }, { IN_MOVE_SELF, "MOVE_SELF" },
	{ IN_UNMOUNT, "UNMOUNT" }, { IN_Q_OVERFLOW, "Q_OVERFLOW" }, { IN_IGNORED, "IGNORED" },
	{ IN_ISDIR, "ISDIR" },
};

static void say_event(const char *what, const struct inotify_event *event)
{
	char text[160] = "";

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (event->mask & kinds[i].bit)
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "|" : "",
				 kinds[i].name);
	say(what, "%d %s%s%s", event->wd, text, event->len ? " " : "", event->len ? event->name : "");
}

/* All events that are there. */
static void say_events(const char *what, int inotify)
{
	_Alignas(8) char buffer[4096];
	ssize_t length = read(inotify, buffer, sizeof buffer);

	if (length < 0)
		say_result(what, -1);
	for (ssize_t at = 0; at < length;) {
		struct inotify_event *event = (void *)(buffer + at);

		say_event(what, event);
		at += (ssize_t)(sizeof *event + event->len);
	}
}

static int watching(const char *path, uint32_t mask)
{
	int inotify = inotify_init1(IN_NONBLOCK);

	say_result("watch", inotify_add_watch(inotify, path, mask));
	return inotify;
}

FILE_CASE(a_directory_tells_of_its_files)
{
	int inotify = watching(".", IN_ALL_EVENTS);

	make("file", "text");
	say_events("make", inotify);
	close(opened("file", O_RDONLY));
	say_events("open and close", inotify);
	chmod("file", 0600);
	say_events("chmod", inotify);
	truncate("file", 2);
	say_events("truncate", inotify);
	link("file", "second");
	say_events("link", inotify);
	unlink("file");
	say_events("unlink", inotify);
	mkdir("directory", 0755);
	say_events("mkdir", inotify);
	rmdir("directory");
	say_events("rmdir", inotify);
	symlink("x", "link");
	say_events("symlink", inotify);
	mkfifo("fifo", 0644);
	say_events("mkfifo", inotify);
	say_events("nothing more", inotify);
}

FILE_CASE(a_file_tells_of_itself)
{
	char byte;
	make("file", "text");
	int inotify = watching("file", IN_ALL_EVENTS), file = opened("file", O_RDWR);

	read(file, &byte, 1);
	say_events("read", inotify);
	write(file, "x", 1);
	say_events("write", inotify);
	ftruncate(file, 1);
	say_events("ftruncate", inotify);
	pread(file, &byte, 1, 100);
	say_events("read at the end", inotify);
	futimens(file, NULL);
	say_events("times", inotify);
	close(file);
	say_events("close", inotify);
	link("file", "second");
	say_events("link", inotify);
	rename("file", "moved");
	say_events("rename", inotify);
	unlink("second");
	say_events("unlink of one name", inotify);
	unlink("moved");
	say_events("unlink of the last", inotify);
	say_events("nothing more", inotify);
}

FILE_CASE(a_moved_name_has_a_cookie)
{
	_Alignas(8) char buffer[4096];
	struct inotify_event *from = (void *)buffer, *to;

	mkdir("directory", 0755), make("file", "");
	int inotify = watching(".", IN_MOVE);
	inotify_add_watch(inotify, "directory", IN_MOVE);
	rename("file", "directory/moved");
	read(inotify, buffer, sizeof buffer);
	to = (void *)(buffer + sizeof *from + from->len);
	say_event("from", from);
	say_event("to", to);
	say_yes("the same cookie", from->cookie && from->cookie == to->cookie);
	rename("directory/moved", "file");
	read(inotify, buffer, sizeof buffer);
	say_yes("another one", from->cookie != ((struct inotify_event *)buffer)->cookie + 1 && from->cookie);
	rename("directory", "renamed");
	say_events("a directory", inotify);
}

FILE_CASE(replacing_and_exchanging_are_told)
{
	make("one", "1"), make("two", "2");
	int inotify = watching(".", IN_ALL_EVENTS), self = watching("two", IN_ALL_EVENTS);

	rename("one", "two");
	say_events("replace", inotify);
	say_events("what was replaced", self);
	make("one", "1");
	say_events("make", inotify);
	syscall(SYS_renameat2, AT_FDCWD, "one", AT_FDCWD, "two", 2);
	say_events("exchange", inotify);
}

FILE_CASE(a_watched_directory_goes)
{
	mkdir("directory", 0755), make("directory/file", "");
	int inotify = watching("directory", IN_ALL_EVENTS);

	unlink("directory/file");
	rename("directory", "moved");
	say_events("move", inotify);
	rmdir("moved");
	say_events("remove", inotify);
	say_result("rm_watch", inotify_rm_watch(inotify, 1));
}

FILE_CASE(masks_choose)
{
	make("file", "");
	int inotify = watching("file", IN_CLOSE_WRITE);

	close(opened("file", O_RDONLY)), close(opened("file", O_WRONLY));
	say_events("IN_CLOSE_WRITE", inotify);
	say_result("replaced", inotify_add_watch(inotify, "file", IN_OPEN));
	close(opened("file", O_WRONLY));
	say_events("IN_OPEN", inotify);
	say_result("added", inotify_add_watch(inotify, "file", IN_CLOSE_WRITE | IN_MASK_ADD));
	close(opened("file", O_WRONLY));
	say_events("both", inotify);
	say_result("IN_MASK_CREATE", inotify_add_watch(inotify, "file", IN_OPEN | IN_MASK_CREATE));
	say_result("with IN_MASK_ADD", inotify_add_watch(inotify, "file", IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD));
}

FILE_CASE(in_oneshot_tells_once)
{
	make("file", "");
	int inotify = watching("file", IN_OPEN | IN_ONESHOT);

	close(opened("file", O_RDONLY)), close(opened("file", O_RDONLY));
	say_events("events", inotify);
	say_events("more", inotify);
	say_result("rm_watch", inotify_rm_watch(inotify, 1));
}

FILE_CASE(flags_of_watches)
{
	make("file", ""), symlink("file", "link"), mkdir("directory", 0755);
	int inotify = watching("link", IN_DONT_FOLLOW | IN_ALL_EVENTS);

	say_result("the file is another", inotify_add_watch(inotify, "link", IN_ALL_EVENTS));
	say_result("IN_ONLYDIR of a file", inotify_add_watch(inotify, "file", IN_ONLYDIR | IN_OPEN));
	say_result("IN_ONLYDIR", inotify_add_watch(inotify, "directory", IN_ONLYDIR | IN_OPEN));
	say_result("no events", inotify_add_watch(inotify, "file", 0));
	say_result("only flags", inotify_add_watch(inotify, "file", IN_ONESHOT));
	say_result("nothing", inotify_add_watch(inotify, "nothing", IN_OPEN));
	say_result("bad descriptor", inotify_add_watch(-1, "file", IN_OPEN));
	say_result("no inotify", inotify_add_watch(opened("file", O_RDONLY), "file", IN_OPEN));
	say_result("rm_watch of none", inotify_rm_watch(inotify, 77));
	say_result("rm_watch of no inotify", inotify_rm_watch(opened("file", O_RDONLY), 1));
	say_result("unknown flag", inotify_init1(1));
	say_yes("close-on-exec", fcntl(inotify_init1(IN_CLOEXEC), F_GETFD) == FD_CLOEXEC);
}

FILE_CASE(rm_watch_says_ignored)
{
	int inotify = watching(".", IN_ALL_EVENTS);

	say_result("rm_watch", inotify_rm_watch(inotify, 1));
	say_events("event", inotify);
	make("file", "");
	say_events("none", inotify);
	say_result("the next number", inotify_add_watch(inotify, ".", IN_ALL_EVENTS));
}

FILE_CASE(in_excl_unlink)
{
	make("file", "");
	int inotify = watching(".", IN_MODIFY | IN_EXCL_UNLINK), file = opened("file", O_WRONLY);

	write(file, "x", 1);
	say_events("with a name", inotify);
	unlink("file");
	write(file, "y", 1);
	say_events("without", inotify);
}

FILE_CASE(the_same_events_are_merged)
{
	make("file", "");
	int inotify = watching("file", IN_MODIFY | IN_OPEN), file = opened("file", O_WRONLY);

	write(file, "x", 1), write(file, "y", 1), write(file, "z", 1);
	close(opened("file", O_RDONLY));
	write(file, "x", 1);
	say_events("event", inotify);
}

FILE_CASE(reading_an_inotify)
{
	char small[16];
	int waiting = 0;
	int inotify = watching(".", IN_CREATE);
	struct pollfd asked = { inotify, POLLIN, 0 };

	say_result("poll of nothing", poll(&asked, 1, 0));
	say_result("read of nothing", read(inotify, small, sizeof small));
	make("name", "");
	say_result("poll", poll(&asked, 1, 0));
	say_result("FIONREAD", ioctl(inotify, FIONREAD, &waiting));
	say_number("waiting", waiting);
	say_result("too small", read(inotify, small, sizeof small));
	say_result("lseek", lseek(inotify, 5, SEEK_SET));
	say_result("write", write(inotify, small, 1));
	say_events("event", inotify);
}

FILE_CASE(reading_waits)
{
	char buffer[256];
	int inotify = inotify_init();

	inotify_add_watch(inotify, ".", IN_CREATE);
	pid_t child = fork();
	if (child == 0) {
		usleep(10000);
		make("file", "");
		_exit(0);
	}
	say_result("read", read(inotify, buffer, sizeof buffer));
	reap(child);
}

FILE_CASE(many_events_overflow)
{
	_Alignas(8) static char buffer[1 << 20];
	ssize_t length, last = 0;
	make("a", ""), make("b", "");
	int inotify = watching("a", IN_ATTRIB);
	inotify_add_watch(inotify, "b", IN_ATTRIB);
	for (long i = 0; i < 16384 / 2 + 10; i++)
		chmod("a", 0644), chmod("b", 0644);
	length = read(inotify, buffer, sizeof buffer);
	say_number("events", (long)(length / 16));
	for (ssize_t at = 0; at < length; at += 16)
		last = at;
	say_event("last", (void *)(buffer + last));
}

FILE_CASE(two_names_of_one_file)
{
	make("file", ""), mkdir("directory", 0755), link("file", "directory/name");
	int inotify = watching(".", IN_OPEN);

	inotify_add_watch(inotify, "directory", IN_OPEN);
	close(opened("directory/name", O_RDONLY));
	say_events("event", inotify);
}

static volatile sig_atomic_t caught, descriptor;

static void note(int number, siginfo_t *information, void *context)
{
	(void)context;
	caught++;
	descriptor = information->si_fd;
	(void)number;
}

FILE_CASE(f_notify_sends_a_signal)
{
	int here = opened(".", O_RDONLY);

	catch_information(SIGIO, note, 0);
	say_result("F_NOTIFY", fcntl(here, F_NOTIFY, DN_CREATE));
	make("one", "");
	say_number("created", caught);
	make("two", "");
	say_number("only once", caught);
	say_result("for good", fcntl(here, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT));
	make("three", ""), unlink("three");
	say_number("twice", caught);
	chmod("one", 0600);
	say_number("not asked for", caught);
	say_result("no more", fcntl(here, F_NOTIFY, 0));
	make("four", "");
	say_number("none", caught);
	say_result("a file", fcntl(opened("one", O_RDONLY), F_NOTIFY, DN_CREATE));
}

FILE_CASE(f_notify_with_another_signal)
{
	int here = opened(".", O_RDONLY);

	catch_information(SIGRTMIN, note, 0);
	fcntl(here, F_SETSIG, SIGRTMIN);
	fcntl(here, F_NOTIFY, DN_MODIFY | DN_RENAME | DN_ATTRIB | DN_ACCESS | DN_MULTISHOT);
	make("file", "text");
	say_number("written", caught);
	say_yes("descriptor", descriptor == here);
	rename("file", "moved");
	say_number("renamed", caught);
	chmod("moved", 0600);
	say_number("attributes", caught);
	say_text("read", "moved");
	say_number("accessed", caught);
}
