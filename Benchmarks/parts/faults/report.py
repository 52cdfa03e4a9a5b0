"""The table of all cases, and the file with every figure."""
import dataclasses
import json
import os
import time

from .. import machine
from ..summary import DISTURBANCE
from ..table import text

# What a bound that is not kept is marked with.
MISSED = "missed"


def mark(finding):
    return MISSED if finding.is_kept is False else ""


def is_busy(outcome):
    """Whether other programs took so much of the machine that times say little."""
    return outcome.disturbance > DISTURBANCE


def lines(outcome):
    """The lines of a case below its title."""
    for finding in outcome.findings:
        yield (f"  {finding.what}", finding.figure, finding.bound, finding.coredns, mark(finding))


def table(outcomes, title):
    """The figures of all cases in columns of one width; proofs, failures and what was skipped below each."""
    header = ("case", title, "bound", "CoreDNS 1.14.7", "")
    measured = [outcome for outcome in outcomes if outcome.findings]
    all_lines = text(header, [line for outcome in measured for line in lines(outcome)]).splitlines()
    found, rest = [all_lines[0]], iter(all_lines[1:])
    for outcome in outcomes:
        found.append(f"\n  {outcome.name}  {outcome.title}" + (" †" if is_busy(outcome) else ""))
        found += [next(rest) for _ in outcome.findings]
        found += [f"    {'proof' if proof.holds else 'NO PROOF'}: {proof.text}" for proof in outcome.proofs]
        found += [f"    note: {text}" for text in outcome.notes]
        if outcome.skipped:
            found.append(f"    skipped: {outcome.skipped}")
        if outcome.failure:
            found.append(f"    FAILED: {outcome.failure}")
    return "\n".join(found)


def problems(outcomes):
    """What is not as it should be, with its case."""
    return [f"case {outcome.name}: {problem}" for outcome in outcomes for problem in outcome.missed()]


def busy_cases(outcomes):
    """The cases that other programs disturbed, with what they used of a core."""
    return ", ".join(f"{outcome.name} ({outcome.disturbance:.2f})" for outcome in outcomes if is_busy(outcome))


def write_json(path, outcomes, options):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        json.dump({
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": machine.describe(),
            "load_average": os.getloadavg()[0], "options": {**vars(options)},
            "cases": [{**dataclasses.asdict(outcome), "problems": list(outcome.missed())} for outcome in outcomes],
        }, file, indent=1)
