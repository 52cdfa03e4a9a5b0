"""SIGTERM under load: whether a query is lost while the server waits for its clients to go elsewhere."""
import subprocess
import time

from ..processes import Failure
from .case import Case, duration, share
from .subject import forward, local_question

RATE, LAMEDUCK, LATE = 3000, 3, 50
# A client that follows the endpoints is gone by then, before the end of the lameduck.
CLIENTS_LEAVE = 1.0
# A query that was sent so shortly before the end may come after it.
MARGIN = 0.02


class Endings(Case):
    name, title = "7", f"SIGTERM with `lameduck {LAMEDUCK}s`, 3,000 q/s, half of them forwarded"

    def run(self, bench, outcome):
        upstream = bench.upstream("-d", str(LATE))
        counts = {"followed": [0, 0], "rest": [0, 0], "late": [0, 0]}
        lasted = []
        rounds = bench.scaled(8, 2)
        for _ in range(rounds):
            for part, lost, sent, seconds in self.end_once(bench, upstream, outcome):
                counts[part][0] += lost
                counts[part][1] += sent
            lasted.append(seconds)
        (lost, sent), (rest_lost, rest_sent), (_, late) = counts.values()
        outcome.find(f"lost of those sent until {CLIENTS_LEAVE:g} s before the lameduck's end", share(lost, sent),
                     "none", lost == 0)
        outcome.find("lost of those sent in its last second", share(rest_lost, rest_sent), "none", rest_lost == 0)
        outcome.find("lost in all", share(lost + rest_lost, sent + rest_sent), "none", lost + rest_lost == 0, "14")
        bad = sum(1 for figures in outcome.figures["rounds"] if figures["status"] != 0)
        outcome.find("ended with another status than 0", share(bad, rounds), "none", bad == 0)
        outcome.find("SIGTERM to the end of the process", f"{min(lasted):.2f} to {max(lasted):.2f} s")
        outcome.prove(f"{rounds} servers ended; {late} queries more were sent after it, and are not counted",
                      late > 0 and min(lasted) > LAMEDUCK - 0.1)

    @staticmethod
    def questions(bench, count):
        new = iter(bench.unique(count // 2 + 1))
        return [local_question(number) if number % 2 else next(new) for number in range(count)]

    def end_once(self, bench, upstream, outcome):
        """One server to its end; gives each part of the run: name, how many were lost, were sent, and when it ended."""
        subject = bench.subject(forward(upstream), lameduck=LAMEDUCK)
        count = int(RATE * (LAMEDUCK + 3))
        run = bench.begin(subject, self.questions(bench, count), RATE, timeout=2)
        time.sleep(1)
        signalled, start = time.time(), time.monotonic()
        subject.stop()
        try:
            status = subject.process.wait(LAMEDUCK + 15)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"the server runs on {LAMEDUCK + 15} s after SIGTERM") from error
        seconds = time.monotonic() - start
        run.stop()
        records = run.records()
        outcome.figures.setdefault("rounds", []).append(
            {"records": records.summary(), "ended_seconds": seconds, "status": status})
        end = signalled + LAMEDUCK
        parts = {
            "followed": records.between(0, end - CLIENTS_LEAVE),
            "rest": records.between(end - CLIENTS_LEAVE, end - MARGIN), "late": records.between(end - MARGIN)}
        return [(part, found.failed(), len(found), seconds) for part, found in parts.items()]
