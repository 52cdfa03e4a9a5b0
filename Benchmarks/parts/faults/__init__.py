"""The cases of `Benchmarks/upstreams`, each in a file of its own with its like, in the table's order."""
from .alone import LateAlone, LossyAlone
from .beside import Late, Lossy, Silent
from .endings import Endings
from .forged import Forged
from .memory import Memory
from .network import Blackhole, Weather
from .reloads import Reloads
from .restart import RestartAlone, RestartBeside
from .together import Together

ALL = [kind() for kind in (
    Silent, Late, Lossy, LossyAlone, LateAlone, Forged, Together, Reloads, Endings, Memory, RestartBeside, RestartAlone,
    Weather, Blackhole)]
BY_NAME = {case.name: case for case in ALL}

__all__ = ["ALL", "BY_NAME"]
