/* Two processes take turns with a word of a shared file, sleeping in futex(2) between them. */
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

#define ROUNDS 20

int main(int argc, char **argv)
{
	int file = open("/tmp/meeting", O_RDWR | O_CREAT, 0600);
	int mine = atoi(argv[1]), slept = 0;
	/* One byte says whose turn it is: it means the same in both byte orders. */
	volatile struct { unsigned char turn[4]; } *shared;

	ftruncate(file, 4096);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	for (int round = 0; round < ROUNDS; round++) {
		while (shared->turn[0] != mine) {
			unsigned seen = *(volatile unsigned *)shared;

			if (shared->turn[0] == mine)
				break;
			if (syscall(SYS_futex, shared, FUTEX_WAIT, seen, NULL, NULL, 0) == 0)
				slept++;
		}
		shared->turn[0] = !mine;
		syscall(SYS_futex, shared, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	return slept >= ROUNDS / 2 ? 0 : 1;
}
