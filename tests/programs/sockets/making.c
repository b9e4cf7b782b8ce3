/* Making sockets, and what the calls refuse. */
#include "sockets.h"

CASE(families_and_types)
{
	say_result("no family", socket(AF_UNSPEC, SOCK_STREAM, 0));
	say_result("unknown family", socket(46, SOCK_STREAM, 0));
	say_result("negative family", socket(-1, SOCK_STREAM, 0));
	say_result("unknown type", socket(AF_UNIX, 9, 0));
	say_result("type 15", socket(AF_UNIX, 15, 0));
	say_result("type 0", socket(AF_UNIX, 0, 0));
	say_result("reliable datagrams", socket(AF_UNIX, SOCK_RDM, 0));
	say_result("unknown flag", socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
	say_result("protocol 1", close(socket(AF_UNIX, SOCK_STREAM, 1)));
	say_result("protocol 2", socket(AF_UNIX, SOCK_STREAM, 2));
}

CASE(raw_is_datagram)
{
	int made = socket(AF_UNIX, SOCK_RAW, 0), value = -1;
	socklen_t length = sizeof value;

	say_result("getsockopt", getsockopt(made, SOL_SOCKET, SO_TYPE, &value, &length));
	say_yes("datagrams", value == SOCK_DGRAM);
}

CASE(flags_of_new_sockets)
{
	int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ends[2];

	say_number("close on exec", fcntl(made, F_GETFD));
	say_yes("nonblocking", fcntl(made, F_GETFL) & O_NONBLOCK);
	say_yes("read and write", (fcntl(made, F_GETFL) & O_ACCMODE) == O_RDWR);
	pair(SOCK_DGRAM | SOCK_CLOEXEC, ends);
	say_number("pair: close on exec", fcntl(ends[1], F_GETFD));
	say_yes("pair: nonblocking", fcntl(ends[0], F_GETFL) & O_NONBLOCK);
}

CASE(what_type_is_told)
{
	int ends[2];

	pair(SOCK_SEQPACKET, ends);
	say_option("type", ends[0], SO_TYPE);
	say_option("domain", ends[0], SO_DOMAIN);
	say_option("protocol", ends[0], SO_PROTOCOL);
	say_option("listens", ends[0], SO_ACCEPTCONN);
}

CASE(sockets_as_files)
{
	int ends[2];
	struct stat about;
	char link[64] = "", path[64];

	pair(SOCK_STREAM, ends);
	say_result("fstat", fstat(ends[0], &about));
	say("mode", "%o", about.st_mode);
	say_yes("owned by us", about.st_uid == getuid());
	snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
	say_yes("link", readlink(path, link, sizeof link - 1) > 0 && !strncmp(link, "socket:[", 8));
	say_result("open", open(path, O_RDWR));
	say_result("lseek", lseek(ends[0], 0, SEEK_SET));
	say_result("pread", pread(ends[0], link, 1, 0));
	say_result("ftruncate", ftruncate(ends[0], 0));
	say_result("fsync", fsync(ends[0]));
	say_result("fchmod", fchmod(ends[0], 0700));
	say_result("mmap", mmap(NULL, 4096, PROT_READ, MAP_SHARED, ends[0], 0) == MAP_FAILED ? -1 : 0);
	say_result("getdents", syscall(SYS_getdents64, ends[0], link, sizeof link));
}

CASE(no_sockets)
{
	int file = open("/dev/null", O_RDWR), place = open("/", O_PATH);
	struct sockaddr_un address;
	socklen_t length = named(&address, "@x");

	say_result("bind", bind(file, (struct sockaddr *)&address, length));
	say_result("listen", listen(file, 1));
	say_result("accept", accept(file, NULL, NULL));
	say_result("send", send(file, "", 0, 0));
	say_result("recv", recv(file, &address, 1, 0));
	say_result("shutdown", shutdown(file, SHUT_RD));
	say_result("getsockopt", getsockopt(file, SOL_SOCKET, SO_TYPE, &address, &length));
	say_result("place", listen(place, 1));
	say_result("closed", listen(99, 1));
	say_result("closed accept", accept(-1, NULL, NULL));
}

CASE(bad_addresses)
{
	int made = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un address;
	socklen_t length = 200;

	named(&address, "@x");
	say_result("negative length", bind(made, (struct sockaddr *)&address, -1));
	say_result("too long", bind(made, (struct sockaddr *)&address, 129));
	say_result("longer than sun_path", bind(made, (struct sockaddr *)&address, 111));
	say_result("one byte", bind(made, (struct sockaddr *)&address, 1));
	say_result("no memory", bind(made, (struct sockaddr *)8, 16));
	address.sun_family = AF_INET;
	say_result("another family", bind(made, (struct sockaddr *)&address, 16));
	say_result("no room told", getsockname(made, (struct sockaddr *)&address, NULL));
	length = (socklen_t)-1;
	say_result("negative room", getsockname(made, (struct sockaddr *)&address, &length));
	length = 1;
	say_result("little room", getsockname(made, (struct sockaddr *)&address, &length));
	say_number("is told", length);
}

CASE(pair_at_bad_memory)
{
	int before = open_descriptors();

	say_result("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)8));
	say_number("descriptors left", open_descriptors() - before);
}

CASE(no_more_descriptors)
{
	int before = open_descriptors(), ends[2];

	leave_descriptors(1);
	say_result("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	say_number("descriptors left", open_descriptors() - before);
	say_yes("one", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	say_result("another", socket(AF_UNIX, SOCK_STREAM, 0));
}
