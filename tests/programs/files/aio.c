/* io_setup(2), io_submit(2), io_getevents(2), io_cancel(2), io_destroy(2). */
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "files.h"

static char text[64];
static struct iocb request, second;

static long prepared(int operation, int file, void *buffer, size_t bytes, long long offset)
{
	memset(&request, 0, sizeof request);
	request.aio_lio_opcode = (uint16_t)operation;
	request.aio_fildes = (uint32_t)file;
	request.aio_buf = (uintptr_t)buffer;
	request.aio_nbytes = bytes;
	request.aio_offset = offset;
	request.aio_data = 77;
	return 0;
}

static long submit(aio_context_t context)
{
	struct iocb *list[1] = { &request };

	return syscall(SYS_io_submit, context, 1l, list);
}

static void say_done(const char *what, aio_context_t context)
{
	struct io_event event;
	long count = syscall(SYS_io_getevents, context, 1l, 1l, &event, NULL);

	if (count != 1)
		say_result(what, count);
	else if (event.res < 0)
		say(what, "%s", strerrorname_np((int)-event.res));
	else
		say(what, "%lld for %lld%s", (long long)event.res, (long long)event.data,
		    event.obj == (uintptr_t)&request ? "" : " of another");
}

FILE_CASE(reads_and_writes)
{
	aio_context_t context = 0;
	struct iovec parts[2] = { { text, 2 }, { text + 10, 8 } };
	int file = opened("file", O_RDWR | O_CREAT);

	say_result("io_setup", syscall(SYS_io_setup, 8, &context));
	say_yes("context", context != 0);
	prepared(IOCB_CMD_PWRITE, file, "some text", 9, 3);
	say_result("submit", submit(context));
	say_done("write", context);
	say_text("text", "file");
	prepared(IOCB_CMD_PREAD, file, text, 64, 3);
	submit(context);
	say_done("read", context);
	say("text", "%s", text);
	prepared(IOCB_CMD_PREADV, file, parts, 2, 3);
	submit(context);
	say_done("readv", context);
	say("parts", "%.2s|%.7s", text, text + 10);
	prepared(IOCB_CMD_FSYNC, file, NULL, 0, 0);
	say_result("fsync", submit(context));
	say_done("fsync", context);
	prepared(IOCB_CMD_PREAD, opened("file", O_WRONLY), text, 4, 0);
	say_result("read of a writer", submit(context));
	prepared(IOCB_CMD_PREAD, file, (void *)8, 4, 0);
	say_result("bad address", submit(context));
	say_result("io_destroy", syscall(SYS_io_destroy, context));
	say_result("again", syscall(SYS_io_destroy, context));
}

FILE_CASE(errors_of_aio)
{
	aio_context_t context = 1, none = 0;
	struct io_event event;
	struct timespec now = { 0, 0 };
	struct iocb *bad[1] = { (void *)8 };

	make("file", "text");
	say_result("context not 0", syscall(SYS_io_setup, 8, &context));
	say_result("no events", syscall(SYS_io_setup, 0, &none));
	context = 0;
	syscall(SYS_io_setup, 8, &context);
	say_result("none to submit", syscall(SYS_io_submit, context, 0l, NULL));
	say_result("negative", syscall(SYS_io_submit, context, -1l, NULL));
	say_result("bad pointer", syscall(SYS_io_submit, context, 1l, bad));
	say_result("unknown context", syscall(SYS_io_submit, 77l, 1l, bad));
	prepared(IOCB_CMD_PREAD, -1, text, 4, 0);
	say_result("bad descriptor", submit(context));
	prepared(77, opened("file", O_RDONLY), text, 4, 0);
	say_result("unknown operation", submit(context));
	prepared(IOCB_CMD_PREAD, opened("file", O_RDONLY), text, 4, -1);
	say_result("negative offset", submit(context));
	say_result("nothing waits", syscall(SYS_io_getevents, context, 1l, 1l, &event, &now));
	say_result("more than allowed", syscall(SYS_io_getevents, context, 2l, 1l, &event, &now));
	say_result("cancel", syscall(SYS_io_cancel, context, &request, &event));
}

FILE_CASE(an_eventfd_tells_of_the_end)
{
	aio_context_t context = 0;
	uint64_t count = 0;
	int file = opened("file", O_RDWR | O_CREAT), counter = eventfd(0, EFD_NONBLOCK);

	syscall(SYS_io_setup, 8, &context);
	prepared(IOCB_CMD_PWRITE, file, "x", 1, 0);
	request.aio_flags = IOCB_FLAG_RESFD;
	request.aio_resfd = (uint32_t)counter;
	submit(context);
	say_result("read", read(counter, &count, sizeof count));
	say_number("count", (long)count);
	say_done("write", context);
	request.aio_resfd = (uint32_t)file;
	say_result("no eventfd", submit(context));
}

FILE_CASE(polling_by_aio)
{
	aio_context_t context = 0;
	struct timespec now = { 0, 0 };
	struct io_event event;
	int ends[2];

	pipe(ends);
	syscall(SYS_io_setup, 8, &context);
	prepared(IOCB_CMD_POLL, ends[0], (void *)POLLIN, 0, 0);
	say_result("submit", submit(context));
	say_result("nothing yet", syscall(SYS_io_getevents, context, 0l, 1l, &event, &now));
	write(ends[1], "x", 1);
	say_result("one", syscall(SYS_io_getevents, context, 1l, 1l, &event, NULL));
	say_yes("readable", event.res & POLLIN);
	char byte;
	read(ends[0], &byte, 1);
	submit(context);
	say_result("cancel", syscall(SYS_io_cancel, context, &request, &event));
}

FILE_CASE(several_at_once)
{
	aio_context_t context = 0;
	struct io_event events[4];
	struct iocb *list[2] = { &request, &second };
	int file = opened("file", O_RDWR | O_CREAT);

	syscall(SYS_io_setup, 8, &context);
	prepared(IOCB_CMD_PWRITE, file, "one", 3, 0);
	second = request;
	second.aio_buf = (uintptr_t)"two", second.aio_offset = 3;
	say_result("submit", syscall(SYS_io_submit, context, 2l, list));
	say_result("events", syscall(SYS_io_getevents, context, 2l, 4l, events, NULL));
	say_text("text", "file");
	second.aio_fildes = (uint32_t)-1;
	say_result("the second is bad", syscall(SYS_io_submit, context, 2l, list));
}
