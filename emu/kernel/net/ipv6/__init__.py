"""IPv6: headers, the way in and out, ICMPv6 and neighbour discovery."""
