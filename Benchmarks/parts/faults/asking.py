"""One run of `asker`, beside whatever else happens meanwhile."""
import subprocess

from ..processes import Failure
from .records import Records


class Asking:
    """The running program; `records` waits for its end."""

    def __init__(self, path, port, questions, count, rate, timeout, address="127.0.0.1", prefix=()):
        self.timeout = timeout
        # Twice the time that it should take: more than that is no measurement.
        self._patience = (count / rate if rate else 1) * 2 + timeout + 20
        command = [
            *prefix, path, "-s", address, "-p", str(port), "-d", questions, "-n", str(count), "-r", str(rate), "-t",
            str(timeout)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def stop(self):
        """No more queries; what is under way is waited for."""
        self._process.terminate()

    def records(self):
        try:
            output, errors = self._process.communicate(timeout=self._patience)
        except subprocess.TimeoutExpired as error:
            self.end()
            raise Failure("the asker did not end") from error
        if self._process.returncode != 0:
            raise Failure(f"the asker failed: {errors}")
        return Records.parse(output, self.timeout)

    def end(self):
        """Ends it when it has not ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
