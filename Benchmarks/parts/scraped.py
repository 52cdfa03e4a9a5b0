"""A server whose HTTP endpoints on 127.0.0.1 tell how it is."""
import http.client
import re
import time

from .processes import Failure, Program

POLL_SECONDS = 0.005
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def metric_sum(text, name, **labels):
    """The sum of a metric's values, of those series that have these labels; nothing when there is none."""
    values = []
    for line in text.splitlines():
        if line.partition("{")[0].partition(" ")[0] != name:
            continue
        series, _, value = line.rpartition(" ")
        if labels.items() <= dict(_LABEL.findall(series)).items():
            values.append(float(value))
    return sum(values) if values else None


class Scraped(Program):
    """The running server; its time counts from `started`. Its kind sets `ready_port` and `metrics_port`."""

    def __init__(self, name, arguments, folder, environment=None):
        self.started = time.monotonic()
        super().__init__(name, arguments, folder, environment)

    def get(self, port, path):
        """Status and body of a page; status 0 when there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def is_ready(self):
        return self.get(self.ready_port, "/ready")[0] == 200

    def wait_until_ready(self, seconds=60):
        """Seconds from the start of the process until it is ready."""
        while not self.is_ready():
            self.check()
            if time.monotonic() - self.started > seconds:
                raise Failure(f"{self.name} is not ready after {seconds} s:\n{self.log()}")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - self.started

    def metric(self, name, **labels):
        """The sum of a metric's values, of those series that have these labels; nothing when there is none."""
        return metric_sum(self.get(self.metrics_port, "/metrics")[1], name, **labels)

    def log_lines(self):
        with open(self.log_path, errors="replace") as log:
            return sum(1 for _ in log)
