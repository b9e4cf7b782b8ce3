/* Many calls with arguments from a fixed sequence of numbers; what each answered, summed up. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

union semun {
	int val;
	unsigned short *array;
};

static unsigned seed = 12345, sum;

static unsigned number(unsigned limit)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % limit;
}

static void note(long result)
{
	if (result < 0) {
		for (const char *letter = strerrorname_np(errno); *letter; letter++)
			sum = sum * 31 + *letter;
	} else {
		sum = sum * 31 + result;
	}
}

static void report(const char *what)
{
	printf("%s: %08x\n", what, sum);
	sum = 0;
}

static void semaphores(void)
{
	int id = semget(IPC_PRIVATE, 4, 0600);
	unsigned short all[4];
	struct sembuf ops[4];

	for (int round = 0; round < 400; round++) {
		int count = number(5), which, value;

		for (int i = 0; i < count; i++) {
			ops[i].sem_num = number(20) ? number(4) : 4;
			ops[i].sem_op = number(8) ? (int)number(7) - 3 : (int)number(65536) - 32768;
			ops[i].sem_flg = IPC_NOWAIT | (number(3) ? 0 : SEM_UNDO);
		}
		note(semop(id, ops, count));
		if (!number(10)) {
			for (int i = 0; i < 4; i++)
				all[i] = number(30) ? number(10) : 40000;
			note(semctl(id, 0, SETALL, (union semun){ .array = all }));
		}
		which = number(5);
		value = (int)number(12) - 1;
		if (!number(5))
			note(semctl(id, which, SETVAL, (union semun){ .val = value }));
		which = number(5);
		note(semctl(id, which, number(2) ? GETVAL : GETNCNT));
		note(semctl(id, 0, GETALL, (union semun){ .array = all }));
		for (int i = 0; i < 4; i++)
			note(all[i]);
	}
	note(semctl(id, 0, 77));
	note(semctl(id, 0, IPC_RMID));
	report("semaphores");
}

static void messages(void)
{
	static struct {
		long type;
		char text[9000];
	} message;
	int id = msgget(IPC_PRIVATE, 0600);
	struct msqid_ds ds;

	for (int round = 0; round < 600; round++) {
		int length = number(30) ? number(400) : number(9000);

		if (number(2)) {
			message.type = (long)number(7) - 1;
			memset(message.text, round, length);
			note(msgsnd(id, &message, length, IPC_NOWAIT));
		} else {
			int flags = IPC_NOWAIT | (number(2) ? MSG_NOERROR : 0);

			flags |= number(4) ? 0 : MSG_EXCEPT;
			message.type = 0;
			long type = (long)number(13) - 6;

			note(msgrcv(id, &message, length, type, flags));
			note(message.type);
			note((unsigned char)message.text[0]);
		}
		if (!number(100)) {
			msgctl(id, IPC_STAT, &ds);
			ds.msg_qbytes = 1000 + number(15000);
			note(msgctl(id, IPC_SET, &ds));
		}
	}
	msgctl(id, IPC_STAT, &ds);
	note(ds.msg_qnum);
	note(ds.msg_qbytes);
	note(msgctl(id, IPC_RMID, NULL));
	report("messages");
}

static void queues(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 6, .mq_msgsize = 50 };
	char path[64], buffer[100] = "";
	unsigned priority;
	mqd_t queue;

	snprintf(path, sizeof path, "/emu-random-%d", (int)getpid());
	queue = mq_open(path, O_CREAT | O_RDWR | O_NONBLOCK, 0600, &attributes);
	mq_unlink(path);
	for (int round = 0; round < 400; round++) {
		int size = number(53), level = number(50) ? number(4) : 32768;

		if (number(2)) {
			memset(buffer, round, sizeof buffer);
			note(mq_send(queue, buffer, size, level));
		} else {
			priority = 0;
			note(mq_receive(queue, buffer, 49 + number(20), &priority));
			note(priority);
			note((unsigned char)buffer[0]);
		}
	}
	mq_getattr(queue, &attributes);
	note(attributes.mq_curmsgs);
	report("message queues");
}

static void segments(void)
{
	int page = 4096, id = shmget(IPC_PRIVATE, 6 * page, 0600);
	char *at[4] = { NULL };
	struct shmid_ds ds;

	for (int round = 0; round < 200; round++) {
		int which = number(4);

		if (at[which] == NULL) {
			at[which] = shmat(id, NULL, number(3) ? 0 : SHM_RDONLY);
		} else {
			char *where = at[which] + (number(8) ? 0 : page * number(6));

			if (!number(6))
				note(munmap(at[which] + page * (1 + number(4)), page));
			note(shmdt(where));
			if (where == at[which])
				at[which] = NULL;
		}
		shmctl(id, IPC_STAT, &ds);
		note(ds.shm_nattch);
		note(ds.shm_segsz);
	}
	note(shmctl(id, IPC_RMID, NULL));
	report("segments");
}

static void words(void)
{
	static unsigned word[4], changed;

	for (int round = 0; round < 600; round++) {
		unsigned *one = &word[number(4)];
		unsigned *two = &word[number(4)];
		int op = number(14), flag = number(2) ? FUTEX_PRIVATE_FLAG : 0;
		unsigned value = number(3), third = number(65536);

		third = number(2) ? third & 1 : third << 16 | third;
		if (op == FUTEX_WAKE_OP)
			two = &changed; /* what it makes of a thread id depends on that */
		if (op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET || op == FUTEX_WAIT_REQUEUE_PI)
			*one = 16;
		note(syscall(SYS_futex, one, op | flag, value, NULL, two, third));
		if (op == FUTEX_LOCK_PI || op == FUTEX_TRYLOCK_PI || op == 13 || op == FUTEX_UNLOCK_PI)
			*one = number(3) ? 0 : syscall(SYS_gettid);
		/* A word that says it is another's is the one thing that would wait for ever. */
		for (int i = 0; i < 4; i++)
			if (word[i] & FUTEX_TID_MASK && (word[i] & FUTEX_TID_MASK) != syscall(SYS_gettid))
				word[i] = 0;
	}
	report("words");
}

int main(void)
{
	semaphores();
	messages();
	queues();
	segments();
	words();
	return 0;
}
