"""Single queries beside a load, whose latency is measured: the program `probe`."""
import subprocess

from . import machine
from .figures import percentile
from .processes import Failure

RATE = 500


def parse(output):
    """The latencies in seconds, and how many queries were lost, from what `probe` prints."""
    latencies, lost = [], 0
    for line in output.splitlines():
        if line.startswith("lost "):
            lost = int(line.split()[1])
        else:
            latencies.append(int(line) / 1e9)
    return latencies, lost


class Prober:
    """One run of it, beside what goes on until `figures`."""

    def __init__(self, path, port, questions, seconds, transport, where):
        command = [path, "-p", str(port), "-d", questions, "-r", str(RATE), "-s", str(seconds)]
        if transport == "tcp":
            command.append("-t")
        self._process = subprocess.Popen(
            machine.pinned(command, where), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)

    def figures(self):
        """p50 and p99 in seconds, and how many queries they are of."""
        try:
            output, errors = self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired as error:
            self.end()
            raise Failure("the prober did not end") from error
        if self._process.returncode != 0:
            raise Failure(f"the prober failed:\n{errors}")
        latencies, lost = parse(output)
        return {
            "latency_p50_seconds": percentile(latencies, 0.5), "latency_p99_seconds": percentile(latencies, 0.99),
            "probes": len(latencies), "probes_lost": lost}

    def end(self):
        """Ends it when it has not ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
