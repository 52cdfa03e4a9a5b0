"""A server under measurement with kubeadm's Corefile and an API server on 127.0.0.1."""
import os
import socket
import threading
import time

from . import shapes
from .processes import Failure, free_port
from .scraped import Scraped


class Server(Scraped):
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
        super().__init__(name, [os.path.abspath(path), "-conf", path_of_corefile], folder)

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
