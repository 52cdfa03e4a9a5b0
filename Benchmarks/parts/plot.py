"""The picture of a comparison: bars of processor time a query, by shape, as SVG that suits a light and a dark page."""
from xml.sax.saxutils import escape

WIDTH, LABELS, BAR, PITCH, HEAD, GAP = 860, 150, 14, 20, 28, 18
LARGEST_BAR = WIDTH - LABELS - 150
STYLE = """
    text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
    .title { font-size: 17px; font-weight: 600 }
    .shape { font-weight: 600 }
    .faint { fill: #59636e; font-size: 11px }
    .bar { fill: #afb8c1 }
    .own { fill: #0969da }
    .least { fill: #d0d7de }
    .floor { stroke: #cf222e; stroke-width: 1; stroke-dasharray: 3 3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .faint { fill: #9198a1 }
      .bar { fill: #57606a }
      .own { fill: #4493f8 }
      .least { fill: #3d444d }
      .floor { stroke: #f85149 }
    }
"""


def _text(x, y, words, kind="", anchor="start"):
    sort = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{sort} text-anchor="{anchor}">{escape(words)}</text>'


def _kind(row):
    return {"needletail": "bar own", "echo": "bar least"}.get(row.server, "bar")


def _bar(row, y, scale):
    width = max(1.0, row.cost * scale)
    note = "" if row.server == "echo" else f"  ({row.ratio:.2f} ×)"
    return [
        _text(LABELS - 8, y + BAR - 3, row.label, anchor="end"),
        f'<rect class="{_kind(row)}" x="{LABELS}" y="{y:g}" width="{width:.1f}" height="{BAR}" rx="2"/>',
        _text(LABELS + width + 6, y + BAR - 3, f"{row.cost:.1f} µs{note}" + ("" if row.keeps_up else " †"))]


def _group(title, rows, y, scale):
    """The lines of one shape, and where the next begins: the echo first, the others from the cheapest on."""
    parts = [_text(0, y + 12, title, "shape")]
    y += HEAD - 6
    top = y
    ordered = sorted(rows, key=lambda row: (row.server != "echo", row.cost))
    for row in ordered:
        parts += _bar(row, y, scale)
        y += PITCH
    floor = next((row for row in rows if row.server == "echo"), None)
    if floor:
        x = LABELS + floor.cost * scale
        parts.append(f'<line class="floor" x1="{x:.1f}" y1="{top - 3}" x2="{x:.1f}" y2="{y - 3}"/>')
    return parts, y + GAP


def svg(title, notes, groups):
    """The picture; `groups` are pairs of a shape's title and its rows, `notes` the lines below the title."""
    largest = max((row.cost for _, rows in groups for row in rows), default=1.0) or 1.0
    scale = LARGEST_BAR / largest
    parts, y = [_text(0, 18, title, "title")], 36
    for note in notes:
        parts.append(_text(0, y, note, "faint"))
        y += 15
    y += 12
    for name, rows in groups:
        more, y = _group(name, rows, y, scale)
        parts += more
    body = "\n  ".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -8 {WIDTH + 24} {y + 8:g}" width="{WIDTH + 24}" '
        f'height="{y + 8:g}" role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">\n'
        f"  <style>{STYLE}  </style>\n  {body}\n</svg>\n")
