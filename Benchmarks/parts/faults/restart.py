"""An upstream that is killed and started again: what fails meanwhile, and how soon answers flow again."""
import time

from .case import Case, duration, share
from .records import LONG
from .subject import forward

RATE, DOWN = 1000, 2.0
MOST_AFTERWARDS = 1.0


class Restart(Case):
    """So many others stay."""

    others = 0

    def judge(self, outcome, records):
        """Says what must not be."""
        raise NotImplementedError

    def run(self, bench, outcome):
        mortal, others = bench.upstream(), [bench.upstream() for _ in range(self.others)]
        subject = bench.subject(forward(mortal, *others))
        before, after = bench.scaled(2, 1), bench.scaled(5, 3)
        count = int(RATE * (before + DOWN + after))
        run = bench.begin(subject, bench.unique(count), RATE)
        time.sleep(before)
        served = mortal.queries()
        mortal.kill()
        killed = time.time()
        time.sleep(DOWN)
        again = bench.upstream(port=mortal.port)
        returned = time.time()
        records = run.records()
        down, later = records.between(killed, returned), records.between(returned)
        outcome.figures = {
            "records": records.summary(), "down": down.summary(), "later": later.summary(), "served_before": served,
            "upstreams": [upstream.counters() for upstream in (again, *others)]}
        self.judge(outcome, records)
        outcome.find("failed while it was away", share(down.failed(), len(down)))
        outcome.find("failed after its return", share(later.failed(), len(later)))
        outcome.find("longest wait", duration(records.longest()))
        ends = records.trouble_ends(returned)
        outcome.find(f"from its return, all are answered within {duration(LONG)} after", duration(ends),
                     f"at most {duration(MOST_AFTERWARDS)}", ends <= MOST_AFTERWARDS)
        outcome.prove(f"it answered {served} queries before it was killed and {again.queries()} after its return",
                      served > 0 and again.queries() > 0)


class RestartBeside(Restart):
    name, title, others = "9", "one of two upstreams is killed, and back after 2 s, 1,000 q/s", 1

    def judge(self, outcome, records):
        outcome.find("failed", share(records.failed(), len(records)), "none", records.failed() == 0)
        outcome.find(f"waited longer than {duration(LONG)}", share(records.long_waits(), len(records)), "none",
                     records.long_waits() == 0)


class RestartAlone(Restart):
    name, title = "9b", "the only upstream is killed, and back after 2 s, 1,000 q/s"

    def judge(self, outcome, records):
        outcome.find("failed", share(records.failed(), len(records)))
