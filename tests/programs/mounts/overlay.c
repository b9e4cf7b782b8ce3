/* overlay: layers merged, changes copied up. With "userxattr", as a user namespace needs it. */
#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "harness.h"

static int overlay(const char *options)
{
	return mount("overlay", "merged", "overlay", 0, options);
}

/* l1 over l2 over nothing, upper u, workdir w, all on one tmpfs. */
static void layers(void)
{
	mkdir("l1", 0755);
	mkdir("l2", 0755);
	mkdir("u", 0755);
	mkdir("w", 0755);
	mkdir("merged", 0755);
	make("l1/one", "first");
	make("l2/two", "second");
	make("l1/both", "upper of both");
	make("l2/both", "lower of both");
	mkdir("l1/dir", 0755);
	mkdir("l2/dir", 0700);
	make("l1/dir/a", "a");
	make("l2/dir/b", "b");
	mkdir("l2/plain", 0755);
	make("l2/plain/deep", "deep");
	symlink("one", "l1/link");
	mkfifo("l1/fifo", 0644);
	chmod("l1/one", 0640);
}

#define OPTIONS "lowerdir=l1:l2,upperdir=u,workdir=w,userxattr"

static void mounted(void)
{
	layers();
	if (overlay(OPTIONS))
		say_result("mount", -1);
}

static void say_whiteout(const char *what, const char *name)
{
	struct stat found;

	if (lstat(name, &found))
		say_result(what, -1);
	else
		say(what, "%s", S_ISCHR(found.st_mode) && !found.st_rdev ? "whiteout" : "a file");
}

CASE(layers_are_merged)
{
	struct statfs found;

	mounted();
	say_names("root", "merged");
	say_names("dir", "merged/dir");
	say_names("plain", "merged/plain");
	say_contents("one", "merged/one");
	say_contents("two", "merged/two");
	say_contents("both", "merged/both");
	say_contents("a link", "merged/link");
	say_mount("merged");
	statfs("merged", &found);
	say("type", "%lx", (unsigned long)found.f_type & 0xffffffff);
	say_names("upper", "u");
}

CASE(types_are_told_with_names)
{
	DIR *stream;
	struct dirent *line;
	int right = 0;

	mounted();
	stream = opendir("merged");
	while ((line = readdir(stream))) {
		char name[300];
		struct stat found;

		snprintf(name, sizeof name, "merged/%s", line->d_name);
		lstat(name, &found);
		if (line->d_name[0] != '.')
			right += IFTODT(found.st_mode) == line->d_type && line->d_ino == found.st_ino;
	}
	closedir(stream);
	say("right types and inode numbers", "%d", right);
}

CASE(errors_of_overlay_mounts)
{
	layers();
	make("file", "");
	mkdir("u/inner", 0755);
	say_result("no lower", overlay("upperdir=u,workdir=w,userxattr"));
	say_result("no work", overlay("lowerdir=l1,upperdir=u,userxattr"));
	say_result("one lower alone", overlay("lowerdir=l1,userxattr"));
	say_result("missing lower", overlay("lowerdir=x,upperdir=u,workdir=w,userxattr"));
	say_result("missing upper", overlay("lowerdir=l1,upperdir=x,workdir=w,userxattr"));
	say_result("a file as lower", overlay("lowerdir=file,upperdir=u,workdir=w,userxattr"));
	say_result("a file as upper", overlay("lowerdir=l1,upperdir=file,workdir=w,userxattr"));
	say_result("unknown option", overlay("lowerdir=l1,upperdir=u,workdir=w,userxattr,foo"));
	say_result("work is upper", overlay("lowerdir=l1,upperdir=u,workdir=u,userxattr"));
	say_result("work in upper", overlay("lowerdir=l1,upperdir=u,workdir=u/inner,userxattr"));
	say_result("lower is upper", overlay("lowerdir=u,upperdir=u,workdir=w,userxattr"));
	say_result("two lowers", overlay("lowerdir=l1:l2,userxattr"));
	say_mount("merged");
	say_result("read only", mkdir("merged/new", 0755));
}

