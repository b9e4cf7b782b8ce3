/* Network devices by ioctl, addresses, and multicast on the loopback. */
#include "inet.h"

#include <net/if_arp.h>
#include <net/route.h>

static struct ifreq request(const char *name)
{
	struct ifreq made = { 0 };

	strcpy(made.ifr_name, name);
	return made;
}

CASE(the_loopback)
{
	struct ifreq lo = request("lo");
	int any = socket(AF_INET, SOCK_DGRAM, 0);

	say_result("SIOCGIFINDEX", ioctl(any, SIOCGIFINDEX, &lo));
	say_number("index", lo.ifr_ifindex);
	say_result("SIOCGIFFLAGS", ioctl(any, SIOCGIFFLAGS, &lo));
	say("flags", "%x", (unsigned short)lo.ifr_flags);
	say_result("SIOCGIFMTU", ioctl(any, SIOCGIFMTU, &lo));
	say_number("mtu", lo.ifr_mtu);
	say_result("SIOCGIFHWADDR", ioctl(any, SIOCGIFHWADDR, &lo));
	say_number("type", lo.ifr_hwaddr.sa_family);
	say_result("SIOCGIFADDR", ioctl(any, SIOCGIFADDR, &lo));
	say("address", "%s", inet_ntoa(((struct sockaddr_in *)&lo.ifr_addr)->sin_addr));
	say_result("SIOCGIFNETMASK", ioctl(any, SIOCGIFNETMASK, &lo));
	say("mask", "%s", inet_ntoa(((struct sockaddr_in *)&lo.ifr_addr)->sin_addr));
	say_result("SIOCGIFTXQLEN", ioctl(any, SIOCGIFTXQLEN, &lo));
	say_number("queue", lo.ifr_qlen);
	say_result("SIOCGIFMETRIC", ioctl(any, SIOCGIFMETRIC, &lo));
	lo = request("");
	lo.ifr_ifindex = 1;
	say_result("SIOCGIFNAME", ioctl(any, SIOCGIFNAME, &lo));
	say("name", "%s", lo.ifr_name);
}

CASE(a_device_that_is_not_there)
{
	struct ifreq none = request("none0");
	int any = socket(AF_INET, SOCK_DGRAM, 0);

	say_result("SIOCGIFINDEX", ioctl(any, SIOCGIFINDEX, &none));
	say_result("SIOCGIFADDR", ioctl(any, SIOCGIFADDR, &none));
	say_result("SIOCSIFFLAGS", ioctl(any, SIOCSIFFLAGS, &none));
	none.ifr_ifindex = 99;
	say_result("SIOCGIFNAME", ioctl(any, SIOCGIFNAME, &none));
	say_number("if_nametoindex", if_nametoindex("none0"));
	say_result("bind to it", setsockopt(any, SOL_SOCKET, SO_BINDTODEVICE, "none0", 6));
	say_result("unknown command", ioctl(any, 0x89D0, &none));
	say_result("bad pointer", ioctl(any, SIOCGIFINDEX, (void *)8));
}

CASE(the_list_of_devices)
{
	struct ifreq list[8];
	struct ifconf all = { .ifc_len = sizeof list };
	int any = socket(AF_INET, SOCK_DGRAM, 0);

	all.ifc_req = list;
	say_result("SIOCGIFCONF", ioctl(any, SIOCGIFCONF, &all));
	say_number("entries", all.ifc_len / sizeof *list);
	say("name", "%s", list[0].ifr_name);
	say("address", "%s", inet_ntoa(((struct sockaddr_in *)&list[0].ifr_addr)->sin_addr));
	all.ifc_req = NULL;
	say_result("only the size", ioctl(any, SIOCGIFCONF, &all));
	say_number("entries", all.ifc_len / sizeof *list);
	all.ifc_len = 3;
	all.ifc_req = list;
	say_result("no room", ioctl(any, SIOCGIFCONF, &all));
	say_number("bytes", all.ifc_len);
}

CASE(a_second_address_on_the_loopback)
{
	struct ifreq lo = request("lo");
	int any = socket(AF_INET, SOCK_DGRAM, 0), listening;
	struct sockaddr_in *address = (struct sockaddr_in *)&lo.ifr_addr;

	address->sin_family = AF_INET;
	inet_aton("10.9.8.7", &address->sin_addr);
	say_result("SIOCSIFADDR", ioctl(any, SIOCSIFADDR, &lo));
	ioctl(any, SIOCGIFNETMASK, &lo);
	say("mask of its class", "%s", inet_ntoa(address->sin_addr));
	listening = socket(AF_INET, SOCK_STREAM, 0);
	say_result("bind to it", bind_to(listening, ipv4("10.9.8.7", 0)));
	say_result("listen", listen(listening, 1));
	say_yes("connect to it", client_of(listening) >= 0);
	address->sin_family = AF_INET;
	inet_aton("127.0.0.1", &address->sin_addr);
	say_result("back", ioctl(any, SIOCSIFADDR, &lo));
	ioctl(any, SIOCGIFADDR, &lo);
	say("address", "%s", inet_ntoa(address->sin_addr));
	listening = socket(AF_INET, SOCK_STREAM, 0);
	say_result("the other is gone", bind_to(listening, ipv4("10.9.8.7", 0)));
}

