"""The made-up cluster behind a stand-in of its API server: the program stand-in-cluster, and its commands."""
import os
import queue
import subprocess
import threading

from .machine import pinned
from .processes import Failure, Program

NAMESPACES = 100
BACKGROUND = ("churn", "random")


def service_name(number):
    return f"service-{number}.ns-{number % NAMESPACES}.svc.cluster.local."


class StandIn(Program):
    """The running program; ends with the measurement."""

    def __init__(self, path, services, folder, name="stand-in-cluster", more=(), where=()):
        if not os.access(path, os.X_OK):
            raise Failure(f"there is no program {path}: build it (swift build -c release), or name it with --stand-in")
        command = [os.path.abspath(path), "--services", str(services), "--namespaces", str(NAMESPACES), *more]
        super().__init__(name, pinned(command, where), folder, output=subprocess.PIPE)
        self.services = services
        self._answers, self._background = queue.Queue(), queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self._take(self._answers, 120)[0])

    def _read(self):
        for line in self.process.stdout:
            words = line.decode().split()
            (self._background if words and words[0] in BACKGROUND else self._answers).put(words)

    def _take(self, lines, seconds):
        try:
            words = lines.get(timeout=seconds)
        except queue.Empty:
            self.check()
            raise Failure(f"{self.name} has not answered within {seconds} s:\n{self.log()}") from None
        if not words or words[0] == "error":
            raise Failure(f"{self.name}: {' '.join(words)}")
        return words

    def tell(self, line):
        """Sends a command without waiting for its answer."""
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            self.check()
            raise Failure(f"{self.name} takes no commands: {error}") from error

    def answer(self, seconds=30):
        """The words of the next answer."""
        return self._take(self._answers, seconds)

    def ask(self, line, seconds=30):
        self.tell(line)
        return self.answer(seconds)

    def end_of_background(self, seconds):
        """How many changes were told in the background, and how many seconds it took; nothing while it goes on."""
        try:
            words = self._background.get(timeout=seconds)
        except queue.Empty:
            self.check()
            return None
        return int(words[1]), float(words[2])

    def state(self):
        """How many changes were told, requests came, and watches are open."""
        return tuple(int(word) for word in self.ask("state")[1:])
