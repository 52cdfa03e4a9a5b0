"""What a query may cost: the limits in a file, and what is said of figures that are not within them."""
import os

FILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "limits.tsv")
# Instructions are the same in every run to within a few in ten thousand, but an edit that does no harm can move them by a few in a
# thousand: the compiler decides otherwise about a call. Steps below the margin add up until they are found.
MARGIN = 0.02
# So far below the limit, the limit is no guard any more.
SLACK = 0.05

# Sets that are far larger than what is sent of them. Whatever there is, a query costs no more than so many instructions and so many for
# each octet of the reply: the bound of docs/LIMITS.md.
LARGE = ["big512", "big1232", "big4096", "bigcase", "crowd512", "crowd4096", "crowdports"]
BOUND, BOUND_PER_OCTET = 10_000, 50


def bound_complaints(shape, found):
    """Why `found` is above the bound that its octets give, a sentence or none."""
    bound = BOUND + BOUND_PER_OCTET * found["octets"]
    if found["instructions"] is None or found["instructions"] <= bound:
        return []
    return [f"{shape}: {found['instructions']:.0f} instructions for {found['octets']:.0f} octets; the bound is {bound:.0f}"]


HEADER = """\
# What a query may cost, judged by Benchmarks/budget and written by Benchmarks/budget --update: allocations, and instructions with a
# margin of {margin:.0%}. An allocation limit of 0 is a promise, which --update never changes.
# recorded with: {toolchain}
# shape\tallocations\tinstructions
"""


class Limits:
    """The limits by shape."""

    def __init__(self, toolchain, shapes):
        self.toolchain, self.shapes = toolchain, shapes

    @classmethod
    def read(cls, path=FILE):
        toolchain, shapes = "", {}
        with open(path) as file:
            for line in file:
                if line.startswith("# recorded with: "):
                    toolchain = line.split(": ", 1)[1].strip()
                elif line.strip() and not line.startswith("#"):
                    shape, allocations, instructions = line.split()
                    shapes[shape] = (float(allocations), int(instructions))
        return cls(toolchain, shapes)

    def write(self, path=FILE):
        with open(path, "w") as file:
            file.write(HEADER.format(margin=MARGIN, toolchain=self.toolchain))
            for shape, (allocations, instructions) in self.shapes.items():
                file.write(f"{shape}\t{allocations:g}\t{instructions}\n")

    def updated(self, figures, toolchain):
        """The limits that `figures` just keep; promises stay."""
        shapes = {}
        for shape, found in figures.items():
            allocations, instructions = self.shapes.get(shape, (None, None))
            shapes[shape] = (
                0 if allocations == 0 else round(found["allocations"], 2),
                instructions if found["instructions"] is None else round(found["instructions"]))
        return Limits(toolchain, shapes)

    def can_judge_instructions(self, toolchain):
        """Whether the limits are of this kind of processor; another has other instructions."""
        return toolchain.rsplit(", ", 1)[-1] == self.toolchain.rsplit(", ", 1)[-1]

    def complaints(self, shape, found):
        """Why `found` is not within the limits of the shape, a sentence each."""
        if shape not in self.shapes:
            return [f"{shape}: there is no limit; set one with Benchmarks/budget --update"]
        allocations, instructions = self.shapes[shape]
        result = []
        if found["allocations"] > allocations * (1 + MARGIN):
            result.append(f"{shape}: {found['allocations']:g} allocations a query; the limit is {allocations:g}")
        count = found["instructions"]
        if count is not None and count > instructions * (1 + MARGIN):
            result.append(
                f"{shape}: {count:.0f} instructions a query, {count / instructions - 1:.1%} above the limit of "
                f"{instructions}")
        return result

    def praise(self, shape, found):
        """What has become so much better that the limit should follow."""
        if shape not in self.shapes:
            return []
        allocations, instructions = self.shapes[shape]
        result = []
        if found["allocations"] < allocations * (1 - SLACK):
            result.append(f"{shape}: {found['allocations']:g} allocations a query, the limit is {allocations:g}")
        count = found["instructions"]
        if count is not None and count < instructions * (1 - SLACK):
            result.append(
                f"{shape}: {count:.0f} instructions a query, {1 - count / instructions:.1%} below the limit of "
                f"{instructions}")
        return result
