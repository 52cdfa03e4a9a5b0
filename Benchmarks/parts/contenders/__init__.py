"""The servers of a comparison."""
from .authorities import NSD, Knot
from .base import Contender, Running, Setting
from .corefile import CoreDNS, Needletail
from .echo import Echo
from .resolvers import Dnsmasq, Unbound

ALL = (Echo, Needletail, CoreDNS, Knot, NSD, Unbound, Dnsmasq)
BY_NAME = {contender.name: contender for contender in ALL}

__all__ = ["ALL", "BY_NAME", "Contender", "Running", "Setting"]
