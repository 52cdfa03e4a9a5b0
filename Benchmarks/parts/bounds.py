"""The bounds that Needletail is held to in a comparison."""
from dataclasses import dataclass

MOST_LOCAL, MOST_FORWARDED = 1.25, 2.5
STATIC_SERVERS = ("knot", "nsd", "unbound", "dnsmasq")


@dataclass
class Bound:
    """A promise with the figure that was measured."""

    text: str
    figure: str
    is_kept: bool


def _place(row):
    return f"{row.shape}, {row.transport.upper()}, {row.workers} worker" + ("" if row.workers == 1 else "s")


def _ratios(own):
    for row in own:
        most = MOST_FORWARDED if row.shape == "forwarded" else MOST_LOCAL
        if row.transport == "udp" and row.shape in ("cluster", "cached", "forwarded"):
            yield Bound(
                f"{_place(row)}: at most {most} × the echo at the equal rate",
                f"{row.ratio:.2f} × (without a limit {row.top_ratio:.2f} ×)", row.ratio <= most)


def _rivals(own, rows):
    static = {
        (row.server, row.workers): row for row in rows
        if row.server in STATIC_SERVERS and row.transport == "udp" and row.shape in ("static", "cluster")}
    for row in own:
        if row.transport != "udp" or row.shape not in ("cluster", "cached"):
            continue
        for (server, workers), rival in static.items():
            if workers == row.workers:
                yield Bound(
                    f"{_place(row)}: less than {rival.title} with static names",
                    f"{row.cost:.2f} against {rival.cost:.2f} µs", row.cost < rival.cost)


def _losses(own):
    for row in own:
        yield Bound(f"{_place(row)}: no query lost at 80 % of the most", f"{row.lost} of {row.sent}", row.lost == 0)


def check(rows):
    """All bounds that the measured rows can be held against."""
    own = [row for row in rows if row.server == "needletail"]
    return [*_ratios(own), *_rivals(own, rows), *_losses(own)]
