/* Copies its input to its output in upper case. */
#include <ctype.h>
#include <stdio.h>

int main(void)
{
	for (int character; (character = getchar()) != EOF;)
		putchar(toupper(character));
	return 0;
}
