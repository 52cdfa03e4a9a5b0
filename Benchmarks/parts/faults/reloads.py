"""Reloads under load: whether a query or what the cache has is lost."""
import itertools
import time

from .. import dns
from ..processes import Failure
from .case import Case, duration, share
from .subject import forward, version_question

RATE, WARM, LATE = 5000, 200, 20
# Of five queries so many are for what is in the cache; the others are under way while the server reloads.
OF_FIVE = 4


class Reloads(Case):
    name, title = "6", "SIGUSR1 with a changed Corefile, 5,000 q/s, four of five for cached names"

    def run(self, bench, outcome):
        upstreams = [bench.upstream("-d", str(LATE)) for _ in range(2)]
        reloads, pause = bench.scaled(5, 2), bench.scaled(1.5, 1)
        subject = bench.subject(*self.lines(upstreams[0]))
        warm = bench.unique(WARM, "w")
        filled = bench.ask(subject, warm, 500)
        if filled.failed():
            raise Failure(f"the cache could not be filled: {filled.outcomes()}")
        before = self.warm_queries(upstreams)
        count = int(RATE * (reloads + 1) * pause)
        run = bench.begin(subject, self.mixed(bench, warm, count), RATE, timeout=4)
        took = []
        for number in range(reloads):
            time.sleep(pause)
            # Each moves to the other upstream and back, and tells itself from the last by a name.
            took.append(self.reload(subject, upstreams[(number + 1) % 2], number + 2))
        records, again = run.records(), self.warm_queries(upstreams) - before
        uncached = sum(upstream.counters()["by_letter"].get("u", 0) for upstream in upstreams)
        outcome.figures = {
            "records": records.summary(), "warm_names_again": again, "reload_seconds": took,
            "upstreams": [upstream.counters() for upstream in upstreams]}
        self.judge(outcome, records, again, took)
        outcome.prove(f"{reloads} reloads, each answered with its own Corefile", None not in took)
        outcome.prove(f"{before} warm names went to the upstream at first, {uncached} others later",
                      before >= WARM and all(upstream.queries() > 0 for upstream in upstreams))

    @staticmethod
    def lines(upstream):
        # Of the upstream's names only: what is kept outlives the reload, and would hide the Corefile's own names.
        return "cache 300 example.net", forward(upstream)

    @staticmethod
    def mixed(bench, warm, count):
        new, old = iter(bench.unique(count // 5 + 1)), itertools.cycle(warm)
        return [next(old) if number % 5 < OF_FIVE else next(new) for number in range(count)]

    @staticmethod
    def warm_queries(upstreams):
        return sum(upstream.counters()["by_letter"].get("w", 0) for upstream in upstreams)

    def reload(self, subject, upstream, version):
        """Seconds until the new Corefile is in force; nothing when it never is."""
        name, address = version_question(version)
        expected = bytes(int(part) for part in address.split("."))
        start = time.monotonic()
        subject.reload("\n".join(self.lines(upstream)), version)
        with dns.Asker(subject.port) as asker:
            while time.monotonic() < start + 5:
                if any(data == expected for _, data in asker.ask(dns.question(name, "A"))[1]):
                    return time.monotonic() - start
                time.sleep(0.005)
        return None

    @staticmethod
    def judge(outcome, records, again, took):
        lost, failed = records.count("lost"), records.failed()
        outcome.find("queries lost", share(lost, len(records)), "none", lost == 0, "0")
        outcome.find("answered otherwise", share(failed - lost, len(records)), "none", failed == lost)
        outcome.find(f"cached names that went upstream again, of {WARM} × {len(took)}", str(again), "none", again == 0,
                     "all 200")
        outcome.find("longest wait", duration(records.longest()))
        outcome.find("signal to the new Corefile, longest", duration(max(filter(None, took), default=0.0)))
