"""What a comparison measures: which server takes part in which shape, and which of these are one and the same run."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A sort of load; `questions` says what is asked."""

    title: str
    questions: str


SHAPES = {
    "static": Shape("{count} static names", "services"),
    "cluster": Shape("ClusterIP, kubeadm's Corefile, {count} services", "services"),
    "cached": Shape("forwarded name, from the cache", "cached"),
    "forwarded": Shape("forwarded name, not cached", "forwarded"),
    "mix": Shape("mix of a cluster's queries", "mix"),
}
TRANSPORTS = ("udp", "tcp")
# Servers that know no cluster answer the same names statically there.
STATIC_ROLES = ("names", "zones")


@dataclass(frozen=True)
class Key:
    """One measurement. Two shapes that come to the same one share it."""

    server: str
    role: str
    questions: str
    transport: str
    workers: int

    def __str__(self):
        return f"{self.server} {self.role} {self.questions} {self.transport} {self.workers}"


@dataclass(frozen=True)
class Case:
    """A row of the table."""

    shape: str
    transport: str
    workers: int
    server: str
    key: Key


def cases(contenders, shapes, transports, workers):
    """All rows, in the table's order."""
    found = []
    for count in workers:
        for transport in transports:
            for shape in shapes:
                for contender in contenders:
                    role = contender.roles.get(shape)
                    if role is None or (contender.is_single and count > 1 and 1 in workers):
                        continue
                    key = Key(contender.name, role, SHAPES[shape].questions, transport, count)
                    found.append(Case(shape, transport, count, contender.name, key))
    return found


def groups(all_cases):
    """The measurements without those that come twice, by what is asked and how: those of a group are made in turn."""
    found = {}
    for case in all_cases:
        keys = found.setdefault((case.key.workers, case.key.transport, case.key.questions), [])
        if case.key not in keys:
            keys.append(case.key)
    return found
