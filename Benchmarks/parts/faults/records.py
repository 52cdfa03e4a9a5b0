"""What became of every query of a run: the output of `asker`, and what is said of it."""
import collections
from typing import NamedTuple

from ..figures import percentile
from ..processes import Failure

GOOD, LOST = "0", "lost"
# What a person at a terminal calls a delay.
LONG = 0.5


class Record(NamedTuple):
    """One query: when it was sent in seconds since 1970, the seconds to its reply, if one came, and what came of it."""

    sent: float
    latency: float | None
    outcome: str


class Records:
    """The queries of a run in the order in which they were sent."""

    def __init__(self, entries, timeout, refused=0, unasked=0):
        self.entries, self.timeout, self.refused, self.unasked = entries, timeout, refused, unasked

    @classmethod
    def parse(cls, output, timeout):
        entries, counts = [], {}
        for line in output.splitlines():
            words = line.split()
            if len(words) == 2:
                counts[words[0]] = int(words[1])
                continue
            sent, latency, outcome = words
            entries.append(Record(int(sent) / 1e9, None if outcome == LOST else int(latency) / 1e9, outcome))
        if "unasked" not in counts:
            raise Failure("the asker did not come to its end")
        return cls(entries, timeout, counts["refused"], counts["unasked"])

    def __len__(self):
        return len(self.entries)

    @property
    def start(self):
        return self.entries[0].sent

    def between(self, first, last=float("inf")):
        """Those that were sent from one moment until another, in seconds since 1970."""
        return Records([entry for entry in self.entries if first <= entry.sent < last], self.timeout)

    def after(self, seconds):
        """Those that were sent later than so long after the first."""
        return self.between(self.start + seconds)

    def wait(self, entry):
        """How long the asker waited: to the end when nothing came."""
        return self.timeout if entry.latency is None else entry.latency

    def is_long(self, entry):
        return self.wait(entry) > LONG

    def waits(self):
        return [self.wait(entry) for entry in self.entries]

    def longest(self):
        return max(self.waits(), default=0.0)

    def percentile(self, share):
        return percentile(self.waits(), share) or 0.0

    def long_waits(self):
        """How many waited long, whatever came of it."""
        return sum(1 for entry in self.entries if self.is_long(entry))

    def failed(self):
        """How many got no answer, or another than the right one."""
        return sum(1 for entry in self.entries if entry.outcome != GOOD)

    def good(self):
        return len(self.entries) - self.failed()

    def count(self, outcome):
        return sum(1 for entry in self.entries if entry.outcome == outcome)

    def trouble_ends(self, moment):
        """Seconds from a moment until the last query was sent that failed or waited long; 0 when there was none."""
        troubled = (entry.sent for entry in self.entries if entry.outcome != GOOD or self.is_long(entry))
        return max(0.0, max(troubled, default=moment) - moment)

    def outcomes(self):
        return dict(collections.Counter(entry.outcome for entry in self.entries))

    def summary(self):
        """All that is kept of a run, second by second too."""
        seconds = {}
        for entry in self.entries:
            second = seconds.setdefault(
                int(entry.sent - self.start), {"sent": 0, "failed": 0, "long": 0, "longest": 0.0})
            second["sent"] += 1
            second["failed"] += entry.outcome != GOOD
            second["long"] += self.is_long(entry)
            second["longest"] = max(second["longest"], self.wait(entry))
        return {
            "sent": len(self), "failed": self.failed(), "outcomes": self.outcomes(), "long_waits": self.long_waits(),
            "p50_seconds": self.percentile(0.5), "p99_seconds": self.percentile(0.99),
            "longest_seconds": self.longest(), "timeout_seconds": self.timeout, "refused": self.refused,
            "unasked": self.unasked,
            "seconds": [{"second": number, **second} for number, second in sorted(seconds.items())]}
