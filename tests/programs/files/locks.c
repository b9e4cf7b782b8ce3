/* Record locks, locks of open file descriptions, flock(2). */
#include <sys/file.h>

#include "files.h"

#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

static int lock(int file, int command, short type, off_t start, off_t length)
{
	struct flock asked = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };

	return fcntl(file, command, &asked);
}

static void say_in_the_way(const char *what, int file, int command, short type, off_t start, off_t length)
{
	struct flock asked = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };

	if (fcntl(file, command, &asked))
		say_result(what, -1);
	else if (asked.l_type == F_UNLCK)
		say(what, "nothing");
	else
		say(what, "%s %lld+%lld of %s", asked.l_type == F_RDLCK ? "read" : "write",
		    (long long)asked.l_start, (long long)asked.l_len,
		    asked.l_pid == -1 ? "a description" : asked.l_pid == getppid() ? "the parent" : "another");
}

static int shared_file;

static void in_child(void (*function)(void))
{
	reap(child_that(function));
}

static int with_text(void)
{
	make("file", "0123456789");
	return shared_file = opened("file", O_RDWR);
}

static void look_at_locks(void)
{
	say_in_the_way("write lock anywhere", shared_file, F_GETLK, F_WRLCK, 0, 0);
	say_in_the_way("read lock anywhere", shared_file, F_GETLK, F_RDLCK, 0, 0);
	say_in_the_way("write lock behind", shared_file, F_GETLK, F_WRLCK, 20, 5);
	say_result("set over it", lock(shared_file, F_SETLK, F_WRLCK, 3, 1));
	say_result("set beside it", lock(shared_file, F_SETLK, F_WRLCK, 20, 1));
}

FILE_CASE(a_write_lock_is_exclusive)
{
	int file = with_text();

	say_result("set", lock(file, F_SETLK, F_WRLCK, 2, 5));
	say_in_the_way("own locks are not in the way", file, F_GETLK, F_WRLCK, 0, 0);
	in_child(look_at_locks);
}

FILE_CASE(read_locks_are_shared)
{
	int file = with_text();

	say_result("set", lock(file, F_SETLK, F_RDLCK, 2, 5));
	in_child(look_at_locks);
}

FILE_CASE(locks_split_and_join)
{
	int file = with_text();

	lock(file, F_SETLK, F_WRLCK, 0, 10);
	lock(file, F_SETLK, F_UNLCK, 4, 2);
	in_child(look_at_locks);
	lock(file, F_SETLK, F_RDLCK, 0, 2);
	in_child(look_at_locks);
	lock(file, F_SETLK, F_WRLCK, 0, 0);
	in_child(look_at_locks);
	lock(file, F_SETLK, F_UNLCK, 0, 0);
	in_child(look_at_locks);
}

FILE_CASE(closing_any_descriptor_drops_the_locks)
{
	int file = with_text();

	lock(file, F_SETLK, F_WRLCK, 0, 0);
	close(opened("file", O_RDONLY));
	in_child(look_at_locks);
}

static void lock_in_child(void)
{
	say_result("the child", lock(shared_file, F_SETLK, F_WRLCK, 0, 0));
}

FILE_CASE(locks_end_with_their_process)
{
	int file = with_text();

	in_child(lock_in_child);
	say_in_the_way("afterwards", file, F_GETLK, F_WRLCK, 0, 0);
}

FILE_CASE(where_a_lock_is)
{
	int file = with_text();
	struct flock asked = { .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -3, .l_len = 2 };

	say_result("from the end", fcntl(file, F_SETLK, &asked));
	in_child(look_at_locks);
	lock(file, F_SETLK, F_UNLCK, 0, 0);
	lseek(file, 5, SEEK_SET);
	asked = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 0, .l_len = -2 };
	say_result("backwards from here", fcntl(file, F_SETLK, &asked));
	in_child(look_at_locks);
	asked.l_len = -20;
	say_result("before the start", fcntl(file, F_SETLK, &asked));
	asked.l_whence = 7, asked.l_len = 1;
	say_result("unknown whence", fcntl(file, F_SETLK, &asked));
	asked.l_whence = SEEK_SET, asked.l_type = 7;
	say_result("unknown type", fcntl(file, F_SETLK, &asked));
	say_result("bad address", fcntl(file, F_SETLK, (void *)8));
	say_result("F_GETLK of no lock", lock(file, F_GETLK, F_UNLCK, 0, 1));
}

