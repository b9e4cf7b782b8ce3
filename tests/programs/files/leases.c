/* Leases: F_SETLEASE, F_GETLEASE, and what breaks them. */
#include "files.h"

static volatile sig_atomic_t caught, descriptor;

static void note(int number, siginfo_t *information, void *context)
{
	(void)context;
	caught = number;
	descriptor = information->si_fd;
}

static void say_lease(const char *what, int file)
{
	int kind = fcntl(file, F_GETLEASE);

	say(what, "%s", kind == F_RDLCK ? "read" : kind == F_WRLCK ? "write" : kind == F_UNLCK ? "none" : "?");
}

FILE_CASE(a_lease_is_taken_and_given_back)
{
	make("file", "");
	int file = opened("file", O_RDONLY);

	say_lease("before", file);
	say_result("read lease", fcntl(file, F_SETLEASE, F_RDLCK));
	say_lease("now", file);
	say_result("write lease", fcntl(file, F_SETLEASE, F_WRLCK));
	say_lease("now", file);
	say_result("none", fcntl(file, F_SETLEASE, F_UNLCK));
	say_lease("now", file);
	say_result("none again", fcntl(file, F_SETLEASE, F_UNLCK));
	say_result("unknown", fcntl(file, F_SETLEASE, 77));
	say_result("bad descriptor", fcntl(-1, F_SETLEASE, F_RDLCK));
	say_result("directory", fcntl(opened(".", O_RDONLY), F_SETLEASE, F_RDLCK));
}

FILE_CASE(leases_need_nobody_else)
{
	make("file", "");
	int reader = opened("file", O_RDONLY), writer = opened("file", O_RDWR);

	say_result("read lease with a writer", fcntl(reader, F_SETLEASE, F_RDLCK));
	say_result("read lease of the writer", fcntl(writer, F_SETLEASE, F_RDLCK));
	say_result("write lease with a reader", fcntl(writer, F_SETLEASE, F_WRLCK));
	close(reader);
	say_result("write lease alone", fcntl(writer, F_SETLEASE, F_WRLCK));
	close(writer);
	reader = opened("file", O_RDONLY);
	int other = opened("file", O_RDONLY);
	say_result("two readers, read lease", fcntl(reader, F_SETLEASE, F_RDLCK));
	say_result("both", fcntl(other, F_SETLEASE, F_RDLCK));
	say_result("two readers, write lease", fcntl(reader, F_SETLEASE, F_WRLCK));
}

static void lease_as_user(void)
{
	say_result("another's file", fcntl(opened("file", O_RDONLY), F_SETLEASE, F_RDLCK));
	say_result("the own", fcntl(opened("mine", O_RDONLY), F_SETLEASE, F_RDLCK));
}

FILE_CASE(leases_are_for_the_owner)
{
	make("file", ""), make("mine", ""), chown("mine", SOMEBODY, SOMEBODY);
	as_user(SOMEBODY, SOMEBODY, lease_as_user);
}

FILE_CASE(opening_breaks_a_lease)
{
	make("file", "");
	int file = opened("file", O_RDONLY);

	catch_information(SIGIO, note, 0);
	fcntl(file, F_SETLEASE, F_RDLCK);
	say_open("to read", open("file", O_RDONLY | O_NONBLOCK));
	say_signal("signal", caught);
	say_open("to write", open("file", O_WRONLY | O_NONBLOCK));
	say_signal("signal", caught);
	say_lease("what it is to become", file);
	fcntl(file, F_SETLEASE, F_UNLCK);
	say_open("when it is given back", open("file", O_WRONLY | O_NONBLOCK));
}

FILE_CASE(a_write_lease_is_broken_by_readers)
{
	make("file", "");
	int file = opened("file", O_RDWR);

	catch_information(SIGIO, note, 0);
	fcntl(file, F_SETLEASE, F_WRLCK);
	pid_t child = fork();
	if (child == 0) {
		say_open("to read", open("file", O_RDONLY | O_NONBLOCK));
		_exit(0);
	}
	reap(child);
	say_signal("signal", caught);
	say_lease("what it is to become", file);
	say_result("lowered", fcntl(file, F_SETLEASE, F_RDLCK));
	say_lease("now", file);
	say_open("to read", open("file", O_RDONLY | O_NONBLOCK));
}

FILE_CASE(the_opener_waits_for_the_holder)
{
	make("file", "");
	int file = opened("file", O_RDONLY);

	catch_information(SIGIO, note, 0);
	fcntl(file, F_SETLEASE, F_RDLCK);
	pid_t child = fork();
	if (child == 0) {
		close(file);
		_exit(open("file", O_WRONLY) < 0);
	}
	until(caught);
	say_signal("signal", caught);
	say_result("still waiting", waitpid(child, NULL, WNOHANG));
	fcntl(file, F_SETLEASE, F_UNLCK);
	say_end("child", child);
}

FILE_CASE(truncating_breaks_a_lease)
{
	make("file", "text");
	int file = opened("file", O_RDONLY);

	catch_information(SIGIO, note, 0);
	fcntl(file, F_SETLEASE, F_RDLCK);
	pid_t child = fork();
	if (child == 0) {
		close(file);
		_exit(truncate("file", 0) < 0);
	}
	until(caught);
	fcntl(file, F_SETLEASE, F_UNLCK);
	say_end("child", child);
	say_size("size", "file");
}

FILE_CASE(names_do_not_break_leases_of_others_files)
{
	make("file", "");
	int file = opened("file", O_RDONLY);

	catch_information(SIGIO, note, 0);
	fcntl(file, F_SETLEASE, F_RDLCK);
	say_result("chmod", chmod("file", 0600));
	say_result("stat", access("file", F_OK));
	say_signal("signal", caught);
}

FILE_CASE(another_signal_tells_the_descriptor)
{
	make("file", "");
	int file = opened("file", O_RDONLY);

	catch_information(SIGRTMIN, note, 0);
	say_result("F_SETSIG", fcntl(file, F_SETSIG, SIGRTMIN));
	fcntl(file, F_SETLEASE, F_RDLCK);
	say_open("to write", open("file", O_WRONLY | O_NONBLOCK));
	say_signal("signal", caught);
	say_yes("descriptor", descriptor == file);
}

FILE_CASE(closing_ends_a_lease)
{
	make("file", "");
	int file = opened("file", O_RDONLY);

	fcntl(file, F_SETLEASE, F_RDLCK);
	close(file);
	say_open("to write", open("file", O_WRONLY | O_NONBLOCK));
}