CASE(a_write_copies_up)
{
	struct stat before, after;
	struct timespec times[2] = { { 1000, 5 }, { 2000, 6 } };
	int fd;

	layers();
	utimensat(AT_FDCWD, "l1/one", times, 0);
	setxattr("l1/one", "user.mark", "kept", 4, 0);
	overlay(OPTIONS);
	stat("merged/one", &before);
	fd = open("merged/one", O_RDONLY);
	close(open("merged/one", O_WRONLY));
	stat("merged/one", &after);
	say_yes("same inode number", before.st_ino == after.st_ino && before.st_dev == after.st_dev);
	say("mode", "%o", after.st_mode);
	say("time", "%ld.%ld", (long)after.st_mtim.tv_sec, after.st_mtim.tv_nsec);
	say_contents("upper", "u/one");
	close(fd);
	fd = open("merged/one", O_WRONLY | O_APPEND);
	write(fd, " more", 5);
	close(fd);
	say_contents("merged", "merged/one");
	say_contents("lower", "l1/one");
	say_result("xattr", getxattr("merged/one", "user.mark", NULL, 0));
	say_names("upper", "u");
	say_names("work", "w");
}

CASE(deep_parents_are_copied_up)
{
	struct stat found;

	mounted();
	make("merged/plain/deep", "changed");
	stat("u/plain", &found);
	say("parent", "%o", found.st_mode);
	say_contents("upper", "u/plain/deep");
	say_contents("lower", "l2/plain/deep");
	make("merged/dir/new", "new");
	say_names("merged", "merged/dir");
	say_names("upper", "u/dir");
}

CASE(attributes_are_copied_up)
{
	struct stat found;

	mounted();
	say_result("chmod", chmod("merged/two", 0600));
	say_contents("upper", "u/two");
	stat("l2/two", &found);
	say("lower", "%o", found.st_mode);
	say_result("chmod of a directory", chmod("merged/dir", 0711));
	say_names("upper", "u/dir");
	stat("merged/dir", &found);
	say("merged", "%o", found.st_mode);
	say_result("truncate", truncate("merged/both", 5));
	say_contents("both", "merged/both");
	say_contents("lower", "l1/both");
	say_result("setxattr", setxattr("merged/one", "user.x", "y", 1, 0));
	say_result("lower", getxattr("l1/one", "user.x", NULL, 0));
	say_result("of a link", lchown("merged/link", 0, 0));
	say_whiteout("link", "u/link");
	say_result("of a fifo", chmod("merged/fifo", 0600));
	lstat("u/fifo", &found);
	say("fifo", "%o", found.st_mode);
}

CASE(removing_leaves_whiteouts)
{
	mounted();
	say_result("unlink", unlink("merged/both"));
	say_whiteout("both", "u/both");
	say_result("gone", access("merged/both", F_OK));
	say_contents("lower", "l1/both");
	say_names("merged", "merged");
	make("merged/both", "again");
	say_contents("again", "merged/both");
	say_result("unlink what was copied up", unlink("merged/both"));
	say_whiteout("both", "u/both");
	make("merged/own", "");
	say_result("unlink one's own", unlink("merged/own"));
	say_whiteout("own", "u/own");
	say_result("rmdir of what is not empty", rmdir("merged/dir"));
	unlink("merged/dir/a");
	unlink("merged/dir/b");
	say_names("empty", "merged/dir");
	say_result("rmdir", rmdir("merged/dir"));
	say_whiteout("dir", "u/dir");
	say_result("mkdir again", mkdir("merged/dir", 0755));
	say_names("opaque", "merged/dir");
	make("merged/dir/a", "new a");
	say_names("with one", "merged/dir");
	umount2("merged", 0);
	overlay(OPTIONS);
	say_names("after a new mount", "merged");
	say_names("still opaque", "merged/dir");
}

CASE(a_mark_of_opaque_hides)
{
	layers();
	mkdir("u/dir", 0755);
	make("u/dir/c", "");
	setxattr("u/dir", "user.overlay.opaque", "y", 1, 0);
	overlay(OPTIONS);
	say_names("dir", "merged/dir");
	say_result("the mark is hidden", getxattr("merged/dir", "user.overlay.opaque", NULL, 0));
	say_result("it cannot be set", setxattr("merged/plain", "user.overlay.opaque", "y", 1, 0));
}

