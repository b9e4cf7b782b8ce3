// splice(2) and tee(2): bytes that go through pipes without a copy of the program's own.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char data[200000];

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
}

int main(void)
{
	char name[] = "/tmp/splice.XXXXXX";
	int file = mkstemp(name), a[2], b[2], waiting;
	unlink(name);
	pipe2(a, O_NONBLOCK);
	pipe2(b, O_NONBLOCK);
	for (int i = 0; i < (int)sizeof data; i++)
		data[i] = 'a' + i % 26;
	write(file, data, sizeof data);
	off64_t at = 26, end = 300000;
	say("from the file", splice(file, &at, a[1], NULL, 10, 0));
	printf("at %lld, position %lld\n", (long long)at, (long long)lseek(file, 0, SEEK_CUR));
	say("at its end", splice(file, NULL, a[1], NULL, 10, 0));
	say("beyond", splice(file, &end, a[1], NULL, 10, 0));
	write(a[1], "XYZ", 3);
	say("tee", tee(a[0], b[1], 100, 0));
	ioctl(a[0], FIONREAD, &waiting);
	say("still there", waiting);
	memset(data, 0, 50);
	say("read", read(b[0], data, 50));
	puts(data);
	say("pipe to pipe", splice(a[0], NULL, b[1], NULL, 4, 0));
	ioctl(a[0], FIONREAD, &waiting);
	say("left", waiting);
	at = 5;
	say("to the file", splice(a[0], NULL, file, &at, 100, 0));
	memset(data, 0, 50);
	pread(file, data, 12, 3);
	puts(data);
	say("nothing there", splice(a[0], NULL, file, NULL, 100, 0));
	say("nothing to copy", tee(a[0], b[1], 100, 0));
	say("same pipe", splice(a[0], NULL, a[1], NULL, 1, 0));
	say("no pipe", splice(file, NULL, file, NULL, 1, 0));
	say("offset of a pipe", splice(a[0], &at, file, NULL, 1, 0));
	say("bad flag", splice(a[0], NULL, file, NULL, 1, 0x100));
	say("no length", splice(-1, NULL, -1, NULL, 0, 0));
	say("closed", splice(-1, NULL, a[1], NULL, 1, 0));
	say("wrong end", splice(a[1], NULL, file, NULL, 1, 0));
	say("tee of a file", tee(file, a[1], 1, 0));
	say("eventfd", splice(eventfd(1, 0), NULL, a[1], NULL, 8, 0));
	write(a[1], "null", 4);
	say("to /dev/null", splice(a[0], NULL, open("/dev/null", O_WRONLY), NULL, 100, 0));
	at = 0;
	long total = 0, done;
	while ((done = splice(file, &at, a[1], NULL, 150000, 0)) > 0)
		total += done;
	printf("a full pipe holds %ld, then %s\n", total, strerrorname_np(errno));
	close(a[1]);
	fcntl(file, F_SETFL, O_APPEND);
	say("append", splice(a[0], NULL, file, NULL, 1, 0));
	fcntl(file, F_SETFL, 0);
	lseek(file, 0, SEEK_SET);
	total = 0;
	while ((done = splice(a[0], NULL, file, NULL, 150000, 0)) > 0)
		total += done;
	printf("all of it %ld, position %lld\n", total, (long long)lseek(file, 0, SEEK_CUR));
	fflush(stdout);
	return 0;
}
