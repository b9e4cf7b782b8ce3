/* Signals that come anywhere in a calculation do not disturb it. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static volatile int came;
static volatile double noise = 1;
static char text[64];

static void disturb(int sig) {
    came++;
    for (int i = 0; i < 20; i++) noise = noise * 1.1 + i / noise;
    snprintf(text, sizeof text, "%d %g", came, noise);
}

static int compare(const void *a, const void *b) {
    return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static void calculate(uint32_t *sum, double *real) {
    static int numbers[2000];
    char buffer[64];
    for (int i = 0; i < 2000; i++) numbers[i] = (int)((uint32_t)i * 2654435761u >> 3);
    qsort(numbers, 2000, sizeof *numbers, compare);
    *sum = 17;
    *real = 1;
    for (int i = 0; i < 2000; i++) {
        *sum = *sum * 31 + numbers[i] % 1000 + (numbers[i] & 1 ? 3 : 5);
        *real = *real * 0.75 + numbers[i] / 7.0;
        if (i % 100 == 0) *sum += snprintf(buffer, sizeof buffer, "%d %.3f", i, *real);
    }
}

int main(void) {
    uint32_t sum, first;
    double real, first_real;
    struct itimerval timer = {{0, 1000}, {0, 1000}};
    struct sigaction action = {0};
    action.sa_handler = disturb;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, 0);
    calculate(&first, &first_real);
    setitimer(ITIMER_REAL, &timer, 0);
    int rounds = 0, wrong = 0;
    while (came < 20 && rounds++ < 100000) {
        calculate(&sum, &real);
        wrong += sum != first || real != first_real;
    }
    printf("signals came: %s, wrong results: %d\n", came >= 20 ? "yes" : "no", wrong);
    return 0;
}
