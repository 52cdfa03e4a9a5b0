"""A server under measurement with kubeadm's Corefile and an API server on 127.0.0.1."""
import http.client
import os
import socket
import threading
import time

from . import shapes
from .processes import Failure, Program, free_port

POLL_SECONDS = 0.005


class Server(Program):
    """The running server; its time counts from `started`."""

    def __init__(self, path, name, api_port, upstream, folder, snapshot=None, corefile=shapes.COREFILE):
        if not os.access(path, os.X_OK):
            raise Failure(f"there is no program {path}: build it (swift build -c release), or name it with --needletail")
        self.port, self.ready_port, self.metrics_port = free_port(), free_port(), free_port()
        options = [f"endpoint http://127.0.0.1:{api_port}"] + ([f"snapshot {snapshot}"] if snapshot else [])
        path_of_corefile = os.path.join(folder, f"Corefile.{name}")
        with open(path_of_corefile, "w") as file:
            file.write(corefile.format(
                port=self.port, health=free_port(), ready=self.ready_port, metrics=self.metrics_port,
                upstream=upstream, cluster="\n        ".join(options)))
        self.started = time.monotonic()
        super().__init__(name, [os.path.abspath(path), "-conf", path_of_corefile], folder)

    def _get(self, port, path):
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
        return self._get(self.ready_port, "/ready")[0] == 200

    def wait_until_ready(self, seconds=60):
        """Seconds from the start of the process until it is ready."""
        while not self.is_ready():
            self.check()
            if time.monotonic() - self.started > seconds:
                raise Failure(f"{self.name} is not ready after {seconds} s:\n{self.log()}")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - self.started

    def metric(self, name):
        """The sum of a metric's values; nothing when there is none."""
        lines = self._get(self.metrics_port, "/metrics")[1].splitlines()
        values = [line.rpartition(" ")[2] for line in lines if line.partition("{")[0].partition(" ")[0] == name]
        return sum(float(value) for value in values) if values else None

    def is_following(self):
        """Whether all that it needs of the cluster is followed."""
        return self.metric("needletail_kubernetes_api_up") == 1

    def wait_until_following(self, seconds=60):
        """Seconds until all that it needs of the cluster is followed."""
        start = time.monotonic()
        while not self.is_following():
            self.check()
            if time.monotonic() - start > seconds:
                raise Failure(f"{self.name} does not follow the API server after {seconds} s:\n{self.log()}")
            time.sleep(0.02)
        return time.monotonic() - start

    def wait_until_quiet(self, seconds=60):
        """Waits until it has been without work for a second."""
        end = time.monotonic() + seconds
        spent = None
        while time.monotonic() < end:
            before, spent = spent, self.processor_seconds()
            if before is not None and spent - before <= 0.02:
                return
            time.sleep(1)
        raise Failure(f"{self.name} is still busy after {seconds} s")

    def log_lines(self):
        with open(self.log_path, errors="replace") as log:
            return sum(1 for _ in log)


class Upstream:
    """Answers every query on a port of its own with nothing: the queries that leave the cluster end here."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, asker = self._socket.recvfrom(65535)
            if len(query) >= 12:
                self._socket.sendto(query[:2] + bytes([query[2] | 0x80]) + query[3:], asker)
