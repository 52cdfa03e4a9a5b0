"""The server under measurement: Needletail, or CoreDNS with the same Corefile."""
import os
import signal

from ..processes import Failure, free_port
from ..scraped import Scraped

LOCAL_NAMES = 100
COREFILE = """.:{port} {{
    bind {address}
    errors
    health 127.0.0.1:{health} {{
        lameduck {lameduck}s
    }}
    ready 127.0.0.1:{ready}
    prometheus 127.0.0.1:{metrics}
    hosts {{
        {local}
        fallthrough
    }}
    {body}
}}
"""


def local_question(number):
    """Name and address of one of the names that the server has itself."""
    return f"local-{number % LOCAL_NAMES}.test", f"192.0.2.{number % LOCAL_NAMES + 100}"


def version_question(version):
    """Name and address by which the Corefile that is in force is told from others."""
    return "version.test", f"192.0.2.{version}"


class Subject(Scraped):
    """The running server. `body` is the part of the Corefile that a case is about."""

    def __init__(self, path, name, body, folder, lameduck=0, address="127.0.0.1", prefix=()):
        if not os.access(path, os.X_OK):
            raise Failure(f"there is no program {path}: build it (swift build -c release), or name it with --{name}")
        self.address, self.lameduck, self.is_stopping = address, lameduck, False
        self.port, self.health_port, self.ready_port, self.metrics_port = (free_port() for _ in range(4))
        self._corefile = os.path.join(folder, f"Corefile.{self.port}")
        self._write(body, 1)
        super().__init__(
            f"{name}-{self.port}", [*prefix, os.path.abspath(path), "-conf", self._corefile], folder)

    def _write(self, body, version):
        entries = [local_question(number) for number in range(LOCAL_NAMES)] + [version_question(version)]
        with open(self._corefile, "w") as file:
            file.write(COREFILE.format(
                address=self.address, port=self.port, health=self.health_port, ready=self.ready_port,
                metrics=self.metrics_port, lameduck=self.lameduck, body=body.replace("\n", "\n    "),
                local="\n        ".join(f"{address} {name}" for name, address in entries)))

    def reload(self, body, version):
        """Another Corefile, and the signal to read it."""
        self._write(body, version)
        self.process.send_signal(signal.SIGUSR1)

    def stop(self):
        """SIGTERM, and from then on it may end."""
        self.is_stopping = True
        self.process.terminate()


def forward(*upstreams, zone=".", options=()):
    """A line for these upstreams, with a block when there are options."""
    line = f"forward {zone} " + " ".join(f"{upstream.address}:{upstream.port}" for upstream in upstreams)
    return line if not options else "\n    ".join([f"{line} {{", *options]) + "\n}"
