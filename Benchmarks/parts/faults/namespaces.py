"""Three networks on this machine, of the client, the server and the upstreams, with faults between the last two."""
import json
import os
import shutil
import subprocess

from ..processes import Failure

# Of the range that is for measurements (RFC 2544). The upstreams have two addresses.
CLIENT, SERVER_FRONT = "198.18.1.2", "198.18.1.1"
SERVER_BACK, UPSTREAMS = "198.18.2.1", ("198.18.2.2", "198.18.2.3")
TOOLS = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables"}
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def obstacle():
    """Why there can be none; nothing when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool, path=PLACES)})
    if missing:
        return f"missing packages: {' '.join(missing)}"
    name = f"needletail-{os.getpid()}-trial"
    if _run("ip", "netns", "add", name).returncode != 0:
        return "this system lets nobody add network namespaces"
    _run("ip", "netns", "delete", name)
    return ""


def _run(*command):
    return subprocess.run(
        [shutil.which(command[0], path=PLACES) or command[0], *command[1:]], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=20)


def _do(*command):
    done = _run(*command)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Namespaces:
    """The three, until `end`."""

    def __init__(self):
        base = f"needletail-{os.getpid()}"
        self.client, self.server, self.upstream = (f"{base}-{role}" for role in ("client", "server", "upstream"))
        self._made = []

    def begin(self):
        for name in (self.client, self.server, self.upstream):
            _do("ip", "netns", "add", name)
            self._made.append(name)
            self._ip(name, "link", "set", "lo", "up")
        self._connect(self.client, "front", [CLIENT], self.server, "clients", [SERVER_FRONT])
        self._connect(self.server, "back", [SERVER_BACK], self.upstream, "servers", UPSTREAMS)

    def _connect(self, one, one_link, one_addresses, other, other_link, other_addresses):
        _do("ip", "link", "add", one_link, "netns", one, "type", "veth", "peer", "name", other_link, "netns", other)
        for name, link, addresses in ((one, one_link, one_addresses), (other, other_link, other_addresses)):
            for address in addresses:
                self._ip(name, "address", "add", f"{address}/24", "dev", link)
            self._ip(name, "link", "set", link, "up")

    @staticmethod
    def _ip(name, *command):
        _do("ip", "-n", name, *command)

    @staticmethod
    def inside(name):
        """What stands before a command that is to run there."""
        return [shutil.which("ip", path=PLACES), "netns", "exec", name]

    def delay_and_lose(self, milliseconds, jitter, percent):
        """Delay and losses on the way to the upstreams and back, by netem; whether this kernel has it."""
        links = ((self.server, "back"), (self.upstream, "servers"))
        faults = ("delay", f"{milliseconds}ms", f"{jitter}ms", "loss", f"{percent}%")
        command = ("tc", "qdisc", "add", "dev")
        return all(
            _run("ip", "netns", "exec", name, *command, link, "root", "netem", *faults).returncode == 0
            for name, link in links)

    def netem_drops(self):
        """Messages that netem has lost, both ways."""
        links = ((self.server, "back"), (self.upstream, "servers"))
        return sum(
            qdisc.get("drops", 0) for name, link in links for qdisc in json.loads(
                _do("ip", "netns", "exec", name, "tc", "-s", "-j", "qdisc", "show", "dev", link))
            if qdisc["kind"] == "netem")

    def lose(self, percent):
        """Losses alone, by nftables, where the messages arrive: queries at the upstreams, replies at the server."""
        for name, field in ((self.upstream, "dport"), (self.server, "sport")):
            place = "servers" if name == self.upstream else "back"
            self.filter(name, f"iifname {place} udp {field} != 0 numgen random mod 1000 < {round(percent * 10)}")

    def filter(self, name, match):
        """Drops what matches and arrives there, without a word to the sender."""
        _do("ip", "netns", "exec", name, "nft",
            "add table inet bench; add chain inet bench input { type filter hook input priority 0 ; }; "
            f"add rule inet bench input {match} counter drop")

    def unfilter(self, name):
        """Drops nothing any more; gives how many messages were dropped."""
        dropped = self.filter_drops(name)
        _do("ip", "netns", "exec", name, "nft", "delete table inet bench")
        return dropped

    def filter_drops(self, name):
        text = _do("ip", "netns", "exec", name, "nft", "-j", "list", "table", "inet", "bench")
        counters = [
            part["counter"]["packets"] for entry in json.loads(text)["nftables"] for part in entry.get("rule", {}).get(
                "expr", []) if "counter" in part]
        return sum(counters)

    def end(self):
        """Takes them away, with all links and rules in them. Programs in them must have ended."""
        for name in self._made:
            _run("ip", "netns", "delete", name)
        self._made = []
