/* User and group ids, and what they change with files. */
#include <grp.h>
#include <sys/fsuid.h>

#include "files.h"

static void say_uids(const char *what)
{
	uid_t real, effective, saved;

	getresuid(&real, &effective, &saved);
	say(what, "%d %d %d fs %d", real, effective, saved, setfsuid((uid_t)-1));
}

static void say_gids(const char *what)
{
	gid_t real, effective, saved;

	getresgid(&real, &effective, &saved);
	say(what, "%d %d %d fs %d", real, effective, saved, setfsgid((gid_t)-1));
}

FILE_CASE(setuid_of_root_sets_all)
{
	say_result("setuid", setuid(SOMEBODY));
	say_uids("ids");
	say_result("back", setuid(0));
	say_result("seteuid", seteuid(0));
	say_result("to himself", setuid(SOMEBODY));
}

FILE_CASE(setresuid_chooses)
{
	say_result("effective", setresuid(-1, SOMEBODY, -1));
	say_uids("ids");
	say_result("back", setresuid(-1, 0, -1));
	say_result("all", setresuid(1, 2, 3));
	say_uids("ids");
	say_result("exchanged", setresuid(3, 1, 2));
	say_uids("ids");
	say_result("another", setresuid(-1, 7, -1));
	say_result("setuid to the saved", setuid(2));
	say_uids("ids");
	say_result("setuid to another", setuid(7));
}

FILE_CASE(setreuid_saves)
{
	say_result("both", setreuid(1, 2));
	say_uids("ids");
	say_result("exchanged", setreuid(2, 1));
	say_uids("ids");
	say_result("another", setreuid(7, -1));
	say_result("effective only", setreuid(-1, 2));
	say_uids("ids");
}

FILE_CASE(groups_follow_the_same_rules)
{
	say_result("setresgid", setresgid(1, 2, 3));
	say_gids("ids");
	say_result("setregid", setregid(-1, 3));
	say_gids("ids");
	say_result("setgid as root", setgid(9));
	say_gids("ids");
	become(SOMEBODY, SOMEBODY);
	say_result("setgid to another", setgid(5));
	say_result("setgid to the own", setgid(SOMEBODY));
	say_result("setresgid to another", setresgid(-1, 5, -1));
	say_gids("ids");
}

FILE_CASE(setfsuid_changes_only_files)
{
	make("file", ""), chmod("file", 0600);
	say_number("old", setfsuid(SOMEBODY));
	say_number("now", setfsuid((uid_t)-1));
	say_number("effective", geteuid());
	say_open("open", open("file", O_RDONLY));
	make("made", "");
	say_owner("owner", "made");
	say_number("back", setfsuid(0));
	say_open("open", open("file", O_RDONLY));
	setfsgid(OTHER);
	make("grouped", "");
	say_owner("group", "grouped");
}

FILE_CASE(supplementary_groups)
{
	gid_t groups[8] = { 30, 10, 20 };

	make("file", ""), chown("file", 0, 20), chmod("file", 0040);
	make("other", ""), chown("other", 0, 40), chmod("other", 0040);
	say_result("setgroups", setgroups(3, groups));
	memset(groups, 0, sizeof groups);
	say_result("getgroups", getgroups(8, groups));
	say("groups", "%d %d %d", groups[0], groups[1], groups[2]);
	say_result("how many", getgroups(0, NULL));
	say_result("no room", getgroups(2, groups));
	setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
	say_result("setgroups as somebody", setgroups(0, NULL));
	say_open("a group's file", open("file", O_RDONLY));
	say_open("another group's", open("other", O_RDONLY));
}

static void make_program(mode_t mode, uid_t uid, gid_t gid)
{
	copy_program("program");
	chown("program", uid, gid);
	chmod("program", mode);
}

static long status_word(const char *field, int base)
{
	static char text[8192];
	int file = open("/proc/self/status", O_RDONLY);
	ssize_t length = read(file, text, sizeof text - 1);
	char *found;

	close(file);
	text[length < 0 ? 0 : length] = 0;
	found = strstr(text, field);
	return found ? (long)strtoull(found + strlen(field), NULL, base) : -1;
}

ROLE(say_ids)
{
	say_uids("uids");
	say_gids("gids");
	say_yes("permitted", status_word("CapPrm:", 16) != 0);
	say_yes("effective", status_word("CapEff:", 16) != 0);
	say_yes("secure", (int)syscall(SYS_prctl, PR_GET_DUMPABLE) != 1);
}

static void run_it(void)
{
	char path[80];

	snprintf(path, sizeof path, "%s/program", place);
	char *words[] = { path, "--role", "say_ids", getenv("PROCESSES_CASE"), NULL };
	execv(path, words);
	say_result("exec", -1);
}

FILE_CASE(a_setuid_program)
{
	make_program(04755, OTHER, OTHER);
	as_user(SOMEBODY, SOMEBODY, run_it);
}

FILE_CASE(a_setuid_root_program)
{
	make_program(04755, 0, 0);
	as_user(SOMEBODY, SOMEBODY, run_it);
}

FILE_CASE(a_setgid_program)
{
	make_program(02755, OTHER, OTHER);
	as_user(SOMEBODY, SOMEBODY, run_it);
}

FILE_CASE(a_setgid_program_that_the_group_may_not_run)
{
	make_program(02745, OTHER, OTHER);
	as_user(SOMEBODY, SOMEBODY, run_it);
}

static void run_it_without_new_privileges(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	run_it();
}

FILE_CASE(no_new_privileges)
{
	make_program(06755, OTHER, OTHER);
	as_user(SOMEBODY, SOMEBODY, run_it_without_new_privileges);
}

FILE_CASE(an_ordinary_program)
{
	make_program(0755, OTHER, OTHER);
	as_user(SOMEBODY, SOMEBODY, run_it);
}

FILE_CASE(programs_need_the_right_to_run)
{
	make_program(0744, OTHER, OTHER);
	as_user(SOMEBODY, SOMEBODY, run_it);
	chmod("program", 0644);
	say_result("by root", execl("program", "program", "--list", NULL));
}

FILE_CASE(ids_out_of_range)
{
	say_result("setuid", setuid((uid_t)-1));
	say_result("setgid", setgid((gid_t)-1));
	say_result("setresuid of nothing", setresuid(-1, -1, -1));
	say_uids("ids");
	say_result("large", setresuid(-1, 0x7ffffff0, -1));
	say_uids("ids");
	gid_t bad[1] = { (gid_t)-1 };
	seteuid(0);
	say_result("setgroups", setgroups(1, bad));
	say_result("too many", (int)syscall(SYS_setgroups, 65537, bad));
}

FILE_CASE(kill_asks_for_the_ids)
{
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	become(SOMEBODY, SOMEBODY);
	say_result("kill", kill(child, SIGKILL));
}
