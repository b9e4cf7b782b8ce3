/* Shared, slave, private and unbindable mounts: what is seen where. */
#include "harness.h"

static void two_peers(void)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	tmpfs("a", NULL);
	mkdir("a/sub", 0755);
	mkdir("a/other", 0755);
	mount(NULL, "a", NULL, MS_SHARED, NULL);
	mount("a", "b", NULL, MS_BIND, NULL);
}

CASE(types_are_shown)
{
	mkdir("a", 0755);
	tmpfs("a", NULL);
	say_mount("a");
	say_result("shared", mount(NULL, "a", NULL, MS_SHARED, NULL));
	say_mount("a");
	say_result("slave of nobody", mount(NULL, "a", NULL, MS_SLAVE, NULL));
	say_mount("a");
	say_result("unbindable", mount(NULL, "a", NULL, MS_UNBINDABLE, NULL));
	say_mount("a");
	say_result("shared again", mount(NULL, "a", NULL, MS_SHARED, NULL));
	say_mount("a");
	say_result("private", mount(NULL, "a", NULL, MS_PRIVATE, NULL));
	say_mount("a");
	say_result("two types", mount(NULL, "a", NULL, MS_PRIVATE | MS_SHARED, NULL));
	say_result("with another flag", mount(NULL, "a", NULL, MS_PRIVATE | MS_RDONLY, NULL));
	say_result("silently", mount(NULL, "a", NULL, MS_PRIVATE | MS_SILENT, NULL));
	mkdir("a/d", 0755);
	say_result("not a mount", mount(NULL, "a/d", NULL, MS_SHARED, NULL));
}

CASE(peers_show_the_same)
{
	two_peers();
	say_mount("a");
	say_mount("b");
	tmpfs("a/sub", NULL);
	make("a/sub/f", "");
	say_names("b", "b/sub");
	say_mount("a/sub");
	say_mount("b/sub");
	tmpfs("b/other", NULL);
	make("b/other/g", "");
	say_names("a", "a/other");
	say_result("umount", umount2("b/sub", 0));
	say_mount("a/sub");
	say_mount("b/sub");
	say_result("umount", umount2("a/other", 0));
	say("left", "%d", mounts_below("a") + mounts_below("b"));
}

CASE(a_slave_follows)
{
	two_peers();
	say_result("slave", mount(NULL, "b", NULL, MS_SLAVE, NULL));
	say_mount("a");
	say_mount("b");
	tmpfs("a/sub", NULL);
	say_mount("b/sub");
	tmpfs("b/other", NULL);
	say_mount("a/other");
	say_mount("b/other");
	umount2("b/sub", 0);
	say_mount("a/sub");
	umount2("a/sub", 0);
	say("left", "%d", mounts_below("a") + mounts_below("b"));
}

CASE(a_slave_that_shares)
{
	two_peers();
	mkdir("c", 0755);
	mount(NULL, "b", NULL, MS_SLAVE, NULL);
	mount(NULL, "b", NULL, MS_SHARED, NULL);
	mount("b", "c", NULL, MS_BIND, NULL);
	say_mount("a");
	say_mount("b");
	say_mount("c");
	tmpfs("a/sub", NULL);
	say_mount("a/sub");
	say_mount("b/sub");
	say_mount("c/sub");
	tmpfs("c/other", NULL);
	say_mount("a/other");
	say_mount("b/other");
	umount2("a/sub", 0);
	say_mount("c/sub");
}

CASE(the_last_peer_frees_its_slaves)
{
	two_peers();
	mount(NULL, "b", NULL, MS_SLAVE, NULL);
	mount(NULL, "a", NULL, MS_PRIVATE, NULL);
	say_mount("a");
	say_mount("b");
}

CASE(binds_of_each_type)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("c", 0755);
	tmpfs("a", NULL);
	mkdir("a/sub", 0755);
	tmpfs("a/sub", NULL);
	mount(NULL, "a/sub", NULL, MS_UNBINDABLE, NULL);
	say_result("unbindable", mount("a/sub", "b", NULL, MS_BIND, NULL));
	say_result("with one inside", mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	say("mounts", "%d", mounts_below("b"));
	mount(NULL, "c", NULL, MS_SHARED, NULL);
	tmpfs("c", NULL);
	mount(NULL, "c", NULL, MS_SHARED, NULL);
	mkdir("c/d", 0755);
	say_result("unbindable to a shared place", mount("a/sub", "c/d", NULL, MS_MOVE, NULL));
	say_result("a tree with one", mount("a", "c/d", NULL, MS_MOVE, NULL));
}

CASE(what_lies_on_shared_mounts_stays)
{
	two_peers();
	mkdir("c", 0755);
	tmpfs("a/sub", NULL);
	say_result("move", mount("a/sub", "c", NULL, MS_MOVE, NULL));
	say_result("of the shared mount itself", mount("a", "c", NULL, MS_MOVE, NULL));
	say_mount("c");
	say_mount("c/sub");
}

CASE(a_move_to_a_shared_place)
{
	two_peers();
	mkdir("c", 0755);
	tmpfs("c", NULL);
	make("c/f", "");
	say_result("move", mount("c", "a/sub", NULL, MS_MOVE, NULL));
	say_names("b", "b/sub");
	say_mount("a/sub");
	say_mount("b/sub");
}

CASE(recursively)
{
	mkdir("a", 0755);
	tmpfs("a", NULL);
	mkdir("a/sub", 0755);
	tmpfs("a/sub", NULL);
	say_result("shared", mount(NULL, "a", NULL, MS_SHARED | MS_REC, NULL));
	say_mount("a");
	say_mount("a/sub");
	say_result("private", mount(NULL, "a", NULL, MS_PRIVATE | MS_REC, NULL));
	say_mount("a/sub");
}

CASE(a_part_shows_its_part)
{
	two_peers();
	mkdir("c", 0755);
	mkdir("a/sub/deep", 0755);
	mount("a/sub", "c", NULL, MS_BIND, NULL);
	tmpfs("a/sub/deep", NULL);
	say_mount("c/deep");
	tmpfs("a/other", NULL);
	say("below c", "%d", mounts_below("c"));
	tmpfs("c/deep", NULL);
	say("below all", "%d", mounts_below("a") + mounts_below("b") + mounts_below("c"));
}

CASE(a_place_that_is_taken)
{
	two_peers();
	mount(NULL, "b", NULL, MS_SLAVE, NULL);
	tmpfs("b/sub", NULL);
	make("b/sub/mine", "");
	tmpfs("a/sub", NULL);
	make("a/sub/theirs", "");
	say_names("on top", "b/sub");
	say("mounts", "%d", mounts_below("b"));
	say_result("umount", umount2("b/sub", 0));
	say_names("beneath", "b/sub");
}

static int mount_in_another_namespace(void)
{
	unshare(CLONE_NEWNS);
	tmpfs("a/sub", NULL);
	make("a/sub/f", "");
	say_mount("a/sub");
	return 0;
}

CASE(namespaces_share_peers)
{
	mkdir("a", 0755);
	tmpfs("a", NULL);
	mkdir("a/sub", 0755);
	say_yes("private", in_child(mount_in_another_namespace) == 0);
	say_mount("a/sub");
	mount(NULL, "a", NULL, MS_SHARED, NULL);
	say_yes("shared", in_child(mount_in_another_namespace) == 0);
	say_mount("a/sub");
	say_names("seen here", "a/sub");
}
