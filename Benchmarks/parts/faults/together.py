"""Many clients that ask for the same name at once: how many of them the upstream sees."""
from .case import Case, share
from .subject import forward

CLIENTS, LATE = 200, 100


class Together(Case):
    name, title = "5", f"{CLIENTS} identical queries at once, not cached, upstream {LATE} ms late"

    def run(self, bench, outcome):
        names = bench.scaled(5, 2)
        self.measure(bench, outcome, names, "with `cache`", ("cache 30",), True)
        self.measure(bench, outcome, names, "without `cache`", (), False)

    def measure(self, bench, outcome, names, title, lines, is_bound):
        """Asks for some names, one after the other, so many times each at once; the worst counts."""
        upstream = bench.upstream("-d", str(LATE))
        subject = bench.subject(forward(upstream), *lines)
        runs = []
        for question in bench.unique(names):
            before = upstream.queries()
            records = bench.ask(subject, [question], 0, CLIENTS, timeout=5)
            runs.append((upstream.queries() - before, records.good(), records))
        most, least = max(run[0] for run in runs), min(run[1] for run in runs)
        outcome.figures[title] = [
            {"upstream": reached, "records": records.summary()} for reached, _, records in runs]
        outcome.find(f"reached the upstream, {title}", str(most), "1" if is_bound else "",
                     most == 1 if is_bound else None, str(CLIENTS) if is_bound else "")
        outcome.find(f"answered, {title}", share(least, CLIENTS), "all", least == CLIENTS)
        quickest = min(min(records.waits()) for _, _, records in runs)
        outcome.prove(
            f"{title}: nobody had an answer before {quickest * 1e3:.0f} ms", min(run[0] for run in runs) > 0
            and quickest > LATE / 1e3 * 0.9)
