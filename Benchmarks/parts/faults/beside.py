"""A bad upstream beside a good one: whether clients notice it for longer than it takes to learn."""
from .case import Case, duration, share
from .records import LONG
from .subject import forward

RATE = 1000
# In this time the server may find out.
LEARNING = 1.0


class Beside(Case):
    """Two upstreams, by the default policy, without a cache."""

    # What the bad one does, and how many clients may wait long for it, of all.
    flags = ()
    most_long = 0.0
    coredns_long = coredns_longest = coredns_until = ""

    def prove(self, counters, outcome):
        """Says what the bad one did."""
        raise NotImplementedError

    def run(self, bench, outcome):
        good, bad = bench.upstream(), bench.upstream(*self.flags)
        subject = bench.subject(forward(bad, good))
        count = int(RATE * bench.scaled(10, 4))
        records = bench.ask(subject, bench.unique(count), RATE)
        later = records.after(LEARNING)
        counters = {"good": good.counters(), "bad": bad.counters()}
        outcome.figures = {"records": records.summary(), "upstreams": counters}
        long_waits, longest = later.long_waits(), later.longest()
        bound = "none" if self.most_long == 0 else f"fewer than {self.most_long:.0%}"
        kept = long_waits == 0 if self.most_long == 0 else long_waits < self.most_long * len(later)
        outcome.find(
            f"waited longer than {duration(LONG)}, after the first second", share(long_waits, len(later)), bound, kept,
            self.coredns_long)
        is_bound = self.most_long == 0
        outcome.find(
            "longest wait after the first second", duration(longest), f"at most {duration(LONG)}" if is_bound else "",
            longest <= LONG if is_bound else None, self.coredns_longest)
        outcome.find("last sent of those that waited longer, or failed", duration(records.trouble_ends(records.start)),
                     coredns=self.coredns_until)
        first = records.between(records.start, records.start + LEARNING)
        outcome.find("longest wait in the first second", duration(first.longest()))
        outcome.find("failed", share(records.failed(), len(records)), "none", records.failed() == 0)
        outcome.prove(f"the good one answered {counters['good']['answered']}", counters["good"]["answered"] > 0)
        self.prove(counters["bad"], outcome)


class Silent(Beside):
    name, title = "1", "one of two upstreams answers nothing, 1,000 q/s"
    flags = ("-n",)
    coredns_long, coredns_longest, coredns_until = "30 %", "2.0 s", "6 s"

    def prove(self, counters, outcome):
        outcome.prove(
            f"the silent one got {counters['udp']} queries, {counters['probes']} probes and answered none",
            counters["udp"] > 0 and counters["answered"] == 0)


class Late(Beside):
    name, title = "1b", "one of two upstreams answers 3 s late, 1,000 q/s"
    flags = ("-d", "3000")

    def prove(self, counters, outcome):
        outcome.prove(
            f"the late one got {counters['udp']} queries, all {counters['late']} of its answers were late",
            counters["udp"] > 0 and counters["late"] == counters["answered"])


class Lossy(Beside):
    name, title = "2", "one of two upstreams loses 30 % of the queries, 1,000 q/s"
    flags = ("-x", "30", "-s", "7")
    most_long = 0.01
    coredns_long, coredns_until = "14 %", "never learnt"

    def prove(self, counters, outcome):
        outcome.prove(
            f"the lossy one got {counters['udp']} queries and forgot {counters['dropped']}", counters["dropped"] > 0)
