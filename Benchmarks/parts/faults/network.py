"""Client, server and upstreams in networks of their own, with faults of the network between the last two."""
import time

from .case import Case, duration, share
from .namespaces import SERVER_FRONT, UPSTREAMS, Namespaces, obstacle
from .records import LONG
from .subject import forward, local_question

RATE = 1000
DELAY, JITTER, LOSS = 20, 10, 5
LEARNING = 1.0


class Network(Case):
    """The networks, and the server in the middle one."""

    def obstacle(self):
        return obstacle()

    def upstreams(self, bench, networks, count, flags=()):
        inside = networks.inside(networks.upstream)
        return [bench.upstream(*flags, address=address, prefix=inside) for address in UPSTREAMS[:count]]

    def subject(self, bench, networks, *lines):
        subject = bench.subject(*lines, address=SERVER_FRONT, prefix=networks.inside(networks.server))
        for _ in range(100):
            subject.check()
            if self.ask(bench, networks, subject, [local_question(0)], 0, timeout=0.2).failed() == 0:
                break
        return subject

    @staticmethod
    def ask(bench, networks, subject, questions, rate, **more):
        return bench.ask(subject, questions, rate, prefix=networks.inside(networks.client), **more)


class Weather(Network):
    name, title = "10", f"{DELAY} ± {JITTER} ms and {LOSS} % loss each way between server and upstream, 1,000 q/s"

    def run(self, bench, outcome):
        networks = bench.keep(Namespaces())
        networks.begin()
        count = int(RATE * bench.scaled(10, 4))
        has_netem = networks.delay_and_lose(DELAY, JITTER, LOSS)
        flags = () if has_netem else ("-d", str(2 * DELAY), "-j", str(2 * JITTER))
        if not has_netem:
            networks.lose(LOSS)
        (upstream,) = self.upstreams(bench, networks, 1, flags)
        subject = self.subject(bench, networks, forward(upstream))
        records = self.ask(bench, networks, subject, bench.unique(count), RATE)
        drops = networks.netem_drops() if has_netem else sum(
            networks.filter_drops(name) for name in (networks.upstream, networks.server))
        counters = upstream.counters()
        outcome.figures = {"records": records.summary(), "upstream": counters, "drops": drops, "netem": has_netem}
        outcome.find("answered", share(records.good(), len(records)))
        outcome.find("p50, p99, longest wait", ", ".join(
            duration(wait) for wait in (records.percentile(0.5), records.percentile(0.99), records.longest())))
        seen = counters["udp"] + counters["tcp"]
        outcome.prove(f"{drops} messages were lost on the way, {seen} queries arrived", drops > count * LOSS / 100)
        if not has_netem:
            outcome.note("this kernel has no netem: nftables loses, and the upstream itself is 40 ± 20 ms late")


class Blackhole(Network):
    name, title = "10b", "a firewall cuts one of two upstreams off without a word for 4 s, 1,000 q/s"

    def run(self, bench, outcome):
        networks = bench.keep(Namespaces())
        networks.begin()
        upstreams = self.upstreams(bench, networks, 2)
        subject = self.subject(bench, networks, forward(*upstreams))
        before, cut, after = bench.scaled(2, 1), bench.scaled(4, 3), bench.scaled(3, 1)
        questions = bench.unique(int(RATE * (before + cut + after)))
        run = bench.begin(subject, questions, RATE, prefix=networks.inside(networks.client))
        time.sleep(before)
        networks.filter(networks.upstream, f"ip daddr {upstreams[1].address}")
        began = time.time()
        time.sleep(cut)
        dropped = networks.unfilter(networks.upstream)
        records = run.records()
        first, later = records.between(began - LONG, began + LEARNING), records.between(began + LEARNING)
        outcome.figures = {
            "records": records.summary(), "dropped": dropped,
            "upstreams": [upstream.counters() for upstream in upstreams]}
        outcome.find(
            f"waited longer than {duration(LONG)}, after its first second", share(later.long_waits(), len(later)),
            "none", later.long_waits() == 0)
        outcome.find("longest wait after its first second", duration(later.longest()), f"at most {duration(LONG)}",
                     later.longest() <= LONG)
        outcome.find("longest wait in its first second", duration(first.longest()))
        outcome.find("failed", share(records.failed(), len(records)), "none", records.failed() == 0)
        outcome.prove(f"{dropped} messages were dropped", dropped > 0)
