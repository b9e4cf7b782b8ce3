/* Extended attributes: getxattr(2), setxattr(2), listxattr(2), removexattr(2). */
#include <sys/xattr.h>

#include "files.h"

static void say_list(const char *what, const char *path)
{
	char names[512];
	ssize_t length = llistxattr(path, names, sizeof names);
	int user = 0;

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1)
		user += !strncmp(names + at, "user.", 5) || !strncmp(names + at, "trusted.", 8);
	if (length < 0)
		say_result(what, -1);
	else
		say_number(what, user);
}

FILE_CASE(attributes_are_set_and_told)
{
	char value[16] = "";

	make("file", "");
	say_result("set", setxattr("file", "user.name", "value", 5, 0));
	say_result("get", getxattr("file", "user.name", value, sizeof value));
	say("value", "%s", value);
	say_result("size", getxattr("file", "user.name", NULL, 0));
	say_result("no room", getxattr("file", "user.name", value, 3));
	say_result("again", setxattr("file", "user.name", "v", 1, 0));
	say_result("get", getxattr("file", "user.name", value, sizeof value));
	say_result("empty value", setxattr("file", "user.empty", "", 0, 0));
	say_result("its size", getxattr("file", "user.empty", value, sizeof value));
	say_result("none", getxattr("file", "user.none", value, sizeof value));
	say_list("names", "file");
	say_result("remove", removexattr("file", "user.name"));
	say_result("again", removexattr("file", "user.name"));
	say_list("names", "file");
	say_result("of nothing", getxattr("nothing", "user.name", value, 4));
}

FILE_CASE(create_and_replace)
{
	make("file", "");
	say_result("replace none", setxattr("file", "user.a", "1", 1, XATTR_REPLACE));
	say_result("create", setxattr("file", "user.a", "1", 1, XATTR_CREATE));
	say_result("create again", setxattr("file", "user.a", "1", 1, XATTR_CREATE));
	say_result("replace", setxattr("file", "user.a", "2", 1, XATTR_REPLACE));
	say_result("unknown flag", setxattr("file", "user.a", "2", 1, 4));
	say_result("both", setxattr("file", "user.a", "2", 1, XATTR_CREATE | XATTR_REPLACE));
}

FILE_CASE(names_of_attributes)
{
	char name[300] = "user.";

	make("file", "");
	say_result("no class", setxattr("file", "name", "1", 1, 0));
	say_result("unknown class", setxattr("file", "other.name", "1", 1, 0));
	say_result("only a class", setxattr("file", "user.", "1", 1, 0));
	say_result("without its dot", setxattr("file", "user", "1", 1, 0));
	say_result("empty", setxattr("file", "", "1", 1, 0));
	memset(name + 5, 'n', 250);
	say_result("255 characters", setxattr("file", name, "1", 1, 0));
	memset(name + 5, 'n', 251);
	say_result("256 characters", setxattr("file", name, "1", 1, 0));
	say_result("get of 256", getxattr("file", name, NULL, 0));
	say_result("a value too large", setxattr("file", "user.large", name, 65537, 0));
	say_result("unknown class, get", getxattr("file", "other.name", NULL, 0));
	say_result("unknown class, remove", removexattr("file", "other.name"));
}

FILE_CASE(attributes_of_other_kinds)
{
	mkdir("directory", 0755), symlink("directory", "link"), mkfifo("fifo", 0644);
	say_result("directory", setxattr("directory", "user.a", "1", 1, 0));
	say_result("link itself", lsetxattr("link", "user.a", "1", 1, 0));
	say_result("get of the link", lgetxattr("link", "user.a", NULL, 0));
	say_result("through it", getxattr("link", "user.a", NULL, 0));
	say_result("fifo", setxattr("fifo", "user.a", "1", 1, 0));
	say_result("trusted of a link", lsetxattr("link", "trusted.a", "1", 1, 0));
	say_list("of the link", "link");
	say_result("trusted of a fifo", setxattr("fifo", "trusted.a", "1", 1, 0));
	int file = opened("directory", O_RDONLY);
	say_result("fgetxattr", fgetxattr(file, "user.a", NULL, 0));
	say_result("fremovexattr", fremovexattr(file, "user.a"));
	say_result("fsetxattr", fsetxattr(file, "user.b", "22", 2, 0));
	say_result("O_PATH", fgetxattr(opened("directory", O_PATH), "user.b", NULL, 0));
}

static void xattrs_as_user(void)
{
	say_result("read", getxattr("file", "user.a", NULL, 0));
	say_result("write", setxattr("file", "user.a", "2", 1, 0));
	say_result("remove", removexattr("file", "user.a"));
	say_result("closed", getxattr("closed", "user.a", NULL, 0));
	say_result("trusted", getxattr("file", "trusted.a", NULL, 0));
	say_result("set trusted", setxattr("mine", "trusted.a", "2", 1, 0));
	say_result("set security", setxattr("mine", "security.a", "2", 1, 0));
	say_result("get security", getxattr("file", "security.a", NULL, 0));
	say_list("names", "file");
	say_list("names of the closed", "closed");
	say_result("sticky directory", setxattr("sticky", "user.a", "2", 1, 0));
	say_result("mine", setxattr("mine", "user.a", "2", 1, 0));
}

