"""IPv4: headers, the way in and out, ICMP and ARP."""
