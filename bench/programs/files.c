/* The file benchmarks: `files FOLDER NAME COUNT [SIZE]`. Whatever COUNT is, the same is prepared. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LARGE = 1 << 20, ENTRIES = 10000, FOLDERS = 200, IN_EACH = 100, SLICES = 50 };

static char data[64 << 10];

static int make(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR, 0644);

	return fd < 0 ? 1 : close(fd);
}

static int many(const char *folder, int count)
{
	char name[64];
	int failed = mkdir(folder, 0755);

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s/file%06d", folder, i);
		failed |= make(name);
	}
	return failed;
}

static int large_file(void)
{
	int fd = open("large", O_CREAT | O_RDWR, 0644);

	for (int at = 0; at < LARGE; at += (int)sizeof data)
		if (write(fd, data, sizeof data) != (ssize_t)sizeof data)
			return -1;
	return fd;
}

static int reading(int rounds, size_t size)
{
	int fd = large_file();

	for (int i = 0; i < rounds; i++)
		if (pread(fd, data, size, (off_t)((i * size) % LARGE)) != (ssize_t)size)
			return 1;
	return 0;
}

static int writing(int rounds, size_t size)
{
	int fd = large_file();

	for (int i = 0; i < rounds; i++)
		if (pwrite(fd, data, size, (off_t)((i * size) % LARGE)) != (ssize_t)size)
			return 1;
	return 0;
}

static int opening(int rounds)
{
	int failed = mkdir("a", 0755) | mkdir("a/b", 0755) | mkdir("a/b/c", 0755);

	failed |= mkdir("a/b/c/d", 0755) | mkdir("a/b/c/d/e", 0755) | make("a/b/c/d/e/f");
	for (int i = 0; i < rounds; i++)
		failed |= close(open("a/b/c/d/e/f", O_RDONLY));
	return failed;
}

static int describing(int rounds)
{
	struct stat found;
	int failed = make("file");

	for (int i = 0; i < rounds; i++)
		failed |= stat("file", &found);
	return failed;
}

static int listing(int rounds)
{
	static char lines[32 << 10];
	int failed = many("many", ENTRIES), fd = open("many", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < rounds; i++) {
		long got, all = 0;

		lseek(fd, 0, SEEK_SET);
		while ((got = syscall(SYS_getdents64, fd, lines, sizeof lines)) > 0)
			all += got;
		failed |= !all;
	}
	return failed;
}

/* Make, write and remove small files. */
static int small_files(int rounds)
{
	int failed = 0;
	char name[64];

	for (int i = 0; i < rounds; i++) {
		snprintf(name, sizeof name, "many/new%d", i & 1023);
		int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0644);

		failed |= write(fd, data, 100) != 100;
		failed |= close(fd) | unlink(name);
	}
	return failed;
}

/* Open, describe and close one of `size` files. */
static int one_of_many(int rounds, int size)
{
	struct stat found;
	int failed = 0;
	char name[64];

	for (int i = 0; i < rounds; i++) {
		snprintf(name, sizeof name, "many/file%06d", (int)((i * 7919L) % size));
		int fd = open(name, O_RDONLY);

		failed |= fstat(fd, &found) | close(fd);
	}
	return failed;
}

static double now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Says what both cost among `size` files, by the quickest of many slices. */
static int among(int rounds, int size)
{
	double least[2] = { 1e9, 1e9 };
	int failed = many("many", size);

	for (int slice = 0; slice < SLICES; slice++) {
		double start = now_us(), middle;

		failed |= one_of_many(rounds / SLICES, size);
		middle = now_us();
		failed |= small_files(rounds / SLICES);
		if (middle - start < least[0])
			least[0] = middle - start;
		if (now_us() - middle < least[1])
			least[1] = now_us() - middle;
	}
	printf("%.2f %.2f\n", least[0] / (rounds / SLICES), least[1] / (rounds / SLICES));
	return failed;
}

static int walk(const char *folder)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;
	struct stat found;
	int count = 0;

	while (stream && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		if (fstatat(dirfd(stream), entry->d_name, &found, AT_SYMLINK_NOFOLLOW))
			return -1;
		count++;
		if (S_ISDIR(found.st_mode)) {
			char name[300];

			snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
			count += walk(name);
		}
	}
	closedir(stream);
	return count;
}

static int finding(int rounds)
{
	char name[32];
	int failed = mkdir("tree", 0755);

	for (int i = 0; i < FOLDERS; i++) {
		snprintf(name, sizeof name, "tree/%03d", i);
		failed |= many(name, IN_EACH);
	}
	for (int i = 0; i < rounds; i++)
		failed |= walk("tree") != FOLDERS * (IN_EACH + 1);
	return failed;
}

int main(int argc, char **argv)
{
	int rounds = argc > 3 ? atoi(argv[3]) : 0, size = argc > 4 ? atoi(argv[4]) : 0;

	if (argc < 4 || chdir(argv[1]))
		return 2;
	memset(data, 'x', sizeof data);
	if (!strcmp(argv[2], "read"))
		return reading(rounds, (size_t)size);
	if (!strcmp(argv[2], "write"))
		return writing(rounds, (size_t)size);
	if (!strcmp(argv[2], "open"))
		return opening(rounds);
	if (!strcmp(argv[2], "stat"))
		return describing(rounds);
	if (!strcmp(argv[2], "getdents"))
		return listing(rounds);
	if (!strcmp(argv[2], "small"))
		return mkdir("many", 0755) | small_files(rounds);
	if (!strcmp(argv[2], "among"))
		return among(rounds, size);
	if (!strcmp(argv[2], "find"))
		return finding(rounds);
	return 2;
}
