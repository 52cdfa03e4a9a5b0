"""Runs chain-replay, plain and under callgrind, and reads what it says."""
import glob
import os
import re
import shutil
import subprocess
import sys

from .processes import Failure
from .programs import REPLAY, ROOT

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


def build():
    """Makes the release build of chain-replay; gives its path."""
    print("building in release mode …", file=sys.stderr, flush=True)
    built = subprocess.run(
        ["swift", "build", "-c", "release", "--product", "chain-replay"], cwd=ROOT, capture_output=True, text=True,
        check=False)
    if built.returncode != 0:
        raise Failure(f"chain-replay does not build:\n{built.stdout[-6000:]}{built.stderr[-2000:]}")
    return REPLAY


def rows(text):
    """The tables in what chain-replay prints, as one list of rows by column each."""
    tables, names = [], []
    for line in text.splitlines():
        cells = line.split("\t")
        if cells[0] in ("shape", "operation"):
            names = cells
            tables.append([])
        else:
            tables[-1].append(dict(zip(names, cells)))
    return tables


def time_parts(program, shapes, queries, rounds):
    """The rows of the shapes, and those of the parts."""
    return rows(_run([program, "--micro", f"--rounds={rounds}", *_arguments(shapes, queries)]))


def count_allocations(program, shapes, queries):
    """The figures of each shape: allocations and nanoseconds a query."""
    figures = {}
    for row in rows(_run([program, *_arguments(shapes, queries)]))[0]:
        figures[row["shape"]] = {
            "allocations": float(row["allocations/query"]), "nanoseconds": float(row["ns/query"]),
            "octets": float(row["octets/reply"])}
    if list(figures) != list(shapes):
        raise Failure(f"{program} was asked for {', '.join(shapes)} and told of {', '.join(figures)}")
    return figures


def strip(program, folder):
    """Makes a copy that valgrind can read: it gives up on some debugging records. The names of functions stay. Gives its path."""
    stripped = os.path.join(folder, "chain-replay")
    _run(["strip", "--strip-debug", "-o", stripped, program])
    return stripped


def check_memory(stripped, shapes, queries):
    """Has every access to memory that was given back, or never taken, end it with a failure.

    What is not counted by reference in release builds only shows there, and mostly not at once.
    """
    _run([
        "valgrind", "--tool=memcheck", "--quiet", "--undef-value-errors=no", "--error-exitcode=9", "--num-callers=20",
        # The allocator to watch is the program's own, which counts.
        "--soname-synonyms=somalloc=NONE", stripped, *_arguments(shapes, queries)])


def count_instructions(stripped, shapes, queries, folder):
    """Instructions a query of each shape, on the worker's thread."""
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
