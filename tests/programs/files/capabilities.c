/* capget(2), capset(2), the bounding and ambient sets, securebits, capabilities of files. */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/xattr.h>

#include "files.h"

struct sets {
	uint64_t effective, permitted, inheritable;
};

static struct sets get(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data))
		say_result("capget", -1);
	return (struct sets){ data[0].effective | (uint64_t)data[1].effective << 32,
			      data[0].permitted | (uint64_t)data[1].permitted << 32,
			      data[0].inheritable | (uint64_t)data[1].inheritable << 32 };
}

static long set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) },
	};

	return syscall(SYS_capset, &header, data);
}

#define BIT(capability) (1ull << (capability))

static void say_sets(const char *what)
{
	struct sets now = get();

	say(what, "%llx %llx %llx", (unsigned long long)now.effective, (unsigned long long)now.permitted,
	    (unsigned long long)now.inheritable);
}

FILE_CASE(capabilities_shrink)
{
	uint64_t some = BIT(CAP_CHOWN) | BIT(CAP_KILL);

	say_result("set", set(some, some, 0));
	say_sets("now");
	say_result("more", set(some | BIT(CAP_SETUID), some | BIT(CAP_SETUID), 0));
	say_result("effective beyond", set(some | BIT(CAP_SETUID), some, 0));
	say_result("less effective", set(0, some, 0));
	say_sets("now");
	say_result("effective again", set(some, some, 0));
	say_result("inheritable", set(some, some, BIT(CAP_CHOWN)));
	say_sets("now");
	say_result("inheritable beyond", set(some, some, BIT(CAP_SYS_ADMIN)));
}

FILE_CASE(leaving_root_clears)
{
	setresuid(SOMEBODY, SOMEBODY, 0);
	say_yes("permitted with a saved root", get().permitted != 0);
	say_yes("effective", get().effective != 0);
	setresuid(-1, 0, -1);
	say_yes("effective again", get().effective != 0);
	setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
	say_sets("all left");
}

FILE_CASE(keepcaps)
{
	say_result("set", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
	say_yes("permitted", get().permitted != 0);
	say_yes("effective", get().effective != 0);
	say_result("raised", set(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0));
	make("file", "");
	say_result("chown", chown("file", 5, 6));
	say_result("keeps", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	say_result("bad value", prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0));
}

FILE_CASE(setfsuid_moves_capabilities_of_files)
{
	make("file", ""), chmod("file", 0);
	setresuid(-1, 0, -1);
	syscall(SYS_setfsuid, SOMEBODY);
	say_yes("CAP_DAC_OVERRIDE", get().effective & BIT(CAP_DAC_OVERRIDE));
	say_yes("CAP_KILL", get().effective & BIT(CAP_KILL));
	syscall(SYS_setfsuid, 0);
	say_yes("CAP_DAC_OVERRIDE again", get().effective & BIT(CAP_DAC_OVERRIDE));
}

FILE_CASE(each_capability_is_asked_for)
{
	make("file", ""), make("others", ""), chown("others", SOMEBODY, SOMEBODY), chmod("others", 0);
	mkdir("closed", 0), chown("closed", SOMEBODY, SOMEBODY);
	uint64_t all = get().permitted;
	set(0, all, 0);
	say_open("nothing", open("others", O_RDONLY));
	say_result("chmod", chmod("others", 0600));
	say_result("chown", chown("others", 0, 0));
	set(BIT(CAP_DAC_READ_SEARCH), all, 0);
	say_open("DAC_READ_SEARCH reads", open("others", O_RDONLY));
	say_open("and does not write", open("others", O_WRONLY));
	say_result("and searches", access("closed/x", F_OK));
	set(BIT(CAP_DAC_OVERRIDE), all, 0);
	say_open("DAC_OVERRIDE writes", open("others", O_RDWR));
	say_result("and does not run", execl("others", "others", NULL));
	set(BIT(CAP_FOWNER), all, 0);
	say_result("FOWNER changes modes", chmod("others", 0604));
	set(BIT(CAP_CHOWN), all, 0);
	say_result("CHOWN gives away", chown("others", 1, 2));
	set(0, all, 0);
	say_result("without CAP_MKNOD", mknod("device", S_IFCHR, 0x103));
	set(BIT(CAP_MKNOD), all, 0);
	say_result("with CAP_MKNOD", mknod("device", S_IFCHR, 0x103));
	set(0, all, 0);
	say_result("without CAP_SYS_CHROOT", chroot("."));
	say_result("without CAP_SETUID", setuid(5));
	say_result("without CAP_SETGID", setgid(5));
	set(all, all, 0);
}

FILE_CASE(the_bounding_set)
{
	say_result("read", prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0));
	say_result("drop", prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0));
	say_result("read", prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0));
	say_yes("still permitted", get().permitted & BIT(CAP_CHOWN));
	say_result("unknown", prctl(PR_CAPBSET_READ, 64, 0, 0, 0));
	set(0, 0, 0);
	say_result("without CAP_SETPCAP", prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0));
}

