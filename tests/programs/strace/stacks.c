/* A call that is made three functions deep. */
#include <sys/stat.h>

__attribute__((noinline)) static int inner(int x)
{
	return (int)umask((mode_t)x) + 1;
}

__attribute__((noinline)) static int outer(int x)
{
	return inner(x) * 2;
}

int main(void)
{
	return outer(022) + outer(022) > 100;
}