FILE_CASE(rights_to_attributes)
{
	make("file", ""), make("closed", ""), make("mine", ""), mkdir("sticky", 0);
	chmod("closed", 0), chmod("sticky", 01777), chown("mine", SOMEBODY, SOMEBODY);
	setxattr("file", "user.a", "1", 1, 0);
	setxattr("file", "trusted.a", "1", 1, 0);
	setxattr("file", "security.a", "1", 1, 0);
	setxattr("closed", "user.a", "1", 1, 0);
	as_user(SOMEBODY, SOMEBODY, xattrs_as_user);
	say_list("names for root", "file");
}

struct acl_entry {
	uint16_t tag, permission;
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entries[6];
};

#define ENTRY(tag, permission, id) { LE16(tag), LE16(permission), LE32((uint32_t)(id)) }
enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHERS = 32 };

static const struct acl somebody_reads = {
	LE32(2),
	{ ENTRY(USER_OBJ, 6, -1), ENTRY(USER, 4, SOMEBODY), ENTRY(GROUP_OBJ, 0, -1), ENTRY(MASK, 4, -1),
	  ENTRY(OTHERS, 0, -1) },
};

static void by_acl(void)
{
	say_open("read", open("file", O_RDONLY));
	say_open("write", open("file", O_WRONLY));
	say_open("without", open("plain", O_RDONLY));
	say_result("set", setxattr("file", "system.posix_acl_access", &somebody_reads, 4 + 5 * 8, 0));
}

FILE_CASE(access_control_lists)
{
	struct acl told;

	make("file", "text"), chmod("file", 0600), make("plain", ""), chmod("plain", 0600);
	say_result("none", getxattr("file", "system.posix_acl_access", NULL, 0));
	say_result("set", setxattr("file", "system.posix_acl_access", &somebody_reads, 4 + 5 * 8, 0));
	say_mode("the mask is the group's bits", "file");
	say_result("get", getxattr("file", "system.posix_acl_access", &told, sizeof told));
	say_yes("the same", !memcmp(&told, &somebody_reads, 4 + 5 * 8));
	as_user(SOMEBODY, OTHER, by_acl);
	chmod("file", 0640);
	as_user(SOMEBODY, OTHER, by_acl);
	chmod("file", 0600);
	as_user(SOMEBODY, OTHER, by_acl);
	say_result("remove", removexattr("file", "system.posix_acl_access"));
	say_result("get", getxattr("file", "system.posix_acl_access", &told, sizeof told));
}

FILE_CASE(lists_that_are_wrong)
{
	struct acl bad = somebody_reads;

	make("file", ""), mkdir("directory", 0755);
	say_result("short", setxattr("file", "system.posix_acl_access", &bad, 7, 0));
	bad.version = LE32(3);
	say_result("version", setxattr("file", "system.posix_acl_access", &bad, 44, 0));
	bad = somebody_reads, bad.entries[3] = bad.entries[4];
	say_result("without a mask", setxattr("file", "system.posix_acl_access", &bad, 36, 0));
	bad = somebody_reads, bad.entries[0].permission = LE16(8);
	say_result("unknown permission", setxattr("file", "system.posix_acl_access", &bad, 44, 0));
	say_result("default of a file", setxattr("file", "system.posix_acl_default", &somebody_reads, 44, 0));
	say_result("default of a directory",
		   setxattr("directory", "system.posix_acl_default", &somebody_reads, 44, 0));
	say_result("unknown system attribute", setxattr("file", "system.other", "1", 1, 0));
}

FILE_CASE(a_default_list_is_inherited)
{
	mkdir("directory", 0755);
	setxattr("directory", "system.posix_acl_default", &somebody_reads, 44, 0);
	umask(077);
	close(open("directory/file", O_CREAT | O_RDWR, 0666));
	say_mode("a file", "directory/file");
	say_result("its list", getxattr("directory/file", "system.posix_acl_access", NULL, 0));
	mkdir("directory/room", 0777);
	say_mode("a directory", "directory/room");
	say_result("its default", getxattr("directory/room", "system.posix_acl_default", NULL, 0));
	say_result("its list", getxattr("directory/room", "system.posix_acl_access", NULL, 0));
}

FILE_CASE(a_list_that_a_mode_can_say)
{
	struct acl plain = { LE32(2), { ENTRY(USER_OBJ, 6, -1), ENTRY(GROUP_OBJ, 5, -1), ENTRY(OTHERS, 1, -1) } };

	make("file", "");
	say_result("set", setxattr("file", "system.posix_acl_access", &plain, 28, 0));
	say_mode("mode", "file");
	say_result("get", getxattr("file", "system.posix_acl_access", NULL, 0));
}