CASE(the_loopback_goes_down_and_up)
{
	struct ifreq lo = request("lo");
	int any = socket(AF_INET, SOCK_DGRAM, 0), one = datagram_socket(AF_INET);
	union address to = own_address(one);

	ioctl(any, SIOCGIFFLAGS, &lo);
	lo.ifr_flags &= ~IFF_UP;
	say_result("down", ioctl(any, SIOCSIFFLAGS, &lo));
	say_result("send", sendto(any, "x", 1, 0, &to.any, sizeof to.in));
	ioctl(any, SIOCGIFFLAGS, &lo);
	say("flags", "%x", (unsigned short)lo.ifr_flags);
	lo.ifr_flags |= IFF_UP;
	say_result("up", ioctl(any, SIOCSIFFLAGS, &lo));
	say_result("send", sendto(any, "x", 1, 0, &to.any, sizeof to.in));
	say_received("received", one, MSG_DONTWAIT);
}

CASE(a_route_by_ioctl)
{
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = "lo" };
	int any = socket(AF_INET, SOCK_DGRAM, 0);
	union address to = ipv4("203.0.113.5", 9);

	((struct sockaddr_in *)&route.rt_dst)->sin_family = AF_INET;
	((struct sockaddr_in *)&route.rt_genmask)->sin_family = AF_INET;
	inet_aton("203.0.113.0", &((struct sockaddr_in *)&route.rt_dst)->sin_addr);
	inet_aton("255.255.255.0", &((struct sockaddr_in *)&route.rt_genmask)->sin_addr);
	say_result("before", connect_to(any, to));
	say_result("SIOCADDRT", ioctl(any, SIOCADDRT, &route));
	say_result("again", ioctl(any, SIOCADDRT, &route));
	say_result("with it", connect_to(any, to));
	say_result("SIOCDELRT", ioctl(any, SIOCDELRT, &route));
	say_result("again", ioctl(any, SIOCDELRT, &route));
	inet_aton("203.0.113.1", &((struct sockaddr_in *)&route.rt_dst)->sin_addr);
	say_result("bits behind the prefix", ioctl(any, SIOCADDRT, &route));
}

static int member(int port, const char *group)
{
	struct ip_mreqn request = { .imr_ifindex = (int)if_nametoindex("lo") };
	int made = socket(AF_INET, SOCK_DGRAM, 0);

	set_option(made, SOL_SOCKET, SO_REUSEADDR, 1);
	bind_to(made, ipv4("0.0.0.0", port));
	inet_aton(group, &request.imr_multiaddr);
	if (setsockopt(made, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request))
		say_result("IP_ADD_MEMBERSHIP", -1);
	return made;
}

CASE(a_group_on_the_loopback)
{
	struct ip_mreqn device = { .imr_ifindex = (int)if_nametoindex("lo") };
	int first = member(0, "239.1.2.3"), second, sender = datagram_socket(AF_INET);
	union address here = own_address(first), to;

	second = member(port_of(&here), "239.1.2.3");
	to = ipv4("239.1.2.3", port_of(&here));
	say_result("IP_MULTICAST_IF", setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &device,
						 sizeof device));
	say_result("sent", sendto(sender, "all", 3, 0, &to.any, sizeof to.in));
	say_received("the first", first, MSG_DONTWAIT);
	say_received("the second", second, MSG_DONTWAIT);
	set_option(second, IPPROTO_IP, IP_MULTICAST_ALL, 0);
	inet_aton("239.1.2.3", &device.imr_multiaddr);
	say_result("leave", setsockopt(second, IPPROTO_IP, IP_DROP_MEMBERSHIP, &device, sizeof device));
	sendto(sender, "one", 3, 0, &to.any, sizeof to.in);
	say_received("the first", first, MSG_DONTWAIT);
	say_received("not the second", second, MSG_DONTWAIT);
	say_result("leave again", setsockopt(second, IPPROTO_IP, IP_DROP_MEMBERSHIP, &device,
					     sizeof device));
	say_result("join twice", setsockopt(first, IPPROTO_IP, IP_ADD_MEMBERSHIP, &device,
					    sizeof device));
	device.imr_multiaddr.s_addr = htonl(0x7f000001);
	say_result("no group", setsockopt(first, IPPROTO_IP, IP_ADD_MEMBERSHIP, &device,
					  sizeof device));
}

CASE(a_group_of_ipv6)
{
	struct ipv6_mreq request = { .ipv6mr_interface = if_nametoindex("lo") };
	int one = socket(AF_INET6, SOCK_DGRAM, 0), sender = datagram_socket(AF_INET6);
	union address here, to;

	bind_to(one, ipv6("::", 0));
	here = own_address(one);
	to = ipv6("ff01::77", port_of(&here));
	request.ipv6mr_multiaddr = to.in6.sin6_addr;
	say_result("join", setsockopt(one, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request));
	say_result("device", set_option(sender, IPPROTO_IPV6, IPV6_MULTICAST_IF,
					request.ipv6mr_interface));
	say_result("sent", sendto(sender, "six", 3, 0, &to.any, sizeof to.in6));
	say_received("received", one, MSG_DONTWAIT);
	say_result("join twice", setsockopt(one, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request,
					    sizeof request));
	say_result("leave", setsockopt(one, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &request, sizeof request));
	say_result("leave again", setsockopt(one, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &request,
					     sizeof request));
	say_result("for a stream", setsockopt(socket(AF_INET6, SOCK_STREAM, 0), IPPROTO_IPV6,
					      IPV6_JOIN_GROUP, &request, sizeof request));
}

CASE(bound_to_a_device)
{
	int one = datagram_socket(AF_INET);
	char name[IFNAMSIZ] = "";
	socklen_t size = sizeof name;

	say_result("SO_BINDTODEVICE", setsockopt(one, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	say_result("read", getsockopt(one, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
	say("name", "%s", name);
	say_number("size", size);
}
