"""What all servers of a comparison have in common."""
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from .. import machine, tree
from ..names import NameFiles
from ..processes import Program, free_port

PLACES = "/usr/local/sbin", "/usr/sbin", "/sbin"


@dataclass(frozen=True)
class Setting:
    """What a server is started with."""

    folder: str
    workers: int
    # The cores it is kept to; any when there are none.
    where: list
    names: NameFiles
    upstream: int
    api: int


class Running(Program):
    """A server that runs, and whatever processes it has started."""

    def __init__(self, label, port, command, setting, environment=None):
        self.port = port
        super().__init__(label, machine.pinned(command, setting.where), setting.folder, environment)

    def processor_seconds(self):
        self.check()
        return tree.processor_seconds(self.id)

    def resident_bytes(self):
        self.check()
        return tree.resident_bytes(self.id)


class Contender:
    """One of the servers. `roles` says as what it takes part in a shape; where it has none, it takes no part."""

    name = title = program = ""
    # Debian's.
    package = None
    roles = {}
    # Whether it answers in one thread whatever it is told.
    is_single = False

    def __init__(self, path=None):
        self.path = path or self.find()

    @classmethod
    def find(cls):
        """Where the program is; nothing when it is not installed."""
        return shutil.which(cls.program) or shutil.which(cls.program, path=os.pathsep.join(PLACES))

    def is_there(self):
        return self.path is not None and os.access(self.path, os.X_OK)

    version_option = "-v"

    def version(self):
        """The version as the program says it: its first number with a dot."""
        done = subprocess.run(
            [self.path, self.version_option], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=20)
        match = re.search(r"\d+\.\d+[\w.+~-]*", done.stdout + done.stderr)
        return match.group() if match else ""

    def start(self, role, setting):
        """Starts it in a folder of its own."""
        port = free_port()
        label = f"{self.name}-{role}-{setting.workers}"
        home = os.path.join(setting.folder, label)
        os.makedirs(home, exist_ok=True)
        arguments = self.arguments(role, setting, port, home)
        return Running(label, port, [self.path, *arguments], setting, self.environment(setting))

    def arguments(self, role, setting, port, home):
        """The program's arguments, its configuration being written."""
        raise NotImplementedError

    def environment(self, setting):
        """Its environment when it is not the bench's."""
        return None


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path