FILE_CASE(locks_need_the_access_mode)
{
	with_text();
	say_result("write lock of a reader", lock(opened("file", O_RDONLY), F_SETLK, F_WRLCK, 0, 1));
	say_result("read lock of a writer", lock(opened("file", O_WRONLY), F_SETLK, F_RDLCK, 0, 1));
	say_result("question of a reader", lock(opened("file", O_RDONLY), F_GETLK, F_WRLCK, 0, 1));
	say_result("bad descriptor", lock(-1, F_SETLK, F_WRLCK, 0, 1));
	say_result("a pipe", ({ int ends[2]; pipe(ends); lock(ends[1], F_SETLK, F_WRLCK, 0, 1); }));
}

FILE_CASE(f_setlkw_waits)
{
	int file = with_text(), ends[2];
	char byte;

	pipe(ends);
	pid_t child = fork();
	if (child == 0) {
		lock(file, F_SETLK, F_WRLCK, 0, 0);
		write(ends[1], "x", 1);
		usleep(20000);
		write(file, "child", 5);
		_exit(0);
	}
	read(ends[0], &byte, 1);
	say_result("busy", lock(file, F_SETLK, F_WRLCK, 0, 0));
	say_result("waited", lock(file, F_SETLKW, F_WRLCK, 0, 0));
	say_text("after the child", "file");
	say_end("child", child);
}

static void ignore(int number)
{
	(void)number;
}

static pid_t child_that_holds(int file, void (*before)(void))
{
	int ends[2];
	char byte;

	pipe(ends);
	pid_t child = fork();
	if (child == 0) {
		if (before)
			before();
		lock(file, F_SETLK, F_WRLCK, 0, 0);
		write(ends[1], "x", 1);
		pause();
		_exit(0);
	}
	read(ends[0], &byte, 1);
	return child;
}

FILE_CASE(a_signal_ends_the_wait)
{
	int file = with_text();
	pid_t child = child_that_holds(file, NULL);

	catch(SIGALRM, ignore, 0);
	tick(5);
	say_result("F_SETLKW", lock(file, F_SETLKW, F_WRLCK, 0, 0));
	tick(0);
	kill(child, SIGKILL);
	say_result("when it is gone", lock(file, F_SETLKW, F_WRLCK, 0, 0));
}


FILE_CASE(two_that_wait_for_each_other)
{
	int file = with_text(), ends[2];
	char byte;

	pipe(ends);
	lock(file, F_SETLK, F_WRLCK, 0, 1);
	pid_t child = fork();
	if (child == 0) {
		lock(file, F_SETLK, F_WRLCK, 5, 1);
		write(ends[1], "x", 1);
		_exit(lock(file, F_SETLKW, F_WRLCK, 0, 1) ? 1 : 0);
	}
	read(ends[0], &byte, 1);
	usleep(20000);
	say_result("deadlock", lock(file, F_SETLKW, F_WRLCK, 5, 1));
	lock(file, F_SETLK, F_UNLCK, 0, 1);
	say_end("the child gets it", child);
}

FILE_CASE(a_deadlock_across_two_files)
{
	int file = with_text(), ends[2];
	char byte;

	make("second", "");
	int second = opened("second", O_RDWR);
	pipe(ends);
	lock(file, F_SETLK, F_WRLCK, 0, 0);
	pid_t child = fork();
	if (child == 0) {
		lock(second, F_SETLK, F_WRLCK, 0, 0);
		write(ends[1], "x", 1);
		_exit(lock(file, F_SETLKW, F_WRLCK, 0, 0) ? 1 : 0);
	}
	read(ends[0], &byte, 1);
	usleep(20000);
	say_result("deadlock", lock(second, F_SETLKW, F_WRLCK, 0, 0));
	lock(file, F_SETLK, F_UNLCK, 0, 0);
	say_end("the child gets it", child);
}

FILE_CASE(locks_of_descriptions)
{
	int file = with_text(), other = opened("file", O_RDWR), copy = dup(file);

	say_result("set", lock(file, F_OFD_SETLK, F_WRLCK, 0, 5));
	say_in_the_way("another description", other, F_OFD_GETLK, F_WRLCK, 0, 0);
	say_result("set by another", lock(other, F_OFD_SETLK, F_WRLCK, 0, 5));
	say_result("set by a duplicate", lock(copy, F_OFD_SETLK, F_RDLCK, 0, 5));
	say_result("read lock by another", lock(other, F_OFD_SETLK, F_RDLCK, 0, 5));
	close(file);
	say_in_the_way("the duplicate holds it", other, F_OFD_GETLK, F_WRLCK, 0, 0);
	close(copy);
	say_in_the_way("now", other, F_OFD_GETLK, F_WRLCK, 0, 0);
	struct flock asked = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_pid = 1 };
	say_result("with a pid", fcntl(other, F_OFD_SETLK, &asked));
}

