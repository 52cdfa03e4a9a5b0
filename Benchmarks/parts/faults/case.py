"""What a case is, and what it comes to."""
from dataclasses import dataclass, field


@dataclass
class Finding:
    """A figure with the bound that it is held to, if there is one, and what CoreDNS 1.14.7 did."""

    what: str
    figure: str
    bound: str = ""
    is_kept: bool | None = None
    coredns: str = ""


@dataclass
class Proof:
    """A sign that the fault of a case really happened."""

    text: str
    holds: bool


@dataclass
class Outcome:
    """All that is known of a case after its run."""

    name: str
    title: str
    findings: list = field(default_factory=list)
    proofs: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)
    # What a reader of the figures must know.
    notes: list = field(default_factory=list)
    # Why it was not run, or could not be brought to its end.
    skipped: str = ""
    failure: str = ""
    # Of a core: what other programs used meanwhile.
    disturbance: float = 0.0
    seconds: float = 0.0

    def find(self, what, figure, bound="", is_kept=None, coredns=""):
        self.findings.append(Finding(what, figure, bound, is_kept, coredns))

    def prove(self, text, holds):
        self.proofs.append(Proof(text, bool(holds)))

    def note(self, text):
        self.notes.append(text)

    def missed(self):
        """The texts of what is not as it should be."""
        if self.failure:
            yield self.failure
        for finding in self.findings:
            if finding.is_kept is False:
                yield f"{finding.what}: {finding.figure} ({finding.bound})"
        for proof in self.proofs:
            if not proof.holds:
                yield f"the fault did not happen: {proof.text}"


class Case:
    """One case. It keeps nothing of a run: all that is found goes into the outcome."""

    name = title = ""

    def run(self, bench, outcome):
        """Measures, with the bench's programs."""
        raise NotImplementedError

    def obstacle(self):
        """Why it cannot be run on this machine; nothing when it can."""
        return ""


def share(part, whole):
    """A count with its share in percent."""
    return f"{part} of {whole}" if part in (0, whole) else f"{part} of {whole}, {part / max(whole, 1):.2%}"


def duration(seconds):
    """A time as a person reads it."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.2f} ms"
