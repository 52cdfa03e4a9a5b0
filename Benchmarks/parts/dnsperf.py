"""One run of dnsperf, and what it says."""
import re
import resource
import subprocess

from . import machine
from .processes import Failure

FIELDS = {
    "sent": r"Queries sent:\s+(\d+)",
    "completed": r"Queries completed:\s+(\d+)",
    "lost": r"Queries lost:\s+(\d+)",
    "queries_per_second": r"Queries per second:\s+([\d.]+)",
    "run_seconds": r"Run time \(s\):\s+([\d.]+)",
    "latency_mean_seconds": r"Average Latency \(s\):\s+([\d.]+)",
    "latency_max_seconds": r"Average Latency \(s\):\s+[\d.]+\s+\(min [\d.]+, max ([\d.]+)\)",
}


def parse(output):
    """The figures as numbers, by name; nothing when the output is none of dnsperf's."""
    found = {name: re.search(pattern, output) for name, pattern in FIELDS.items()}
    if found["completed"] is None:
        return None
    figures = {name: float(match.group(1)) if match else 0.0 for name, match in found.items()}
    figures["codes"] = {code: int(count) for code, count in re.findall(r"([A-Z]+) (\d+) \([\d.]+%\)", output)}
    return figures


def run(port, queries, seconds, clients, rate, outstanding, passes=None, transport="udp", where=()):
    """Asks what stands in the file `queries`; gives the figures by name, dnsperf's own processor time with them."""
    command = [
        "dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", queries, "-l", str(seconds), "-c", str(clients),
        "-q", str(outstanding), "-t", "2", "-W", "-m", transport]
    if rate:
        command += ["-Q", str(rate)]
    if passes:
        command += ["-n", str(passes)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(
            machine.pinned(command, where), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=seconds + 30, check=False)
    except FileNotFoundError as error:
        raise Failure("dnsperf is not installed (Debian: apt-get install dnsperf)") from error
    except subprocess.TimeoutExpired as error:
        raise Failure(f"dnsperf did not end within {seconds + 30} s") from error
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = parse(done.stdout)
    if done.returncode != 0 or figures is None:
        raise Failure(f"dnsperf failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
    figures["client_processor_seconds"] = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return figures
