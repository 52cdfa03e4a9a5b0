"""A bad upstream that is the only one: what still gets through."""
from .case import Case, duration, share
from .records import GOOD
from .subject import forward


class Alone(Case):
    """One upstream, without a cache."""

    flags = ()
    rate, seconds, quick_seconds = 1000, 10, 3
    # Within which time, and of all queries how many, must be answered.
    patience, least = 5, 1.0
    coredns_answered = coredns_waits = ""

    def prove(self, counters, outcome):
        """Says what the upstream did."""
        raise NotImplementedError

    def run(self, bench, outcome):
        bad = bench.upstream(*self.flags)
        subject = bench.subject(forward(bad))
        count = int(self.rate * bench.scaled(self.seconds, self.quick_seconds))
        records = bench.ask(subject, bench.unique(count), self.rate, timeout=self.patience)
        counters = bad.counters()
        outcome.figures = {"records": records.summary(), "upstreams": {"bad": counters}}
        bound = "all" if self.least == 1 else f"at least {self.least:.1%}"
        outcome.find(f"answered within {self.patience} s", share(records.good(), len(records)), bound,
                     records.good() >= self.least * len(records), self.coredns_answered)
        outcome.find("p50, p99, longest wait", ", ".join(
            duration(wait) for wait in (records.percentile(0.5), records.percentile(0.99), records.longest())))
        others = [f"{count} × {name(code)}" for code, count in records.outcomes().items() if code != GOOD]
        outcome.find("all others", ", ".join(others) or "none", coredns=self.coredns_waits)
        self.prove(counters, outcome)


def name(code):
    """A response code by name, where it is one that servers give in trouble."""
    return {"2": "SERVFAIL", "5": "REFUSED"}.get(code, code)


class LossyAlone(Alone):
    name, title = "2b", "the only upstream loses 30 % of the queries, 1,000 q/s"
    flags = ("-x", "30", "-s", "8")
    # A question is sent three times, and once over TCP (RFC 9520, section 3.1): 0.3 to the fourth of them are lost, and chance adds to it.
    least = 0.988
    coredns_answered = "86 to 91 %"

    def prove(self, counters, outcome):
        lost = counters["dropped"] / max(counters["udp"], 1)
        outcome.prove(
            f"it got {counters['udp']} queries and forgot {counters['dropped']}, {lost:.0%}", 0.2 < lost < 0.4)


class LateAlone(Alone):
    name, title = "3", "the only upstream answers 3 s late, 100 q/s"
    flags = ("-d", "3000")
    rate, seconds, quick_seconds = 100, 5, 2
    coredns_answered, coredns_waits = "0 %", "SERVFAIL at 4 s"

    def prove(self, counters, outcome):
        outcome.prove(f"it answered {counters['answered']} queries, {counters['late']} of them late",
                      0 < counters["answered"] == counters["late"])
