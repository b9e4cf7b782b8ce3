/* fanotify(7): notification by descriptors and by file ids. */
#include <sys/fanotify.h>

#include "files.h"

static void say_event(const char *what, const struct fanotify_event_metadata *event)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} kinds[] = { { FAN_ACCESS, "ACCESS" }, { FAN_MODIFY, "MODIFY" }, { FAN_ATTRIB, "ATTRIB" },
		      { FAN_CLOSE_WRITE, "CLOSE_WRITE" }, { FAN_CLOSE_NOWRITE, "CLOSE_NOWRITE" },
		      { FAN_OPEN, "OPEN" }, { FAN_CREATE, "CREATE" }, { FAN_DELETE, "DELETE" },
		      { FAN_MOVED_FROM, "MOVED_FROM" }, { FAN_MOVED_TO, "MOVED_TO" },
		      { FAN_ONDIR, "ONDIR" } };
	char text[200] = "";

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (event->mask & kinds[i].bit)
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "|" : "",
				 kinds[i].name);
	say(what, "%s pid %s", text, event->pid == getpid() ? "this" : "another");
}

/* A whole file system has other users, too: what they do is none of these cases' business. */
static void say_own_events(const char *what, int group)
{
	_Alignas(8) char buffer[4096];
	ssize_t length = read(group, buffer, sizeof buffer);
	struct fanotify_event_metadata *event = (void *)buffer;

	if (length < 0)
		say_result(what, -1);
	for (; FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
		if (event->pid == getpid())
			say_event(what, event);
		if (event->fd >= 0)
			close(event->fd);
	}
}

static void say_events(const char *what, int group)
{
	_Alignas(8) char buffer[4096];
	ssize_t length = read(group, buffer, sizeof buffer);
	struct fanotify_event_metadata *event = (void *)buffer;

	if (length < 0)
		say_result(what, -1);
	for (; FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
		say_event(what, event);
		if (event->fd >= 0)
			close(event->fd);
	}
}

FILE_CASE(a_mark_tells_with_a_descriptor)
{
	_Alignas(8) char buffer[512];
	struct fanotify_event_metadata *event = (void *)buffer;
	struct stat told, file;
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY);

	make("file", "text");
	say_yes("group", group >= 0);
	say_result("mark", fanotify_mark(group, FAN_MARK_ADD, FAN_MODIFY | FAN_CLOSE_WRITE, AT_FDCWD, "file"));
	int writer = opened("file", O_WRONLY);
	write(writer, "x", 1);
	say_yes("one event", read(group, buffer, sizeof buffer) == FAN_EVENT_METADATA_LEN);
	say_event("event", event);
	fstat(event->fd, &told), stat("file", &file);
	say_yes("its descriptor", told.st_ino == file.st_ino);
	say_number("version", event->vers);
	close(event->fd);
	close(writer);
	say_events("close", group);
	say_events("nothing more", group);
	say_result("remove", fanotify_mark(group, FAN_MARK_REMOVE, FAN_MODIFY | FAN_CLOSE_WRITE, AT_FDCWD, "file"));
	say_result("remove again", fanotify_mark(group, FAN_MARK_REMOVE, FAN_MODIFY, AT_FDCWD, "file"));
}