FILE_CASE(records_and_descriptions_see_each_other)
{
	int file = with_text(), other = opened("file", O_RDWR);

	lock(file, F_SETLK, F_WRLCK, 0, 5);
	say_result("of a description over the own record", lock(other, F_OFD_SETLK, F_WRLCK, 0, 5));
	lock(file, F_SETLK, F_UNLCK, 0, 5);
	lock(other, F_OFD_SETLK, F_WRLCK, 0, 5);
	say_in_the_way("a record over a description's", file, F_GETLK, F_WRLCK, 0, 0);
	in_child(look_at_locks);
}

static int inherited;

static void lock_what_was_inherited(void)
{
	say_result("the child's", lock(inherited, F_OFD_SETLK, F_RDLCK, 0, 5));
}

FILE_CASE(a_child_shares_locks_of_descriptions)
{
	inherited = with_text();
	lock(inherited, F_OFD_SETLK, F_WRLCK, 0, 5);
	in_child(lock_what_was_inherited);
	say_result("read lock by another", lock(opened("file", O_RDWR), F_OFD_SETLK, F_RDLCK, 0, 5));
}

FILE_CASE(flock_locks_the_whole_file)
{
	int file = with_text(), other = opened("file", O_RDONLY);

	say_result("exclusive", flock(file, LOCK_EX));
	say_result("by another", flock(other, LOCK_SH | LOCK_NB));
	say_result("by a duplicate", flock(dup(file), LOCK_EX | LOCK_NB));
	say_result("shared now", flock(file, LOCK_SH));
	say_result("by another", flock(other, LOCK_SH | LOCK_NB));
	say_result("exclusive again", flock(file, LOCK_EX | LOCK_NB));
	say_result("lost by trying", (flock(other, LOCK_UN), flock(other, LOCK_EX | LOCK_NB)));
	say_result("unlock", flock(other, LOCK_UN));
	say_result("unlock again", flock(other, LOCK_UN));
	say_result("unknown", flock(file, 77));
	say_result("two kinds", flock(file, LOCK_SH | LOCK_EX));
	say_result("bad descriptor", flock(-1, LOCK_SH));
	say_result("O_PATH", flock(opened("file", O_PATH), LOCK_SH));
	say_result("directory", flock(opened(".", O_RDONLY), LOCK_EX | LOCK_NB));
	say_result("records do not see it", (flock(file, LOCK_EX | LOCK_NB), lock(opened("file", O_RDWR), F_OFD_SETLK, F_WRLCK, 0, 0)));
}

FILE_CASE(flock_waits_and_is_interrupted)
{
	int file = with_text(), other = opened("file", O_RDWR);

	flock(file, LOCK_EX);
	catch(SIGALRM, ignore, 0);
	tick(5);
	say_result("interrupted", flock(other, LOCK_EX));
	tick(0);
	pid_t child = fork();
	if (child == 0) {
		usleep(10000);
		flock(file, LOCK_UN);
		_exit(0);
	}
	say_result("waited", flock(other, LOCK_EX));
	reap(child);
}

FILE_CASE(flock_is_inherited_and_ends_with_the_last)
{
	int file = with_text(), other = opened("file", O_RDWR);

	flock(file, LOCK_EX);
	pid_t child = fork();
	if (child == 0) {
		close(other);
		pause();
	}
	close(file);
	say_result("the child holds it", flock(other, LOCK_EX | LOCK_NB));
	kill(child, SIGKILL);
	reap(child);
	say_result("now", flock(other, LOCK_EX | LOCK_NB));
}

FILE_CASE(lockf_is_a_record_lock)
{
	int file = with_text();

	lseek(file, 2, SEEK_SET);
	say_result("F_LOCK", lockf(file, F_LOCK, 3));
	in_child(look_at_locks);
	say_result("F_TEST", lockf(file, F_TEST, 3));
	say_result("F_ULOCK", lockf(file, F_ULOCK, 3));
}
