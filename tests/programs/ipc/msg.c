/* System V message queues between processes. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	long type;
	char text[8192];
};

static int id;

static const char *name(int error)
{
	return error ? strerrorname_np(error) : "none";
}

static const char *put(long type, const char *text, int flags)
{
	struct message message = { type };

	strcpy(message.text, text);
	return msgsnd(id, &message, strlen(text), flags) < 0 ? name(errno) : "ok";
}

static void get(long type, size_t room, int flags)
{
	struct message message;
	ssize_t length;

	memset(&message, 0, sizeof message);
	length = msgrcv(id, &message, room, type, flags);
	if (length < 0)
		printf("get %ld: %s\n", type, name(errno));
	else
		printf("get %ld: type %ld, %.*s\n", type, message.type, (int)length, message.text);
}

static void end(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	printf("child: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

int main(void)
{
	struct msqid_ds ds;
	struct message large = { 1 };
	pid_t child;
	int full;

	setvbuf(stdout, NULL, _IONBF, 0);
	id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	put(5, "five", 0), put(2, "two", 0), put(9, "nine", 0), put(2, "zwei", 0);
	get(2, 100, 0);
	get(-6, 100, 0);
	get(9, 2, IPC_NOWAIT);
	get(9, 2, IPC_NOWAIT | MSG_NOERROR);
	get(5, 100, IPC_NOWAIT | MSG_EXCEPT);
	get(0, 100, 0);
	get(0, 100, IPC_NOWAIT);
	printf("type 0: %s\n", put(0, "none", 0));
	printf("too long: %s\n", msgsnd(id, &large, 8193, 0) < 0 ? name(errno) : "ok");

	child = fork();
	if (child == 0) {
		get(7, 100, 0);
		_exit(put(8, "answer", 0)[0] == 'o' ? 3 : 4);
	}
	put(7, "question", 0);
	get(8, 100, 0);
	end(child);

	for (full = 0; msgsnd(id, &large, 8192, IPC_NOWAIT) == 0; full++)
		;
	printf("full after %d: %s\n", full, name(errno));
	child = fork();
	if (child == 0)
		_exit(msgsnd(id, &large, 8192, 0) == 0 ? 5 : 6);
	usleep(20000);
	msgrcv(id, &large, 8192, 0, 0);
	end(child);
	memset(&ds, 0x55, sizeof ds);
	msgctl(id, IPC_STAT, &ds);
	printf("stat: %lu messages, %lu bytes, mode %o, sender is the child %d, receiver is me %d\n",
	       (unsigned long)ds.msg_qnum, (unsigned long)ds.msg_qbytes, ds.msg_perm.mode,
	       ds.msg_lspid == child, ds.msg_lrpid == getpid());
	printf("times: %d %d %d\n", ds.msg_stime > 0, ds.msg_rtime > 0, ds.msg_ctime > 0);
	while (msgrcv(id, &large, 8192, 0, IPC_NOWAIT) >= 0)
		;
	child = fork();
	if (child == 0)
		_exit(msgrcv(id, &large, 10, 0, 0) < 0 && errno == EIDRM ? 7 : 8);
	usleep(20000);
	printf("remove: %d\n", msgctl(id, IPC_RMID, NULL));
	end(child);
	printf("gone: %s\n", put(1, "late", 0));
	return 0;
}
