"""What is asked of the servers of a comparison."""
import os
import random

from .names import reverse_name, srv_name
from .stand_in import NAMESPACES, service_name

CACHED_NAMES = 1000
# A second, in unlimited runs: names that come twice would be answered from the cache.
FASTEST = 120_000
MIX_SIZE = 20_000
# Services whose SRV record is asked for: few are, and dnsmasq looks for them in a list.
SRV_SERVICES = 100
OUTSIDE = ("api.example.com", "db.example.net", "www.example.org", "storage.cloud.example.com", "registry.example.io")


def _search_miss(count, chance):
    """What a resolver with Kubernetes' search list asks before it asks for the name itself."""
    namespace = f"ns-{chance.randrange(NAMESPACES)}"
    if chance.random() < 0.5:
        suffix = chance.choice((f"{namespace}.svc.cluster.local.", "svc.cluster.local.", "cluster.local."))
        return f"{chance.choice(OUTSIDE)}.{suffix} {chance.choice(('A', 'AAAA'))}"
    other = service_name(chance.randrange(count)).removesuffix(".svc.cluster.local.")
    return f"{other}.{namespace}.svc.cluster.local. {chance.choice(('A', 'AAAA'))}"


# (what, share in a hundred, response code, how a question is made)
MIX = (
    ("A of a service", 35, "NOERROR", lambda count, chance: f"{service_name(chance.randrange(count))} A"),
    ("AAAA of a service without one", 25, "NOERROR",
     lambda count, chance: f"{service_name(chance.randrange(count))} AAAA"),
    ("a search list's misses, A and AAAA", 25, "NXDOMAIN", _search_miss),
    ("SRV of a service's port", 3, "NOERROR",
     lambda count, chance: f"{srv_name(chance.randrange(min(count, SRV_SERVICES)))} SRV"),
    ("PTR of a ClusterIP", 5, "NOERROR", lambda count, chance: f"{reverse_name(chance.randrange(count))} PTR"),
    ("a service that does not exist, A and AAAA", 7, "NXDOMAIN",
     lambda count, chance: f"gone-{chance.randrange(count)}.ns-{chance.randrange(NAMESPACES)}.svc.cluster.local. "
     f"{chance.choice(('A', 'AAAA'))}"),
)


def mix(count, size=MIX_SIZE):
    """The questions of the mix, always the same ones."""
    chance = random.Random(1)
    lines = [make(count, chance) for _, share, _, make in MIX for _ in range(size * share // 100)]
    chance.shuffle(lines)
    return lines


def mix_share(code):
    """Which part of the mix is answered with a response code."""
    return sum(share for _, share, its_code, _ in MIX if its_code == code) / 100


class QuestionFiles:
    """What dnsperf and the prober read."""

    def __init__(self, count, folder):
        self._count, self._folder = count, folder
        self._run = 0

    def _write(self, name, lines):
        path = os.path.join(self._folder, f"questions.{name}")
        with open(path, "w") as file:
            file.writelines(f"{line}\n" for line in lines)
        return path

    def path(self, kind, queries):
        """The file of one run, and whether it is for this run alone; `queries` is how many are asked at most."""
        if kind == "forwarded":
            self._run += 1
            names = (f"n{number}.r{self._run}.example.net. A" for number in range(queries))
            return self._write(f"forwarded.{self._run}", names), True
        path = os.path.join(self._folder, f"questions.{kind}")
        return path if os.path.exists(path) else self._write(kind, self._lines(kind)), False

    def _lines(self, kind):
        if kind == "services":
            numbers = list(range(self._count))
            random.Random(2).shuffle(numbers)
            return [f"{service_name(number)} A" for number in numbers]
        if kind == "cached":
            return [f"cached-{number}.example.net. A" for number in range(CACHED_NAMES)]
        return mix(self._count)
