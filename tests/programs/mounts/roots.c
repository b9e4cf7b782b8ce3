/* chroot(2), pivot_root(2) and namespaces. */
#include "harness.h"

static long pivot_root(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

CASE(a_root_is_exchanged)
{
	mkdir("new", 0755);
	tmpfs("new", NULL);
	mkdir("new/old", 0755);
	mkdir("new/proc", 0755);
	make("new/here", "text");
	chdir("/");
	say_result("pivot_root", pivot_root("/m/new", "/m/new/old"));
	say_names("root", "/");
	say_contents("file", "/here");
	say_yes("old root", access("/old/m/new", F_OK) == 0);
	say_names("the place of the new root", "/old/m/new");
	say_names("working directory", ".");
	mount("/old/proc", "/proc", NULL, MS_BIND | MS_REC, NULL);
	say_mount("/");
	say_result("umount", umount2("/old", MNT_DETACH));
	say_names("nothing is left", "/old");
}

CASE(errors_of_pivot_root)
{
	mkdir("dir", 0755);
	mkdir("new", 0755);
	mkdir("out", 0755);
	tmpfs("new", NULL);
	mkdir("new/old", 0755);
	make("new/file", "");
	say_result("missing", pivot_root("/m/missing", "/m/new/old"));
	say_result("a file", pivot_root("/m/new", "/m/new/file"));
	say_result("not a mount", pivot_root("/m/dir", "/m/dir"));
	say_result("old outside of new", pivot_root("/m/new", "/m/out"));
	mount(NULL, "new", NULL, MS_SHARED, NULL);
	say_result("shared new root", pivot_root("/m/new", "/m/new/old"));
	mount(NULL, "new", NULL, MS_PRIVATE, NULL);
	mount(NULL, "/m", NULL, MS_SHARED, NULL);
	say_result("shared parent", pivot_root("/m/new", "/m/new/old"));
}

CASE(the_old_root_on_top_of_the_new)
{
	mkdir("new", 0755);
	tmpfs("new", NULL);
	make("new/f", "");
	chdir("new");
	say_result("pivot_root", pivot_root(".", "."));
	say_result("umount", umount2(".", MNT_DETACH));
	say_names("root", "/");
}

static int inside(void)
{
	char name[512] = "";

	mkdir("jail", 0755);
	mkdir("jail/m", 0755);
	make("jail/f", "");
	chdir("jail");
	say_result("chroot", chroot("."));
	say_names("root", "/");
	say_names("above", "..");
	say_names("far above", "../../..");
	say_result("a name of before", access("/m/jail", F_OK));
	say_result("on a file", chroot("/f"));
	say_result("missing", chroot("/missing"));
	mkdir("deeper", 0755);
	chroot("deeper");
	say_result("getcwd outside", syscall(SYS_getcwd, name, sizeof name));
	say("it", "%s", name);
	say_names("still outside", ".");
	say_result("pivot in a chroot", pivot_root("/", "/"));
	return 0;
}

CASE(a_task_has_a_root)
{
	in_child(inside);
	say_names("the others have theirs", ".");
}

static int mounts_seen;

static int count_mounts(void)
{
	char line[4096];
	FILE *info;
	int count = 0;

	mkdir("jail", 0755);
	tmpfs("jail", NULL);
	mkdir("jail/proc", 0755);
	mkdir("jail/sub", 0755);
	mount("/proc", "jail/proc", NULL, MS_BIND | MS_REC, NULL);
	tmpfs("jail/sub", NULL);
	chroot("jail");
	info = fopen("/proc/self/mountinfo", "r");
	while (fgets(line, sizeof line, info)) {
		char at[256], parent[16];

		sscanf(line, "%*d %15s %*s %*s %255s", parent, at);
		if (strncmp(at, "/proc", 5) || strlen(at) == 5)
			say("at", "%s", at);
		count++;
	}
	mounts_seen = count;
	return 0;
}

CASE(mountinfo_shows_what_is_below_the_root)
{
	in_child(count_mounts);
}

static int mount_here(void)
{
	say_result("unshare", unshare(CLONE_NEWNS));
	say_result("mount", tmpfs("a", NULL));
	make("a/f", "");
	say_names("inside", "a");
	return 0;
}

CASE(a_namespace_of_its_own)
{
	mkdir("a", 0755);
	in_child(mount_here);
	say_names("outside", "a");
	say_result("with CLONE_FS", unshare(CLONE_NEWNS | CLONE_FS));
}

static int look_at_parents_mount(void)
{
	return mounts_below("late");
}

CASE(a_child_shares_the_namespace)
{
	mkdir("late", 0755);
	say("before", "%d", in_child(look_at_parents_mount));
	tmpfs("late", NULL);
	say("after", "%d", in_child(look_at_parents_mount));
}
