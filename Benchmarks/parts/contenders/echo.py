"""The bare echo: the least that an answer can cost on this kernel."""
from .base import Contender


class Echo(Contender):
    name, title, program = "echo", "bare echo", "echo"
    roles = dict.fromkeys(("static", "cluster", "cached", "forwarded", "mix"), "echo")

    def version(self):
        return ""

    def arguments(self, role, setting, port, home):
        return ["-p", str(port), "-t", str(setting.workers), "-s"]
