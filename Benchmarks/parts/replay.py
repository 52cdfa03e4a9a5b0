"""Runs chain-replay, plain and under callgrind, and reads what it says."""
import glob
import os
import re
import shutil
import subprocess

from .processes import Failure

# What hash tables and the worker's chance begin from is fixed by chain-replay itself, but for what the runtime asks for before.
ENVIRONMENT = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1", "SWIFT_BACKTRACE": "enable=no"}


def _arguments(shapes, queries):
    return [f"--queries={queries}", *(f"--shape={shape}" for shape in shapes)]


def _run(command):
    finished = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise Failure(f"{os.path.basename(command[0])} ended with status {finished.returncode}:\n"
                      f"{finished.stdout[-2000:]}{finished.stderr[-4000:]}")
    return finished.stdout


def count_allocations(program, shapes, queries):
    """The figures of each shape: allocations and nanoseconds a query."""
    figures = {}
    lines = _run([program, *_arguments(shapes, queries)]).splitlines()
    names = lines[0].split("\t")
    for line in lines[1:]:
        row = dict(zip(names, line.split("\t")))
        figures[row["shape"]] = {
            "allocations": float(row["allocations/query"]), "nanoseconds": float(row["ns/query"])}
    if list(figures) != list(shapes):
        raise Failure(f"{program} was asked for {', '.join(shapes)} and told of {', '.join(figures)}")
    return figures


def count_instructions(program, shapes, queries, folder):
    """Instructions a query of each shape, on the worker's thread."""
    stripped = os.path.join(folder, "chain-replay")
    # Valgrind gives up on a few of the compiler's debugging records; the names of functions stay without them.
    _run(["strip", "--strip-debug", "-o", stripped, program])
    profile = os.path.join(folder, "profile")
    _run([
        "valgrind", "--tool=callgrind", "--separate-threads=yes", "--zero-before=replay_measurement_begins",
        "--dump-before=replay_measurement_ends", f"--callgrind-out-file={profile}", stripped,
        *_arguments(shapes, queries)])
    return {shape: _total(profile, part + 1) / queries for part, shape in enumerate(shapes)}


def _total(profile, part):
    """The sum of the dump of that number, which is one of the worker's thread, the only one that was measured."""
    files = glob.glob(f"{profile}.{part}-*")
    for path in files:
        with open(path) as file:
            found = re.search(r"^summary: (\d+)", file.read(), re.MULTILINE)
        if found and len(files) == 1:
            return int(found.group(1))
    raise Failure(f"callgrind left {len(files)} profiles of measurement {part}")


def has_valgrind():
    return shutil.which("valgrind") is not None and shutil.which("strip") is not None


def toolchain():
    """The compiler and the machine's kind, which a number of instructions depends on."""
    text = _run(["swift", "--version"])
    version = re.search(r"Swift version (\S+)", text)
    return f"Swift {version.group(1) if version else '?'}, {os.uname().machine}"
