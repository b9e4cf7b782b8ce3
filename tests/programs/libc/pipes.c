// Pipes and FIFOs, seen by a process that holds both ends.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char data[200000];

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
}

static void events(const char *what, int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT};
	poll(&p, 1, 0);
	printf("%s: %s%s%s%s\n", what, p.revents & POLLIN ? "in " : "", p.revents & POLLOUT ? "out " : "",
	       p.revents & POLLHUP ? "hup " : "", p.revents & POLLERR ? "err " : "");
}

static void fill(int fds[2], size_t piece)
{
	long total = 0, done;
	while ((done = write(fds[1], data, piece)) > 0)
		total += done;
	printf("pieces of %zu: %ld, then %s\n", piece, total, strerrorname_np(errno));
	int waiting;
	ioctl(fds[0], FIONREAD, &waiting);
	say("waiting", waiting);
	say("read", read(fds[0], data, 100));
	say("write", write(fds[1], data, 1));
	events("writer", fds[1]);
	say("read", read(fds[0], data, 5000));
	events("writer", fds[1]);
	say("write", write(fds[1], data, 4096));
	while (read(fds[0], data, sizeof data) > 0)
		;
}

static void capacity(void)
{
	int fds[2];
	pipe2(fds, O_NONBLOCK);
	say("size", fcntl(fds[0], F_GETPIPE_SZ));
	fill(fds, 1);
	fill(fds, 1000);
	fill(fds, 4000);
	fill(fds, 4096);
	fill(fds, 5000);
	fill(fds, 100000);
	say("set", fcntl(fds[1], F_SETPIPE_SZ, 5000));
	fill(fds, 3000);
	say("set", fcntl(fds[1], F_SETPIPE_SZ, 1));
	say("set", fcntl(fds[1], F_SETPIPE_SZ, 200000));
	write(fds[1], data, 70000);
	say("set below", fcntl(fds[1], F_SETPIPE_SZ, 65536));
	say("not a pipe", fcntl(open("/dev/null", O_RDONLY), F_GETPIPE_SZ));
}

static void packets(void)
{
	int fds[2];
	pipe2(fds, O_DIRECT | O_NONBLOCK);
	printf("direct %d %d\n", !!(fcntl(fds[0], F_GETFL) & O_DIRECT),
	       !!(fcntl(fds[1], F_GETFL) & O_DIRECT));
	write(fds[1], "one", 3);
	write(fds[1], "second", 6);
	write(fds[1], data, 5000);
	say("whole", read(fds[0], data, 100));
	say("cut", read(fds[0], data, 2));
	say("first part", read(fds[0], data, 9000));
	say("second part", read(fds[0], data, 9000));
	say("nothing", read(fds[0], data, 9000));
	int n = 0;
	while (write(fds[1], "x", 1) > 0)
		n++;
	say("packets that fit", n);
	say("back to bytes", fcntl(fds[1], F_SETFL, O_NONBLOCK));
	read(fds[0], data, 1);
	write(fds[1], "ab", 2);
	struct iovec two[2] = {{data, 1}, {data + 1, 1}};
	for (int i = 1; i < n; i++)
		read(fds[0], data, 1);
	say("bytes", readv(fds[0], two, 2));
}

static void ends(void)
{
	int fds[2];
	pipe(fds);
	events("reader", fds[0]);
	events("writer", fds[1]);
	write(fds[1], "hello", 5);
	events("reader", fds[0]);
	close(fds[1]);
	events("reader", fds[0]);
	say("read", read(fds[0], data, 100));
	events("reader", fds[0]);
	say("end", read(fds[0], data, 100));
	pipe(fds);
	close(fds[0]);
	events("writer", fds[1]);
	signal(SIGPIPE, SIG_IGN);
	say("write", write(fds[1], "x", 1));
	say("empty write", write(fds[1], "x", 0));
	say("seek", lseek(fds[1], 0, SEEK_CUR));
	say("pread", pread(fds[0], data, 1, 0));
	say("bad flag", pipe2(fds, O_APPEND));
}

static void fifos(void)
{
	char name[] = "/tmp/fifo.XXXXXX";
	mkdtemp(name);
	char path[40];
	snprintf(path, sizeof path, "%s/f", name);
	say("mkfifo", mkfifo(path, 0600));
	say("write only", open(path, O_WRONLY | O_NONBLOCK));
	int r = open(path, O_RDONLY | O_NONBLOCK);
	say("read", read(r, data, 10));
	events("before a writer", r);
	int w = open(path, O_WRONLY);
	say("empty", read(r, data, 10));
	events("with a writer", r);
	write(w, "abc", 3);
	close(w);
	events("after a writer", r);
	say("read", read(r, data, 10));
	events("after a writer", r);
	close(r);
	int both = open(path, O_RDWR);
	write(both, "left", 4);
	r = open(path, O_RDONLY);
	say("read", read(r, data, 10));
	struct stat st;
	fstat(both, &st);
	printf("fifo %d size %ld\n", S_ISFIFO(st.st_mode), (long)st.st_size);
	unlink(path);
	rmdir(name);
}

int main(void)
{
	capacity();
	packets();
	ends();
	fifos();
	fflush(stdout);
	return 0;
}
