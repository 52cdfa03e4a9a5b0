"""Messages that come before the good reply and are none: whether they are ignored."""
from .case import Case, share
from .subject import forward

COUNT, RATE = 200, 400
IGNORED = "needletail_forward_ignored_replies_total"
# By the zone that is asked: what the upstream does, what it is called, whether the server can see it, and whether
# CoreDNS was tried with it. What comes from another port the kernel keeps from a connected socket.
KINDS = {
    "question": (("-f", "question", "-g", "2"), "right ID, another question", True, True),
    "garbage": (("-f", "garbage", "-g", "2"), "right ID, noise", True, True),
    "short": (("-f", "short", "-g", "2"), "right ID, ends within the question", True, True),
    "stub": (("-f", "stub", "-g", "2"), "five octets", True, False),
    "empty": (("-f", "empty", "-g", "2"), "a datagram without octets", True, False),
    "id": (("-f", "id", "-g", "2"), "another ID", True, True),
    "port": (("-f", "port", "-g", "2"), "from another port", False, False),
    "twice": (("-2",), "the good reply twice", True, False),
}


class Forged(Case):
    name, title = "4", "a wrong reply 2 ms before the good one, 200 queries of each sort"

    def run(self, bench, outcome):
        upstreams = {zone: bench.upstream(*kind[0]) for zone, kind in KINDS.items()}
        subject = bench.subject(*(forward(upstream, zone=f"{zone}.test") for zone, upstream in upstreams.items()))
        runs = {zone: bench.begin(subject, bench.unique(COUNT, zone=f"{zone}.test"), RATE) for zone in KINDS}
        for zone, run in runs.items():
            records, counters = run.records(), upstreams[zone].counters()
            ignored = self.ignored(subject, upstreams[zone])
            outcome.figures[zone] = {"records": records.summary(), "upstream": counters, "ignored": ignored}
            self.judge(bench, outcome, zone, records, counters, ignored)

    @staticmethod
    def ignored(subject, upstream):
        """How many messages of an upstream the server says that it ignored, by reason."""
        reasons = ("unknown_id", "wrong_question", "malformed")
        to = f"{upstream.address}:{upstream.port}"
        counts = {reason: subject.metric(IGNORED, to=to, reason=reason) or 0 for reason in reasons}
        return {reason: int(count) for reason, count in counts.items() if count}

    def judge(self, bench, outcome, zone, records, counters, ignored):
        _, title, is_seen, is_known = KINDS[zone]
        figure = share(records.good(), len(records))
        if records.count("wrong"):
            figure += f", {records.count('wrong')} got the wrong one"
        outcome.find(f"{title}: right answers", figure, "all", records.failed() == 0, "0 %" if is_known else "")
        if bench.is_needletail and is_seen:
            text = ", ".join(f"{count} {reason}" for reason, count in ignored.items()) or "0"
            outcome.find("  ignored and counted", text, f"at least {COUNT}", sum(ignored.values()) >= COUNT)
        if zone == "twice":
            outcome.find("  replies that nobody asked for", str(records.unasked), "none", records.unasked == 0)
            outcome.prove(f"{zone}: {counters['answered']} replies were sent twice", counters["answered"] >= COUNT)
        else:
            outcome.prove(f"{zone}: {counters['faults']} wrong replies were sent", counters["faults"] >= COUNT)