FILE_CASE(the_ambient_set)
{
	uint64_t some = BIT(CAP_CHOWN);

	say_result("raise what is not inheritable", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	set(some, some, some);
	say_result("raise", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	say_result("is set", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
	set(some, some, 0);
	say_result("no more inheritable", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
	say_result("lower", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0));
	say_result("clear", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	say_result("unknown", prctl(PR_CAP_AMBIENT, 9, CAP_CHOWN, 0, 0));
}

FILE_CASE(securebits)
{
	say_result("get", prctl(PR_GET_SECUREBITS));
	say_result("set", prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED));
	setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
	say_yes("capabilities stay", get().effective != 0);
	say_result("locked", prctl(PR_SET_SECUREBITS, 0));
	say_result("unknown", prctl(PR_SET_SECUREBITS, 1 << 20));
}

ROLE(say_capabilities)
{
	say_sets("sets");
	say_result("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
}

static char program_path[80];

static void run_it(void)
{
	snprintf(program_path, sizeof program_path, "%s/program", place);
	char *words[] = { program_path, "--role", "say_capabilities", getenv("PROCESSES_CASE"), NULL };

	execv(program_path, words);
	say_result("exec", -1);
}

static int give(uint64_t permitted, uint64_t inheritable, int effective)
{
	uint32_t value[5] = { LE32(VFS_CAP_REVISION_2 | (uint32_t)effective), LE32(permitted), LE32(inheritable),
			      LE32(permitted >> 32), LE32(inheritable >> 32) };

	return setxattr("program", "security.capability", value, sizeof value, 0);
}

FILE_CASE(capabilities_of_a_program)
{
	copy_program("program");
	say_result("set", give(BIT(CAP_CHOWN) | BIT(CAP_KILL), 0, 1));
	as_user(SOMEBODY, SOMEBODY, run_it);
	say_result("not effective", give(BIT(CAP_CHOWN), 0, 0));
	as_user(SOMEBODY, SOMEBODY, run_it);
	say_result("inheritable only", give(0, BIT(CAP_CHOWN), 1));
	as_user(SOMEBODY, SOMEBODY, run_it);
	say_result("wrong", setxattr("program", "security.capability", "x", 1, 0));
}

FILE_CASE(capabilities_of_a_program_and_the_bounding_set)
{
	copy_program("program");
	give(BIT(CAP_CHOWN) | BIT(CAP_KILL), 0, 1);
	prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0);
	as_user(SOMEBODY, SOMEBODY, run_it);
}

FILE_CASE(ambient_capabilities_survive_exec)
{
	uint64_t some = BIT(CAP_CHOWN);

	copy_program("program");
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	setresgid(SOMEBODY, SOMEBODY, SOMEBODY), setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
	set(some, some, some);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0);
	run_it();
}

FILE_CASE(writing_takes_capabilities_of_a_program)
{
	make("program", "text");
	give(BIT(CAP_CHOWN), 0, 1);
	say_result("before", getxattr("program", "security.capability", NULL, 0));
	write(opened("program", O_WRONLY), "x", 1);
	say_result("after", getxattr("program", "security.capability", NULL, 0));
	give(BIT(CAP_CHOWN), 0, 1);
	chown("program", 5, 6);
	say_result("after chown", getxattr("program", "security.capability", NULL, 0));
}

FILE_CASE(versions_of_capget)
{
	struct __user_cap_header_struct header = { 0, 0 };
	struct __user_cap_data_struct data[2];

	say_result("asked without data", syscall(SYS_capget, &header, NULL));
	say("preferred", "%x", header.version);
	header.version = 0;
	say_result("unknown version", syscall(SYS_capget, &header, data));
	header.version = _LINUX_CAPABILITY_VERSION_1;
	say_result("version 1", syscall(SYS_capget, &header, data));
	header.version = _LINUX_CAPABILITY_VERSION_3, header.pid = 0x3fffffff;
	say_result("nobody", syscall(SYS_capget, &header, data));
	header.pid = -5;
	say_result("negative", syscall(SYS_capget, &header, data));
	header.pid = getppid();
	say_result("set of another", syscall(SYS_capset, &header, data));
}
