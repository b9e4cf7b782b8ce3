/* name_to_handle_at(2), open_by_handle_at(2). */
#include "files.h"

static struct {
	struct file_handle handle;
	unsigned char bytes[128];
} told, again;

static int handle_of(const char *path, int flags, int *mount)
{
	told.handle.handle_bytes = 128;
	return name_to_handle_at(AT_FDCWD, path, &told.handle, mount, flags);
}

FILE_CASE(a_handle_opens_the_file)
{
	int mount = -1, here = opened(".", O_RDONLY);

	make("file", "text");
	say_result("name_to_handle_at", handle_of("file", 0, &mount));
	say_yes("bytes", told.handle.handle_bytes > 0 && told.handle.handle_bytes <= 128);
	say_yes("mount", mount > 0);
	again = told;
	handle_of("file", 0, &mount);
	say_yes("the same again", !memcmp(&again, &told, sizeof told.handle + told.handle.handle_bytes));
	rename("file", "moved");
	int file = open_by_handle_at(here, &told.handle, O_RDONLY);
	say_rest("text after a move", file);
	close(file);
	unlink("moved");
	say_open("after unlink", open_by_handle_at(here, &told.handle, O_RDONLY));
}

FILE_CASE(handles_of_links_and_descriptors)
{
	int mount;

	make("file", "text"), symlink("file", "link");
	handle_of("file", 0, &mount);
	again = told;
	say_result("link itself", handle_of("link", 0, &mount));
	say_yes("another", memcmp(&again, &told, 8 + told.handle.handle_bytes));
	say_result("followed", handle_of("link", AT_SYMLINK_FOLLOW, &mount));
	say_yes("the same", !memcmp(&again, &told, 8 + told.handle.handle_bytes));
	told.handle.handle_bytes = 128;
	say_result("AT_EMPTY_PATH", name_to_handle_at(opened("file", O_PATH), "", &told.handle, &mount, AT_EMPTY_PATH));
	say_yes("the same", !memcmp(&again, &told, 8 + told.handle.handle_bytes));
	say_open("directory", (handle_of(".", 0, &mount), open_by_handle_at(opened(".", O_RDONLY), &told.handle, O_RDONLY | O_DIRECTORY)));
}

FILE_CASE(errors_of_handles)
{
	int mount, here = opened(".", O_RDONLY);

	make("file", "text");
	told.handle.handle_bytes = 0;
	say_result("no room", name_to_handle_at(AT_FDCWD, "file", &told.handle, &mount, 0));
	say_yes("it says how much", told.handle.handle_bytes > 0);
	told.handle.handle_bytes = 129;
	say_result("too much", name_to_handle_at(AT_FDCWD, "file", &told.handle, &mount, 0));
	say_result("unknown flag", handle_of("file", 8, &mount));
	say_result("nothing", handle_of("nothing", 0, &mount));
	say_result("empty", handle_of("", 0, &mount));
	handle_of("file", 0, &mount);
	told.handle.handle_type = 77;
	say_open("unknown type", open_by_handle_at(here, &told.handle, O_RDONLY));
	handle_of("file", 0, &mount);
	told.handle.handle_bytes = 0;
	say_open("no bytes", open_by_handle_at(here, &told.handle, O_RDONLY));
	handle_of("file", 0, &mount);
	memset(told.handle.f_handle, 0x55, told.handle.handle_bytes);
	say_open("nobody's", open_by_handle_at(here, &told.handle, O_RDONLY));
	handle_of("file", 0, &mount);
	say_open("bad mount", open_by_handle_at(-1, &told.handle, O_RDONLY));
	say_open("to write", open_by_handle_at(here, &told.handle, O_RDWR));
	become(SOMEBODY, SOMEBODY);
	say_result("as somebody", handle_of("file", 0, &mount));
	say_open("opened by somebody", open_by_handle_at(here, &told.handle, O_RDONLY));
}
