/* Filters of system calls, as a tracer shows them. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ON(number, value)                                                          \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, value)

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV),
	ON(SYS_getpgrp, SECCOMP_RET_ERRNO | 0xfff),
	ON(SYS_getsid, SECCOMP_RET_TRAP | ENOTDIR),
	ON(SYS_sync, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
static struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

static void trapped(int number)
{
	(void)number;
}

static void strict(void)
{
	if (!fork()) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		syscall(SYS_exit, 0);
	}
	wait(NULL);
}

int main(void)
{
	struct seccomp_notif_sizes sizes;
	struct rlimit none = { 0, 0 };
	unsigned action = SECCOMP_RET_TRACE;

	setrlimit(RLIMIT_CORE, &none);
	syscall(SYS_seccomp, 99, 0, NULL);
	syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
	syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 1, &action);
	action = 0x12340000;
	syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
	syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
	syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, NULL);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, &program);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
	prctl(PR_SET_SECCOMP, 3, &program, 0, 0);
	strict();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	signal(SIGSYS, trapped);
	syscall(SYS_getppid);
	syscall(SYS_getpgrp);
	syscall(SYS_getsid, 0);
	syscall(SYS_sync);
	return 1;
}
