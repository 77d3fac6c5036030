/*
 * Runs a program once, and says what the run took: nothing stands between the clock and the program
 * but this small parent, and its memory is smaller than what is measured.
 *
 *     musl-gcc -static -O2 -s -o launch benches/launch.c
 *     ./launch FILE PROGRAM ARGUMENT...
 *
 * FILE gets one line: wall nanoseconds, user and system microseconds, page faults, peak resident
 * kilobytes. The exit code is the program's; 255 where it could not be run.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 255;

    long long started = nanoseconds();
    /* A fork would count this program's pages as the child's. */
    pid_t child = vfork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(255);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 255;
    long long took = nanoseconds() - started;

    FILE *file = fopen(argv[1], "w");
    if (!file || fprintf(file, "%lld %lld %lld %ld %ld\n", took, microseconds(usage.ru_utime),
                         microseconds(usage.ru_stime), usage.ru_minflt + usage.ru_majflt, usage.ru_maxrss) < 0 ||
        fclose(file) != 0)
        return 255;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}
