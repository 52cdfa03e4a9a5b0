"""The servers that read a Corefile: Needletail and CoreDNS."""
import os

from .. import shapes
from ..processes import free_port
from .base import Contender, write

HOSTS = """.:{port} {{
    bind 127.0.0.1
    errors
    prometheus 127.0.0.1:{metrics}
    hosts {file} {{
        ttl 30
        reload 0s
    }}
}}
"""


class CorefileServer(Contender):
    roles = {"static": "hosts", "cluster": "cluster", "cached": "cluster", "forwarded": "cluster", "mix": "cluster"}
    version_option = "-version"

    def corefile(self, role, setting, port):
        if role == "hosts":
            return HOSTS.format(port=port, metrics=free_port(), file=setting.names.hosts_file())
        return shapes.COREFILE.format(
            port=port, health=free_port(), ready=free_port(), metrics=free_port(), upstream=setting.upstream,
            cluster=f"endpoint http://127.0.0.1:{setting.api}")

    def arguments(self, role, setting, port, home):
        return ["-conf", write(home, "Corefile", self.corefile(role, setting, port))]


class Needletail(CorefileServer):
    name, title, program = "needletail", "Needletail", "needletail"

    def corefile(self, role, setting, port):
        text = super().corefile(role, setting, port)
        return text.replace("    errors\n", f"    multisocket {setting.workers}\n    errors\n", 1)


class CoreDNS(CorefileServer):
    name, title, program = "coredns", "CoreDNS", "coredns"

    def environment(self, setting):
        return {**os.environ, "GOMAXPROCS": str(setting.workers)}
