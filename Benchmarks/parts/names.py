"""The names that every server of a comparison has: the services of the made-up cluster, in each server's own form.

A service has an address, the name that belongs to the address, and an SRV record for its port.
"""
import os
import socket

from .stand_in import service_name

FIRST_ADDRESS = 10 << 24 | 96 << 16
PORT, PORT_LABELS = 80, "_p0._tcp"
ZONE, REVERSE_ZONE = "cluster.local.", "10.in-addr.arpa."
TTL = 30
SOA = f"SOA ns.dns.{ZONE} hostmaster.{ZONE} 1 7200 1800 86400 {TTL}"


def address(number):
    value = FIRST_ADDRESS + number + 1
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def reverse_name(number):
    return ".".join(reversed(address(number).split("."))) + ".in-addr.arpa."


def srv_name(number):
    return f"{PORT_LABELS}.{service_name(number)}"


def records(count):
    """(owner, type, data) of all records but SOA and NS."""
    for number in range(count):
        yield service_name(number), "A", address(number)
        yield srv_name(number), "SRV", f"0 100 {PORT} {service_name(number)}"
        yield reverse_name(number), "PTR", service_name(number)


def expected(question_type, number):
    """What records() of `dns` gives of a right answer: response code and records."""
    forward = service_name(number).rstrip(".").encode()
    found = {
        "A": {(1, socket.inet_aton(address(number)))},
        "PTR": {(12, forward)},
        "SRV": {(33, bytes([0, 0, 0, 100, 0, PORT]) + forward)},
        "AAAA": set(),
    }
    return 0, frozenset(found[question_type])


class NameFiles:
    """The files with the names, each written when it is first asked for."""

    def __init__(self, count, folder):
        self.count, self._folder = count, folder

    def _write(self, name, lines):
        path = os.path.join(self._folder, name)
        if not os.path.exists(path):
            with open(path, "w") as file:
                file.writelines(f"{line}\n" for line in lines)
        return path

    def zone_file(self, zone):
        """A zone file of one of the two zones."""
        is_reverse = zone == REVERSE_ZONE
        lines = [f"$TTL {TTL}", f"{zone} {SOA}", f"{zone} NS ns.dns.{ZONE}"]
        if not is_reverse:
            lines.append(f"ns.dns.{ZONE} A 127.0.0.1")
        lines += [
            f"{owner} {kind} {data}" for owner, kind, data in records(self.count) if (kind == "PTR") == is_reverse]
        return self._write(f"{zone}zone", lines)

    def hosts_file(self):
        """Addresses and names, as in /etc/hosts."""
        return self._write(
            "names.hosts", (f"{address(number)} {service_name(number).rstrip('.')}" for number in range(self.count)))

    def unbound_file(self):
        """The zones as Unbound's local data."""
        lines = ["server:"]
        for zone in (ZONE, REVERSE_ZONE):
            lines += [f'local-zone: "{zone}" static', f"local-data: '{zone} {TTL} {SOA}'"]
        lines += [f"local-data: '{owner} {TTL} {kind} {data}'" for owner, kind, data in records(self.count)]
        return self._write("names.unbound", lines)

    def dnsmasq_file(self, srv_numbers):
        """SRV records of some services as dnsmasq's options."""
        return self._write("names.dnsmasq", (
            f"srv-host={srv_name(number)},{service_name(number)},{PORT},0,100" for number in srv_numbers))
