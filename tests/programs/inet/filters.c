/* SO_ATTACH_FILTER: what comes is looked at before it is received. */
#include "inet.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/udp.h>
#include <sys/un.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define ATTACH(socket, ...) ({                                                     \
	struct sock_filter filter_[] = { __VA_ARGS__ };                            \
	attach(socket, filter_, LENGTH(filter_));                                  \
})
#define PASS(count) BPF_STMT(BPF_RET | BPF_K, count)
#define BYTE(at) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at)
#define HALF(at) BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at)
#define WORD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)

static long attach(int socket, struct sock_filter *filter, unsigned length)
{
	struct sock_fprog program = { length, filter };

	return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static void say_next(const char *what, int socket)
{
	if (wait_for(socket, POLLIN))
		say_received(what, socket, MSG_DONTWAIT);
	else
		say(what, "nothing");
}

CASE(a_filter_of_datagrams)
{
	int receiver = datagram_socket(AF_INET), sender = datagram_socket(AF_INET);
	union address to = own_address(receiver);

	connect_to(sender, to);
	/* Data begins at the header of UDP. */
	say_result("attach", ATTACH(receiver, BYTE(sizeof(struct udphdr)), IF('a', 0, 1),
				    PASS(0xffff), PASS(0)));
	send(sender, "bad", 3, 0);
	send(sender, "all of it", 9, 0);
	say_next("those that begin with a", receiver);
	say_result("attach another", ATTACH(receiver, PASS(sizeof(struct udphdr) + 4)));
	send(sender, "all of it", 9, 0);
	say_next("four bytes", receiver);
	say_result("less than the header", ATTACH(receiver, PASS(1)));
	send(sender, "all of it", 9, 0);
	say_next("nothing is left", receiver);
	say_result("out of bounds", ATTACH(receiver, WORD(100), PASS(0xffff)));
	send(sender, "short", 5, 0);
	say_result("detach", setsockopt(receiver, SOL_SOCKET, SO_DETACH_FILTER, "1234", 4));
	send(sender, "free", 4, 0);
	say_next("without", receiver);
	say_result("detach again", setsockopt(receiver, SOL_SOCKET, SO_DETACH_FILTER, "1234", 4));
}

CASE(what_filters_see)
{
	int receiver = datagram_socket(AF_INET), sender = datagram_socket(AF_INET);
	union address to = own_address(receiver);

	connect_to(sender, to);
#define SEES(what, ...) do {                                                       \
	ATTACH(receiver, __VA_ARGS__, PASS(0), PASS(0xffff));                      \
	send(sender, what, strlen(what), 0);                                       \
	say_next(what, receiver);                                                  \
} while (0)
	SEES("length", BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), IF(8 + 6, 1, 0));
	SEES("port", HALF(2), IF((unsigned)port_of(&to), 1, 0));
	SEES("network header", BYTE(SKF_NET_OFF + 9), IF(IPPROTO_UDP, 1, 0));
	SEES("source", WORD(SKF_NET_OFF + 12), IF(0x7f000001, 1, 0));
	SEES("protocol", WORD(SKF_AD_OFF + SKF_AD_PROTOCOL), IF(ETH_P_IP, 1, 0));
	SEES("type", WORD(SKF_AD_OFF + SKF_AD_PKTTYPE), IF(PACKET_HOST, 1, 0));
	SEES("interface", WORD(SKF_AD_OFF + SKF_AD_IFINDEX), IF(1, 1, 0));
	SEES("hardware", WORD(SKF_AD_OFF + SKF_AD_HATYPE), IF(772, 1, 0));
	SEES("at an index", BPF_STMT(BPF_LDX | BPF_IMM, 8), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 3),
	     IF('a', 0, 1), IF('a', 0, 1), IF('n', 0, 1));
	SEES("header's length", BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, SKF_NET_OFF),
	     BPF_STMT(BPF_MISC | BPF_TXA, 0), IF(20, 1, 0));
	SEES("exclusive or", BPF_STMT(BPF_LD | BPF_IMM, 0xf0), BPF_STMT(BPF_LDX | BPF_IMM, 0xff),
	     WORD(SKF_AD_OFF + SKF_AD_ALU_XOR_X), IF(0x0f, 1, 0));
}

