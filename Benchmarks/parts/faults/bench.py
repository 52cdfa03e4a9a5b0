"""What cases share: the programs, questions, and the machine."""
import itertools
import os
import time

from .. import machine, native, tree
from ..processes import Failure, free_port
from .asking import Asking
from .case import Outcome
from .subject import Subject
from .upstream import ADDRESS, Faulty

PROGRAMS = "faulty", "asker", "flood"


class Bench:
    """Everything that runs for one case after the other. `show` tells the person at the terminal what goes on."""

    def __init__(self, options, folder, show=lambda text: None):
        self.options, self.folder, self.show = options, folder, show
        self.is_quick = options.quick
        self.server_name = options.server
        self._server_path = getattr(options, options.server)
        self._programs, self._numbers = [], itertools.count()
        self.built = {name: native.build(name, folder) for name in PROGRAMS}

    @property
    def is_needletail(self):
        return self.server_name == "needletail"

    def scaled(self, seconds, quick):
        """How long a part lasts, which is shorter when the bench itself is tried."""
        return quick if self.is_quick else seconds

    # Programs; all end with their case.

    def keep(self, program):
        """Has a program ended with the case."""
        self._programs.append(program)
        return program

    def upstream(self, *flags, port=None, **where):
        """An upstream that does what the flags say."""
        name = f"upstream-{next(self._numbers)}"
        return self.keep(Faulty(self.built["faulty"], name, port or free_port(), flags, self.folder, **where))

    def subject(self, *lines, **more):
        """The server with these lines in its Corefile, ready unless it runs in another network."""
        subject = self.keep(Subject(self._server_path, self.server_name, "\n".join(lines), self.folder, **more))
        if "prefix" not in more:
            subject.wait_until_ready(20)
        return subject

    # Questions

    def unique(self, count, letter="u", zone="example.net"):
        """Names that were never asked, and what the upstream answers. Upstreams count queries by the first letter."""
        run = next(self._numbers)
        return [(f"{letter}{number}.r{run}.{zone}", ADDRESS) for number in range(count)]

    def begin(self, subject, questions, rate, count=None, timeout=6, **where):
        """Begins to ask these questions in turn, each once unless a count is given; a rate of 0 is all at once."""
        path = os.path.join(self.folder, f"questions-{next(self._numbers)}")
        with open(path, "w") as file:
            file.writelines(f"{name} {address}\n" for name, address in questions)
        return self.keep(Asking(
            self.built["asker"], subject.port, path, count or len(questions), rate, timeout, subject.address, **where))

    def ask(self, subject, questions, rate, count=None, timeout=6, **where):
        """The same to the end; gives the records."""
        return self.begin(subject, questions, rate, count, timeout, **where).records()

    # Cases

    def run(self, case):
        """Runs a case; gives its outcome, whatever happens."""
        outcome = Outcome(case.name, case.title, skipped=case.obstacle())
        if outcome.skipped:
            return outcome
        start, busy, own = time.monotonic(), machine.busy_seconds(), tree.processor_seconds(os.getpid())
        try:
            case.run(self, outcome)
            self._check_subjects()
        except Failure as failure:
            outcome.failure = str(failure)
        finally:
            self.end()
        outcome.seconds = time.monotonic() - start
        foreign = machine.busy_seconds() - busy - (tree.processor_seconds(os.getpid()) - own)
        outcome.disturbance = max(0.0, foreign / outcome.seconds)
        return outcome

    def _check_subjects(self):
        """A server that has crashed fails its case, whatever the figures say."""
        for program in self._programs:
            if isinstance(program, Subject) and not program.is_stopping:
                program.check()

    def end(self):
        """Ends the programs of a case."""
        for program in reversed(self._programs):
            program.end()
        self._programs = []