FILE_CASE(a_directory_and_its_children)
{
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	make("file", "text"), mkdir("directory", 0755);
	say_result("mark", fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, "."));
	close(opened("file", O_RDONLY));
	say_events("child", group);
	close(opened("directory", O_RDONLY));
	say_events("directories are not told", group);
	say_result("with them", fanotify_mark(group, FAN_MARK_ADD, FAN_ONDIR, AT_FDCWD, "."));
	close(opened("directory", O_RDONLY));
	say_events("directory", group);
	say_result("flush", fanotify_mark(group, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	close(opened("file", O_RDONLY));
	say_events("none", group);
}

FILE_CASE(errors_of_fanotify)
{
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	make("file", "");
	say_result("unknown flag", fanotify_init(0x80000000, O_RDONLY));
	say_result("bad event flags", fanotify_init(FAN_CLASS_NOTIF, O_RDONLY | O_CREAT));
	say_result("bad access mode", fanotify_init(FAN_CLASS_NOTIF, 3));
	say_result("no mask", fanotify_mark(group, FAN_MARK_ADD, 0, AT_FDCWD, "file"));
	say_result("unknown event", fanotify_mark(group, FAN_MARK_ADD, 1ull << 40, AT_FDCWD, "file"));
	say_result("creation without ids", fanotify_mark(group, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "."));
	say_result("add and remove", fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "."));
	say_result("FAN_MARK_ONLYDIR", fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, AT_FDCWD, "file"));
	say_result("nothing", fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "nothing"));
	say_result("no group", fanotify_mark(opened("file", O_RDONLY), FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "file"));
	say_result("permission events", fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "file"));
}

FILE_CASE(file_ids_name_what_changed)
{
	_Alignas(8) char buffer[4096];
	struct fanotify_event_metadata *event = (void *)buffer;
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_REPORT_DFID_NAME, O_RDONLY);

	say_yes("group", group >= 0);
	say_result("mark", fanotify_mark(group, FAN_MARK_ADD, FAN_CREATE | FAN_DELETE | FAN_MOVED_TO | FAN_ONDIR,
					 AT_FDCWD, "."));
	make("file", "");
	ssize_t length = read(group, buffer, sizeof buffer);
	if (length < 0) {
		say_result("read", length);
		return;
	}
	say_event("event", event);
	say_number("descriptor", event->fd);
	struct fanotify_event_info_fid *information = (void *)(event + 1);
	struct file_handle *handle = (void *)information->handle;
	say_number("kind", information->hdr.info_type);
	say("name", "%s", (char *)handle->f_handle + handle->handle_bytes);
	struct { struct file_handle handle; unsigned char bytes[128]; } here = { .handle.handle_bytes = 128 };
	int mount;
	say_result("handle", name_to_handle_at(AT_FDCWD, ".", &here.handle, &mount, 0));
	say_yes("the directory's", here.handle.handle_bytes == handle->handle_bytes &&
		!memcmp(here.handle.f_handle, handle->f_handle, handle->handle_bytes));
	mkdir("directory", 0755);
	say_events("directory", group);
	unlink("file");
	say_events("delete", group);
	rename("directory", "moved");
	say_events("move", group);
}

static void fanotify_as_user(void)
{
	say_result("group", fanotify_init(FAN_CLASS_NOTIF, O_RDONLY));
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
	say_yes("with ids", group >= 0);
	say_result("class", fanotify_init(FAN_CLASS_CONTENT | FAN_REPORT_FID, O_RDONLY));
	say_result("a mount", fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, "."));
}

FILE_CASE(fanotify_as_somebody)
{
	as_user(SOMEBODY, SOMEBODY, fanotify_as_user);
}

FILE_CASE(marks_of_mounts_and_file_systems)
{
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	make("file", "");
	say_result("file system", fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CLOSE_WRITE, AT_FDCWD, "."));
	close(opened("file", O_WRONLY));
	say_own_events("event", group);
	say_result("remove", fanotify_mark(group, FAN_MARK_REMOVE | FAN_MARK_FILESYSTEM, FAN_CLOSE_WRITE, AT_FDCWD, "."));
	say_result("mount", fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_CLOSE_WRITE, AT_FDCWD, "."));
	close(opened("file", O_WRONLY));
	say_own_events("event", group);
}

FILE_CASE(ignored_events)
{
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	make("file", ""), make("other", "");
	fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, ".");
	say_result("ignore", fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD, "file"));
	close(opened("file", O_RDONLY));
	say_events("ignored", group);
	close(opened("other", O_RDONLY));
	say_events("not ignored", group);
}