CASE(filters_of_sockets_are_checked)
{
	static struct sock_filter many[BPF_MAXINSNS + 1];
	struct sock_filter found[4] = { { 0 } };
	struct sock_fprog program = { 1, many };
	int socket = datagram_socket(AF_INET);
	socklen_t length = 0;

	for (unsigned i = 0; i < LENGTH(many); i++)
		many[i] = (struct sock_filter)PASS(1);
	say_result("empty", attach(socket, many, 0));
	say_result("too long", attach(socket, many, BPF_MAXINSNS + 1));
	say_result("no return", ATTACH(socket, BYTE(0)));
	say_result("nowhere", attach(socket, NULL, 1));
	say_result("not there", attach(socket, (void *)8, 1));
	say_result("no such ancillary data", ATTACH(socket, WORD(SKF_AD_OFF + 1), PASS(1)));
	say_result("not its size", setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program,
					      sizeof program - 1));
	say_result("no filter to tell", getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, found, &length));
	say_number("instructions", length);
	say_result("attach", ATTACH(socket, BYTE(0), PASS(7)));
	length = 0;
	say_result("how many", getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, found, &length));
	say_number("instructions", length);
	length = 1;
	say_result("too little room", getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, found, &length));
	length = 4;
	say_result("which", getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, found, &length));
	say_number("instructions", length);
	say_number("the second", found[1].k);
	set_option(socket, SOL_SOCKET, SO_LOCK_FILTER, 1);
	say_result("detach what is locked", setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, "1234", 4));
	say_result("change it", ATTACH(socket, PASS(0)));
	say_result("unlock it", set_option(socket, SOL_SOCKET, SO_LOCK_FILTER, 0));
}

CASE(a_filter_of_a_listener)
{
	int listening = listener(AF_INET, 1), client = socket(AF_INET, SOCK_STREAM, 0), accepted;
	union address to = own_address(listening);
	char text[8] = "";

	/* Behind the headers, what begins with x is dropped, and is sent again and again. */
	say_result("attach", ATTACH(listening,
		BYTE(12), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2), BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
		IF(0, 0, 1), PASS(0xffff),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0), IF('x', 0, 1), PASS(0), PASS(0xffff)));
	say_result("connect", connect_to(client, to));
	accepted = accept(listening, NULL, NULL);
	send(client, "good", 4, 0);
	say_next("a good one", accepted);
	send(client, "x", 1, 0);
	wait_a_little();
	say_result("a bad one", recv(accepted, text, sizeof text, MSG_DONTWAIT));
	setsockopt(accepted, SOL_SOCKET, SO_DETACH_FILTER, "1234", 4);
	say_next("sent again", accepted);
}

CASE(a_filter_of_unix_datagrams)
{
	int pair[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	say_result("attach", ATTACH(pair[1], BYTE(0), IF('a', 0, 1), PASS(3), PASS(0)));
	say_number("sent", send(pair[0], "bcdef", 5, 0));
	say_number("sent", send(pair[0], "abcdef", 6, 0));
	say_next("cut", pair[1]);
}

CASE(a_filter_of_a_packet_socket)
{
	int all = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	int sender = datagram_socket(AF_INET), receiver = datagram_socket(AF_INET);
	union address to = own_address(receiver);
	unsigned char packet[256];

	connect_to(sender, to);
	say_yes("a packet socket", all >= 0);
	/* UDP to that port, 24 bytes of it, and as it comes only. */
	say_result("attach", ATTACH(all,
		BYTE(9), IF(IPPROTO_UDP, 0, 6), HALF(22), IF((unsigned)port_of(&to), 0, 4),
		WORD(SKF_AD_OFF + SKF_AD_PKTTYPE), IF(PACKET_OUTGOING, 2, 0),
		HALF(SKF_LL_OFF + 12), IF(ETH_P_IP, 1, 0), PASS(0), PASS(24)));
	send(sender, "some text", 9, 0);
	wait_for(all, POLLIN);
	say_number("bytes", recv(all, packet, sizeof packet, MSG_DONTWAIT));
	say_number("of", (long)(packet[2] << 8 | packet[3]));
	say_result("the way out", recv(all, packet, sizeof packet, MSG_DONTWAIT));
	close(all);
}

CASE(a_filter_of_a_raw_socket)
{
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	int sender = datagram_socket(AF_INET), receiver = datagram_socket(AF_INET);
	union address to = own_address(receiver);
	unsigned char packet[256];

	connect_to(sender, to);
	/* Data begins at the header of IP. */
	say_result("attach", ATTACH(raw, HALF(22), IF((unsigned)port_of(&to), 0, 1), PASS(30), PASS(0)));
	send(sender, "some text", 9, 0);
	wait_for(raw, POLLIN);
	say_number("bytes", recv(raw, packet, sizeof packet, MSG_DONTWAIT));
	close(raw);
}
