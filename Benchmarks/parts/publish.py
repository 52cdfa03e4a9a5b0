"""What a comparison leaves behind: a page with all tables, the picture, and the part of the README that shows both."""
import os

from . import machine, plot, summary, table
from .processes import Failure

BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"


def _notes(report):
    """The lines that say where, with what and how."""
    versions = ", ".join(f"{title} {version}" for title, version in report.versions.items())
    return [
        f"{report.when[:10]}, {machine.sentence(report.machine)}.",
        f"{versions}.",
        f"{report.rate:,} queries a second over loopback; medians of {report.rounds} runs of {report.seconds:g} s; "
        f"other programs used {max(report.disturbance, 0):.2f} cores meanwhile.",
    ]


def picture(report):
    """The SVG: over UDP, with the fewest workers that were measured."""
    fewest = min(row.workers for row in report.rows)
    transport = table.transports(report.rows)[0]
    groups = [
        (summary.shape_title(rows[0].shape, report.services), rows) for rows in table.grouped(report.rows)
        if rows[0].workers == fewest and rows[0].transport == transport]
    notes = [*_notes(report), "The dashed line is the bare echo; † did not keep up with that rate."]
    return plot.svg(f"Processor time a query, {transport.upper()}, {table.workers(fewest)}", notes, groups)


def page(report):
    """All tables as Markdown."""
    parts = ["# Needletail beside others", "Written by `Benchmarks/compare`, whose columns "
             "[Benchmarks/README.md](../Benchmarks/README.md#compare) explains.", *_notes(report)]
    for rows in table.grouped(report.rows):
        parts += [f"## {table.group_title(rows[0], report.services)}",
                  table.markdown(table.COLUMNS, [table.cells(row) for row in rows])]
    scaling = list(table.scaling_lines(report.rows))
    if scaling:
        parts += ["## One worker against two", table.markdown(table.SCALING, scaling)]
    parts.append(SAME_RUNS)
    return "\n\n".join(parts) + "\n"


SAME_RUNS = (
    "Servers that know no cluster answer the same names from static data in the shape of the ClusterIP; those rows are "
    "the same runs as in the shape of the static names.")


def readme_part(report):
    """What stands between the marks in the README."""
    fewest = min(row.workers for row in report.rows)
    transport = table.transports(report.rows)[0]
    header, lines = table.matrix(report.rows, transport, fewest)
    cluster = [row for row in report.rows if (row.shape, row.transport, row.workers) == ("cluster", transport, fewest)]
    own = [line for line in table.scaling_lines(report.rows) if line[0].startswith("Needletail")]
    parts = ["![Processor time a query of Needletail and others](docs/compare.svg)",
             f"Over {transport.upper()}, with {table.workers(fewest)}:", table.markdown(header, lines)]
    if cluster:
        parts += [f"{table.group_title(cluster[0], report.services)}, at that rate and without a limit:",
                  table.markdown(table.COLUMNS, [table.cells(row) for row in cluster])]
    if own:
        parts += ["One worker with a core to itself, against two that share all cores with the client, whose time for "
                  "a query is of the order of theirs; the last column is what would come of it if no core were idle:",
                  table.markdown(table.SCALING, own)]
    parts += [" ".join(_notes(report)) + " All figures: [docs/compare.md](docs/compare.md)."]
    return "\n\n".join(parts)


def replace_marked(text, part):
    """The text with what stands between the marks replaced; nothing when it has no marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{part}\n{end}{after}" if begin and end else None


def _write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def save(report, folder):
    """Writes the page and the picture into a folder."""
    _write(os.path.join(folder, "compare.md"), page(report))
    _write(os.path.join(folder, "compare.svg"), picture(report))


def publish(report, root):
    """Puts them where the README shows them."""
    path = os.path.join(root, "README.md")
    with open(path) as file:
        changed = replace_marked(file.read(), readme_part(report))
    if changed is None:
        raise Failure(f"{path} has no place for the table: the lines {BEGIN} and {END}")
    save(report, os.path.join(root, "docs"))
    _write(path, changed)
