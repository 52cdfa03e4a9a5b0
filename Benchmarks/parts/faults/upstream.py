"""The bench's upstream with faults: the program `faulty`."""
import json
import select
import signal
import subprocess

from ..processes import Failure, Program

ADDRESS = "203.0.113.7"


class Faulty(Program):
    """One that runs. `name` is the name of its log, `flags` say what it does wrong."""

    def __init__(self, path, name, port, flags, folder, address="127.0.0.1", prefix=()):
        self.port, self.address = port, address
        command = [*prefix, path, "-p", str(port), "-b", address, "-a", ADDRESS, *flags]
        super().__init__(name, command, folder, output=subprocess.PIPE)
        if self._line() != "listening":
            self.end()
            raise Failure(f"{name} does not listen on port {port}:\n{self.log()}")

    def _line(self, seconds=10):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise Failure(f"{self.name} has said nothing for {seconds} s")
        return self.process.stdout.readline().decode().strip()

    def counters(self):
        """What it got and did so far."""
        self.check()
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self._line())

    def queries(self):
        """How many queries came, over UDP and TCP, probes left out."""
        counters = self.counters()
        return counters["udp"] + counters["tcp"]

    def kill(self):
        """The end without warning."""
        self.process.kill()
        self.process.wait()
        self.end()

    def end(self):
        super().end()
        self.process.stdout.close()
