"""One run of dnsperf, and what it says."""
import re
import subprocess

from .processes import Failure

FIELDS = {
    "sent": r"Queries sent:\s+(\d+)",
    "completed": r"Queries completed:\s+(\d+)",
    "lost": r"Queries lost:\s+(\d+)",
    "queries_per_second": r"Queries per second:\s+([\d.]+)",
    "latency_mean_seconds": r"Average Latency \(s\):\s+([\d.]+)",
    "latency_max_seconds": r"Average Latency \(s\):\s+[\d.]+\s+\(min [\d.]+, max ([\d.]+)\)",
}


def run(port, queries, seconds, clients, rate, outstanding, passes=None):
    """Asks what stands in the file `queries`; gives the figures as numbers, by name."""
    command = [
        "dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", queries, "-l", str(seconds), "-c", str(clients),
        "-q", str(outstanding), "-t", "2", "-W"]
    if rate:
        command += ["-Q", str(rate)]
    if passes:
        command += ["-n", str(passes)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 30, check=False)
    except FileNotFoundError as error:
        raise Failure("dnsperf is not installed (Debian: apt install dnsperf)") from error
    except subprocess.TimeoutExpired as error:
        raise Failure(f"dnsperf did not end within {seconds + 30} s") from error
    found = {name: re.search(pattern, done.stdout) for name, pattern in FIELDS.items()}
    if done.returncode != 0 or found["completed"] is None:
        raise Failure(f"dnsperf failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
    figures = {name: float(match.group(1)) if match else 0.0 for name, match in found.items()}
    figures["codes"] = {
        code: int(count) for code, count in re.findall(r"([A-Z]+) (\d+) \([\d.]+%\)", done.stdout)}
    return figures