CASE(renames)
{
	struct stat before, after;

	mounted();
	stat("merged/one", &before);
	say_result("a lower file", rename("merged/one", "merged/uno"));
	stat("merged/uno", &after);
	say_yes("same inode number", before.st_ino == after.st_ino);
	say_whiteout("old name", "u/one");
	say_contents("new name", "merged/uno");
	say_result("over a lower file", rename("merged/uno", "merged/two"));
	say_contents("two", "merged/two");
	say_result("a lower directory", rename("merged/plain", "merged/other"));
	say_result("a merged directory", rename("merged/dir", "merged/other"));
	mkdir("merged/own", 0755);
	make("merged/own/f", "");
	say_result("one's own directory", rename("merged/own", "merged/mine"));
	say_names("mine", "merged/mine");
	say_whiteout("own", "u/own");
	rmdir("merged/plain/deep");
	unlink("merged/plain/deep");
	say_result("over an empty lower directory", rename("merged/mine", "merged/plain"));
	say_names("plain", "merged/plain");
	say_result("over one that is not empty", rename("merged/plain", "merged/dir"));
	say_result("exchange", syscall(SYS_renameat2, AT_FDCWD, "merged/two", AT_FDCWD, "merged/both", 2));
	say_contents("two", "merged/two");
	say_contents("both", "merged/both");
	say_result("no replace", syscall(SYS_renameat2, AT_FDCWD, "merged/two", AT_FDCWD, "merged/both", 1));
	umount2("merged", 0);
	overlay(OPTIONS);
	say_names("after a new mount", "merged");
	say_names("plain", "merged/plain");
}

CASE(links)
{
	struct stat two;

	mounted();
	say_result("link to a lower file", link("merged/one", "merged/more"));
	stat("merged/more", &two);
	say("names", "%d", (int)two.st_nlink);
	make("merged/more", "through one name");
	say_contents("the other", "merged/one");
	say_result("symlink", symlink("two", "merged/sym"));
	say_contents("through it", "merged/sym");
	say_result("mkfifo", mkfifo("merged/newfifo", 0600));
	say_result("link over", link("merged/one", "merged/two"));
}

CASE(open_files_see_what_is_copied_up)
{
	char text[32] = "";
	int reader, writer;
	char *page;

	mounted();
	reader = open("merged/one", O_RDONLY);
	writer = open("merged/one", O_RDWR);
	pwrite(writer, "FIRST", 5, 0);
	pread(reader, text, 5, 0);
	say("reader", "%s", text);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, writer, 0);
	say("mapped", "%.5s", page);
	pwrite(writer, "later", 5, 0);
	say("mapped", "%.5s", page);
	unlink("merged/one");
	pwrite(writer, "gone!", 5, 0);
	pread(reader, text, 5, 0);
	say("after unlink", "%s", text);
}

CASE(a_program_in_a_layer_runs)
{
	mounted();
	say_result("not executable", access("merged/one", X_OK));
	say_result("busy", umount2("merged", chdir("merged") ? 0 : 0));
	chdir("/m");
	say_result("umount", umount2("merged", 0));
	say_names("nothing", "merged");
}

CASE(an_overlay_over_an_overlay)
{
	mounted();
	mkdir("u2", 0755);
	mkdir("w2", 0755);
	mkdir("second", 0755);
	make("merged/fresh", "");
	say_result("mount", mount("o", "second", "overlay", 0, "lowerdir=merged,upperdir=u2,workdir=w2,userxattr"));
	say_names("names", "second");
	make("second/one", "changed above");
	say_contents("above", "second/one");
	say_contents("below", "merged/one");
	mkdir("third", 0755);
	say_result("too deep", mount("o", "third", "overlay", 0, "lowerdir=second:l1,userxattr"));
}

CASE(names_with_colons)
{
	mkdir("a:b", 0755);
	mkdir("c,d", 0755);
	mkdir("merged", 0755);
	make("a:b/f", "");
	make("c,d/g", "");
	say_result("mount", overlay("lowerdir=a\\:b:c\\,d,userxattr"));
	say_names("names", "merged");
}

CASE(files_without_names)
{
	int fd;

	mounted();
	fd = open("merged/dir", O_TMPFILE | O_RDWR, 0600);
	say_yes("open", fd >= 0);
	say_result("write", write(fd, "text", 4));
	say_names("dir", "merged/dir");
}
