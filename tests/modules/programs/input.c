/* Reads the sample's remote control as a program does: its commands, and the events it sends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void told(const char *what, int result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %d\n", what, result);
}

static void press(const char *key)
{
	int fd = open("/sys/kernel/remote/press", O_WRONLY);

	if (write(fd, key, strlen(key)) < 0)
		told("press", -1);
	close(fd);
}

static void events(int fd, const char *what)
{
	struct input_event got[8];
	ssize_t count = read(fd, got, sizeof got);

	printf("%s:", what);
	if (count < 0)
		printf(" %s", strerrorname_np(errno));
	for (int i = 0; i < count / (ssize_t)sizeof got[0]; i++)
		printf(" %d/%d/%d", got[i].type, got[i].code, got[i].value);
	if (count > 0)
		printf(" %s", got[0].input_event_sec || got[0].input_event_usec ? "with a time" : "without a time");
	printf("\n");
}

int main(void)
{
	int fd = open("/dev/input/event0", O_RDWR | O_NONBLOCK), other, version = 0, clock = 1;
	struct pollfd ready = { fd, POLLIN, 0 };
	struct input_event light = { .type = EV_LED, .code = LED_CAPSL, .value = 1 };
	struct input_absinfo axis;
	struct input_id id;
	unsigned char bits[96];
	unsigned long keys[1];
	char text[32];

	if (fd < 0)
		return 1;
	told("version", ioctl(fd, EVIOCGVERSION, &version));
	printf("%#x\n", version);
	told("id", ioctl(fd, EVIOCGID, &id));
	printf("%d %d %d %d\n", id.bustype, id.vendor, id.product, id.version);
	told("name", ioctl(fd, EVIOCGNAME(sizeof text), text));
	printf("%s\n", text);
	told("cut name", ioctl(fd, EVIOCGNAME(6), text));
	told("phys", ioctl(fd, EVIOCGPHYS(sizeof text), text));
	told("uniq", ioctl(fd, EVIOCGUNIQ(sizeof text), text));
	told("bits of keys", ioctl(fd, EVIOCGBIT(EV_KEY, sizeof bits), bits));
	told("axis", ioctl(fd, EVIOCGABS(0), &axis));
	told("repeat", ioctl(fd, EVIOCGREP, bits));
	told("unknown", ioctl(fd, _IO('E', 0x7f)));
	told("of another kind", ioctl(fd, _IOR('F', 1, int), &version));
	told("too short", read(fd, text, 4));
	events(fd, "nothing");
	told("poll", poll(&ready, 1, 0));
	press("4\n");
	told("poll", poll(&ready, 1, 0));
	printf("%#x\n", ready.revents);
	events(fd, "key 3");
	press("99");
	events(fd, "refused");
	other = open("/dev/input/event0", O_RDONLY | O_NONBLOCK);
	told("grab", ioctl(fd, EVIOCGRAB, 1));
	told("grab again", ioctl(other, EVIOCGRAB, 1));
	press("2");
	events(other, "while it is grabbed");
	events(fd, "who grabbed");
	told("let go", ioctl(fd, EVIOCGRAB, 0));
	press("3");
	events(other, "the other");
	told("clock", ioctl(fd, EVIOCSCLOCKID, &clock));
	events(fd, "dropped");
	told("a light it has not", write(fd, &light, sizeof light));
	light = (struct input_event){ .type = EV_KEY, .code = KEY_9, .value = 1 };
	told("inject", write(fd, &light, sizeof light));
	light = (struct input_event){ .type = EV_SYN };
	told("sync", write(fd, &light, sizeof light));
	told("state", ioctl(fd, EVIOCGKEY(sizeof keys), keys));
	printf("%#lx\n", keys[0]);
	events(fd, "injected");
	for (int i = 0; i < 40; i++)
		press("5");
	events(fd, "too many");
	told("revoke", ioctl(other, EVIOCREVOKE, 0));
	events(other, "revoked");
	return 0;
}
