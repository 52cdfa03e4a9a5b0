"""The servers that answer from zone files: Knot DNS and NSD."""
from ..names import REVERSE_ZONE, ZONE
from .base import Contender, write

ROLES = {"static": "zones", "cluster": "zones", "mix": "zones"}

KNOT_TEXT = """server:
    listen: 127.0.0.1@{port}
    rundir: {home}
    udp-workers: {workers}
    tcp-workers: {workers}
    background-workers: 1
    tcp-reuseport: on
log:
  - target: stderr
    any: warning
database:
    storage: {home}
template:
  - id: default
    storage: {home}
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
"""

NSD_TEXT = """server:
    ip-address: 127.0.0.1@{port}
    server-count: {workers}
    reuseport: yes
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
    tcp-count: 200
    username: ""
    chroot: ""
    database: ""
    pidfile: ""
    zonesdir: "{home}"
    zonelistfile: "{home}/zone.list"
    xfrdfile: "{home}/xfrd.state"
    xfrdir: "{home}"
    verbosity: 0
remote-control:
    control-enable: no
"""


class Knot(Contender):
    name, title, program, package = "knot", "Knot DNS", "knotd", "knot"
    roles = ROLES
    version_option = "-V"

    def arguments(self, role, setting, port, home):
        text = KNOT_TEXT.format(port=port, home=home, workers=setting.workers)
        for zone in (ZONE, REVERSE_ZONE):
            text += f"  - domain: {zone}\n    file: {setting.names.zone_file(zone)}\n"
        return ["-c", write(home, "knot.conf", text)]


class NSD(Contender):
    name, title, program, package = "nsd", "NSD", "nsd", "nsd"
    roles = ROLES

    def arguments(self, role, setting, port, home):
        text = NSD_TEXT.format(port=port, home=home, workers=setting.workers)
        for zone in (ZONE, REVERSE_ZONE):
            text += f'zone:\n    name: "{zone}"\n    zonefile: "{setting.names.zone_file(zone)}"\n'
        return ["-d", "-c", write(home, "nsd.conf", text)]
