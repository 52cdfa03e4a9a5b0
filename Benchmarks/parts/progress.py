"""How far a measurement is, for the person at the terminal."""
import sys
import time


class Progress:
    """One line that is written over on a terminal; nothing elsewhere."""

    def __init__(self, steps):
        self.steps, self.done, self.start = steps, 0, time.monotonic()

    def step(self, text):
        self.done += 1
        self.show(text)

    def show(self, text):
        """Another text for the same step."""
        if sys.stderr.isatty():
            spent = time.monotonic() - self.start
            print(f"\r\033[K[{self.done}/{self.steps}] {spent:3.0f} s  {text}", end="", file=sys.stderr, flush=True)

    def clear(self):
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
