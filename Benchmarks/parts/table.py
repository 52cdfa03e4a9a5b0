"""The table of a comparison, for the terminal and as Markdown."""
from . import machine
from .plan import TRANSPORTS
from .summary import shape_title

COLUMNS = (
    "server", "µs/query", "× echo", "p50 µs", "p99 µs", "most q/s", "µs/query", "× echo", "cores", "lost at 80 %", "MB")
SCALING = ("server", "q/s, 1", "q/s, 2", "×", "µs, 1", "µs, 2", "server's cores", "others' cores", "if all were busy")
SHORT = {
    "static": "static names", "cluster": "ClusterIP", "cached": "cache hit", "forwarded": "forwarded", "mix": "mix"}


def cells(row):
    """A row's texts, by column."""
    return (
        row.label, f"{row.cost:.2f}" + ("" if row.keeps_up else "†"), f"{row.ratio:.2f}", f"{row.p50:.0f}",
        f"{row.p99:.0f}", f"{row.top_rate:,.0f}", f"{row.top_cost:.2f}", f"{row.top_ratio:.2f}",
        f"{row.server_cores:.2f}", "0" if row.lost == 0 else f"{row.lost:,} of {row.sent:,}",
        f"{row.memory / 1e6:.0f}")


def group_title(row, services):
    return f"{shape_title(row.shape, services)}, {row.transport.upper()}, {workers(row.workers)}"


def workers(count):
    return "1 worker" if count == 1 else f"{count} workers"


def grouped(rows):
    """Rows by shape, transport and workers, in order."""
    found = {}
    for row in rows:
        found.setdefault((row.workers, row.transport, row.shape), []).append(row)
    return list(found.values())


def text(header, lines):
    """A table with columns as wide as they need to be."""
    widths = [max(len(line[index]) for line in [header, *lines]) for index in range(len(header))]

    def formatted(line):
        return "  " + "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths)))

    return "\n".join(formatted(line).rstrip() for line in [header, *lines])


def markdown(header, lines):
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, rule, *lines])


def scaling_lines(rows):
    """How each server fares with 1 and with 2 workers over UDP, and how it would if no core were idle."""
    found = {}
    for row in rows:
        if row.transport == "udp" and row.workers in (1, 2):
            found.setdefault((row.shape, row.server), {})[row.workers] = row
    for (shape, _), pair in found.items():
        if len(pair) < 2:
            continue
        one, two = pair[1], pair[2]
        most = "–"
        if two.other_cores is not None:
            busy = max(two.server_cores + two.other_cores, 1e-9)
            most = f"{two.top_rate * len(machine.cores()) / busy:,.0f}"
        yield (
            f"{two.title}, {SHORT[shape]}", f"{one.top_rate:,.0f}", f"{two.top_rate:,.0f}",
            f"{two.top_rate / max(one.top_rate, 1):.2f}", f"{one.top_cost:.2f}", f"{two.top_cost:.2f}",
            f"{one.server_cores:.2f} → {two.server_cores:.2f}",
            f"{_cores(one.other_cores)} → {_cores(two.other_cores)}", most)


def _cores(count):
    return "–" if count is None else f"{count:.2f}"


def matrix(rows, transport, count):
    """Servers down, shapes across: µs a query and the ratio to the echo at the equal rate."""
    chosen = [row for row in rows if row.transport == transport and row.workers == count]
    shapes = [shape for shape in SHORT if any(row.shape == shape for row in chosen)]
    titles = list(dict.fromkeys(row.title for row in chosen))
    by_place = {(row.title, row.shape): row for row in chosen}
    lines = []
    for title in titles:
        line = [title]
        for shape in shapes:
            row = by_place.get((title, shape))
            line.append(f"{cells(row)[1]} ({row.ratio:.2f} ×)" if row else "–")
        lines.append(tuple(line))
    return ("µs a query (× echo)", *(SHORT[shape] for shape in shapes)), lines


def transports(rows):
    return [transport for transport in TRANSPORTS if any(row.transport == transport for row in rows)]
