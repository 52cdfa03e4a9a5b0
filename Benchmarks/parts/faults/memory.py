"""An upstream that hangs, asked as much as the server takes: its memory, and what becomes of other names."""
import json
import subprocess

from ..processes import Failure
from .case import Case, duration, share
from .subject import LOCAL_NAMES, forward, local_question

RATE, LOCAL_RATE = 20_000, 1000
MOST = 1.5
# When the server does not get to its socket in time.
DROPS = "needletail_udp_receive_drops_total"


class Memory(Case):
    name, title = "8", f"an upstream that answers nothing is asked at full speed, then {RATE:,} q/s"

    def run(self, bench, outcome):
        upstream = bench.upstream("-n")
        subject = bench.subject(forward(upstream))
        local = [local_question(number) for number in range(LOCAL_NAMES)]
        seconds, full_seconds = bench.scaled(8, 4), bench.scaled(3, 2)
        quiet = bench.ask(subject, local, LOCAL_RATE * 5, LOCAL_RATE * 5 * 2)
        before = subject.memory()["resident"]
        subject.forget_peak()
        flood = self.flood(bench, subject, full_seconds, 0)
        full, drops = subject.memory()["peak"], subject.metric(DROPS)
        run = bench.begin(subject, local, LOCAL_RATE, int(LOCAL_RATE * (seconds - 1)))
        flooded = self.flood(bench, subject, seconds, RATE)
        records, peak, counters = run.records(), subject.memory()["peak"], upstream.counters()
        drops = None if drops is None else int(subject.metric(DROPS) - drops)
        outcome.figures = {
            "before_bytes": before, "peak_full_speed_bytes": full, "peak_bytes": peak,
            "floods": [flood, flooded], "quiet": quiet.summary(), "records": records.summary(), "upstream": counters,
            "kernel_drops": drops}
        outcome.find(
            "resident memory before, highest", f"{before / 1e6:.0f}, {peak / 1e6:.0f} MB, {peak / before:.2f} ×",
            f"at most {MOST} ×", peak <= before * MOST, "44 to 204 MB")
        outcome.find(f"local names beside {RATE:,} q/s: answered", share(records.good(), len(records)), "all",
                     records.failed() == 0)
        if drops is not None:
            outcome.find("  of all queries thrown away by the kernel", str(drops))
        outcome.find("  p50, p99, longest", ", ".join(
            duration(wait) for wait in (records.percentile(0.5), records.percentile(0.99), records.longest())))
        outcome.find("  p99 without load", duration(quiet.percentile(0.99)))
        full_rate, rate = (figures["other_sent"] / figures["seconds"] for figures in (flood, flooded))
        # How many get there is the server's to decide.
        outcome.prove(
            f"{full_rate:,.0f} q/s were sent, then {rate:,.0f}; the silent one got {counters['udp']} and answered none",
            full_rate > RATE < rate * 1.1 and counters["udp"] > 0 and counters["answered"] == 0)

    @staticmethod
    def flood(bench, subject, seconds, rate):
        """Names that were never asked, whatever comes back; 0 is as fast as it goes."""
        try:
            done = subprocess.run(
                [bench.built["flood"], "-p", str(subject.port), "-s", str(seconds), "-r", str(rate), "-f", "100"],
                capture_output=True, text=True, timeout=seconds + 30, check=False)
        except subprocess.TimeoutExpired as error:
            raise Failure("the flood did not end") from error
        subject.check()
        if done.returncode != 0:
            raise Failure(f"the flood failed: {done.stderr}")
        return json.loads(done.stdout)
