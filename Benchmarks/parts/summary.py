"""From single runs to the rows of the table."""
from dataclasses import dataclass

from .figures import median
from .plan import SHAPES, STATIC_ROLES
from .questions import mix_share

# Below this part of the queries that a run at the equal rate should come to, a server is said not to keep up.
KEEPS_UP = 0.97
# How many replies may be none of those expected.
WRONG = 0.001
# Of a core: what the bench itself and the prober use is below.
DISTURBANCE = 0.15


@dataclass
class Row:
    """What is said of one server in one shape; times in microseconds, processor time a query unless said otherwise."""

    shape: str
    transport: str
    workers: int
    server: str
    title: str
    cost: float
    ratio: float
    p50: float
    p99: float
    keeps_up: bool
    top_rate: float
    top_cost: float
    top_ratio: float
    # Of the time of a core, without a rate: the server's, and that of the client and the upstream together. The second
    # is not known when queries were lost: dnsperf then keeps a core busy with waiting for them.
    server_cores: float
    other_cores: float | None
    lost: int
    sent: int
    memory: float
    # Whether it answers static names where others follow a cluster.
    is_stand_in: bool

    @property
    def label(self):
        return f"{self.title} (static)" if self.is_stand_in else self.title


def _cores(runs, *names):
    """The median of what these used of a core; nothing when there are no runs."""
    shares = [{"share": sum(run[name] for name in names) / max(run["run_seconds"], 1e-9)} for run in runs]
    return median(shares, "share")


def _ratio(value, floor):
    return value / floor if floor else 0.0


def row(case, title, runs, floor, offered):
    """The row of a case; `floor` is the echo's runs in the same case, `offered` how many queries an equal run asks."""
    equal, full, loss = runs["equal"], runs["full"], runs["loss"]
    cost, top_cost = median(equal, "microseconds_per_query"), median(full, "microseconds_per_query")
    whole = [run for run in full if run["lost"] == 0]
    answered = median(equal, "completed")
    p50, p99 = (median(equal, f"latency_{name}_seconds") or 0.0 for name in ("p50", "p99"))
    return Row(
        case.shape, case.transport, case.workers, case.server, title, cost,
        _ratio(cost, median(floor["equal"], "microseconds_per_query")), p50 * 1e6, p99 * 1e6,
        answered >= offered * KEEPS_UP, median(full, "queries_per_second"), top_cost,
        _ratio(top_cost, median(floor["full"], "microseconds_per_query")),
        _cores(full, "processor_seconds"), _cores(whole, "client_processor_seconds", "upstream_processor_seconds"),
        int(sum(run["lost"] for run in loss)), int(sum(run["sent"] for run in loss)), median(full, "resident_bytes"),
        case.shape == "cluster" and case.key.role in STATIC_ROLES)


def rows(cases, titles, results, offered):
    """The rows of all cases; the echo must be among them."""
    floors = {
        (case.shape, case.transport, case.workers): results[case.key] for case in cases if case.server == "echo"}
    return [
        row(case, titles[case.server], results[case.key], floors[case.shape, case.transport, case.workers], offered)
        for case in cases]


def complaints(results):
    """What makes measurements worthless: replies that are not those expected."""
    for key, runs in results.items():
        if key.server == "echo":
            continue
        denied = mix_share("NXDOMAIN") if key.questions == "mix" else 0
        counts = {}
        for run in runs["equal"] + runs["full"] + runs["loss"]:
            for code, count in run["codes"].items():
                counts[code] = counts.get(code, 0) + count
        total = sum(counts.values())
        good = counts.get("NOERROR", 0) + (counts.get("NXDOMAIN", 0) if denied else 0)
        if total == 0:
            yield f"{key}: no query was answered"
        elif good < total * (1 - WRONG) or abs(counts.get("NXDOMAIN", 0) / total - denied) > 0.02:
            yield f"{key}: replies were {', '.join(f'{count} {code}' for code, count in sorted(counts.items()))}"


def disturbance(results):
    """How much of a core other programs used meanwhile, as the median of all runs."""
    shares = [
        {"share": run["foreign_processor_seconds"] / max(run["wall_seconds"], 1e-9)}
        for runs in results.values() for kind in runs.values() for run in kind]
    return median(shares, "share") or 0.0


def shape_title(shape, count):
    return SHAPES[shape].title.format(count=f"{count:,}")
